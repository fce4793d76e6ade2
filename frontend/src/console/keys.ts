/** The keyboard map: single keys off while somebody writes or an input method composes. */
import { act, open, openId, shown } from "./desk";
import { page } from "./parts/App";
import { isNote } from "./parts/Composer";
import { isPaletteOpen } from "./parts/Palette";

function write(note: boolean): void {
  isNote.value = note;
  document.getElementById("composer")?.focus();
}

function move(step: number): void {
  const ids = shown.value.map(row => row.conversation.id);
  const next = ids[Math.max(0, Math.min(ids.length - 1, ids.indexOf(openId.value) + step))];
  if (next) void open(next);
}

/** What each key does; Mod+K lists the same. */
export const KEYS: Record<string, { name: string; run: () => void }> = {
  j: { name: "key_next", run: () => move(1) },
  k: { name: "key_previous", run: () => move(-1) },
  r: { name: "reply", run: () => write(false) },
  n: { name: "note", run: () => write(true) },
  a: { name: "take", run: () => act({ t: "take" }) },
  e: { name: "resolve", run: () => act({ t: "resolve" }) },
  s: { name: "snooze", run: () => act({ t: "snooze", until: Date.now() + 3_600_000 }) },
  i: { name: "inbox", run: () => (page.value = "inbox") },
  o: { name: "operations", run: () => (page.value = "operations") },
  "?": { name: "key_all", run: () => (isPaletteOpen.value = true) },
};

function onKey(event: KeyboardEvent): void {
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    isPaletteOpen.value = !isPaletteOpen.value;
    return;
  }
  if (event.key === "Escape") isPaletteOpen.value = false;
  const target = event.target as HTMLElement;
  const writes = /^(input|textarea|select)$/i.test(target.tagName) || target.isContentEditable;
  if (writes || event.isComposing || event.metaKey || event.ctrlKey || event.altKey) return;
  const key = KEYS[event.key];
  if (!key) return;
  event.preventDefault();
  key.run();
}

/** Hear keys while the element is on the screen. */
export function listen(element: HTMLElement | null): void {
  document.removeEventListener("keydown", onKey);
  if (element) document.addEventListener("keydown", onKey);
}
