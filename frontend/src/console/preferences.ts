/** How this agent wants the console on this machine. */
import { effect, signal } from "@preact/signals";
import { isDark, type Mode } from "../shared/theme";

export const EVENTS = ["queued", "assigned", "message", "mention"] as const;
export type EventName = (typeof EVENTS)[number];

export interface Preferences {
  mode: Mode;
  /** Single keys; off for who speaks to the machine (WCAG 2.1.4). */
  keys: boolean;
  /** Narrow rows. */
  dense: boolean;
  /** The pane about the visitor. */
  context: boolean;
  sounds: Record<EventName, boolean>;
  desktop: Record<EventName, boolean>;
}

const PLACE = "fastdesk:preferences";
const STANDARD: Preferences = {
  mode: "auto",
  keys: true,
  dense: false,
  context: innerWidth >= 1280,
  sounds: { queued: true, assigned: true, message: true, mention: true },
  desktop: { queued: true, assigned: true, message: true, mention: true },
};

export const preferences = signal<Preferences>(read());

function read(): Preferences {
  try {
    return { ...STANDARD, ...(JSON.parse(localStorage.getItem(PLACE) ?? "{}") as Partial<Preferences>) };
  } catch {
    return STANDARD;
  }
}

export function prefer(change: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...change };
  localStorage.setItem(PLACE, JSON.stringify(preferences.value));
}

/** Keep the page's colours as preferred. */
export function paint(): void {
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    document.documentElement.dataset.mode = isDark(preferences.value.mode) ? "dark" : "light";
    document.documentElement.dataset.dense = preferences.value.dense ? "yes" : "no";
  };
  scheme.addEventListener("change", apply);
  effect(apply);
}
