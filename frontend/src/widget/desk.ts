/**
 * This page's way to the desk: gets admission, keeps the token, shares one line among the tabs of the browser,
 * and sends what the visitor does. Before the first message nothing is stored and each tab stands for itself;
 * afterwards one tab leads and the others hear the same frames from it.
 */
import { signal } from "@preact/signals";
import { type AnyFrame, Connection, type LinkState } from "../shared/connection";
import { Cursor } from "../shared/cursor";
import type { Keep } from "../shared/keep";
import { Outbox } from "../shared/outbox";
import { Tabs } from "../shared/tabs";
import type { Admission, DeskFrame, MessageFrame, SendFrame, Site, VisitorFrame } from "../shared/wire";
import { askAdmission } from "./admission";
import type { Snapshot, Thread } from "./thread";

type Session = Omit<Admission, "site">;

export interface Identity {
  id: string;
  name?: string;
  email?: string;
  attrs?: Record<string, unknown>;
}

/** What tabs tell each other. */
type Note =
  | { n: "frame"; frame: DeskFrame }
  | { n: "link"; state: LinkState }
  | { n: "up"; frame: VisitorFrame }
  | { n: "said"; frame: SendFrame; at: number }
  | { n: "sync" }
  | { n: "snapshot"; thread: Snapshot; site: Site | null; state: LinkState; epoch?: string; after?: number }
  | { n: "changed" };

/** Messages before the newest that are asked for at once. */
const HISTORY = 50;

export interface DeskOptions {
  base: string;
  site: string;
  keep: Keep;
  thread: Thread;
  /** Facts about the page and the visitor for `POST /v1/visitors`. */
  fields: () => Record<string, unknown>;
  onError: (code: string, message: string) => void;
}

export class Desk {
  readonly link = signal<LinkState>("closed");
  readonly site = signal<Site | null>(null);
  private session: Session | null = null;
  private identity: { identity: Identity; signature: string } | null = null;
  private cursor = new Cursor();
  private connection: Connection | null = null;
  private tabs: Tabs<Note> | null = null;
  private readonly outbox: Outbox;
  private opening: Promise<void> | null = null;
  private mayKeep = true;

  constructor(private readonly options: DeskOptions) {
    const { keep, thread } = options;
    this.outbox = new Outbox(
      keep,
      frame => this.connection?.send(frame as unknown as AnyFrame) ?? false,
      (id, code, message) => {
        thread.failed(id, code, message);
        options.onError(code, message);
      },
    );
    if (keep.wasUsed) keep.allow(true);
  }

  get base(): string {
    return this.options.base;
  }

  get conversation(): string | undefined {
    return this.session?.conversation;
  }

  /** Get in touch; safe to call at any time. */
  open(): Promise<void> {
    this.opening ??= this.enter().finally(() => {
      this.opening = null;
    });
    return this.opening;
  }

  /** Send a message; it waits in the outbox until the desk has it on disk. */
  say(frame: SendFrame, now = Date.now()): void {
    if (this.mayKeep) this.remember();
    this.options.thread.say(frame, now);
    this.outbox.add(frame, now);
    this.tabs?.tell({ n: "said", frame, at: now });
    void this.open();
  }

  /** Send what is worth nothing later: typing, reading, a page view. */
  tell(frame: VisitorFrame): void {
    if (this.connection) this.connection.send(frame as unknown as AnyFrame);
    else this.tabs?.tell({ n: "up", frame });
  }

  /** Stand for a person that the host page knows; the signature is made by the host's server. */
  async identify(identity: Identity, signature: string): Promise<void> {
    this.identity = { identity, signature };
    if (!this.session) return;
    await this.admit();
    if (this.keepsSession) this.tabs?.tell({ n: "changed" });
    this.restart();
  }

  /** Allow or forbid storage; undecided, the first message allows it. */
  consent(allowed: boolean): void {
    this.mayKeep = allowed;
    if (allowed) this.remember();
    else this.options.keep.allow(false);
  }

  /** Forget this visitor here and in the other tabs. */
  logout(): void {
    const { keep, thread } = this.options;
    this.outbox.clear();
    this.session = this.identity = null;
    keep.wipe();
    keep.allow(false);
    this.tabs?.tell({ n: "changed" });
    this.close();
    thread.clear();
  }

  close(): void {
    removeEventListener("storage", this.onStorage);
    this.connection?.stop();
    this.connection = null;
    this.tabs?.leave();
    this.tabs = null;
    this.cursor = new Cursor();
    this.link.value = "closed";
  }

  /** Fetch a page of earlier messages; false when there are no more. */
  async earlier(): Promise<boolean> {
    const { thread } = this.options;
    const answer = await this.call(`/v1/messages?before=${thread.oldest}&limit=${HISTORY}`);
    if (!answer.ok) return false;
    const page = (await answer.json()) as { messages: MessageFrame[]; more: boolean };
    thread.prepend(page.messages);
    return page.more;
  }

  /** Ask the desk with the visitor's token. */
  call(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.options.base + path, { ...init, headers: { ...init.headers, ...this.credentials } });
  }

  get credentials(): Record<string, string> {
    return this.session ? { Authorization: `Bearer ${this.session.token}` } : {};
  }

  private get keepsSession(): boolean {
    return this.options.keep.isAllowed;
  }

  private async enter(): Promise<void> {
    if (this.connection || this.tabs) return;
    addEventListener("storage", this.onStorage);
    const kept = this.options.keep.get<Session>("session");
    if (kept) this.adopt(kept);
    else if (!this.session) await this.admit();
    if (this.keepsSession) this.share();
    else this.connect();
  }

  /** Take up a session from an earlier page: its last messages are replayed. */
  private adopt(session: Session): void {
    this.session = session;
    this.options.thread.horizon = session.seq;
    this.cursor.moveTo(session.epoch, Math.max(0, session.seq - HISTORY));
    this.site.value ??= this.options.keep.get<Site>("site") ?? null;
    // What an earlier page could not send is sent from here, so it is shown here.
    for (const frame of this.outbox.waiting) this.options.thread.say(frame, Date.now());
  }

  /** Ask for a visitor's token until the desk gives one. */
  private async admit(): Promise<void> {
    const { base, site, fields, onError } = this.options;
    this.admitted(
      await askAdmission({
        base,
        body: () => ({ site, fields: fields(), ...this.identity }),
        credentials: () => this.credentials,
        onWait: () => {
          this.link.value = "waiting";
        },
        // The old token or the signature is not accepted: come as a stranger.
        onStranger: () => {
          const isStranger = !this.session && !this.identity;
          if (this.identity) this.identity = null;
          else this.session = null;
          return isStranger;
        },
        onError,
      }),
    );
  }

  private admitted({ site, ...session }: Admission): void {
    const isOther = this.session !== null && this.session.conversation !== session.conversation;
    if (isOther) this.options.thread.clear();
    if (isOther || this.cursor.after === undefined) {
      this.options.thread.horizon = session.seq;
      this.cursor.moveTo(session.epoch, Math.max(0, session.seq - HISTORY));
    }
    this.session = session;
    this.site.value = site;
    if (this.keepsSession) this.save();
  }

  /** From now on this browser knows the visitor. Another tab may have been first: then this one joins it. */
  private remember(): void {
    const { keep, thread } = this.options;
    if (keep.isAllowed) return;
    keep.allow(true);
    const kept = keep.get<Session>("session");
    if (kept && kept.token !== this.session?.token) {
      this.close();
      thread.clear();
      this.adopt(kept);
    }
    this.save();
    if (this.session && !this.tabs) this.share();
  }

  private save(): void {
    if (!this.session) return;
    this.options.keep.set("session", this.session);
    this.options.keep.set("site", this.site.value);
  }

  private share(): void {
    this.tabs = new Tabs(
      `fastdesk:${this.options.site}`,
      note => this.hear(note),
      () => {
        if (!this.connection) this.connect();
        this.tabs?.tell({ n: "link", state: this.link.value });
      },
    );
    this.tabs.join();
    if (!this.connection) this.tabs.tell({ n: "sync" });
  }

  private connect(): void {
    this.connection = new Connection({
      base: this.options.base,
      cursor: this.cursor,
      history: HISTORY,
      token: () => this.session?.token ?? "",
      conversation: () => this.session?.conversation,
      position: frame => (frame.t === "message" || frame.t === "ack" ? (frame.seq as number) : undefined),
      onFrame: frame => {
        this.tabs?.tell({ n: "frame", frame: frame as unknown as DeskFrame });
        this.take(frame as unknown as DeskFrame);
      },
      onState: state => this.changed(state),
      onRefused: () => this.refused(),
    });
    this.connection.start();
  }

  /** The desk does not know the token any more: begin anew, with what was not sent. */
  private refused(): void {
    this.connection = null;
    this.session = null;
    this.options.keep.remove("session");
    this.options.thread.clear();
    this.cursor.after = undefined;
    void this.admit().then(() => this.connect());
  }

  private restart(): void {
    if (!this.connection) return;
    this.connection.stop();
    this.connection.start();
  }

  private changed(state: LinkState): void {
    this.link.value = state;
    this.tabs?.tell({ n: "link", state });
    if (state === "open") this.outbox.flush();
  }

  private take(frame: DeskFrame): void {
    if (frame.t === "welcome") {
      if (frame.site) this.site.value = frame.site;
      if (this.session && this.session.conversation !== frame.conversation) {
        this.options.thread.turnPage();
        this.session = {
          ...this.session,
          conversation: frame.conversation,
          epoch: frame.epoch,
          seq: frame.seq,
        };
      }
      if (this.keepsSession) this.save();
    }
    if (frame.t === "ack") this.outbox.acknowledged(frame.id);
    if (frame.t === "message") this.outbox.acknowledged(frame.id);
    if (frame.t === "error") {
      if (frame.id) this.outbox.refused(frame.id, frame.code, frame.message, frame.retry_after_ms);
      else this.options.onError(frame.code, frame.message);
    }
    this.options.thread.apply(frame, Date.now());
    this.note();
  }

  /** Remember how far the conversation has come, so that the next page asks for its end. */
  private note(): void {
    const seq = this.cursor.after;
    if (!this.session || seq === undefined || !this.cursor.epoch) return;
    if (seq === this.session.seq && this.cursor.epoch === this.session.epoch) return;
    this.session = { ...this.session, seq, epoch: this.cursor.epoch };
    if (this.keepsSession) this.options.keep.set("session", this.session);
  }

  private hear(note: Note): void {
    const { thread } = this.options;
    switch (note.n) {
      case "frame":
        if (note.frame.t === "message" || note.frame.t === "ack") this.cursor.saw(note.frame.seq);
        if (note.frame.t === "reset") this.cursor.moveTo(note.frame.epoch, note.frame.seq);
        this.take(note.frame);
        break;
      case "link":
        if (!this.connection) this.link.value = note.state;
        break;
      case "up":
        this.connection?.send(note.frame as unknown as AnyFrame);
        break;
      case "said":
        thread.say(note.frame, note.at);
        if (this.connection) this.outbox.add(note.frame, note.at);
        break;
      case "sync":
        if (this.connection) this.tabs?.tell(this.inventory());
        break;
      case "snapshot":
        if (this.connection) break;
        thread.restore(note.thread);
        this.site.value = note.site;
        this.link.value = note.state;
        if (note.epoch !== undefined && note.after !== undefined) this.cursor.moveTo(note.epoch, note.after);
        break;
      case "changed":
        this.reload();
        break;
    }
  }

  private inventory(): Note {
    return {
      n: "snapshot",
      thread: this.options.thread.snapshot(),
      site: this.site.value,
      state: this.link.value,
      epoch: this.cursor.epoch,
      after: this.cursor.after,
    };
  }

  /** Another tab signed in or out: follow it. */
  private reload(): void {
    const { keep } = this.options;
    this.close();
    this.session = null;
    if (!keep.get("session")) keep.allow(false);
    this.options.thread.clear();
    void this.open();
  }

  /** Another tab wrote the first message: this one, still a stranger, becomes the same visitor. */
  private readonly onStorage = (event: StorageEvent): void => {
    const { keep, thread } = this.options;
    if (keep.isAllowed || !this.mayKeep || !keep.wasUsed || !event.newValue) return;
    if (thread.entries.value.some(entry => entry.from.role === "visitor")) return;
    keep.allow(true);
    this.reload();
  };
}
