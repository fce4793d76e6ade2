/**
 * Small things to remember. They stay in memory until `allow(true)`; from then on they are also in `localStorage`,
 * under one prefix. Where storage is refused or full (private windows, partitioned frames), memory must do.
 */
export class Keep {
  private memory = new Map<string, string>();
  private store: Storage | null = null;

  constructor(private readonly prefix: string) {}

  /** Whether an earlier visit left something here. Reading is no writing. */
  get wasUsed(): boolean {
    return storedNames(storage(), this.prefix).length > 0;
  }

  get isAllowed(): boolean {
    return this.store !== null;
  }

  /** Allow or forbid storage; forbidding takes everything back into memory. */
  allow(allowed: boolean): void {
    if (allowed === this.isAllowed) return;
    const store = storage();
    if (allowed) {
      this.store = store;
      for (const [name, text] of [...this.memory]) this.set(name, JSON.parse(text));
    } else {
      for (const name of storedNames(store, this.prefix)) {
        this.memory.set(name.slice(this.prefix.length), store?.getItem(name) ?? "null");
        store?.removeItem(name);
      }
      this.store = null;
    }
  }

  get<T>(name: string): T | undefined {
    const text = this.memory.get(name) ?? this.store?.getItem(this.prefix + name);
    try {
      return text == null ? undefined : (JSON.parse(text) as T);
    } catch {
      return undefined;
    }
  }

  set(name: string, value: unknown): void {
    const text = JSON.stringify(value);
    try {
      if (!this.store) throw new Error("memory only");
      this.store.setItem(this.prefix + name, text);
      this.memory.delete(name);
    } catch {
      this.memory.set(name, text);
    }
  }

  remove(name: string): void {
    this.memory.delete(name);
    this.store?.removeItem(this.prefix + name);
  }

  names(start: string): string[] {
    const stored = storedNames(this.store, this.prefix + start).map(name => name.slice(this.prefix.length));
    const held = [...this.memory.keys()].filter(name => name.startsWith(start));
    return [...new Set([...stored, ...held])];
  }

  wipe(): void {
    for (const name of this.names("")) this.remove(name);
  }
}

function storage(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

function storedNames(store: Storage | null, prefix: string): string[] {
  return store ? Object.keys(store).filter(name => name.startsWith(prefix)) : [];
}
