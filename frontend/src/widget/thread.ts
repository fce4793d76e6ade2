/**
 * The conversation as this page shows it. Frames come in, signals change; nothing is sent from here.
 * Entries stand in the order of `seq`; what has no number yet (being sent, being written) stands at the end.
 */
import { batch, computed, type Signal, signal } from "@preact/signals";
import type { Author, DeskFrame, Extra, MessageFrame, SendFrame, Source, Status } from "../shared/wire";

export interface Entry {
  /** Stays the same from the first delta or the optimistic copy to the stored message. */
  key: string;
  id: string;
  seq: number | null;
  from: Author;
  text: string;
  kind: string;
  at: number;
  state: "sending" | "stored" | "failed";
  sources?: Source[];
  extra?: Extra;
  /** It belongs to an earlier conversation, whose numbers mean nothing in this one. */
  isPast?: boolean;
  /** Why the desk refused it: a code, and the desk's own sentence. */
  problem?: string;
  reason?: string;
  /** The answer that is still being written grows here. */
  live?: Signal<string>;
}

export interface Snapshot {
  entries: Omit<Entry, "live">[];
  status: Status;
  readByDesk: number;
  delivered: number;
}

const TYPING_EXPIRES_MS = 6_000;

export class Thread {
  readonly entries = signal<readonly Entry[]>([]);
  readonly status = signal<Status>({ state: "open" });
  /** Set while the desk says that the assistant works, with a line about what it does. */
  readonly thinking = signal<{ note?: string } | null>(null);
  /** Who is typing, for as long as the desk keeps saying so. */
  readonly typing = signal<Author | null>(null);
  /** Up to here the other side has read, and an agent's console has received. */
  readonly readByDesk = signal(0);
  readonly delivered = signal(0);
  /** Up to here this visitor has read. */
  readonly readHere = signal(0);
  readonly unread = computed(
    () =>
      this.entries.value.filter(
        e => e.seq !== null && e.seq > this.readHere.value && e.from.role !== "visitor",
      ).length,
  );
  /** The turn of the answer that is being prepared or written; the stop button names it. */
  readonly turn = signal<string | null>(null);
  /** Messages up to here are history: they are shown, not announced. */
  horizon = 0;
  /** Turns of which a part is missing here. */
  private readonly lost = new Set<string>();
  private pages = 0;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;

  /** `onNews` hears of each message by someone else that arrives for the first time. */
  constructor(private readonly onNews: (entry: Entry) => void = () => {}) {}

  get newest(): number {
    return this.entries.value.reduce((newest, entry) => Math.max(newest, entry.seq ?? 0), 0);
  }

  get oldest(): number {
    return this.entries.value.find(entry => entry.seq !== null)?.seq ?? 0;
  }

  /** Show what this visitor sends, before the desk knows of it. */
  say(frame: SendFrame, at: number): void {
    const known = this.entries.value.find(entry => entry.id === frame.id);
    const { t: _, ...content } = frame;
    if (known) this.change(known, { ...content, state: "sending", problem: undefined });
    else this.insert({ ...ownEntry(frame), at });
  }

  apply(frame: DeskFrame, now: number): void {
    batch(() => this.take(frame, now));
  }

  /** Put earlier messages in front, as they were asked for. */
  prepend(messages: readonly MessageFrame[]): void {
    const known = new Set(this.entries.value.map(entry => entry.id));
    const earlier = messages.filter(message => !known.has(message.id)).map(entryOf);
    this.entries.value = sorted([...earlier, ...this.entries.value]);
  }

  /** Show a message that is not ready to be sent: its file is still on the way. */
  prepare(frame: SendFrame, at: number): void {
    this.insert({ ...ownEntry(frame), at });
  }

  failed(id: string, problem: string, reason = ""): void {
    const entry = this.entries.value.find(e => e.id === id);
    if (entry) this.change(entry, { state: "failed", problem, reason });
  }

  remove(id: string): void {
    this.entries.value = this.entries.value.filter(entry => entry.id !== id);
  }

  /** Another conversation begins: what was said stays on the screen, above it. */
  turnPage(): void {
    batch(() => {
      this.pages++;
      this.lost.clear();
      this.entries.value = this.entries.value.map(entry =>
        // Turns are named per conversation, so their keys must not meet again.
        entry.seq === null ? entry : { ...entry, key: `${this.pages} ${entry.key}`, seq: 0, isPast: true },
      );
      this.readByDesk.value = this.delivered.value = this.readHere.value = this.horizon = 0;
    });
  }

  /** Forget what is numbered: it will be told again, or belongs to somebody else. */
  clear(): void {
    batch(() => {
      this.lost.clear();
      this.entries.value = this.entries.value.filter(entry => entry.seq === null && !entry.live);
      this.status.value = { state: "open" };
      this.endThinking();
      this.typing.value = null;
      this.readByDesk.value = this.delivered.value = this.readHere.value = 0;
    });
  }

  snapshot(): Snapshot {
    return {
      entries: this.entries.value.map(({ live, ...entry }) => ({
        ...entry,
        text: live?.peek() ?? entry.text,
      })),
      status: this.status.value,
      readByDesk: this.readByDesk.value,
      delivered: this.delivered.value,
    };
  }

  restore(snapshot: Snapshot): void {
    batch(() => {
      const own = this.entries.value.filter(e => !snapshot.entries.some(other => other.key === e.key));
      this.entries.value = sorted([...snapshot.entries.map(revive), ...own]);
      this.status.value = snapshot.status;
      this.readByDesk.value = snapshot.readByDesk;
      this.delivered.value = snapshot.delivered;
      this.horizon = this.newest;
    });
  }

  private take(frame: DeskFrame, now: number): void {
    switch (frame.t) {
      case "welcome":
        this.dropUnfinished();
        if (frame.state || frame.agent || frame.queue) {
          this.status.value = { state: frame.state ?? "open", agent: frame.agent, queue: frame.queue };
        }
        break;
      case "message":
        this.takeMessage(frame);
        break;
      case "ack":
        this.takeAck(frame.id, frame.seq, frame.at);
        break;
      case "delta":
        this.takeDelta(frame, now);
        break;
      case "status":
        this.takeStatus(frame);
        break;
      case "typing":
        this.setTyping(frame.on ? frame.from : null);
        break;
      case "read":
        this.takeRead(frame.seq, frame.from?.role === "visitor");
        break;
      case "delivered":
        this.delivered.value = Math.max(this.delivered.value, frame.seq);
        break;
      case "reset":
        this.clear();
        break;
    }
  }

  private takeMessage(frame: MessageFrame): void {
    const turn = frame.extra?.turn;
    const known = this.entries.value.find(
      e =>
        e.id === frame.id ||
        (e.seq === frame.seq && !e.isPast) ||
        (turn !== undefined && e.key === turnKey(turn)),
    );
    const entry = entryOf(frame);
    if (known) this.replace(known, { ...entry, key: known.key });
    else this.insert(entry);
    if (frame.from.role === "visitor") return;
    this.dropUnfinished();
    this.setTyping(null);
    this.endThinking();
    if (known?.seq == null && frame.seq > this.horizon) this.onNews(entry);
  }

  private takeRead(seq: number, here: boolean): void {
    const mark = here ? this.readHere : this.readByDesk;
    mark.value = Math.max(mark.value, seq);
  }

  private takeAck(id: string, seq: number, at: number): void {
    const entry = this.entries.value.find(e => e.id === id);
    if (!entry) return;
    this.change(entry, { seq, at, state: "stored", problem: undefined });
    this.entries.value = sorted(this.entries.value);
  }

  private takeDelta(frame: Extract<DeskFrame, { t: "delta" }>, now: number): void {
    const key = turnKey(frame.turn);
    const entry = this.entries.value.find(e => e.key === key);
    if (entry?.seq != null || this.lost.has(key)) return;
    if (!entry) this.dropUnfinished();
    if (entry?.live) entry.live.value = frame.replace ? frame.text : entry.live.peek() + frame.text;
    else
      this.insert({
        key,
        id: key,
        seq: null,
        from: frame.from ?? { role: "assistant" },
        text: "",
        kind: "text",
        at: now,
        state: "stored",
        live: signal(frame.text),
      });
    this.endThinking();
    this.turn.value = frame.done ? null : frame.turn;
  }

  private takeStatus({ t: _, ...status }: Extract<DeskFrame, { t: "status" }>): void {
    if (["queued", "assigned", "resolved"].includes(status.state)) this.dropUnfinished();
    if (status.state === "thinking") {
      this.thinking.value = { note: status.agent?.note };
      this.turn.value = status.turn ?? null;
    } else {
      this.endThinking();
      this.status.value = status;
    }
  }

  /**
   * Take away an answer that will not be finished, or that this page has missed a part of: the desk shows the visitor
   * nothing for good that it has not stored.
   */
  private dropUnfinished(): void {
    const unfinished = this.entries.value.filter(entry => entry.live);
    if (!unfinished.length) return;
    for (const { key } of unfinished) this.lost.add(key);
    this.entries.value = this.entries.value.filter(entry => !entry.live);
    this.turn.value = null;
  }

  private endThinking(): void {
    this.turn.value = null;
    this.thinking.value = null;
  }

  private setTyping(author: Author | null): void {
    clearTimeout(this.typingTimer);
    this.typing.value = author;
    if (author) this.typingTimer = setTimeout(() => this.setTyping(null), TYPING_EXPIRES_MS);
  }

  private insert(entry: Entry): void {
    this.entries.value = sorted([...this.entries.value, entry]);
  }

  private change(entry: Entry, changes: Partial<Entry>): void {
    this.replace(entry, { ...entry, ...changes });
  }

  private replace(old: Entry, entry: Entry): void {
    this.entries.value = sorted(this.entries.value.map(e => (e === old ? entry : e)));
  }
}

/** Whether a form came back: it is shown again with what the desk found wrong, in place of the message. */
export function isRefusedForm(entry: Entry): boolean {
  return entry.state === "failed" && entry.kind === "form" && entry.problem === "invalid";
}

function turnKey(turn: string): string {
  return `turn:${turn}`;
}

function entryOf(frame: MessageFrame): Entry {
  const { t: _, ...message } = frame;
  return { ...message, key: message.extra?.turn ? turnKey(message.extra.turn) : message.id, state: "stored" };
}

function ownEntry({ id, text, kind = "text", extra }: SendFrame): Entry {
  return { key: id, id, seq: null, from: { role: "visitor" }, text, kind, extra, at: 0, state: "sending" };
}

function revive(entry: Omit<Entry, "live">): Entry {
  return entry.seq === null && entry.key.startsWith("turn:") ? { ...entry, live: signal(entry.text) } : entry;
}

/** Sort by number; the sort is stable, so what has none keeps its order at the end. */
function sorted(entries: Entry[] | readonly Entry[]): Entry[] {
  const place = (entry: Entry) => (entry.isPast ? -1 : (entry.seq ?? Infinity));
  return [...entries].sort((a, b) => place(a) - place(b) || 0);
}
