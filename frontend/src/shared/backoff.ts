/** Waits between attempts: full jitter (Brooker, "Exponential Backoff And Jitter", 2015), 0.5 s doubling up to 30 s. */
export class Backoff {
  private attempt = 0;

  constructor(
    private readonly firstMs = 500,
    private readonly maxMs = 30_000,
    private readonly random: () => number = () => Math.random(),
  ) {}

  /** Give the next wait in milliseconds, never below what the desk ordered. */
  next(orderedMs = 0): number {
    const ceiling = Math.min(this.maxMs, this.firstMs * 2 ** this.attempt++);
    return orderedMs + this.random() * ceiling;
  }

  reset(): void {
    this.attempt = 0;
  }
}
