/**
 * What a screen reader says. Text that is being written is told sentence by sentence, each once,
 * in a hidden live region of its own; the visible transcript stays silent.
 */
const END_OF_SENTENCE = /[。！？!?…\n]|\.(?=\s|$)/g;

/** Cuts a growing text into finished sentences. */
export class Sentences {
  private told = 0;

  /** Give the sentences that are finished and were not given before; with `final`, also the last one. */
  next(text: string, final = false): string[] {
    if (text.length < this.told) this.told = 0; // the text was replaced
    const fresh = text.slice(this.told);
    const found: string[] = [];
    let start = 0;
    for (const end of fresh.matchAll(END_OF_SENTENCE)) {
      const stop = end.index + end[0].length;
      // A full stop at the very end may still become a number or an address.
      if (end[0] === "." && stop === fresh.length && !final) break;
      found.push(fresh.slice(start, stop));
      start = stop;
    }
    if (final) {
      found.push(fresh.slice(start));
      start = fresh.length;
    }
    this.told += start;
    return found.map(spoken).filter(Boolean);
  }
}

/** The text without the signs of Markdown. */
function spoken(text: string): string {
  return text
    .replace(/!?\[([^\]]{0,500})\]\([^)]{0,2000}\)/g, "$1")
    .replace(/[*_`~#>|]+/g, "")
    .trim();
}

const KEEP_LINES = 20;

/** Put a line into the live region; old lines leave it unannounced. */
export function announce(region: Element | null, line: string): void {
  if (!region || !line) return;
  const item = document.createElement("p");
  item.textContent = line;
  region.append(item);
  while (region.childElementCount > KEEP_LINES) region.firstElementChild?.remove();
}
