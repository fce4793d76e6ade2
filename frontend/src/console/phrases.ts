/** What agents say and do every day: canned replies with their variables, and macros. */
import { signal } from "@preact/signals";
import { ask, getOr, offers } from "./api";
import { me } from "./colleagues";
import { openId } from "./conversations";
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
  const own = (owner: string | undefined) => !owner || owner === me.value?.id;
  canned.value = (await getOr<Canned[]>("/v1/canned", [])).filter(each => own(each.owner));
  if (offers("GET /v1/macros")) macros.value = await getOr<Macro[]>("/v1/macros", []);
}

export function matching(wanted: string): Canned[] {
  const lower = wanted.toLowerCase();
  return canned.value
    .filter(each => `${each.group ?? ""} ${each.title} ${each.text}`.toLowerCase().includes(lower))
    .slice(0, 8);
}

/** A canned reply with its variables filled: `{{visitor.name | friend}}`. */
export function fill(text: string): string {
  const values: Record<string, string | undefined> = {
    "visitor.name": visitor.value?.name,
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
