/**
 * Where one stands in a densely numbered stream: the highest number below which nothing is missing.
 * A connection that breaks resumes from here, so an early `ack` never hides a message that was still on its way.
 */
export class Cursor {
  private ahead = new Set<number>();

  constructor(
    public epoch: string | undefined = undefined,
    public after: number | undefined = undefined,
  ) {}

  /** Start anew at `after`. */
  moveTo(epoch: string, after: number): void {
    this.epoch = epoch;
    this.after = after;
    this.ahead.clear();
  }

  /** Note that number `n` has arrived; in any order, any number of times. */
  saw(n: number): void {
    if (this.after === undefined || n <= this.after) return;
    this.ahead.add(n);
    while (this.ahead.delete(this.after + 1)) this.after++;
  }
}
