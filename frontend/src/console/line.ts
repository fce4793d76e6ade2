/** The console's one socket: opened once, resumed after every break, heard by whoever asks for a kind of frame. */
import { signal } from "@preact/signals";
import { type AnyFrame, Connection, type LinkState } from "../shared/connection";
import { Cursor } from "../shared/cursor";
import { t } from "../shared/i18n";
import { token } from "./api";
import { notify } from "./notices";

export const link = signal<LinkState>("closed");

type Listener = (frame: AnyFrame) => void;
const listeners = new Map<string, Listener[]>();
const cursor = new Cursor();
let connection: Connection | null = null;

/** Hear every frame of one kind; `open` is said when the line is open (again). */
export function on(kind: string, listener: Listener): void {
  listeners.set(kind, [...(listeners.get(kind) ?? []), listener]);
}

export function connect(onRefused: () => void): void {
  connection = new Connection({
    base: location.origin,
    cursor,
    token: () => token.value,
    canPoll: false,
    position: () => undefined,
    onFrame: hear,
    onState: state => {
      link.value = state;
      // Only now frames can be sent: the welcome is heard a moment before.
      if (state === "open") spread({ t: "open" });
    },
    onRefused,
  });
  connection.start();
}

export function disconnect(): void {
  connection?.stop();
  connection = null;
}

/** Send a frame now; false when the line is down. */
export function tell(frame: AnyFrame): boolean {
  return connection?.send(frame) ?? false;
}

/** Send what must not be lost silently: a line that is down is said. */
export function act(frame: AnyFrame): boolean {
  const isSent = tell(frame);
  if (!isSent) notify(t("offline"), "bad");
  return isSent;
}

function hear(frame: AnyFrame): void {
  const rev = frame.rev as number | undefined;
  if (frame.t === "welcome" && (cursor.epoch !== frame.epoch || cursor.after === undefined))
    cursor.moveTo(frame.epoch as string, rev ?? 0);
  else if (frame.t !== "welcome" && rev !== undefined && cursor.epoch)
    cursor.moveTo(cursor.epoch, Math.max(cursor.after ?? 0, rev));
  spread(frame);
}

function spread(frame: AnyFrame): void {
  for (const listener of listeners.get(frame.t) ?? []) listener(frame);
}
