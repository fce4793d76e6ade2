import { pick } from "../../../shared/i18n";
import { SiteAside } from "../asides/SiteAside";
import type { Field, Plain } from "../form/field";
import type { Kind } from "./kind";

const TEXTS = [
  "title",
  "subtitle",
  "welcome",
  "announcement",
  "placeholder",
  "fallback",
  "handoff",
  "teaser",
  "bot_name",
  "closed",
  "offline",
] as const;

const FEATURES = ["upload", "emoji", "human", "rating", "transcript", "typing_preview"] as const;

export const sites: Kind = {
  name: "sites",
  icon: "globe",
  read: "site.read",
  write: "site.write",
  fresh: () => ({ id: "", name: "", theme: { brand: "#2f6fed" } }),
  about: record => String(record.id),
  aside: SiteAside,
  sections: [
    {
      fields: [
        { name: "name", type: "text", required: true, half: true },
        {
          name: "id",
          type: "text",
          required: true,
          fixed: true,
          half: true,
          hint: "h.site_id",
          label: "f.site_key",
        },
        {
          name: "locale",
          type: "choice",
          options: ["zh-CN", "zh-TW", "en"],
          words: "locale",
          empty: "as_browser",
          half: true,
        },
        { name: "team", type: "pick", kind: "teams", half: true },
      ],
    },
    {
      title: "s.looks",
      fields: [
        { name: "theme.brand", type: "colour", half: true },
        {
          name: "theme.position",
          label: "f.side",
          type: "choice",
          options: ["right", "left"],
          words: "side",
          half: true,
        },
        { name: "theme.mode", type: "choice", options: ["auto", "light", "dark"], words: "mode", half: true },
      ],
    },
    {
      title: "s.texts",
      fields: TEXTS.map(name => ({ name: `texts.${name}`, type: "texts", rows: 1 }) as const),
    },
    {
      title: "s.features",
      fields: FEATURES.map(
        name =>
          ({
            name: `features.${name}`,
            type: "switch",
            half: true,
            label: `f.has_${name}`,
            initial: name !== "typing_preview",
          }) as const,
      ),
    },
    {
      title: "s.behaviour",
      fields: [
        { name: "hours", type: "pick", kind: "hours", half: true },
        {
          name: "closed",
          type: "choice",
          options: ["form", "assistant", "hidden"],
          words: "when_closed",
          half: true,
          label: "f.when_closed",
        },
        {
          name: "after_resolve",
          type: "choice",
          options: ["new", "reopen"],
          words: "after_resolve",
          half: true,
        },
        { name: "idle_close_minutes", type: "number", least: 0, half: true, hint: "h.idle_close" },
        { name: "welcome_message", type: "switch", half: true },
      ],
    },
    {
      title: "s.routing",
      fields: [
        {
          name: "settings.routing.order",
          type: "choice",
          options: ["least_busy", "round_robin", "manual"],
          words: "order",
          half: true,
          label: "f.assignment",
        },
        {
          name: "settings.routing.outside_hours",
          type: "choice",
          options: ["wait", "assign"],
          words: "outside",
          half: true,
        },
        { name: "settings.routing.last_agent", type: "switch", initial: true, half: true },
        {
          name: "settings.routing.language",
          type: "switch",
          initial: true,
          half: true,
          label: "f.by_language",
        },
        { name: "settings.routing.skills", type: "lines", half: true },
        { name: "settings.routing.gone_s", type: "number", least: 0, half: true, initial: 120 },
        { name: "settings.routing.pick_up_s", type: "number", least: 0, half: true, initial: 180 },
        { name: "settings.routing.silent_s", type: "number", least: 0, half: true, initial: 0 },
      ],
    },
    {
      title: "s.safety",
      fields: [
        { name: "origins", type: "lines", hint: "h.origins" },
        { name: "signed_only", type: "switch", hint: "h.signed_only" },
      ],
    },
    {
      title: "s.forms",
      fields: [
        { name: "forms.pre_chat", type: "pick", kind: "forms", half: true },
        { name: "forms.offline", type: "pick", kind: "forms", half: true },
        { name: "forms.pre_chat_required", type: "switch", hint: "h.pre_chat_required" },
      ],
    },
  ],
};

export const hours: Kind = {
  name: "hours",
  icon: "clock",
  read: "site.read",
  write: "site.write",
  fresh: () => ({
    id: "",
    name: "",
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "Asia/Shanghai",
    week: Object.fromEntries(["mon", "tue", "wed", "thu", "fri"].map(day => [day, [["09:00", "18:00"]]])),
  }),
  about: record => String(record.zone ?? ""),
  sections: [
    {
      fields: [
        { name: "name", type: "text", required: true, half: true },
        { name: "id", type: "text", required: true, fixed: true, half: true },
        { name: "zone", type: "zone", half: true },
        { name: "week", type: "week" },
      ],
    },
    {
      title: "s.days_off",
      fields: [
        { name: "holidays", type: "lines", hint: "h.holidays", half: true },
        { name: "exceptions", type: "dates", hint: "h.exceptions", half: true },
      ],
    },
  ],
};

export const webhooks: Kind = {
  name: "webhooks",
  icon: "hook",
  read: "webhook.write",
  write: "webhook.write",
  fresh: () => ({ name: "", url: "https://", events: ["message", "conversation"], enabled: true }),
  about: record => String(record.url ?? ""),
  sections: [
    {
      fields: [
        { name: "name", type: "text", half: true },
        { name: "enabled", type: "switch", half: true },
        { name: "url", type: "text", required: true },
        { name: "events", type: "choices", options: ["message", "conversation", "note"], words: "hook" },
        { name: "secret", type: "secret", hint: "h.secret" },
      ],
    },
  ],
};

const choice: readonly Field[] = [
  { name: "label", type: "texts", required: true, rows: 1 },
  { name: "value", type: "text", required: true },
];

export const forms: Kind = {
  name: "forms",
  icon: "list",
  read: "site.read",
  write: "site.write",
  fresh: () => ({
    id: "",
    fields: [{ name: "email", type: "email", label: { "zh-CN": "邮箱", en: "E-mail" }, required: true }],
  }),
  about: record => ((record.fields as Plain[]) ?? []).map(each => each.name).join(", "),
  sections: [
    {
      fields: [
        { name: "id", type: "text", required: true, fixed: true, half: true },
        { name: "title", type: "texts", rows: 1 },
        { name: "text", type: "texts" },
        { name: "submit", type: "texts", rows: 1 },
      ],
    },
    {
      title: "s.fields",
      fields: [
        {
          name: "fields",
          type: "list",
          title: "name",
          fresh: { name: "", type: "text" },
          of: () => [
            { name: "name", type: "text", required: true, half: true },
            {
              name: "type",
              type: "choice",
              options: ["text", "textarea", "email", "phone", "number", "date", "choice"],
              words: "input",
              half: true,
            },
            { name: "label", type: "texts", rows: 1 },
            { name: "required", type: "switch", half: true },
            { name: "max_length", type: "number", least: 0, most: 4000, half: true },
            {
              name: "choices",
              type: "list",
              title: "value",
              of: () => choice,
              when: record => record.type === "choice",
            },
          ],
        },
      ],
    },
  ],
};

export const invitations: Kind = {
  name: "invitations",
  icon: "chat",
  read: "site.read",
  write: "site.write",
  fresh: () => ({ id: "", text: "", enabled: true, seconds: 20, pause_hours: 24 }),
  title: record => pick(record.text as string | Record<string, string>) || String(record.id),
  about: record => [record.page, record.site].filter(Boolean).join(" · "),
  sections: [
    {
      fields: [
        { name: "id", type: "text", required: true, fixed: true, half: true },
        { name: "enabled", type: "switch", initial: true, half: true },
        { name: "text", type: "texts", required: true },
        { name: "site", type: "pick", kind: "sites", half: true },
        { name: "page", type: "text", placeholder: "/cart*", half: true, hint: "h.page" },
        { name: "seconds", type: "number", least: 0, half: true },
        { name: "pause_hours", type: "number", least: 0, half: true, initial: 24 },
        { name: "only_open", type: "switch", half: true },
      ],
    },
  ],
};
