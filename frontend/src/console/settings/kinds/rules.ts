import { TryQuestion } from "../asides/TryQuestion";
import type { Field, Variants } from "../form/field";
import { conditions } from "./conditions";
import type { Kind } from "./kind";

const option: readonly Field[] = [
  { name: "label", type: "texts", required: true, rows: 1 },
  { name: "value", type: "text", hint: "h.option_value" },
];

export const options: Field = { name: "options", type: "list", of: () => option, title: "value" };

const PRIORITIES = ["low", "normal", "high", "urgent"] as const;
export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** What a call of an endpoint needs, in rules and flows. */
export const call: readonly Field[] = [
  { name: "url", type: "text", required: true, placeholder: "https://shop.example/orders/{{slots.number}}" },
  { name: "method", type: "choice", options: METHODS, half: true },
  { name: "timeout_ms", type: "span", half: true },
  { name: "save", type: "text", placeholder: "answer", half: true, hint: "h.save" },
  { name: "headers", type: "json", half: true },
  { name: "body", type: "json" },
];

function actions(): Variants {
  return {
    reply: [{ name: "text", type: "texts", required: true, rows: 3, hint: "h.template" }],
    buttons: [{ name: "text", type: "texts", required: true }, options],
    start_flow: [
      { name: "flow", type: "pick", kind: "flows", required: true },
      { name: "slots", type: "json" },
    ],
    assistant: [{ name: "instruction", type: "area", hint: "h.instruction" }],
    handoff: [
      { name: "reason", type: "text", half: true },
      { name: "team", type: "pick", kind: "teams", half: true },
    ],
    assign: [
      { name: "team", type: "pick", kind: "teams", half: true },
      { name: "agent", type: "pick", kind: "agents", half: true },
    ],
    label: [
      { name: "add", type: "lines", half: true },
      { name: "remove", type: "lines", half: true },
    ],
    priority: [{ name: "level", type: "choice", options: PRIORITIES, words: "priority", required: true }],
    note: [{ name: "text", type: "area", required: true }],
    http: [...call, { name: "failure", type: "texts" }],
    webhook: [{ name: "name", type: "text", required: true }],
    snooze: [{ name: "for_ms", type: "span", required: true }],
    resolve: [],
  };
}

export const rules: Kind = {
  name: "rules",
  icon: "bolt",
  read: "knowledge.read",
  write: "knowledge.write",
  check: "/v1/rules/check",
  wrap: "list",
  order: "position",
  fresh: () => ({
    id: "",
    name: "",
    enabled: true,
    when: { kind: "contains", texts: [] },
    do: [{ act: "reply", text: "" }],
  }),
  about: record => String(record.id),
  aside: TryQuestion,
  sections: [
    {
      fields: [
        { name: "name", type: "text", half: true },
        { name: "id", type: "text", required: true, fixed: true, half: true, placeholder: "opening_hours" },
        { name: "enabled", type: "switch", half: true },
        { name: "position", type: "number", least: 0, half: true, hint: "h.position" },
      ],
    },
    {
      title: "s.when",
      fields: [
        {
          name: "on",
          type: "choice",
          options: ["message", "conversation_created", "status", "assignment", "idle", "schedule"],
          words: "on",
          half: true,
        },
        { name: "idle_ms", type: "span", half: true, when: record => record.on === "idle" },
        { name: "every_ms", type: "span", half: true, when: record => record.on === "schedule" },
        { name: "when", type: "variant", tag: "kind", variants: conditions, label: "f.condition" },
      ],
    },
    {
      title: "s.do",
      fields: [
        { name: "do", type: "variant", tag: "act", variants: actions, list: true, label: "f.actions" },
      ],
    },
    {
      title: "s.more",
      fields: [
        { name: "stop", type: "switch", half: true, hint: "h.stop" },
        { name: "once", type: "switch", half: true },
        { name: "sites", type: "picks", kind: "sites", hint: "h.all_when_none" },
        { name: "unverified", type: "texts", hint: "h.unverified" },
      ],
    },
  ],
};
