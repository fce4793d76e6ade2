/**
 * Messages that the desk has not yet acknowledged. Each has an id of its own, so sending one twice stores it once:
 * whenever in doubt, send again. They are kept in the browser's storage where that is allowed, and so outlive a reload.
 */
import type { Keep } from "./keep";
import type { SendFrame } from "./wire";

const PREFIX = "out:";
/** A refusal that names a wait is tried again this often before a person has to decide. */
const MAX_TRIES = 5;

export class Outbox {
  private tries = new Map<string, number>();
  private timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** `transmit` says whether the line took the frame; `onFailed` tells that only a person's retry will help. */
  constructor(
    private readonly keep: Keep,
    private readonly transmit: (frame: SendFrame) => boolean,
    private readonly onFailed: (id: string, code: string, message: string) => void,
  ) {}

  /** All that waits, oldest first. */
  get waiting(): SendFrame[] {
    return this.keep
      .names(PREFIX)
      .map(name => this.keep.get<{ at: number; frame: SendFrame }>(name))
      .filter(entry => entry !== undefined)
      .sort((a, b) => a.at - b.at)
      .map(entry => entry.frame);
  }

  add(frame: SendFrame, now = Date.now()): void {
    const name = PREFIX + frame.id;
    if (!this.keep.get(name)) this.keep.set(name, { at: now, frame });
    this.transmit(frame);
  }

  acknowledged(id: string): void {
    this.keep.remove(PREFIX + id);
    clearTimeout(this.timers.get(id));
    this.tries.delete(id);
  }

  /** The desk said no: wait and send again when it names a wait, else give up. */
  refused(id: string, code: string, message: string, retryAfterMs?: number | null): void {
    const tries = (this.tries.get(id) ?? 0) + 1;
    this.tries.set(id, tries);
    if (retryAfterMs != null && tries < MAX_TRIES) {
      this.timers.set(
        id,
        setTimeout(() => this.again(id), retryAfterMs),
      );
      return;
    }
    this.acknowledged(id);
    this.onFailed(id, code, message);
  }

  /** Send all that waits: the line is open again. */
  flush(): void {
    for (const frame of this.waiting) this.transmit(frame);
  }

  clear(): void {
    for (const frame of this.waiting) this.acknowledged(frame.id);
  }

  private again(id: string): void {
    const entry = this.keep.get<{ frame: SendFrame }>(PREFIX + id);
    if (entry) this.transmit(entry.frame);
  }
}
