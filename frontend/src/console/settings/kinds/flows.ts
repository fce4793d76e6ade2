import { FlowDrawing } from "../asides/FlowDrawing";
import type { Field, Variants } from "../form/field";
import { conditions } from "./conditions";
import type { Kind } from "./kind";
import { call, options } from "./rules";

const next: Field = { name: "next", type: "text", required: true, half: true };
const to = (name: string): Field => ({ name, type: "text", half: true });

function states(): Variants {
  return {
    ask: [
      { name: "slot", type: "text", required: true, half: true },
      next,
      { name: "say", type: "texts", required: true },
      { name: "retry", type: "texts" },
      { name: "tries", type: "number", least: 1, most: 10, half: true },
      to("failed"),
      { name: "wait_ms", type: "span", half: true },
      to("late"),
    ],
    say: [{ name: "say", type: "texts", required: true }, next, options],
    branch: [
      {
        name: "cases",
        type: "list",
        title: "next",
        of: () => [
          { name: "when", type: "variant", tag: "kind", variants: conditions, label: "f.condition" },
          { name: "next", type: "text", required: true },
        ],
      },
    ],
    call: [...call, next, { name: "failed", type: "text", required: true, half: true }, to("unverified")],
    sub: [
      { name: "flow", type: "pick", kind: "flows", required: true, half: true },
      { name: "save", type: "text", required: true, half: true },
      next,
      to("cancelled"),
      { name: "given", type: "json" },
    ],
    hand: [
      { name: "reason", type: "text", half: true },
      { name: "team", type: "pick", kind: "teams", half: true },
      { name: "say", type: "texts" },
    ],
    end: [
      { name: "result", type: "text", half: true },
      { name: "say", type: "texts" },
    ],
  };
}

const choice: readonly Field[] = [
  { name: "value", type: "text", required: true, half: true },
  { name: "label", type: "texts", rows: 1 },
  { name: "words", type: "lines" },
];

const slot: readonly Field[] = [
  {
    name: "type",
    type: "choice",
    options: ["text", "phone", "order_number", "date", "choice", "number", "email", "regex"],
    words: "slot",
    half: true,
  },
  { name: "label", type: "texts", rows: 1 },
  {
    name: "options",
    type: "list",
    of: () => choice,
    title: "value",
    when: record => record.type === "choice",
  },
  { name: "pattern", type: "text", half: true },
  { name: "at_least", type: "number", half: true },
  { name: "at_most", type: "number", half: true },
];

export const flows: Kind = {
  name: "flows",
  icon: "flow",
  read: "knowledge.read",
  write: "knowledge.write",
  check: "/v1/flows/check",
  fresh: () => ({
    id: "",
    name: "",
    enabled: true,
    triggers: [],
    start: "hello",
    states: { hello: { kind: "say", say: "", next: "done" }, done: { kind: "end", result: "done" } },
  }),
  about: record => `${record.id} · v${record.version ?? 1}`,
  aside: FlowDrawing,
  sections: [
    {
      fields: [
        { name: "name", type: "text", half: true },
        { name: "id", type: "text", required: true, fixed: true, half: true, placeholder: "refund" },
        { name: "enabled", type: "switch" },
        { name: "triggers", type: "lines", hint: "h.triggers" },
        { name: "start", type: "text", required: true, half: true },
        { name: "zone", type: "zone", half: true },
      ],
    },
    {
      title: "s.slots",
      fields: [{ name: "slots", type: "map", of: () => slot, fresh: { type: "text" } }],
    },
    {
      title: "s.states",
      fields: [{ name: "states", type: "variant", tag: "kind", variants: states, map: true }],
    },
    { title: "s.more", fields: [{ name: "cancel", type: "lines", hint: "h.cancel" }] },
  ],
};
