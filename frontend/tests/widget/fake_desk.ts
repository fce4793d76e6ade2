/** A desk in memory for the tests: one visitor's conversation over `fetch` and WebSocket, locks and channels of a browser. */
import { vi } from "vitest";
import type { MessageFrame, Site } from "../../src/shared/wire";

type Frame = Record<string, unknown> & { t: string };

interface Talk {
  conversation: string;
  messages: MessageFrame[];
}

export class FakeDesk {
  admissions = 0;
  identities: string[] = [];
  /** Nobody answers at all. */
  isDown = false;
  /** Messages are swallowed before they are stored. */
  isSilent = false;
  refusal = "";
  private talks = new Map<string, Talk>();
  /** Where something was said last. */
  private talk: Talk = { conversation: "", messages: [] };
  private sockets = new Map<FakeLine, Talk | null>();

  constructor(readonly site: Site) {}

  get lines(): number {
    return this.sockets.size;
  }

  get texts(): string[] {
    return this.talk.messages.map(message => message.text);
  }

  install(): void {
    const desk = this;
    vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => desk.answer(url, init));
    vi.stubGlobal(
      "WebSocket",
      class extends FakeLine {
        constructor() {
          super(desk);
        }
      },
    );
    vi.stubGlobal("BroadcastChannel", FakeChannel);
    vi.stubGlobal("navigator", { ...navigator, locks: new FakeLocks() });
  }

  uninstall(): void {
    vi.unstubAllGlobals();
    FakeChannel.all.clear();
  }

  say(text: string): void {
    this.store({ id: `desk-${Math.random()}`, text, from: { role: "agent", name: "Li" } });
  }

  dropAll(): void {
    for (const line of [...this.sockets.keys()]) line.drop();
  }

  /** The conversation is over: what comes next belongs to another. */
  startOver(): void {
    this.talk.conversation += "+";
    this.talk.messages = [];
    for (const [line, talk] of this.sockets) if (talk === this.talk) line.give(this.welcome(talk));
  }

  forgetTokens(): void {
    this.talks.clear();
  }

  enter(line: FakeLine): void {
    this.sockets.set(line, null);
  }

  leave(line: FakeLine): void {
    this.sockets.delete(line);
  }

  receive(line: FakeLine, frame: Frame): void {
    const talk = this.sockets.get(line);
    if (frame.t === "hello") this.hello(line, frame);
    else if (frame.t === "send" && this.refusal) {
      line.give({ t: "error", code: this.refusal, message: "", id: frame.id });
    } else if (frame.t === "send" && talk && !this.isSilent) {
      const known = talk.messages.find(message => message.id === frame.id);
      this.talk = talk;
      const content = { id: String(frame.id), text: String(frame.text), from: { role: "visitor" as const } };
      const { seq, at } = known ?? this.store(content, line);
      line.give({ t: "ack", id: frame.id, seq, at });
    }
  }

  private hello(line: FakeLine, frame: Frame): void {
    const talk = this.talks.get(String(frame.token));
    if (!talk) {
      line.give({ t: "error", code: "unauthenticated", message: "" });
      setTimeout(() => line.drop(), 5);
      return;
    }
    this.sockets.set(line, talk);
    const { messages } = talk;
    const after = frame.after as number | undefined;
    line.give(this.welcome(talk));
    if ((after ?? 0) > messages.length) line.give({ t: "reset", epoch: "e", seq: messages.length });
    else if (after !== undefined) for (const message of messages.slice(after)) line.give(message);
    line.give({ t: "status", state: "open" });
  }

  private welcome({ conversation, messages }: Talk): Frame {
    return { t: "welcome", visitor: "v", conversation, epoch: "e", seq: messages.length, site: this.site };
  }

  private store(content: Pick<MessageFrame, "id" | "text" | "from">, without?: FakeLine): MessageFrame {
    const { talk } = this;
    const message: MessageFrame = {
      t: "message",
      seq: talk.messages.length + 1,
      kind: "text",
      at: 1,
      ...content,
    };
    talk.messages.push(message);
    for (const [line, its] of this.sockets) if (its === talk && line !== without) line.give(message);
    return message;
  }

  private answer(url: string, init: RequestInit): Response {
    if (this.isDown) throw new TypeError("no network");
    if (!url.endsWith("/v1/visitors")) return new Response("{}", { status: 404 });
    const { identity, signature } = JSON.parse(String(init.body)) as {
      identity?: { id: string };
      signature?: string;
    };
    if (identity && signature !== "good") return new Response('{"code":"forbidden"}', { status: 403 });
    if (identity) this.identities.push(identity.id);
    const bearer = (init.headers as Record<string, string>).Authorization?.slice(7) ?? "";
    const token = `token-${++this.admissions}`;
    const talk = this.talks.get(bearer) ?? { conversation: `talk-${this.admissions}`, messages: [] };
    this.talks.set(token, talk);
    const { conversation, messages } = talk;
    return new Response(
      JSON.stringify({
        token,
        visitor: "v",
        conversation,
        epoch: "e",
        seq: messages.length,
        site: this.site,
      }),
    );
  }
}

class FakeLine {
  static readonly OPEN = 1;
  readyState = 0;
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: () => void;

  constructor(private readonly desk: FakeDesk) {
    setTimeout(() => {
      if (this.readyState !== 0) return;
      if (desk.isDown) {
        // A line that breaks after it was open: no reason to think that WebSocket is not possible.
        this.readyState = 1;
        this.onopen?.();
        this.drop();
        return;
      }
      this.readyState = 1;
      desk.enter(this);
      this.onopen?.();
    }, 1);
  }

  send(text: string): void {
    if (this.desk.isDown) return;
    setTimeout(() => this.readyState === 1 && this.desk.receive(this, JSON.parse(text)), 1);
  }

  give(frame: object): void {
    const data = JSON.stringify(frame);
    setTimeout(() => this.readyState === 1 && this.onmessage?.({ data }), 1);
  }

  close(): void {
    this.readyState = 3;
    this.desk.leave(this);
  }

  drop(): void {
    this.close();
    this.onclose?.();
  }
}

class FakeChannel {
  static all = new Set<FakeChannel>();
  onmessage?: (event: { data: unknown }) => void;

  constructor(readonly name: string) {
    FakeChannel.all.add(this);
  }

  postMessage(data: unknown): void {
    const copy = structuredClone(data);
    for (const other of FakeChannel.all) {
      if (other !== this && other.name === this.name) setTimeout(() => other.onmessage?.({ data: copy }), 1);
    }
  }

  close(): void {
    FakeChannel.all.delete(this);
  }
}

class FakeLocks {
  private line: Promise<unknown> = Promise.resolve();

  request(_name: string, work: () => Promise<void> | undefined): Promise<unknown> {
    this.line = this.line.then(work);
    return this.line;
  }
}
