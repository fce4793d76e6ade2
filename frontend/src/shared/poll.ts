/** Long poll: the same frames over plain HTTP, for networks that let no WebSocket through. */
import type { AnyFrame } from "./connection";
import type { Cursor } from "./cursor";

interface PollerOptions {
  base: string;
  cursor: Cursor;
  token: () => string;
  onFrame: (frame: AnyFrame) => void;
  onOpen: () => void;
  /** The desk can't be reached or wants a pause of so many milliseconds. */
  onLost: (retryAfterMs: number) => void;
}

const WAIT_S = 25;

export class Poller {
  private readonly halt = new AbortController();
  /** One request after the other, so that messages keep their order. */
  private line: Promise<void> = Promise.resolve();

  constructor(private readonly options: PollerOptions) {}

  start(): void {
    this.run().catch(() => this.lose());
  }

  stop(): void {
    this.halt.abort();
  }

  send(frame: AnyFrame): void {
    if (frame.t === "ping") return;
    this.line = this.line.then(() => this.post(frame)).catch(() => this.lose());
  }

  private async run(): Promise<void> {
    const { cursor, onFrame, onOpen } = this.options;
    for (let wait = 0; !this.halt.signal.aborted; wait = WAIT_S) {
      const query = new URLSearchParams({ wait: String(wait) });
      if (cursor.after !== undefined) query.set("after", String(cursor.after));
      if (cursor.epoch !== undefined) query.set("epoch", cursor.epoch);
      const answer = await this.call(`/v1/events?${query}`);
      if (!answer.ok) return this.refuse(await problemOf(answer));
      const { events, seq, epoch } = (await answer.json()) as {
        events: AnyFrame[];
        seq: number;
        epoch: string;
      };
      if (cursor.after === undefined) cursor.moveTo(epoch, seq);
      if (wait === 0) onOpen();
      for (const frame of events) if (!this.halt.signal.aborted) onFrame(frame);
    }
  }

  private async post(frame: AnyFrame): Promise<void> {
    const isMessage = frame.t === "send";
    const { t: _, ...body } = frame;
    const answer = await this.call(isMessage ? "/v1/messages" : "/v1/frames", isMessage ? body : frame);
    if (answer.ok) {
      if (isMessage) this.options.onFrame({ ...((await answer.json()) as object), t: "ack" });
    } else {
      this.refuse({ ...(await problemOf(answer)), id: frame.id });
    }
  }

  private refuse(problem: AnyFrame): void {
    this.options.onFrame(problem);
    if (!problem.id && problem.code !== "unauthenticated") this.lose(Number(problem.retry_after_ms ?? 0));
  }

  private lose(retryAfterMs = 0): void {
    if (!this.halt.signal.aborted) this.options.onLost(retryAfterMs);
  }

  private call(path: string, body?: object): Promise<Response> {
    return fetch(this.options.base + path, {
      method: body ? "POST" : "GET",
      headers: {
        Authorization: `Bearer ${this.options.token()}`,
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      body: body ? JSON.stringify(body) : null,
      signal: this.halt.signal,
    });
  }
}

/** Read a refusal over HTTP as the `error` frame it stands for. */
export async function problemOf(answer: Response): Promise<AnyFrame> {
  const problem = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  const code = answer.status === 401 ? "unauthenticated" : (problem.code ?? `http_${answer.status}`);
  return {
    code,
    message: problem.message ?? problem.detail ?? "",
    retry_after_ms: problem.retry_after_ms,
    t: "error",
  };
}
