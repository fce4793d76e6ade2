/**
 * The wire, version 1, as the visitor's side sees it. Types only: nothing here runs.
 * Times are integer milliseconds since 1970, durations integer milliseconds.
 */

export type Role = "visitor" | "agent" | "bot" | "assistant" | "system";

/** A text of the site: one string for everybody, or one per language tag. */
export type SiteText = string | Record<string, string>;

export interface Author {
  role: Role;
  name?: string;
  id?: string;
  avatar?: string;
}

export interface Source {
  id?: string;
  title: string;
  url?: string;
}

export interface StoredFile {
  id: string;
  url: string;
  name: string;
  type: string;
  size: number;
}

export interface Choice {
  label: SiteText;
  value: string;
}

export interface Card {
  title: SiteText;
  text?: SiteText;
  image?: string;
  link?: string;
  buttons?: Choice[];
}

export type FieldType = "text" | "email" | "phone" | "number" | "date" | "choice" | "textarea";

export interface FormField {
  name: string;
  label: SiteText;
  type: FieldType;
  required?: boolean;
  max_length?: number;
  choices?: (Choice | string)[];
  placeholder?: SiteText;
}

export interface Form {
  id: string;
  title?: SiteText;
  text?: SiteText;
  submit?: SiteText;
  fields: FormField[];
}

export interface Extra {
  turn?: string;
  file?: StoredFile;
  buttons?: Choice[];
  card?: Card;
  cards?: Card[];
  form?: Form | string;
  values?: Record<string, string>;
  button?: string;
  label?: string;
}

export type Kind = "text" | "image" | "file" | "form" | (string & {});

export interface Queue {
  position: number;
  wait_ms?: number;
}

export interface Status {
  /** `thinking` comes from the assistant; `queued` and `assigned` mean a person; the rest is the conversation's. */
  state: "open" | "pending" | "snoozed" | "resolved" | "thinking" | "queued" | "assigned" | (string & {});
  /** The person who answers; while thinking, `note` is one human line about what the assistant does now. */
  agent?: { name?: string; note?: string } | null;
  queue?: Queue | null;
  turn?: string;
}

/** What a site shows to its visitors. Empty texts mean the built-in ones. */
export interface Site {
  key: string;
  name?: SiteText;
  locale?: string;
  texts?: Record<string, SiteText>;
  theme?: { brand?: string; mode?: "auto" | "light" | "dark"; position?: "left" | "right" };
  forms?: { pre_chat?: Form | null; offline?: Form | null };
  /** `offline` says what the widget does outside hours. */
  hours?: { open: boolean; next_open_ms?: number | null; offline?: "form" | "assistant" | "hide" };
  features?: {
    upload?: boolean;
    typing_preview?: boolean;
    rating?: boolean;
    human?: boolean;
    emoji?: boolean;
    transcript?: boolean;
  };
  limits?: { text?: number; upload_bytes?: number; upload_types?: string[] };
  /** Questions offered before the first message. */
  starters?: SiteText[];
}

// Frames from here to the desk.

export interface SendFrame {
  t: "send";
  id: string;
  text: string;
  kind?: Kind;
  extra?: Extra;
}

export type VisitorFrame =
  | { t: "hello"; token: string; epoch?: string; after?: number }
  | SendFrame
  | { t: "typing"; on: boolean; preview?: string }
  | { t: "read"; seq: number }
  | { t: "rate"; score: number; comment?: string }
  | { t: "human" }
  | { t: "end" }
  | { t: "stop"; turn: string }
  | { t: "page"; url: string; title?: string; referrer?: string }
  | { t: "track"; name: string; props?: Record<string, unknown> }
  | { t: "ping" };

// Frames from the desk.

export interface MessageFrame {
  t: "message";
  seq: number;
  id: string;
  from: Author;
  text: string;
  kind: Kind;
  at: number;
  sources?: Source[];
  extra?: Extra;
}

export interface WelcomeFrame {
  t: "welcome";
  visitor: string;
  conversation: string;
  epoch: string;
  seq: number;
  site?: Site;
  state?: string;
  agent?: Status["agent"];
  queue?: Queue | null;
}

export interface ErrorFrame {
  t: "error";
  code: string;
  message: string;
  id?: string;
  retry_after_ms?: number;
}

export type DeskFrame =
  | WelcomeFrame
  | { t: "ack"; id: string; seq: number; at: number }
  | MessageFrame
  | { t: "delta"; turn: string; text: string; replace?: boolean; done?: boolean; from?: Author }
  | { t: "typing"; from: Author; on: boolean; preview?: string }
  | { t: "read"; seq: number; from?: Author }
  | { t: "delivered"; seq: number }
  | ({ t: "status" } & Status)
  | ErrorFrame
  | { t: "reset"; epoch: string; seq: number }
  | { t: "pong" };

/** What `POST /v1/visitors` gives. */
export interface Admission {
  token: string;
  visitor: string;
  conversation: string;
  epoch: string;
  seq: number;
  site: Site;
}
