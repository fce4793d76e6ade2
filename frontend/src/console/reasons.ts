/** Why the desk did what it did in the open conversation, in one line each, by the number of the event. */
import { effect, signal } from "@preact/signals";
import { getOr, offers } from "./api";
import { openId } from "./conversations";
import { thread } from "./thread";

const ASK_AFTER_MS = 400;

interface Reason {
  rev: number;
  line: Record<string, string>;
}

export const reasons = signal<ReadonlyMap<number, Record<string, string>>>(new Map());
let timer: ReturnType<typeof setTimeout> | undefined;
let asked = "";

/** Entries that bear a reason. */
function explained(): number {
  return thread.value.filter(
    entry => (entry.t === "message" && entry.why) || (entry.t === "note" && entry.kind === "why"),
  ).length;
}

effect(() => {
  const [id, count] = [openId.value, explained()];
  const key = `${id} ${count}`;
  clearTimeout(timer);
  if (!id || !count || key === asked) return;
  timer = setTimeout(async () => {
    if (!offers("GET /v1/conversations/{}/why")) return;
    asked = key;
    const found = await getOr<Reason[]>(`/v1/conversations/${id}/why`, []);
    if (openId.value === id) reasons.value = new Map(found.map(({ rev, line }) => [rev, line]));
  }, ASK_AFTER_MS);
});
