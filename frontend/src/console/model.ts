/** The shapes of the API that the console uses. */
import type { Extra, Role, Source } from "../shared/wire";

export type State = "open" | "pending" | "snoozed" | "resolved";
export type Priority = "low" | "normal" | "high" | "urgent";

export interface Conversation {
  id: string;
  site: string;
  visitor: string;
  state: State;
  mode: "bot" | "queued" | "human";
  assignee: string | null;
  team: string | null;
  priority: Priority;
  labels: string[];
  opened_at: number;
  updated_at: number;
  queued_at: number;
  visitor_read: number;
  agent_read: number;
  rating: number;
  handoff: string;
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

export interface Visitor {
  id: string;
  site: string;
  name?: string;
  email?: string;
  phone?: string;
  identity?: string | null;
  language?: string;
  fields?: Record<string, unknown>;
  labels?: string[];
  first_seen?: number;
  last_seen?: number;
  address?: string;
  device?: string;
  referrer?: string;
  trail?: { url: string; title?: string; at?: number }[];
}

export interface Agent {
  id: string;
  email: string;
  name: string;
  role: string;
  enabled: boolean;
  permissions?: string[];
}

/** What happened in a conversation, as the socket and the history tell it. */
export type Entry =
  | {
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
  | {
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
  | {
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
    };

export type ListName = "mine" | "unassigned" | "all" | "resolved";
