/** The conversations that are known here, the views on them, and how many each view holds. */
import { computed, signal } from "@preact/signals";
import { t } from "../shared/i18n";
import { ask, get, getOr, offers } from "./api";
import { me, teams } from "./colleagues";
import { on } from "./line";
import {
  type ChangeEntry,
  type Conversation,
  type Filter,
  personName,
  type Row,
  type View,
  type Visitor,
} from "./model";
import { attempt } from "./notices";
import { allRows, forgetRows, merge, update } from "./rows";

/** Rows that are read at first, and with each further page. */
const FIRST_PAGE = 100;
const PAGE = 200;
const COUNT_AFTER_MS = 400;
const NAME_AFTER_MS = 600;

export const saved = signal<readonly View[]>([]);
export const viewId = signal("mine");
export const openId = signal("");

interface Counts {
  states: Record<string, number>;
  modes: Record<string, number>;
  assignees: Record<string, number>;
  teams: Record<string, number>;
  labels: Record<string, number>;
  mentions?: Record<string, number>;
  unassigned: number;
}
export const counts = signal<Counts | null>(null);

/** Views that are always one click away, and those behind the menu. */
export const TABS = ["mine", "queued", "unassigned", "all"] as const;
export const MORE = ["mentioned", "bot", "snoozed", "pending", "resolved"] as const;

const FILTERS: Record<string, Filter> = {
  mine: { assignee: "me" },
  queued: { mode: "queued" },
  unassigned: { assignee: "none" },
  all: {},
  mentioned: { mentioned: "me" },
  bot: { mode: "bot" },
  snoozed: { state: "snoozed" },
  pending: { state: "pending" },
  resolved: { state: "resolved" },
};

/** A view by its id: built in, saved, or made of one team or label (`team:ID`, `label:NAME`). */
export function viewOf(id: string): View {
  const known = saved.value.find(view => view.id === id);
  if (known) return known;
  const [kind, ...rest] = id.split(":");
  const name = rest.join(":");
  if (kind === "team")
    return {
      id,
      name: teams.value.find(each => each.id === name)?.name || name,
      filter: { team: name },
    };
  if (kind === "label") return { id, name, filter: { label: name } };
  return { id, name: t(`view.${id}`), filter: FILTERS[id] ?? {} };
}

export const view = computed(() => viewOf(viewId.value));

export function matches(filter: Filter, conversation: Conversation): boolean {
  const { state, mode, assignee, team, label, site, priority, mentioned } = filter;
  if (state ? conversation.state !== state : conversation.state === "resolved") return false;
  if (mode && (conversation.mode !== mode || conversation.state === "resolved")) return false;
  if (assignee === "none" && conversation.assignee) return false;
  if (assignee === "me" && conversation.assignee !== me.value?.id) return false;
  if (assignee && assignee !== "me" && assignee !== "none" && conversation.assignee !== assignee)
    return false;
  const wanted = mentioned === "me" ? me.value?.id : mentioned;
  if (wanted && !conversation.mentioned?.includes(wanted)) return false;
  if (team && conversation.team !== team) return false;
  if (label && !conversation.labels?.includes(label)) return false;
  if (site && conversation.site !== site) return false;
  return !priority || conversation.priority === priority;
}

export const shown = computed(() =>
  [...allRows()].filter(row => matches(view.value.filter, row.conversation)).sort(byUrgency),
);

/** How many messages wait unread in one's own conversations. */
export const unreadOfMine = computed(() => {
  let found = 0;
  for (const row of allRows())
    if (row.conversation.assignee === me.value?.id && row.conversation.state !== "resolved" && row.unread)
      found++;
  return found;
});

/** Who waits longest stands first among the waiting; after them what was last active. */
function byUrgency(a: Row, b: Row): number {
  const [waitsA, waitsB] = [isWaiting(a.conversation), isWaiting(b.conversation)];
  if (waitsA !== waitsB) return waitsA ? -1 : 1;
  return waitsA ? a.conversation.queued_at - b.conversation.queued_at : b.lastAt - a.lastAt;
}

export function isWaiting(conversation: Conversation): boolean {
  return conversation.mode === "queued" && conversation.state !== "resolved";
}

/** How many conversations a built-in view, a team's or a label's holds; undefined when nobody counted. */
export function countOf(id: string): number | undefined {
  const known = counts.value;
  if (!known) return undefined;
  const states = known.states;
  if (id === "mine") return known.assignees[me.value?.id ?? ""] ?? 0;
  if (id === "all") return (states.open ?? 0) + (states.pending ?? 0) + (states.snoozed ?? 0);
  if (id === "mentioned") return known.mentions?.[me.value?.id ?? ""] ?? 0;
  if (id === "unassigned") return known.unassigned;
  if (id === "queued" || id === "bot") return known.modes[id] ?? 0;
  if (id.startsWith("team:")) return known.teams[id.slice(5)] ?? 0;
  if (id.startsWith("label:")) return known.labels[id.slice(6)] ?? 0;
  return states[id];
}

let counting: ReturnType<typeof setTimeout> | undefined;

/** Count anew, once for all that changes within a moment; a desk that never rests is counted, too. */
function countSoon(): void {
  if (counting !== undefined) return;
  counting = setTimeout(async () => {
    counting = undefined;
    counts.value = await getOr<Counts | null>("/v1/conversations/counts", counts.value);
  }, COUNT_AFTER_MS);
}

interface ListPage {
  items: {
    conversation: Conversation;
    last_seq: number;
    last_at: number;
    last_text: string;
    unread: number;
    visitor_name: string;
  }[];
  cursor: string | null;
}

/** Where the next page of the present view begins; null at its end. */
const cursor = signal<string | null>(null);
let loading = "";

/** Look at a view: what is known stands there at once, the rest is read. */
export async function show(id: string): Promise<void> {
  viewId.value = id;
  cursor.value = null;
  await load(id, "");
}

/** Read the next page of the view, when there is one. */
export async function more(): Promise<void> {
  if (cursor.value) await load(viewId.value, cursor.value);
}

async function load(id: string, from: string): Promise<void> {
  const key = `${id} ${from}`;
  if (loading === key) return;
  loading = key;
  const page = await getOr<ListPage>(`/v1/conversations?${queryOf(viewOf(id).filter, from)}`, {
    items: [],
    cursor: null,
  });
  loading = "";
  take(page);
  if (viewId.value === id) cursor.value = page.cursor;
}

function queryOf(filter: Filter, from: string): URLSearchParams {
  const query = new URLSearchParams({
    limit: String(from ? PAGE : FIRST_PAGE),
    state: filter.state ?? "open,pending,snoozed",
  });
  if (from) query.set("cursor", from);
  for (const name of ["mode", "team", "label", "site", "priority", "mentioned"] as const) {
    const value = filter[name];
    if (value) query.set(name, value);
  }
  if (filter.assignee) query.set("assignee", filter.assignee);
  return query;
}

function take(page: ListPage): void {
  const read = page.items.map(item => {
    const { id, visitor } = item.conversation;
    asked.add(visitor);
    return {
      conversation: item.conversation,
      last: item.last_text,
      lastAt: item.last_at || item.conversation.updated_at,
      lastSeq: item.last_seq,
      unread: id === openId.value ? 0 : item.unread,
      name: item.visitor_name,
    };
  });
  merge(read);
}

/** Names of visitors who came by a frame that did not know them. */
const names = signal<ReadonlyMap<string, string>>(new Map());
const asked = new Set<string>();

/** The name of who wrote; empty where none is known, or not yet. */
export function visitorName(row: Row): string {
  const { visitor } = row.conversation;
  if (row.name) return row.name;
  if (visitor && !asked.has(visitor)) void learnName(visitor);
  return names.value.get(visitor) ?? "";
}

/** What to call who wrote: the name where there is one, else the end of the id. */
export function visitorLabel(row: Row): string {
  return visitorName(row) || t("visitor_n", { id: row.conversation.visitor?.slice(-4) ?? "" });
}

/** Ask for a name that no list has brought: a frame may be quicker than the list that was asked for before it. */
async function learnName(id: string): Promise<void> {
  asked.add(id);
  await new Promise(then => setTimeout(then, NAME_AFTER_MS));
  for (const row of allRows()) if (row.name && row.conversation.visitor === id) return;
  const visitor = await getOr<Visitor | null>(`/v1/visitors/${id}`, null);
  if (visitor) names.value = new Map(names.value).set(id, personName(visitor));
}

/** Everything anew: at the start, and when the line says that something was missed. */
export async function loadLists(): Promise<void> {
  countSoon();
  await Promise.all([show(viewId.value), load("all", "")]);
}

export async function loadViews(): Promise<void> {
  if (offers("GET /v1/views")) saved.value = await getOr<View[]>("/v1/views", []);
}

export async function saveView(name: string, filter: Filter, isShared: boolean): Promise<void> {
  const made = await ask<View>("POST", "/v1/views", {
    name,
    filter,
    ...(isShared ? {} : { owner: me.value?.id }),
  });
  await loadViews();
  await show(made.id);
}

export async function dropView(id: string): Promise<void> {
  await ask("DELETE", `/v1/views/${encodeURIComponent(id)}`);
  await loadViews();
  if (viewId.value === id) await show("all");
}

on("conversation", raw => {
  const frame = raw as unknown as ChangeEntry;
  const isRefresh = frame.what?.includes("refreshed") ?? false;
  const isSeen = frame.conversation === openId.value || frame.is.mode === "bot";
  update(frame.conversation, row => ({
    ...row,
    conversation: frame.is,
    last: frame.last || row.last,
    lastAt: isRefresh ? Date.now() : row.lastAt,
    lastSeq: Math.max(row.lastSeq, frame.seq ?? 0),
    unread: frame.conversation === openId.value ? 0 : isRefresh && !isSeen ? row.unread + 1 : row.unread,
    name: frame.visitor_name || row.name,
  }));
  if (!isRefresh) countSoon();
});

on("message", raw => {
  const { conversation, text, at, seq, from } = raw as unknown as {
    conversation: string;
    text: string;
    at: number;
    seq: number;
    from: { role: string };
  };
  const isUnseen = from.role === "visitor" && (conversation !== openId.value || document.hidden);
  update(conversation, row => ({
    ...row,
    last: text,
    lastAt: at,
    lastSeq: seq,
    unread: isUnseen ? row.unread + 1 : from.role === "agent" ? 0 : row.unread,
  }));
});

/** What was known may be gone: somebody was erased, or the desk has other data. */
on(
  "reset",
  () =>
    void attempt(async () => {
      const read = (id: string) => get<ListPage>(`/v1/conversations?${queryOf(viewOf(id).filter, "")}`);
      const [here, all] = await Promise.all([read(viewId.value), read("all")]);
      forgetRows(openId.value);
      take(all);
      take(here);
      cursor.value = here.cursor;
      countSoon();
    }),
);
