/** Who types in the open conversation: the visitor, perhaps with a preview, and colleagues whose answer might collide. */
import { computed, signal } from "@preact/signals";
import { me, nameOf } from "./colleagues";
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
/** The name of a colleague who writes an answer here; empty when nobody does. */
export const colleagueWrites = computed(() => {
  const replying = colleaguesHere.value.find(each => each.state === "replying");
  return replying ? nameOf(replying.agent) : (here.value.find(each => each.role === "agent")?.name ?? "");
});

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

/** Colleagues who look at a conversation: agent → what they do there. */
const lookers = signal<ReadonlyMap<string, { conversation: string; agent: string; state: string }>>(
  new Map(),
);

/** Who else looks at the open conversation, and who writes an answer. */
export const colleaguesHere = computed(() =>
  [...lookers.value.values()].filter(
    each => each.conversation === openId.value && each.agent !== me.value?.id && each.state !== "left",
  ),
);

on("presence", frame => {
  const { conversation, agent, state } = frame as unknown as {
    conversation?: string;
    agent: string;
    state: string;
  };
  if (!conversation) return;
  const next = new Map(lookers.value);
  if (state === "left") next.delete(`${conversation} ${agent}`);
  else next.set(`${conversation} ${agent}`, { conversation, agent, state });
  lookers.value = next;
});

/** Who is away from the line hears nobody leave. */
on("welcome", () => {
  lookers.value = new Map();
});

function forget(key: string, until: number): void {
  if (typists.value.get(key)?.until !== until) return;
  const next = new Map(typists.value);
  next.delete(key);
  typists.value = next;
}
