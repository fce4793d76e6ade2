import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Keep } from "../../src/shared/keep";
import { Outbox } from "../../src/shared/outbox";
import type { SendFrame } from "../../src/shared/wire";

const frame = (id: string): SendFrame => ({ t: "send", id, text: id });

let keep: Keep;
let sent: string[];
let failed: string[];
let outbox: Outbox;

const makeOutbox = () =>
  new Outbox(
    keep,
    ({ id }) => {
      sent.push(id);
      return true;
    },
    (id, code) => failed.push(`${id} ${code}`),
  );

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  keep = new Keep("t:");
  [sent, failed] = [[], []];
  outbox = makeOutbox();
});
afterEach(() => vi.useRealTimers());

it("sends again, in order, all that has no ack", () => {
  outbox.add(frame("a"), 1);
  outbox.add(frame("b"), 2);
  outbox.add(frame("c"), 3);
  outbox.acknowledged("b");
  sent = [];
  outbox.flush();
  expect(sent).toEqual(["a", "c"]);
});

it("outlives the page where storage is allowed", () => {
  keep.allow(true);
  outbox.add(frame("a"), 1);
  keep = new Keep("t:");
  keep.allow(keep.wasUsed);
  sent = [];
  makeOutbox().flush();
  expect(sent).toEqual(["a"]);
});

it("waits as long as the desk says, then sends again", () => {
  outbox.add(frame("a"));
  outbox.refused("a", "rate_limited", "", 700);
  vi.advanceTimersByTime(699);
  expect(sent).toEqual(["a"]);
  vi.advanceTimersByTime(1);
  expect(sent).toEqual(["a", "a"]);
  expect(failed).toEqual([]);
});

it("gives up at once when waiting does not help, and after five waits", () => {
  outbox.add(frame("a"));
  outbox.refused("a", "text_too_long", "");
  outbox.add(frame("b"));
  for (let i = 0; i < 5; i++) outbox.refused("b", "rate_limited", "", 1);
  expect(failed).toEqual(["a text_too_long", "b rate_limited"]);
  expect(outbox.waiting).toEqual([]);
});
