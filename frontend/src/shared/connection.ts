/**
 * The line to the desk: a WebSocket that reconnects and resumes, or a long poll where WebSocket does not get through.
 * Frames enter by `send` and leave by `onFrame`, the same whichever way they travelled. It holds no message:
 * what must arrive waits in the outbox, which sends again whenever the line is open.
 */
import { Backoff } from "./backoff";
import type { Cursor } from "./cursor";
import { Poller } from "./poll";

export type LinkState = "closed" | "connecting" | "open" | "waiting";

/** The least that is known of every frame. */
export interface AnyFrame {
  t: string;
  [field: string]: unknown;
}

export interface ConnectionOptions {
  /** Origin of the desk, such as `https://desk.example`. */
  base: string;
  cursor: Cursor;
  token: () => string;
  /** The conversation that the cursor counts in; agents have none. */
  conversation?: () => string | undefined;
  /** The number that a frame bears in the resumed stream, if any: `seq` for visitors, `rev` for agents. */
  position: (frame: AnyFrame) => number | undefined;
  onFrame: (frame: AnyFrame) => void;
  onState: (state: LinkState) => void;
  /** The token is refused: get another one, then call `start` again. */
  onRefused: () => void;
  /** Whether the desk has a long poll for this side; agents have none and keep trying the socket. */
  canPoll?: boolean;
  /** How many numbers before the newest are wanted after a `reset`. */
  history?: number;
}

const SUBPROTOCOL = "fastdesk.v1.json";
const PING_EVERY_MS = 25_000;
const PONG_WITHIN_MS = 10_000;
const WELCOME_WITHIN_MS = 10_000;
const FAILED_UPGRADES_BEFORE_POLL = 2;
const TRY_UPGRADE_AGAIN_MS = 120_000;

export class Connection {
  state: LinkState = "closed";
  private socket: WebSocket | null = null;
  private poller: Poller | null = null;
  private backoff = new Backoff();
  private failedUpgrades = 0;
  private orderedMs = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private heart: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ConnectionOptions) {}

  start(): void {
    if (this.state !== "closed") return;
    globalThis.addEventListener?.("online", this.hurry);
    globalThis.addEventListener?.("offline", this.doubt);
    globalThis.document?.addEventListener("visibilitychange", this.hurry);
    this.connect();
  }

  stop(): void {
    globalThis.removeEventListener?.("online", this.hurry);
    globalThis.removeEventListener?.("offline", this.doubt);
    globalThis.document?.removeEventListener("visibilitychange", this.hurry);
    this.hangUp();
    this.enter("closed");
  }

  /** Send a frame now; false when the line is not open. */
  send(frame: AnyFrame): boolean {
    if (this.state !== "open") return false;
    if (this.poller) this.poller.send(frame);
    else this.socket?.send(JSON.stringify(frame));
    return true;
  }

  /** Whether frames travel by long poll. */
  get isPolling(): boolean {
    return this.poller !== null;
  }

  /** Don't wait for the next attempt when the network or the reader has just come back. */
  private readonly hurry = (): void => {
    if (this.state === "waiting" && !globalThis.document?.hidden) this.connect();
  };

  /** The network is gone: say so now instead of after the next unanswered ping. */
  private readonly doubt = (): void => {
    if (this.state === "open") this.retry();
  };

  private connect(): void {
    this.hangUp();
    this.enter("connecting");
    const { canPoll = true } = this.options;
    if (canPoll && this.failedUpgrades >= FAILED_UPGRADES_BEFORE_POLL) this.poll();
    else this.upgrade();
  }

  private upgrade(): void {
    const { base, cursor, token } = this.options;
    const socket = new WebSocket(`${base.replace(/^http/, "ws")}/v1/ws`, SUBPROTOCOL);
    let opened = false;
    this.socket = socket;
    this.heart = setTimeout(() => socket.close(), WELCOME_WITHIN_MS);
    socket.onopen = () => {
      opened = true;
      socket.send(JSON.stringify({ t: "hello", token: token(), epoch: cursor.epoch, after: cursor.after }));
    };
    socket.onmessage = event => {
      const frame = decode(event.data);
      if (frame && socket === this.socket) this.receive(frame);
    };
    socket.onclose = () => {
      if (socket !== this.socket) return;
      if (!opened) this.failedUpgrades++;
      this.retry();
    };
  }

  private poll(): void {
    const poller = new Poller({
      ...this.options,
      onFrame: frame => poller === this.poller && this.receive(frame),
      onOpen: () => poller === this.poller && this.opened(),
      onLost: retryAfterMs => {
        if (poller !== this.poller) return;
        this.orderedMs = retryAfterMs;
        this.retry();
      },
    });
    this.poller = poller;
    poller.start();
    this.timer = setTimeout(() => {
      this.failedUpgrades = FAILED_UPGRADES_BEFORE_POLL - 1;
      this.connect();
    }, TRY_UPGRADE_AGAIN_MS);
  }

  private receive(frame: AnyFrame): void {
    const { cursor, position, onFrame, onRefused, history = 50 } = this.options;
    if (this.socket) this.beat();
    if (frame.t === "error" && !frame.id) {
      if (typeof frame.retry_after_ms === "number") this.orderedMs = frame.retry_after_ms;
      if (frame.code === "unauthenticated") {
        this.stop();
        onRefused();
        return;
      }
    }
    const newest = (frame.rev ?? frame.seq) as number;
    const before = this.options.conversation?.();
    // A visitor may be welcomed to another conversation than the one it knows, also on an open line.
    const isOther = frame.t === "welcome" && before !== undefined && before !== frame.conversation;
    if (frame.t === "welcome" && (cursor.after === undefined || cursor.epoch !== frame.epoch || isOther)) {
      cursor.moveTo(frame.epoch as string, isOther ? Math.max(0, newest - history) : newest);
    }
    const number = position(frame);
    if (number !== undefined) cursor.saw(number);
    onFrame(frame);
    if (frame.t === "reset") cursor.moveTo(frame.epoch as string, Math.max(0, newest - history));
    if (frame.t === "reset" || (isOther && newest > 0)) this.connect();
    else if (frame.t === "welcome" && this.state !== "open") {
      this.failedUpgrades = 0;
      this.opened();
    }
  }

  private opened(): void {
    this.backoff.reset();
    this.orderedMs = 0;
    this.enter("open");
  }

  /** Anything that arrives shows the line is alive; silence is questioned, then ended. */
  private beat(): void {
    clearTimeout(this.heart);
    this.heart = setTimeout(() => {
      this.socket?.send('{"t":"ping"}');
      this.heart = setTimeout(() => this.retry(), PONG_WITHIN_MS);
    }, PING_EVERY_MS);
  }

  private retry(): void {
    this.hangUp();
    this.enter("waiting");
    this.timer = setTimeout(() => this.connect(), this.backoff.next(this.orderedMs));
    this.orderedMs = 0;
  }

  private hangUp(): void {
    clearTimeout(this.timer);
    clearTimeout(this.heart);
    this.poller?.stop();
    this.poller = null;
    const socket = this.socket;
    this.socket = null;
    if (socket && socket.readyState <= WebSocket.OPEN) socket.close();
  }

  private enter(state: LinkState): void {
    if (state === this.state) return;
    this.state = state;
    this.options.onState(state);
  }
}

function decode(data: unknown): AnyFrame | null {
  try {
    const frame: unknown = JSON.parse(String(data));
    return typeof (frame as AnyFrame | null)?.t === "string" ? (frame as AnyFrame) : null;
  } catch {
    return null;
  }
}
