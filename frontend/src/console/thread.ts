/** The conversation that is open: what was said, noted and done in it, who types, and what is said from here. */
import { computed, effect, signal, untracked } from "@preact/signals";
import type { AnyFrame } from "../shared/connection";
import { uuid7 } from "../shared/ids";
import type { Extra } from "../shared/wire";
import { get, Refusal } from "./api";
import { me } from "./colleagues";
import { openId } from "./conversations";
import { on, tell } from "./line";
import {
  type ChangeEntry,
  type Conversation,
  type Entry,
  type MessageEntry,
  personName,
  type Visitor,
} from "./model";
import { attempt, explain, notify } from "./notices";
import { translated } from "./refusals";
import { go, page, place } from "./route";
import { dropRow, rowOf, update } from "./rows";

const PAGE = 100;
const TYPING_SENT_EVERY_MS = 3000;

export const thread = signal<readonly Entry[]>([]);
export const visitor = signal<Visitor | null>(null);
export const isOnline = signal(false);
/** Whether there is more history before the first entry. */
export const hasEarlier = signal(false);
/** The answer that the assistant is writing to the visitor. */
export const writing = signal<{ turn: string; text: string } | null>(null);

export const current = computed(() => rowOf(openId.value)?.conversation ?? null);
export const isMine = computed(() => !!current.value && current.value.assignee === me.value?.id);

const outbox = new Map<string, AnyFrame>();
let typedAt = 0;

/** Ask for a conversation: the address says which one is open. */
export function open(id: string): void {
  go("inbox", ...(id ? [id] : []));
}

effect(() => {
  if (!me.value) return;
  const id = page.value === "inbox" ? (place.value[0] ?? "") : openId.peek();
  if (id !== openId.peek()) void enter(id);
});

async function enter(id: string): Promise<void> {
  leave();
  openId.value = id;
  thread.value = [];
  visitor.value = null;
  writing.value = null;
  hasEarlier.value = false;
  if (id) await attempt(() => load(id));
}

function leave(): void {
  const before = untracked(() => rowOf(openId.peek())?.conversation);
  if (before && before.assignee !== me.peek()?.id) tell({ t: "unwatch", conversation: before.id });
}

interface Whole {
  conversation: Conversation;
  visitor: Visitor;
  seq: number;
  online?: boolean;
}

async function load(id: string): Promise<void> {
  const [history, whole] = await Promise.all([
    get<{ events: Entry[]; more: boolean }>(`/v1/conversations/${id}/events?limit=${PAGE}`),
    get<Whole>(`/v1/conversations/${id}`),
  ]);
  if (openId.value !== id) return;
  visitor.value = whole.visitor;
  isOnline.value = whole.online ?? false;
  update(id, row => ({
    ...row,
    conversation: whole.conversation,
    name: personName(whole.visitor) || row.name,
  }));
  thread.value = merge(history.events, thread.value);
  hasEarlier.value = history.more;
  watch();
  markRead();
}

/** Read what stands before the first entry. */
export async function loadEarlier(): Promise<void> {
  const known = thread.value.filter(entry => entry.rev > 0);
  const [id, first] = [openId.value, Math.min(...known.map(entry => entry.rev))];
  const history = await get<{ events: Entry[]; more: boolean }>(
    `/v1/conversations/${id}/events?limit=${PAGE}&before=${first}`,
  );
  if (openId.value !== id) return;
  thread.value = merge(history.events, thread.value);
  hasEarlier.value = history.more;
}

function lastSeq(): number {
  return thread.value.reduce(
    (seq, entry) => (entry.t === "message" && !entry.pending ? Math.max(seq, entry.seq) : seq),
    0,
  );
}

function watch(): void {
  if (openId.value) tell({ t: "watch", conversation: openId.value, after: lastSeq() });
}

/** Say that what stands here has been seen, while somebody looks. */
export function markRead(): void {
  const seq = lastSeq();
  if (!openId.value || document.hidden) return;
  if ((rowOf(openId.value)?.unread ?? 0) > 0) update(openId.value, row => ({ ...row, unread: 0 }));
  if (seq > (current.value?.agent_read ?? 0)) tell({ t: "read", conversation: openId.value, seq });
}

document.addEventListener("visibilitychange", markRead);

/** Say something; it stands in the thread at once and is sent again until the desk has it. */
export function say(text: string, extra?: Extra, kind = "text", conversation = openId.value): void {
  const id = uuid7();
  const entry: MessageEntry = {
    t: "message",
    conversation,
    seq: Number.MAX_SAFE_INTEGER,
    rev: Number.MAX_SAFE_INTEGER,
    id,
    from: { role: "agent", name: me.value?.name, id: me.value?.id },
    text,
    kind,
    extra,
    at: Date.now(),
    pending: true,
  };
  if (conversation === openId.value) thread.value = [...thread.value, entry];
  const frame = { t: "send", conversation, id, text, kind, ...(extra ? { extra } : {}) };
  outbox.set(id, frame);
  tell(frame);
}

/** Leave a note that visitors never see. */
export function note(text: string): void {
  const id = uuid7();
  const frame = { t: "note", conversation: openId.value, id, text };
  outbox.set(id, frame);
  tell(frame);
}

export function tellTyping(): void {
  const now = Date.now();
  if (now - typedAt < TYPING_SENT_EVERY_MS) return;
  typedAt = now;
  tell({ t: "typing", conversation: openId.value, on: true });
}

export function stopWriting(): void {
  if (writing.value) tell({ t: "stop", conversation: openId.value, turn: writing.value.turn });
}

on("open", () => {
  watch();
  for (const waiting of outbox.values()) tell(waiting);
});

on("conversation", raw => {
  const frame = raw as unknown as ChangeEntry;
  if (frame.conversation !== openId.value || !frame.rev) return;
  thread.value = merge(thread.value, [frame]);
});

on("message", raw => {
  const frame = raw as unknown as MessageEntry;
  outbox.delete(frame.id);
  if (frame.conversation !== openId.value) return;
  thread.value = merge(thread.value, [frame]);
  if (frame.from.role !== "visitor") writing.value = null;
  else isOnline.value = true;
  markRead();
});

on("note", raw => {
  outbox.delete(raw.id as string);
  if (raw.conversation === openId.value) thread.value = merge(thread.value, [raw as unknown as Entry]);
});

/** A supervisor's whisper is kept nowhere: it stands here as long as the thread is open. */
on("whisper", raw => {
  const { conversation, at, from, text } = raw as unknown as {
    conversation: string;
    at: number;
    from: { id?: string; name?: string };
    text: string;
  };
  if (conversation !== openId.value) return;
  const actor = from.id ?? from.name ?? "";
  const entry: Entry = {
    t: "note",
    conversation,
    rev: 0,
    id: `whisper ${at}`,
    at,
    kind: "whisper",
    actor,
    text,
  };
  thread.value = merge(thread.value, [entry]);
});

on("ack", ({ id, seq, at }) => {
  const sent = outbox.get(id as string);
  outbox.delete(id as string);
  if (sent?.t === "send")
    update(sent.conversation as string, row => ({
      ...row,
      last: sent.text as string,
      lastAt: at as number,
      lastSeq: seq as number,
      unread: 0,
    }));
  const acknowledged = thread.value.map(entry =>
    entry.t === "message" && entry.id === id
      ? { ...entry, seq: seq as number, at: at as number, pending: false }
      : entry,
  );
  thread.value = merge(acknowledged, []);
});

on("read", frame => {
  const { conversation, seq } = frame as unknown as { conversation: string; seq: number };
  if (!rowOf(conversation)) return;
  update(conversation, row => ({
    ...row,
    conversation: { ...row.conversation, visitor_read: Math.max(row.conversation.visitor_read, seq) },
  }));
});

on("delta", frame => {
  if (frame.conversation !== openId.value || asides.has(frame.turn as string)) return;
  const before = frame.replace ? "" : (writing.value?.text ?? "");
  writing.value = { turn: frame.turn as string, text: before + (frame.text as string) };
});

/** Turns whose deltas belong to somebody else on this screen: the copilot's. */
export const asides = new Set<string>();

on("error", async frame => {
  outbox.delete(frame.id as string);
  thread.value = thread.value.filter(
    entry => !(entry.t === "message" && entry.pending && entry.id === frame.id),
  );
  if (frame.code === "not_found" && !frame.id) {
    // What was told of a conversation that is gone, erased by a colleague, is no news.
    const isOfOpen = !!openId.value && frame.conversation === openId.value;
    if (!isOfOpen || !(await loadAgain())) return;
  }
  notify(translated(frame.message as string), "bad");
});

on("reset", () => void loadAgain());

/** Read the open conversation anew; one that is not there any more is left. Whether it is there. */
async function loadAgain(): Promise<boolean> {
  const id = openId.value;
  if (!id) return false;
  try {
    await load(id);
    return true;
  } catch (failure) {
    if (!(failure instanceof Refusal) || failure.code !== "not_found") {
      notify(explain(failure), "bad");
      return false;
    }
    dropRow(id);
    if (openId.value === id) open("");
    return false;
  }
}

/** Put entries together: each once, in the order of their happening, what is not stored yet at the end. */
function merge(known: readonly Entry[], more: readonly Entry[]): Entry[] {
  const found = new Map<string, Entry>();
  for (const entry of [...known, ...more])
    found.set(entry.t === "conversation" ? `rev ${entry.rev}` : entry.id, entry);
  return [...found.values()].sort((a, b) => order(a) - order(b));
}

function order(entry: Entry): number {
  return entry.t === "message" && entry.pending ? Number.MAX_SAFE_INTEGER : at(entry);
}

export function at(entry: Entry): number {
  return entry.t === "conversation" ? entry.is.updated_at : entry.at;
}
