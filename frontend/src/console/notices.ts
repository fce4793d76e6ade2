/** Short words to the agent at the edge of the screen, and work that may be refused. */
import { signal } from "@preact/signals";
import { t } from "../shared/i18n";
import { Refusal } from "./api";
import { explained } from "./refusals";

export interface Notice {
  id: number;
  text: string;
  tone: "good" | "bad";
}

const SHOWN_MS = 6000;
export const notices = signal<readonly Notice[]>([]);
let made = 0;

export function notify(text: string, tone: Notice["tone"] = "good"): void {
  const id = ++made;
  notices.value = [...notices.value.filter(each => each.text !== text), { id, text, tone }].slice(-3);
  setTimeout(() => dismiss(id), tone === "good" ? SHOWN_MS / 2 : SHOWN_MS);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter(each => each.id !== id);
}

/** Say a failure in words for people. */
export function explain(failure: unknown): string {
  if (!(failure instanceof Refusal)) return String(failure);
  if (failure.code === "offline") return t("offline");
  return explained(failure.message, failure.hint, String(failure.body.title ?? ""));
}

/** Do something that may be refused; false and a notice when it is. */
export async function attempt(work: () => Promise<unknown>, done = ""): Promise<boolean> {
  try {
    await work();
    if (done) notify(done);
    return true;
  } catch (failure) {
    notify(explain(failure), "bad");
    return false;
  }
}
