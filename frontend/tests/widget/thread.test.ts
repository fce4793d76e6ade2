import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DeskFrame, MessageFrame } from "../../src/shared/wire";
import { type Entry, Thread } from "../../src/widget/thread";

let thread: Thread;
let news: Entry[];

beforeEach(() => {
  vi.useFakeTimers();
  news = [];
  thread = new Thread(entry => news.push(entry));
});
afterEach(() => vi.useRealTimers());

const take = (...frames: DeskFrame[]) => {
  for (const frame of frames) thread.apply(frame, 1000);
};
const message = (seq: number, text: string, more: Partial<MessageFrame> = {}): MessageFrame => ({
  t: "message",
  seq,
  id: `message-${seq}`,
  from: { role: "agent", name: "Li" },
  text,
  kind: "text",
  at: seq,
  ...more,
});
const texts = () => thread.entries.value.map(entry => entry.live?.value ?? entry.text);

it("shows what is said at once, and its number when the desk has it", () => {
  thread.say({ t: "send", id: "own-1", text: "hello" }, 5);
  expect(thread.entries.value[0]).toMatchObject({ state: "sending", seq: null, from: { role: "visitor" } });
  take({ t: "ack", id: "own-1", seq: 1, at: 9 });
  expect(thread.entries.value).toMatchObject([{ state: "stored", seq: 1, at: 9, key: "own-1" }]);
});

it("shows a message once, whichever way and however often it comes", () => {
  thread.say({ t: "send", id: "own-1", text: "hello" }, 5);
  take({ t: "ack", id: "own-1", seq: 1, at: 9 });
  const replay = message(1, "hello", { id: "own-1", from: { role: "visitor" } });
  take(replay, replay, message(2, "hi"), message(2, "hi"));
  expect(texts()).toEqual(["hello", "hi"]);
  expect(news.length).toBe(1);
});

it("orders by number, and keeps what has none at the end", () => {
  thread.say({ t: "send", id: "own-1", text: "late" }, 5);
  take(message(3, "c"), message(1, "a"), message(2, "b"));
  expect(texts()).toEqual(["a", "b", "c", "late"]);
});

it("marks a refused message and lets it be said again under the same id", () => {
  thread.say({ t: "send", id: "own-1", text: "hello" }, 5);
  thread.failed("own-1", "blocked_text");
  expect(thread.entries.value[0]).toMatchObject({ state: "failed", problem: "blocked_text" });
  thread.say({ t: "send", id: "own-1", text: "hello" }, 6);
  expect(thread.entries.value).toMatchObject([{ state: "sending", problem: undefined }]);
});

describe("an answer that is being written", () => {
  const delta = (text: string, replace?: boolean): DeskFrame => ({ t: "delta", turn: "t1", text, replace });

  it("grows in place and becomes the stored message under the same key", () => {
    take({ t: "status", state: "thinking", turn: "t1", agent: { note: "Looking up" } });
    expect(thread.thinking.value).toEqual({ note: "Looking up" });
    expect(thread.turn.value).toBe("t1");
    take(delta("Hel"), delta("lo"));
    expect(thread.thinking.value).toBeNull();
    expect(texts()).toEqual(["Hello"]);
    const { key } = thread.entries.value[0] as Entry;
    take(message(1, "Hello!", { from: { role: "assistant" }, extra: { turn: "t1" } }));
    expect(thread.entries.value).toMatchObject([{ key, text: "Hello!", seq: 1 }]);
    expect(thread.entries.value[0]?.live).toBeUndefined();
    expect(thread.turn.value).toBeNull();
    expect(news.length).toBe(1);
  });

  it("is replaced when it was moderated", () => {
    take(delta("Something bad"), delta("Withdrawn.", true));
    expect(texts()).toEqual(["Withdrawn."]);
  });

  it("does not come back behind its final message", () => {
    take(message(1, "Done", { extra: { turn: "t1" } }), delta("late"));
    expect(texts()).toEqual(["Done"]);
    expect(thread.turn.value).toBeNull();
  });
});

it("keeps who is in charge while the assistant thinks", () => {
  take({ t: "status", state: "queued", queue: { position: 2 } }, { t: "status", state: "thinking" });
  expect(thread.status.value).toEqual({ state: "queued", queue: { position: 2 } });
  take({ t: "status", state: "assigned", agent: { name: "Li" } });
  expect(thread.status.value.agent?.name).toBe("Li");
  expect(thread.thinking.value).toBeNull();
});

it("ends typing after six seconds, or with the message", () => {
  const typing: DeskFrame = { t: "typing", from: { role: "agent", name: "Li" }, on: true };
  take(typing);
  vi.advanceTimersByTime(5000);
  take(typing);
  vi.advanceTimersByTime(5999);
  expect(thread.typing.value?.name).toBe("Li");
  vi.advanceTimersByTime(1);
  expect(thread.typing.value).toBeNull();
  take(typing, message(1, "there"));
  expect(thread.typing.value).toBeNull();
});

it("counts what others said and this visitor has not read", () => {
  take(message(1, "a"), message(2, "b", { from: { role: "visitor" } }), message(3, "c"));
  expect(thread.unread.value).toBe(2);
  thread.readHere.value = 1;
  expect(thread.unread.value).toBe(1);
});

it("tells no news of history", () => {
  thread.horizon = 2;
  take(message(1, "a"), message(2, "b"), message(3, "c"));
  expect(news.map(entry => entry.seq)).toEqual([3]);
});

it("starts over on a reset, and keeps what was not sent", () => {
  take(message(1, "a"));
  thread.say({ t: "send", id: "own-1", text: "mine" }, 5);
  take({ t: "reset", epoch: "new", seq: 0 });
  expect(texts()).toEqual(["mine"]);
});

it("tells the turns of two conversations apart, though they have the same names", () => {
  take(message(1, "a"), { t: "delta", turn: "t1", text: "half" }, { t: "delta", turn: "t2", text: "other" });
  take(message(2, "Done", { from: { role: "assistant" }, extra: { turn: "t2" } }));
  thread.turnPage();
  take({ t: "delta", turn: "t1", text: "fresh" });
  expect(texts()).toEqual(["a", "Done", "fresh"]);
  take({ t: "delta", turn: "t2", text: "next" });
  take(message(1, "b", { id: "other-1" }));
  expect(texts()).toEqual(["a", "Done", "b"]);
  expect(new Set(thread.entries.value.map(entry => entry.key)).size).toBe(3);
});

it("puts earlier messages in front, once", () => {
  take(message(3, "c"));
  thread.prepend([message(1, "a"), message(2, "b"), message(3, "c")]);
  expect(texts()).toEqual(["a", "b", "c"]);
  expect([thread.oldest, thread.newest]).toEqual([1, 3]);
});

it("can be handed to another tab as it stands", () => {
  take(message(1, "a"), { t: "delta", turn: "t9", text: "wri" }, { t: "read", seq: 1 });
  const other = new Thread();
  other.restore(structuredClone(thread.snapshot()));
  other.apply({ t: "delta", turn: "t9", text: "ting" }, 0);
  expect(other.entries.value.map(entry => entry.live?.value ?? entry.text)).toEqual(["a", "writing"]);
  expect(other.readByDesk.value).toBe(1);
  expect(other.horizon).toBe(1);
});
