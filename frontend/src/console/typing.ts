/** Who types in the open conversation: the visitor, perhaps with a preview, and colleagues whose answer might collide. */
import { computed, signal } from "@preact/signals";
import { openId } from "./conversations";
import { on } from "./line";

const SHOWN_MS = 6000;

interface Typist {
  conversation: string;
  role: string;
  name: string;
  preview: string;
  until: number;
}

const typists = signal<ReadonlyMap<string, Typist>>(new Map());

const here = computed(() => [...typists.value.values()].filter(each => each.conversation === openId.value));

export const visitorTypes = computed(() => here.value.find(each => each.role === "visitor") ?? null);
export const colleagueTypes = computed(() => here.value.find(each => each.role === "agent") ?? null);

on("typing", frame => {
  const from = frame.from as { role: string; name?: string; id?: string };
  const key = `${frame.conversation} ${from.role} ${from.id ?? ""}`;
  const next = new Map(typists.value);
  if (!frame.on) next.delete(key);
  else {
    const until = Date.now() + SHOWN_MS;
    next.set(key, {
      conversation: frame.conversation as string,
      role: from.role,
      name: from.name ?? "",
      preview: (frame.preview as string | undefined) ?? "",
      until,
    });
    setTimeout(() => forget(key, until), SHOWN_MS);
  }
  typists.value = next;
});

/** A message ends the typing of who wrote it. */
on("message", frame => {
  const from = frame.from as { role: string; id?: string };
  const next = new Map(typists.value);
  next.delete(`${frame.conversation} ${from.role} ${from.role === "visitor" ? "" : (from.id ?? "")}`);
  typists.value = next;
});

function forget(key: string, until: number): void {
  if (typists.value.get(key)?.until !== until) return;
  const next = new Map(typists.value);
  next.delete(key);
  typists.value = next;
}
