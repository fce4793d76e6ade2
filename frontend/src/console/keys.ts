/** The keyboard map: single keys are off while somebody writes, while an input method composes, and where the agent wants none. */
import { COMMANDS, isHelpOpen, isPossible, opened } from "./commands";
import { attempt } from "./notices";
import { macros, runMacro } from "./phrases";
import { preferences } from "./preferences";

const SEQUENCE_MS = 1200;
const isApple = /mac|iphone|ipad/i.test(navigator.platform);
let first = "";
let firstAt = 0;

/** Keys of a command as this keyboard names them. */
export function keysShown(keys: string): string[] {
  return keys.split(/[ +]/).map(key => (key === "Mod" ? (isApple ? "⌘" : "Ctrl") : key));
}

/** What is pressed with the modifier key, besides the commands' own. */
const WITH_MOD: Record<string, string> = { k: "palette", f: "palette", j: "copilot" };

function onKey(event: KeyboardEvent): void {
  if (event.isComposing) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.metaKey || event.ctrlKey) && !event.altKey && !event.shiftKey) {
    const menu = WITH_MOD[key];
    if (!menu) return;
    event.preventDefault();
    opened.value = opened.value === menu ? "" : menu;
    return;
  }
  if (isWriting(event) || event.metaKey || event.ctrlKey || event.altKey) return;
  if (document.querySelector("dialog[open]") || !preferences.value.keys) return;
  if (opened.value === "macro" && /^[1-9]$/.test(key)) {
    runNumbered(Number(key));
    return;
  }
  if (!runKey(key)) return;
  event.preventDefault();
}

function isWriting(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  if (target instanceof HTMLInputElement && target.type === "checkbox") return false;
  return /^(input|textarea|select)$/i.test(target.tagName) || target.isContentEditable;
}

function runKey(key: string): boolean {
  const now = Date.now();
  const sequence = now - firstAt < SEQUENCE_MS ? `${first} ${key}` : "";
  const found =
    COMMANDS.find(each => each.keys?.toLowerCase() === sequence) ??
    COMMANDS.find(each => each.keys?.toLowerCase() === key.toLowerCase());
  const begins = COMMANDS.some(each => each.keys?.toLowerCase().startsWith(`${key} `));
  first = begins ? key : "";
  firstAt = now;
  if (!found || !isPossible(found)) return false;
  found.run();
  return true;
}

function runNumbered(n: number): void {
  const macro = macros.value[n - 1];
  if (!macro) return;
  opened.value = "";
  void attempt(() => runMacro(macro.id));
}

/** Hear keys while the element is on the screen. */
export function listen(element: HTMLElement | null): void {
  document.removeEventListener("keydown", onKey);
  if (element) document.addEventListener("keydown", onKey);
  else isHelpOpen.value = false;
}
