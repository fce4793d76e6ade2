/**
 * The conversations that are known here. A change of one is seen at once by whoever asks for that one; whoever walks
 * over all of them hears of changes a few times a second at most, so that ten thousand rows stay light in a busy hour.
 */
import { signal } from "@preact/signals";
import type { Conversation, Row } from "./model";

const SETTLES_EVERY_MS = 100;

const table = new Map<string, Row>();
/** Those that are gone for good: what the line still tells of them does not bring them back. */
const gone = new Set<string>();
const changes = signal(0);
const settled = signal(0);
let settledAt = Number.NEGATIVE_INFINITY;
let timer: ReturnType<typeof setTimeout> | undefined;

export function rowOf(id: string): Row | undefined {
  changes.value;
  return table.get(id);
}

export function allRows(): Iterable<Row> {
  settled.value;
  return table.values();
}

/** Change one row; one that was not known begins empty. */
export function update(id: string, change: (row: Row) => Row): void {
  const empty: Row = {
    conversation: { id } as Conversation,
    last: "",
    lastAt: Date.now(),
    lastSeq: 0,
    unread: 0,
    name: "",
  };
  put([change(table.get(id) ?? empty)]);
}

export function put(rows: readonly Row[]): void {
  for (const row of rows) if (!gone.has(row.conversation.id)) table.set(row.conversation.id, row);
  changes.value++;
  settleSoon();
}

/** Take in rows that were read. What the line has told meanwhile is newer: a list may be slower than the change behind it. */
export function merge(read: readonly Row[]): void {
  put(
    read.map(row => {
      const known = table.get(row.conversation.id);
      if (!known) return row;
      const isChanged = known.conversation.updated_at > row.conversation.updated_at;
      const { last, lastAt, lastSeq } = known.lastSeq > row.lastSeq ? known : row;
      return {
        ...row,
        conversation: isChanged ? known.conversation : row.conversation,
        last,
        lastAt,
        lastSeq,
      };
    }),
  );
}

/** Take away the conversations of somebody who has been erased. */
export function dropVisitor(visitor: string): void {
  for (const [id, row] of table) if (row.conversation.visitor === visitor) drop(id);
  changes.value++;
  settle();
}

/** Take one away that is not there any more. */
export function dropRow(id: string): void {
  drop(id);
  changes.value++;
  settle();
}

function drop(id: string): void {
  table.delete(id);
  gone.add(id);
}

/** Forget all, but the one that somebody looks at. */
export function forgetRows(but = ""): void {
  for (const id of table.keys()) if (id !== but) table.delete(id);
  changes.value++;
  settle();
}

function settleSoon(): void {
  const wait = settledAt + SETTLES_EVERY_MS - performance.now();
  if (wait <= 0) settle();
  else timer ??= setTimeout(settle, wait);
}

function settle(): void {
  clearTimeout(timer);
  timer = undefined;
  settledAt = performance.now();
  settled.value++;
}
