/** The desk's public metrics, as one reading. */
export interface Reading {
  at: number;
  figures: ReadonlyMap<string, number>;
}

export async function readMetrics(): Promise<Reading | null> {
  const response = await fetch("/metrics").catch(() => null);
  if (!response?.ok) return null;
  const figures = new Map<string, number>();
  for (const line of (await response.text()).split("\n")) {
    const [, name, value] = /^([^# ]\S*) (\S+)$/.exec(line) ?? [];
    if (name && value) figures.set(name, Number(value));
  }
  return { at: Date.now(), figures };
}

export function valueIn(reading: Reading | undefined, name: string): number {
  return reading?.figures.get(name) ?? 0;
}

/** How much a counter grew each second between two readings. */
export function rateOf(now: Reading | undefined, before: Reading | undefined, name: string): number {
  if (!now || !before || now.at === before.at) return 0;
  return Math.max(0, ((valueIn(now, name) - valueIn(before, name)) * 1000) / (now.at - before.at));
}

/** The values of a metric by one label: `fastdesk_store{name="lag"} 3` → `lag`, 3. */
export function byLabel(reading: Reading | undefined, metric: string): [string, number][] {
  const found: [string, number][] = [];
  for (const [name, value] of reading?.figures ?? []) {
    const match = name.startsWith(`${metric}{`) ? /="([^"]*)"/.exec(name) : null;
    if (match) found.push([match[1] ?? "", value]);
  }
  return found;
}

/** The value below which a share of a histogram's observations lie, in seconds; the upper bound of its bucket. */
export function quantile(
  reading: Reading | undefined,
  metric: string,
  label: string,
  share: number,
): number | null {
  const buckets: [number, number][] = [];
  for (const [name, count] of reading?.figures ?? []) {
    if (!name.startsWith(`${metric}_bucket{`) || !name.includes(label)) continue;
    const bound = /le="([^"]+)"/.exec(name)?.[1];
    if (bound) buckets.push([bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound), count]);
  }
  buckets.sort((a, b) => a[0] - b[0]);
  const total = buckets[buckets.length - 1]?.[1] ?? 0;
  if (!total) return null;
  return buckets.find(([, count]) => count >= total * share)?.[0] ?? null;
}
