/** What agents say and do every day: canned replies with their variables, and macros. */
import { signal } from "@preact/signals";
import { ask, getOr, offers } from "./api";
import { me } from "./colleagues";
import { openId } from "./conversations";
import { personName } from "./model";
import { visitor } from "./thread";

export interface Canned {
  id: string;
  title: string;
  text: string;
  group?: string;
  owner?: string;
}

export interface Macro {
  id: string;
  name: string;
}

export const canned = signal<readonly Canned[]>([]);
export const macros = signal<readonly Macro[]>([]);

export async function loadPhrases(): Promise<void> {
  canned.value = await getOr<Canned[]>("/v1/canned", []);
  if (offers("GET /v1/macros")) macros.value = await getOr<Macro[]>("/v1/macros", []);
}

export function matching(wanted: string): Canned[] {
  const lower = wanted.toLowerCase();
  return canned.value
    .filter(each => `${each.group ?? ""} ${each.title} ${each.text}`.toLowerCase().includes(lower))
    .slice(0, 8);
}

/** Fill a canned reply in: at once with what is known here, then as the desk does, which knows all and counts the use. */
export async function take(reply: Canned, put: (text: string, before?: string) => void): Promise<void> {
  const quick = fill(reply.text);
  put(quick);
  if (!offers("POST /v1/canned/{}/fill")) return;
  const path = `/v1/canned/${encodeURIComponent(reply.id)}/fill`;
  const { text } = await ask<{ text: string }>("POST", path, { conversation: openId.value });
  if (text !== quick) put(text, quick);
}

/** The variables of a text, filled: `{{visitor.name | friend}}`. */
function fill(text: string): string {
  const values: Record<string, string | undefined> = {
    "visitor.name": visitor.value ? personName(visitor.value) : "",
    "visitor.email": visitor.value?.email,
    "agent.name": me.value?.name,
  };
  return text.replace(
    /\{\{\s*([\w.]+)\s*(?:\|\s*([^{}]*?)\s*)?\}\}/g,
    (_, name: string, otherwise = "") => values[name] || otherwise,
  );
}

export async function runMacro(id: string): Promise<void> {
  await ask("POST", `/v1/conversations/${openId.value}/macros/${encodeURIComponent(id)}`);
}
