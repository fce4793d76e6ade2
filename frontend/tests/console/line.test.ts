import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { AnyFrame } from "../../src/shared/connection";

const EPOCH = "e1";
let made: FakeLine | undefined;

/** Stands for the connection: keeps what the line gave it, and hears what the test says. */
class FakeLine {
  sent: AnyFrame[] = [];
  isUp = true;
  constructor(
    readonly options: {
      cursor: { epoch?: string; after?: number };
      onFrame: (frame: AnyFrame) => void;
      onState: (state: string) => void;
    },
  ) {
    made = this;
  }
  start(): void {}
  stop(): void {}
  send(frame: AnyFrame): boolean {
    if (this.isUp) this.sent.push(frame);
    return this.isUp;
  }
}

vi.mock("../../src/shared/connection", () => ({ Connection: FakeLine }));

let line: typeof import("../../src/console/line");

beforeEach(async () => {
  vi.resetModules();
  line = await import("../../src/console/line");
  line.connect(() => {});
});
afterEach(() => line.disconnect());

const hear = (frame: Record<string, unknown>) => made?.options.onFrame(frame as AnyFrame);
const place = () => [made?.options.cursor.epoch, made?.options.cursor.after];

it("begins where the first welcome says", () => {
  hear({ t: "welcome", epoch: EPOCH, rev: 7 });
  expect(place()).toEqual([EPOCH, 7]);
});

it("keeps its place at a welcome after a break until what was missed has come", () => {
  hear({ t: "welcome", epoch: EPOCH, rev: 7 });
  hear({ t: "message", rev: 8 });
  hear({ t: "welcome", epoch: EPOCH, rev: 12 });
  // A break now must ask again for 9 to 12.
  expect(place()).toEqual([EPOCH, 8]);
  for (const rev of [9, 11, 12]) hear({ t: "message", rev });
  expect(place()).toEqual([EPOCH, 12]);
});

it("goes back for nothing that is older", () => {
  hear({ t: "welcome", epoch: EPOCH, rev: 7 });
  hear({ t: "conversation", rev: 10 });
  hear({ t: "message", rev: 9 });
  hear({ t: "conversation" });
  expect(place()).toEqual([EPOCH, 10]);
});

it("begins anew in another epoch", () => {
  hear({ t: "welcome", epoch: EPOCH, rev: 7 });
  hear({ t: "welcome", epoch: "e2", rev: 3 });
  expect(place()).toEqual(["e2", 3]);
});

it("tells whoever listens, and that the line is open once frames can be sent", () => {
  const heard: string[] = [];
  line.on("message", frame => heard.push(String(frame.text)));
  line.on("open", () => heard.push("open"));
  hear({ t: "message", text: "hello" });
  hear({ t: "note", text: "not asked for" });
  made?.options.onState("connecting");
  made?.options.onState("open");
  expect(heard).toEqual(["hello", "open"]);
  expect(line.link.value).toBe("open");
});

it("says so when what must not be lost cannot be sent", async () => {
  const { notices } = await import("../../src/console/notices");
  expect(line.act({ t: "resolve" } as AnyFrame)).toBe(true);
  expect(notices.value).toEqual([]);
  if (made) made.isUp = false;
  expect(line.act({ t: "resolve" } as AnyFrame)).toBe(false);
  expect(notices.value).toHaveLength(1);
  expect(made?.sent).toHaveLength(1);
});
