/** The assistant at the agent's side: a draft, another wording, a translation, a summary; shown here and to nobody else. */
import { effect, signal } from "@preact/signals";
import { uuid7 } from "../shared/ids";
import { openId } from "./conversations";
import { act, on } from "./line";
import { asides } from "./thread";

export const TASKS = ["draft", "rewrite", "translate", "summarise"] as const;
export type Task = (typeof TASKS)[number];

export interface Suggestion {
  conversation: string;
  turn: string;
  task: Task;
  text: string;
  done: boolean;
}

export const suggestion = signal<Suggestion | null>(null);

/** Ask for help with the open conversation; `text` is what stands in the composer. */
export function help(task: Task, text: string, language = ""): void {
  const turn = uuid7();
  const conversation = openId.value;
  asides.add(turn);
  suggestion.value = { conversation, turn, task, text: "", done: false };
  const isSent = act({ t: "copilot", turn, conversation, task, text, ...(language ? { language } : {}) });
  if (!isSent) suggestion.value = null;
}

export function dismissSuggestion(): void {
  suggestion.value = null;
}

on("delta", frame => {
  const asked = suggestion.value;
  if (!asked || frame.turn !== asked.turn) return;
  const text = (frame.replace ? "" : asked.text) + (frame.text as string);
  suggestion.value = { ...asked, text, done: frame.done === true };
  if (frame.done && !text) suggestion.value = null;
});

on("error", frame => {
  const asked = suggestion.value;
  if (asked && !asked.done && frame.conversation === asked.conversation && !frame.id) suggestion.value = null;
});

effect(() => {
  if (suggestion.peek() && suggestion.peek()?.conversation !== openId.value) suggestion.value = null;
});
