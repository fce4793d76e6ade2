import { computed, effect } from "@preact/signals";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Conversation, Row } from "../../src/console/model";
import { allRows, forgetRows, merge, put, rowOf, update } from "../../src/console/rows";

beforeEach(() => {
  vi.useFakeTimers();
  forgetRows();
});
afterEach(() => vi.useRealTimers());

const say = (id: string, last: string) => update(id, row => ({ ...row, last }));

it("shows a change of one row at once", () => {
  const last = computed(() => rowOf("a")?.last);
  expect(last.value).toBeUndefined();
  say("a", "one");
  expect(last.value).toBe("one");
  say("a", "two");
  expect(last.value).toBe("two");
});

it("walks over all rows a few times a second, however much happens", () => {
  let walks = 0;
  const stop = effect(() => {
    walks++;
    [...allRows()].length;
  });
  for (let ms = 0; ms < 1000; ms += 10) {
    say(`row ${ms}`, "hello");
    vi.advanceTimersByTime(10);
  }
  expect(walks).toBeGreaterThan(5);
  expect(walks).toBeLessThan(15);
  vi.advanceTimersByTime(100);
  stop();
});

it("leaves no change unseen", () => {
  const seen: string[][] = [];
  const stop = effect(() => void seen.push([...allRows()].map(row => row.last)));
  say("a", "one");
  say("a", "two");
  say("b", "three");
  vi.advanceTimersByTime(100);
  expect(seen.at(-1)).toEqual(["two", "three"]);
  put([]);
  forgetRows();
  expect(seen.at(-1)).toEqual([]);
  stop();
});

it("keeps what the line has told while an older list was on its way", () => {
  const row = (assignee: string | null, updated_at: number, last: string, lastSeq: number): Row => ({
    conversation: { id: "a", assignee, updated_at } as Conversation,
    last,
    lastAt: updated_at,
    lastSeq,
    unread: 0,
    name: "Lily",
  });
  merge([row(null, 1, "hello", 1)]);
  update("a", () => row("me", 5, "two", 2));
  merge([row(null, 1, "hello", 1)]);
  expect(rowOf("a")).toMatchObject({ conversation: { assignee: "me" }, last: "two", lastSeq: 2 });
  merge([row("you", 9, "three", 3)]);
  expect(rowOf("a")).toMatchObject({ conversation: { assignee: "you" }, last: "three", lastSeq: 3 });
});
