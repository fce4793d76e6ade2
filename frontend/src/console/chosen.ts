/** Several conversations at once: which rows are ticked, and what is done with all of them. */
import { computed, effect, signal } from "@preact/signals";
import type { AnyFrame } from "../shared/connection";
import { t } from "../shared/i18n";
import { shown, viewId } from "./conversations";
import { act } from "./line";
import { notify } from "./notices";

/** As many as the desk takes from one agent in one breath, with room to spare. */
export const MOST = 200;

const ticked = signal<ReadonlySet<string>>(new Set());
let last = "";

/** Ticked rows that the view still shows, in its order. */
export const chosen = computed(() =>
  ticked.value.size ? shown.value.map(row => row.conversation.id).filter(id => ticked.value.has(id)) : [],
);

export const isChosen = (id: string): boolean => ticked.value.has(id);

/** Tick a row or take its tick away; `through` ticks all from the last one to this. */
export function choose(id: string, through = false): void {
  const next = new Set(ticked.value);
  if (through && last) for (const each of between(last, id)) next.add(each);
  else if (!next.delete(id)) next.add(id);
  last = id;
  ticked.value = new Set([...next].slice(0, MOST));
}

export function chooseAll(): void {
  ticked.value = new Set(shown.value.slice(0, MOST).map(row => row.conversation.id));
}

export function chooseNone(): void {
  ticked.value = new Set();
  last = "";
}

/** Do one thing with every ticked conversation, and let them go. */
export function actOnChosen(frameOf: (conversation: string) => AnyFrame): void {
  const ids = chosen.value;
  if (!ids.every(id => act(frameOf(id)))) return;
  notify(t("bulk.done", { n: ids.length }));
  chooseNone();
}

function between(one: string, other: string): string[] {
  const ids = shown.value.map(row => row.conversation.id);
  const [a, b] = [ids.indexOf(one), ids.indexOf(other)];
  return a < 0 || b < 0 ? [other] : ids.slice(Math.min(a, b), Math.max(a, b) + 1);
}

// Another view has other rows.
effect(() => {
  viewId.value;
  chooseNone();
});
