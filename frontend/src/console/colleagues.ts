/** Who works here: me, the others, their teams, and who is there at this moment. */
import { computed, signal } from "@preact/signals";
import { ask, get, getOr, offers } from "./api";
import { on, tell } from "./line";
import type { Agent, PresenceState, Standing, Team } from "./model";

export const me = signal<Agent | null>(null);
export const agents = signal<readonly Agent[]>([]);
export const teams = signal<readonly Team[]>([]);
export const standings = signal<ReadonlyMap<string, Standing>>(new Map());

export const mine = computed(() => standings.value.get(me.value?.id ?? ""));

export function may(permission: string): boolean {
  return me.value?.permissions?.includes(permission) ?? false;
}

export function nameOf(id: string | null | undefined): string {
  if (!id) return "";
  return agents.value.find(agent => agent.id === id)?.name || "";
}

export function teamName(id: string | null | undefined): string {
  return teams.value.find(team => team.id === id)?.name || id || "";
}

export async function loadColleagues(): Promise<void> {
  me.value = await get<Agent>("/v1/me");
  void getOr<Agent[]>("/v1/agents", []).then(found => {
    agents.value = found;
  });
  void getOr<Team[]>("/v1/teams", []).then(found => {
    teams.value = found;
  });
}

/** Read who is there; without that route only what the socket tells is known. */
export async function loadStandings(): Promise<void> {
  if (!offers("GET /v1/presence")) return;
  const answer = await getOr<Standing[] | { agents: Standing[] }>("/v1/presence", []);
  const found = Array.isArray(answer) ? answer : answer.agents;
  standings.value = new Map(found.map(each => [each.agent ?? each.id ?? "", each]));
}

export async function setPresence(presence: PresenceState): Promise<void> {
  const id = me.value?.id ?? "";
  hear(id, presence);
  if (offers("PUT /v1/agents/me/presence")) await ask("PUT", "/v1/agents/me/presence", { presence });
  else tell({ t: "presence", state: presence });
  await loadStandings();
}

function hear(agent: string, presence: PresenceState): void {
  const known = standings.value.get(agent);
  standings.value = new Map(standings.value).set(agent, { ...known, agent, presence });
}

on("presence", frame => {
  // With a conversation it says who looks at that one.
  if (!frame.conversation) hear(frame.agent as string, frame.state as PresenceState);
});
