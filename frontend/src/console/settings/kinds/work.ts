import type { Variants } from "../form/field";
import type { Kind } from "./kind";

const PRIORITIES = ["low", "normal", "high", "urgent"] as const;

/** What a macro can do. */
function acts(): Variants {
  return {
    say: [{ name: "text", type: "area", required: true, hint: "h.canned" }],
    note: [{ name: "text", type: "area", required: true, hint: "h.mention" }],
    label: [
      { name: "add", type: "lines", half: true },
      { name: "remove", type: "lines", half: true },
    ],
    priority: [{ name: "priority", type: "choice", options: PRIORITIES, words: "priority", required: true }],
    assign: [
      { name: "agent", type: "pick", kind: "agents", also: ["me"], half: true },
      { name: "team", type: "pick", kind: "teams", half: true },
    ],
    snooze: [{ name: "minutes", type: "number", least: 0, hint: "h.until_reply" }],
    form: [
      { name: "form", type: "pick", kind: "forms", required: true },
      { name: "text", type: "area", required: true },
    ],
    bot: [],
    resolve: [],
  };
}

export const macros: Kind = {
  name: "macros",
  icon: "bolt",
  read: "canned.read",
  write: "canned.write",
  fresh: () => ({ name: "", actions: [{ do: "say", text: "" }, { do: "resolve" }] }),
  about: record => String(record.group ?? ""),
  sections: [
    {
      fields: [
        { name: "name", type: "text", required: true, half: true },
        { name: "group", type: "text", half: true },
        { name: "owner", type: "pick", kind: "agents", half: true, hint: "h.canned_owner" },
      ],
    },
    {
      title: "s.steps",
      fields: [
        { name: "actions", type: "variant", tag: "do", variants: acts, list: true, label: "f.actions" },
      ],
    },
  ],
};

export const targets: Kind = {
  name: "targets",
  icon: "clock",
  read: "site.read",
  write: "site.write",
  order: "position",
  fresh: () => ({ id: "", name: "", first_s: 300, next_s: 900, resolve_s: 0 }),
  about: record => String(record.id),
  sections: [
    {
      fields: [
        { name: "name", type: "text", required: true, half: true },
        { name: "id", type: "text", required: true, fixed: true, half: true },
        { name: "enabled", type: "switch", initial: true, half: true },
        { name: "position", type: "number", least: 0, half: true, hint: "h.target_position" },
      ],
    },
    {
      title: "s.promised",
      fields: [
        { name: "first_s", type: "span", seconds: true, half: true },
        { name: "next_s", type: "span", seconds: true, half: true },
        { name: "resolve_s", type: "span", seconds: true, half: true },
        { name: "warn_percent", type: "number", least: 1, most: 100, initial: 80, half: true },
        { name: "hours", type: "pick", kind: "hours", half: true },
      ],
    },
    {
      title: "s.for_which",
      fields: [
        { name: "sites", type: "picks", kind: "sites", hint: "h.all_when_none" },
        { name: "teams", type: "picks", kind: "teams" },
        { name: "priorities", type: "choices", options: PRIORITIES, words: "priority" },
        { name: "labels", type: "lines", half: true },
      ],
    },
  ],
};
