import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AnyFrame, Connection, type LinkState } from "../../src/shared/connection";
import { Cursor } from "../../src/shared/cursor";

/** A socket whose other end the test holds. */
class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    return FakeSocket.all[FakeSocket.all.length - 1] as FakeSocket;
  }
  readyState = 0;
  sent: AnyFrame[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: () => void;

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  give(frame: AnyFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  welcome(epoch = "e", seq = 0): void {
    this.open();
    this.give({ t: "welcome", epoch, seq });
  }
}

let states: LinkState[];
let frames: AnyFrame[];
let refused: number;
let connection: Connection;
let cursor: Cursor;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.all = [];
  [states, frames, refused] = [[], [], 0];
  cursor = new Cursor();
  connection = new Connection({
    base: "https://desk.example",
    cursor,
    token: () => "secret",
    position: frame => (frame.t === "message" ? (frame.seq as number) : undefined),
    onFrame: frame => frames.push(frame),
    onState: state => states.push(state),
    onRefused: () => refused++,
  });
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("WebSocket", () => {
  it("says hello first, keeps the token out of the address, and is open after the welcome", () => {
    connection.start();
    expect(FakeSocket.last.url).toBe("wss://desk.example/v1/ws");
    expect(FakeSocket.last.protocol).toBe("fastdesk.v1.json");
    FakeSocket.last.open();
    expect(FakeSocket.last.sent).toEqual([{ t: "hello", token: "secret" }]);
    expect(connection.send({ t: "read", seq: 1 })).toBe(false);
    FakeSocket.last.give({ t: "welcome", epoch: "e", seq: 0 });
    expect(connection.send({ t: "read", seq: 1 })).toBe(true);
    expect(states).toEqual(["connecting", "open"]);
  });

  it("resumes from the last number without a hole", () => {
    cursor.moveTo("e", 3);
    connection.start();
    FakeSocket.last.welcome("e", 6);
    for (const seq of [4, 6]) FakeSocket.last.give({ t: "message", seq });
    FakeSocket.last.close();
    vi.advanceTimersByTime(500);
    FakeSocket.last.open();
    expect(FakeSocket.last.sent).toEqual([{ t: "hello", token: "secret", epoch: "e", after: 4 }]);
  });

  it("waits between attempts, longer each time, and at once when the network returns", () => {
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    connection.start();
    FakeSocket.last.welcome();
    FakeSocket.last.close();
    vi.advanceTimersByTime(498);
    expect(FakeSocket.all.length).toBe(1);
    vi.advanceTimersByTime(2);
    expect(FakeSocket.all.length).toBe(2);
    FakeSocket.last.open();
    FakeSocket.last.close();
    vi.advanceTimersByTime(900);
    expect(FakeSocket.all.length).toBe(2);
    dispatchEvent(new Event("online"));
    expect(FakeSocket.all.length).toBe(3);
  });

  it("says at once that the network is gone", () => {
    connection.start();
    FakeSocket.last.welcome();
    dispatchEvent(new Event("offline"));
    expect(connection.state).toBe("waiting");
    expect(FakeSocket.last.readyState).toBe(3);
  });

  it("waits at least as long as the desk orders", () => {
    connection.start();
    FakeSocket.last.welcome();
    FakeSocket.last.give({ t: "error", code: "shutting_down", message: "", retry_after_ms: 5000 });
    FakeSocket.last.close();
    vi.advanceTimersByTime(4999);
    expect(FakeSocket.all.length).toBe(1);
    vi.advanceTimersByTime(501);
    expect(FakeSocket.all.length).toBe(2);
  });

  it("leaves a line that has gone silent", () => {
    connection.start();
    FakeSocket.last.welcome();
    vi.advanceTimersByTime(25_000);
    expect(FakeSocket.last.sent[1]).toEqual({ t: "ping" });
    FakeSocket.last.give({ t: "pong" });
    vi.advanceTimersByTime(34_000);
    expect(states[states.length - 1]).toBe("open");
    vi.advanceTimersByTime(1_000);
    expect(states[states.length - 1]).toBe("waiting");
  });

  it("starts over behind a reset, with the end of the conversation", () => {
    cursor.moveTo("old", 90);
    connection.start();
    FakeSocket.last.open();
    FakeSocket.last.give({ t: "reset", epoch: "new", seq: 120 });
    FakeSocket.last.open();
    expect(FakeSocket.last.sent).toEqual([{ t: "hello", token: "secret", epoch: "new", after: 70 }]);
    expect(FakeSocket.all.length).toBe(2);
  });

  it("stops and asks for another token when this one is refused", () => {
    connection.start();
    FakeSocket.last.open();
    FakeSocket.last.give({ t: "error", code: "unauthenticated", message: "" });
    vi.advanceTimersByTime(60_000);
    expect([refused, FakeSocket.all.length, connection.state]).toEqual([1, 1, "closed"]);
  });

  it("survives what is no frame", () => {
    connection.start();
    FakeSocket.last.welcome();
    for (const data of ["", "{", "null", "[]", "3", '{"a":1}']) FakeSocket.last.onmessage?.({ data });
    expect(frames.length).toBe(1);
  });
});

describe("long poll", () => {
  /** Answers in the order given; the last poll hangs. */
  function serve(...answers: [number, object][]) {
    const asked: [string, RequestInit][] = [];
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
      asked.push([url, init]);
      const answer = answers.shift();
      if (!answer) return new Promise(() => {});
      return Promise.resolve(new Response(JSON.stringify(answer[1]), { status: answer[0] }));
    });
    return asked;
  }

  async function failUpgrades() {
    vi.spyOn(Math, "random").mockReturnValue(0);
    connection.start();
    FakeSocket.last.close();
    await vi.advanceTimersByTimeAsync(1);
    FakeSocket.last.close();
    await vi.advanceTimersByTimeAsync(1);
  }

  it("takes over after two failed upgrades, with the token in a header", async () => {
    const asked = serve([200, { events: [{ t: "message", seq: 1 }], seq: 1, epoch: "e" }]);
    cursor.moveTo("e", 0);
    await failUpgrades();
    expect(connection.isPolling).toBe(true);
    expect(states[states.length - 1]).toBe("open");
    expect(frames).toEqual([{ t: "message", seq: 1 }]);
    expect(asked[0]?.[0]).toBe("https://desk.example/v1/events?wait=0&after=0&epoch=e");
    expect(asked[0]?.[1].headers).toMatchObject({ Authorization: "Bearer secret" });
    expect(asked[1]?.[0]).toContain("wait=25&after=1");
  });

  it("turns the answer to a message into its ack, and a refusal into an error with its id", async () => {
    const asked = serve(
      [200, { events: [], seq: 0, epoch: "e" }],
      [200, { id: "message-1", seq: 1, at: 5 }],
      [429, { code: "rate_limited", message: "", retry_after_ms: 700 }],
    );
    // The poll that hangs takes no answer from the list.
    const plain = fetch;
    vi.stubGlobal("fetch", (url: string, init: RequestInit) =>
      url.includes("wait=25") ? new Promise(() => {}) : plain(url, init),
    );
    await failUpgrades();
    connection.send({ t: "send", id: "message-1", text: "a" });
    connection.send({ t: "send", id: "message-2", text: "b" });
    await vi.advanceTimersByTimeAsync(1);
    expect(frames).toEqual([
      { t: "ack", id: "message-1", seq: 1, at: 5 },
      { t: "error", code: "rate_limited", message: "", retry_after_ms: 700, id: "message-2" },
    ]);
    expect(asked.length).toBe(3);
  });

  it("goes back to WebSocket when it gets through again", async () => {
    serve([200, { events: [], seq: 0, epoch: "e" }]);
    await failUpgrades();
    const before = FakeSocket.all.length;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(FakeSocket.all.length).toBe(before + 1);
    FakeSocket.last.welcome();
    expect(connection.isPolling).toBe(false);
    expect(connection.state).toBe("open");
  });
});
