/**
 * The console's picture of the desk: lists, the open thread, who types. Fed by the socket, filled by the API, and after a
 * break resumed from the last number, so that no screen is ever stale.
 */
import { computed, signal } from "@preact/signals";
import { type AnyFrame, Connection, type LinkState } from "../shared/connection";
import { Cursor } from "../shared/cursor";
import { uuid7 } from "../shared/ids";
import { ask, get, Refusal, setToken, token } from "./api";
import type { Agent, Conversation, Entry, ListName, Row, Visitor } from "./model";

const TYPING_SHOWN_MS = 6000;
const TYPING_SENT_EVERY_MS = 3000;

export const me = signal<Agent | null>(null);
export const link = signal<LinkState>("closed");
export const rows = signal<ReadonlyMap<string, Row>>(new Map());
export const list = signal<ListName>("mine");
export const openId = signal("");
export const thread = signal<readonly Entry[]>([]);
export const visitor = signal<Visitor | null>(null);
export const agents = signal<readonly Agent[]>([]);
export const typing = signal<{ conversation: string; name: string; preview?: string; until: number } | null>(
  null,
);
export const draft = signal<{ conversation: string; text: string } | null>(null);
export const notice = signal("");

export const current = computed(() => rows.value.get(openId.value)?.conversation ?? null);

const MATCHES: Record<ListName, (conversation: Conversation) => boolean> = {
  mine: each => each.state !== "resolved" && each.assignee === me.value?.id,
  unassigned: each => each.state !== "resolved" && each.assignee === null,
  all: each => each.state !== "resolved",
  resolved: each => each.state === "resolved",
};

export const shown = computed(() =>
  [...rows.value.values()].filter(row => MATCHES[list.value](row.conversation)).sort(byUrgency),
);

export const counts = computed(() => {
  const all = [...rows.value.values()];
  return Object.fromEntries(
    Object.entries(MATCHES).map(([name, matches]) => [
      name,
      all.filter(row => matches(row.conversation)).length,
    ]),
  ) as Record<ListName, number>;
});

/** Who waits longest stands first among the waiting; after them what was last active. */
function byUrgency(a: Row, b: Row): number {
  const [waitsA, waitsB] = [a.conversation.mode === "queued", b.conversation.mode === "queued"];
  if (waitsA !== waitsB) return waitsA ? -1 : 1;
  return waitsA ? a.conversation.queued_at - b.conversation.queued_at : b.lastAt - a.lastAt;
}

const cursor = new Cursor();
let connection: Connection | null = null;
let typedAt = 0;

/** Take up work: who am I, what is there, and hear what happens from now on. */
export async function start(): Promise<void> {
  me.value = await get<Agent>("/v1/me");
  void get<Agent[]>("/v1/agents").then(found => {
    agents.value = found;
  });
  await loadList("open,pending,snoozed");
  connection = new Connection({
    base: location.origin,
    cursor,
    token: () => token.value,
    position: () => undefined,
    onFrame: receive,
    onState: state => {
      link.value = state;
    },
    onRefused: () => signOut(),
  });
  connection.start();
}

export function signOut(): void {
  if (token.value) void ask("POST", "/v1/logout").catch(() => undefined);
  connection?.stop();
  connection = null;
  me.value = null;
  openId.value = "";
  rows.value = new Map();
  setToken("");
}

interface ListPage {
  items: {
    conversation: Conversation;
    last_seq: number;
    last_at: number;
    last_text: string;
    unread: number;
  }[];
  cursor: string | null;
}

export async function loadList(states: string): Promise<void> {
  let next = "";
  for (let pages = 0; pages < 10; pages++) {
    const page = await get<ListPage>(`/v1/conversations?state=${states}&limit=200${next}`);
    const merged = new Map(rows.value);
    for (const item of page.items) {
      merged.set(item.conversation.id, {
        conversation: item.conversation,
        last: item.last_text,
        lastAt: item.last_at || item.conversation.updated_at,
        lastSeq: item.last_seq,
        unread: item.unread,
        name: merged.get(item.conversation.id)?.name ?? "",
      });
    }
    rows.value = merged;
    if (!page.cursor) return;
    next = `&cursor=${encodeURIComponent(page.cursor)}`;
  }
}

/** Show a conversation: its history first, then everything behind it as it happens. */
export async function open(id: string): Promise<void> {
  if (openId.value && openId.value !== id && current.value?.assignee !== me.value?.id) {
    connection?.send({ t: "unwatch", conversation: openId.value });
  }
  openId.value = id;
  thread.value = [];
  visitor.value = null;
  draft.value = null;
  if (!id) return;
  const [history, whole] = await Promise.all([
    get<{ events: Entry[] }>(`/v1/conversations/${id}/events?limit=200`),
    get<{ conversation: Conversation; visitor: Visitor; seq: number }>(`/v1/conversations/${id}`),
  ]);
  if (openId.value !== id) return;
  visitor.value = whole.visitor;
  update(id, row => ({ ...row, conversation: whole.conversation, name: whole.visitor.name ?? row.name }));
  thread.value = merge(history.events, thread.value);
  watchOpen();
  markRead();
}

function lastSeq(): number {
  return thread.value.reduce(
    (seq, entry) => (entry.t === "message" && !entry.pending ? Math.max(seq, entry.seq) : seq),
    0,
  );
}

function watchOpen(): void {
  if (openId.value) connection?.send({ t: "watch", conversation: openId.value, after: lastSeq() });
}

export function markRead(): void {
  const seq = lastSeq();
  if (!openId.value || document.hidden || seq <= (current.value?.agent_read ?? 0)) return;
  connection?.send({ t: "read", conversation: openId.value, seq });
  update(openId.value, row => ({ ...row, unread: 0 }));
}

/** Say something; it stands in the thread at once and is sent again until the desk has it. */
export function say(text: string, kind: "message" | "note"): void {
  const conversation = openId.value;
  const id = uuid7();
  if (kind === "note") {
    connection?.send({ t: "note", conversation, id, text });
    return;
  }
  const entry: Entry = {
    t: "message",
    conversation,
    seq: Number.MAX_SAFE_INTEGER,
    rev: Number.MAX_SAFE_INTEGER,
    id,
    from: { role: "agent", name: me.value?.name, id: me.value?.id },
    text,
    kind: "text",
    at: Date.now(),
    pending: true,
  };
  thread.value = [...thread.value, entry];
  outbox.set(id, { t: "send", conversation, id, text });
  connection?.send({ t: "send", conversation, id, text });
}

const outbox = new Map<string, AnyFrame>();

/** Do something to the open conversation. */
export function act(frame: AnyFrame): void {
  if (!connection?.send({ conversation: openId.value, ...frame })) notice.value = "offline";
}

export function tellTyping(): void {
  const now = Date.now();
  if (now - typedAt < TYPING_SENT_EVERY_MS) return;
  typedAt = now;
  connection?.send({ t: "typing", conversation: openId.value, on: true });
}

function receive(frame: AnyFrame): void {
  const rev = frame.rev as number | undefined;
  if (rev !== undefined && cursor.epoch) cursor.moveTo(cursor.epoch, Math.max(cursor.after ?? 0, rev));
  switch (frame.t) {
    case "welcome":
      if (cursor.epoch !== frame.epoch || cursor.after === undefined)
        cursor.moveTo(frame.epoch as string, rev ?? 0);
      watchOpen();
      for (const waiting of outbox.values()) connection?.send(waiting);
      break;
    case "conversation":
      hearConversation(frame as unknown as Extract<Entry, { t: "conversation" }>);
      break;
    case "message":
      hearMessage(frame as unknown as Extract<Entry, { t: "message" }>);
      break;
    case "note":
      if (frame.conversation === openId.value)
        thread.value = merge(thread.value, [frame as unknown as Entry]);
      break;
    case "ack":
      hearAck(frame.id as string, frame.seq as number, frame.at as number);
      break;
    case "typing":
      hearTyping(frame);
      break;
    case "delta":
      hearDelta(frame);
      break;
    case "error":
      outbox.delete(frame.id as string);
      thread.value = thread.value.filter(
        entry => !(entry.t === "message" && entry.pending && entry.id === frame.id),
      );
      notice.value = frame.message as string;
      break;
    case "reset":
      void loadList("open,pending,snoozed");
      if (openId.value) void open(openId.value);
  }
}

function hearConversation(frame: Extract<Entry, { t: "conversation" }>): void {
  const id = frame.conversation;
  const known = rows.value.get(id);
  const isRefresh = frame.what.includes("refreshed");
  update(id, row => ({
    ...row,
    conversation: frame.is,
    last: frame.last || row.last,
    lastAt: isRefresh || !known ? Date.now() : row.lastAt,
    lastSeq: Math.max(row.lastSeq, frame.seq ?? 0),
    unread: id === openId.value ? 0 : isRefresh ? row.unread + 1 : row.unread,
    name: frame.visitor_name || row.name,
  }));
  if (id === openId.value && frame.rev) thread.value = merge(thread.value, [frame]);
}

function hearMessage(frame: Extract<Entry, { t: "message" }>): void {
  const isOpen = frame.conversation === openId.value;
  update(frame.conversation, row => ({
    ...row,
    last: frame.text,
    lastAt: frame.at,
    lastSeq: frame.seq,
    unread: isOpen || frame.from.role !== "visitor" ? row.unread : row.unread + 1,
  }));
  if (!isOpen) return;
  thread.value = merge(thread.value, [frame]);
  if (draft.value?.conversation === frame.conversation) draft.value = null;
  markRead();
}

function hearAck(id: string, seq: number, at: number): void {
  outbox.delete(id);
  thread.value = merge(
    thread.value.map(entry =>
      entry.t === "message" && entry.id === id ? { ...entry, seq, at, pending: false } : entry,
    ),
    [],
  );
}

function hearTyping(frame: AnyFrame): void {
  const from = frame.from as { name?: string };
  const until = frame.on ? Date.now() + TYPING_SHOWN_MS : 0;
  typing.value = frame.on
    ? {
        conversation: frame.conversation as string,
        name: from.name ?? "",
        preview: frame.preview as string,
        until,
      }
    : null;
  if (frame.on)
    setTimeout(() => {
      if (typing.value?.until === until) typing.value = null;
    }, TYPING_SHOWN_MS);
}

function hearDelta(frame: AnyFrame): void {
  if (frame.conversation !== openId.value) return;
  const before = frame.replace ? "" : (draft.value?.text ?? "");
  draft.value = { conversation: openId.value, text: before + (frame.text as string) };
}

function update(id: string, change: (row: Row) => Row): void {
  const known = rows.value.get(id);
  const empty = {
    conversation: { id } as Conversation,
    last: "",
    lastAt: 0,
    lastSeq: 0,
    unread: 0,
    name: "",
  };
  rows.value = new Map(rows.value).set(id, change(known ?? empty));
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

function at(entry: Entry): number {
  return entry.t === "conversation" ? entry.is.updated_at : entry.at;
}

export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (failure) {
    notice.value =
      failure instanceof Refusal
        ? [failure.message, failure.hint].filter(Boolean).join(" ")
        : String(failure);
    return false;
  }
}
