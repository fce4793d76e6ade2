/** The shapes of the API that the console uses. */
import type { Extra, Role, Source } from "../shared/wire";

export type State = "open" | "pending" | "snoozed" | "resolved";
export type Mode = "bot" | "queued" | "human";
export type Priority = "low" | "normal" | "high" | "urgent";
export type PresenceState = "online" | "away" | "offline";

export const PRIORITIES: Priority[] = ["low", "normal", "high", "urgent"];
export const PRESENCES: PresenceState[] = ["online", "away", "offline"];

export interface Conversation {
  id: string;
  site: string;
  visitor: string;
  state: State;
  mode: Mode;
  assignee: string | null;
  team: string | null;
  priority: Priority;
  labels: string[];
  opened_at: number;
  updated_at: number;
  queued_at: number;
  snoozed_until: number;
  visitor_read: number;
  agent_read: number;
  rating: number;
  handoff: string;
  /** Response targets that are close or missed: `first:warn`, `resolve:breach`. */
  late?: string[];
  /** Agents whom a note names. */
  mentioned?: string[];
}

/** One line of a list. */
export interface Row {
  conversation: Conversation;
  last: string;
  lastAt: number;
  lastSeq: number;
  unread: number;
  name: string;
}

export interface PageView {
  url: string;
  title?: string;
  at?: number;
}

export interface Visitor {
  id: string;
  site: string;
  name?: string;
  email?: string;
  phone?: string;
  identity?: string | null;
  language?: string;
  fields?: Record<string, unknown>;
  attributes?: Record<string, unknown>;
  labels?: string[];
  note?: string;
  first_seen?: number;
  last_seen?: number;
  address?: string;
  device?: string;
  place?: string;
  referrer?: string;
  blocked_until?: number;
  trail?: PageView[];
}

/** What a person is called: the proven name, else the one that the page gave. */
export function personName(visitor: Visitor): string {
  const given = visitor.fields?.name;
  return visitor.name || (typeof given === "string" ? given : "");
}

export interface Agent {
  id: string;
  email: string;
  name: string;
  role: string;
  enabled: boolean;
  teams?: string[];
  capacity?: number;
  second_factor?: boolean;
  permissions?: string[];
}

export interface Team {
  id: string;
  name: string;
}

/** How an agent stands at this moment. */
export interface Standing {
  agent?: string;
  id?: string;
  presence: PresenceState;
  load?: number;
  capacity?: number;
}

export interface SiteRecord {
  id: string;
  name?: string;
}

export interface MessageEntry {
  t: "message";
  conversation: string;
  seq: number;
  rev: number;
  id: string;
  from: { role: Role; name?: string; id?: string };
  text: string;
  kind: string;
  at: number;
  extra?: Extra;
  sources?: Source[];
  why?: Record<string, unknown>;
  pending?: boolean;
}

export interface NoteEntry {
  t: "note";
  conversation: string;
  rev: number;
  id: string;
  at: number;
  kind: string;
  actor: string;
  text: string;
  body?: Record<string, unknown>;
}

export interface ChangeEntry {
  t: "conversation";
  conversation: string;
  rev: number;
  is: Conversation;
  what: string[];
  actor: string;
  reason: string;
  last: string;
  seq: number;
  visitor_name: string;
}

/** What happened in a conversation, as the socket and the history tell it. */
export type Entry = MessageEntry | NoteEntry | ChangeEntry;

/** Which conversations are wanted; nothing given means all that are not resolved. */
export interface Filter {
  state?: State;
  mode?: Mode;
  /** An agent, `me`, or `none`. */
  assignee?: string;
  team?: string;
  label?: string;
  site?: string;
  priority?: Priority;
  /** An agent, or `me`. */
  mentioned?: string;
}

export interface View {
  id: string;
  name: string;
  filter: Filter;
  shared?: boolean;
  owner?: string;
}
