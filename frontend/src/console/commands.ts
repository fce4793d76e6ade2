/** What can be done with the open conversation, and when. Buttons, keys and the palette share this table. */
import { signal } from "@preact/signals";
import { t } from "../shared/i18n";
import { download, offers } from "./api";
import { actOnChosen, choose, chooseNone, chosen } from "./chosen";
import { may } from "./colleagues";
import { openId, shown } from "./conversations";
import { act } from "./line";
import { attempt } from "./notices";
import { prefer, preferences } from "./preferences";
import { go } from "./route";
import { current, isMine, open } from "./thread";
import type { SignName } from "./ui/Sign";

/** The menu or panel that is open, by name; one at a time. */
export const opened = signal("");
export const isHelpOpen = signal(false);

/** What the composer writes: a reply, a private note, or a whisper that only the answering agent sees. */
export type Voice = "reply" | "note" | "whisper";
export const voice = signal<Voice>("reply");

export interface Command {
  id: string;
  icon: SignName;
  /** Keys as people read them: `E`, `G I`, `Mod+J`; empty when there are none. */
  keys?: string;
  when?: () => boolean;
  run: () => void;
}

const HOUR = 3_600_000;
const isOpen = () => current.value !== null && current.value.state !== "resolved";
/** Something is open, or several are ticked. */
const hasAny = () => chosen.value.length > 0 || isOpen();
/** The menu that stands where the ticked ones are, or the open one. */
const menu = (name: string) => {
  opened.value = chosen.value.length ? `bulk-${name}` : name;
};

export function label(command: Command): string {
  return t(`do.${command.id}`);
}

export function write(as: Voice): void {
  voice.value = as;
  document.getElementById("composer")?.focus();
}

/** Times to sleep until, each with its name. */
export function snoozeTimes(): { name: string; until: number }[] {
  const day = (days: number) => {
    const date = new Date();
    date.setDate(date.getDate() + days);
    return date.setHours(9, 0, 0, 0);
  };
  const untilMonday = (8 - new Date().getDay()) % 7 || 7;
  return [
    { name: "hour", until: Date.now() + HOUR },
    { name: "hours3", until: Date.now() + 3 * HOUR },
    { name: "tomorrow", until: day(1) },
    { name: "monday", until: day(untilMonday) },
    { name: "reply", until: 0 },
  ];
}

function move(step: number): void {
  const ids = shown.value.map(row => row.conversation.id);
  const next = ids[Math.max(0, Math.min(ids.length - 1, ids.indexOf(openId.value) + step))];
  if (next) open(next);
}

/** Resolve, and go on with the next one of the list. */
export function resolve(): void {
  if (chosen.value.length) actOnChosen(conversation => ({ t: "resolve", conversation }));
  else if (isOpen()) act({ t: "resolve", conversation: openId.value });
}

export const COMMANDS: Command[] = [
  { id: "next", icon: "down", keys: "J", run: () => move(1) },
  { id: "previous", icon: "up", keys: "K", run: () => move(-1) },
  {
    id: "choose",
    icon: "check",
    keys: "X",
    when: () => openId.value !== "",
    run: () => choose(openId.value),
  },
  {
    id: "choose_none",
    icon: "close",
    keys: "Escape",
    when: () => chosen.value.length > 0,
    run: chooseNone,
  },
  { id: "reply", icon: "reply", keys: "R", when: isOpen, run: () => write("reply") },
  { id: "note", icon: "note", keys: "N", when: () => !!current.value, run: () => write("note") },
  {
    id: "take",
    icon: "take",
    when: () => isOpen() && !current.value?.assignee,
    run: () => act({ t: "take", conversation: openId.value }),
  },
  {
    id: "take_over",
    icon: "take",
    when: () => isOpen() && !!current.value?.assignee && !isMine.value && may("conversation.supervise"),
    run: () => act({ t: "take", conversation: openId.value, force: true }),
  },
  { id: "assign", icon: "person", keys: "A", when: hasAny, run: () => menu("assign") },
  {
    id: "give_back",
    icon: "spark",
    when: () => isOpen() && current.value?.mode !== "bot",
    run: () => act({ t: "bot", conversation: openId.value, on: true }),
  },
  { id: "resolve", icon: "check", keys: "E", when: hasAny, run: resolve },
  {
    id: "reopen",
    icon: "retry",
    when: () => current.value?.state === "resolved",
    run: () => act({ t: "reopen", conversation: openId.value }),
  },
  { id: "snooze", icon: "clock", keys: "S", when: hasAny, run: () => menu("snooze") },
  {
    id: "label",
    icon: "tag",
    keys: "T",
    when: () => chosen.value.length > 0 || !!current.value,
    run: () => {
      if (chosen.value.length) return menu("label");
      prefer({ context: true });
      requestAnimationFrame(() => document.getElementById("add-label")?.focus());
    },
  },
  {
    id: "macro",
    icon: "bolt",
    keys: "M",
    when: () => isOpen() && offers("GET /v1/macros"),
    run: () => (opened.value = "macro"),
  },
  { id: "canned", icon: "slash", keys: "/", when: isOpen, run: () => (opened.value = "canned") },
  { id: "copilot", icon: "spark", keys: "Mod+J", when: isOpen, run: () => (opened.value = "copilot") },
  {
    id: "whisper",
    icon: "ear",
    when: () =>
      isOpen() &&
      !!current.value?.assignee &&
      !isMine.value &&
      may("conversation.supervise") &&
      offers("POST /v1/conversations/{}/whisper"),
    run: () => write("whisper"),
  },
  {
    id: "transcript",
    icon: "download",
    when: () => !!current.value && offers("GET /v1/conversations/{}/transcript.txt"),
    run: () => {
      const id = openId.value;
      void attempt(() => download(`/v1/conversations/${id}/transcript.txt`, `${id}.txt`));
    },
  },
  {
    id: "context",
    icon: "pane",
    keys: "I",
    when: () => !!current.value,
    run: () => prefer({ context: !preferences.value.context }),
  },
  {
    id: "inbox",
    icon: "inbox",
    keys: "G I",
    run: () => go("inbox", ...(openId.value ? [openId.value] : [])),
  },
  {
    id: "visitors",
    icon: "globe",
    keys: "G V",
    when: () => offers("GET /v1/visitors?live"),
    run: () => go("visitors"),
  },
  { id: "contacts", icon: "people", keys: "G C", run: () => go("contacts") },
  {
    id: "reports",
    icon: "chart",
    keys: "G R",
    when: () => offers("GET /v1/reports/{}"),
    run: () => go("reports"),
  },
  { id: "settings", icon: "sliders", keys: "G S", run: () => go("settings") },
  { id: "operations", icon: "pulse", keys: "G O", run: () => go("operations") },
  { id: "search", icon: "search", keys: "Mod+K", run: () => (opened.value = "palette") },
  { id: "keys", icon: "keyboard", keys: "?", run: () => (isHelpOpen.value = true) },
];

export function command(id: string): Command {
  const found = COMMANDS.find(each => each.id === id);
  if (!found) throw new Error(`no command ${id}`);
  return found;
}

export function isPossible(each: Command): boolean {
  return each.when?.() ?? true;
}
