/**
 * The tabs of one browser that share one line: a Web Lock makes one of them the leader, a BroadcastChannel carries
 * what they tell each other. Where either is missing, every tab leads itself.
 */
export class Tabs<Note> {
  isLeader = false;
  private channel: BroadcastChannel | null = null;
  private release: (() => void) | null = null;
  private closed = false;

  constructor(
    private readonly name: string,
    private readonly onNote: (note: Note) => void,
    private readonly onLead: () => void,
  ) {}

  join(): void {
    const locks = globalThis.navigator?.locks;
    if (!locks || typeof BroadcastChannel === "undefined") {
      this.lead();
      return;
    }
    this.channel = new BroadcastChannel(this.name);
    this.channel.onmessage = event => this.onNote(event.data as Note);
    locks
      .request(this.name, () => {
        if (this.closed) return;
        this.lead();
        return new Promise<void>(resolve => {
          this.release = resolve;
        });
      })
      .catch(() => this.lead());
  }

  /** Tell all other tabs. */
  tell(note: Note): void {
    this.channel?.postMessage(note);
  }

  leave(): void {
    this.closed = true;
    this.isLeader = false;
    this.release?.();
    this.channel?.close();
    this.channel = null;
  }

  private lead(): void {
    if (this.closed || this.isLeader) return;
    this.isLeader = true;
    this.onLead();
  }
}
