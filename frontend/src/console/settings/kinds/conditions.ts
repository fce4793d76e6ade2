/** The conditions of rules and flows. */
import type { Field, Variants } from "../form/field";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const nested: Field = {
  name: "of",
  type: "variant",
  tag: "kind",
  variants: conditions,
  list: true,
  label: "f.conditions",
};

export function conditions(): Variants {
  return {
    contains: [{ name: "texts", type: "lines", required: true, hint: "h.contains" }],
    exact: [{ name: "texts", type: "lines", required: true, hint: "h.exact" }],
    keywords: [
      { name: "any", type: "lines", half: true, hint: "h.any" },
      { name: "all", type: "lines", half: true, hint: "h.all" },
    ],
    regex: [
      { name: "pattern", type: "text", required: true, hint: "h.regex" },
      { name: "case", type: "switch" },
    ],
    intent: [
      { name: "names", type: "lines", required: true },
      { name: "above", type: "number", least: 0, most: 1, step: 0.01 },
    ],
    language: [{ name: "names", type: "lines", required: true, hint: "h.language" }],
    label: [{ name: "names", type: "lines", required: true }],
    hours: [
      {
        name: "state",
        type: "choice",
        options: ["open", "closed"],
        words: "hours",
        empty: "own_span",
        half: true,
      },
      { name: "zone", type: "zone", half: true },
      { name: "days", type: "choices", options: DAYS, words: "day" },
      { name: "start", type: "text", placeholder: "09:00", half: true },
      { name: "end", type: "text", placeholder: "18:00", half: true },
    ],
    compare: [
      { name: "path", type: "text", required: true, placeholder: "visitor.fields.plan", hint: "h.path" },
      { name: "equals", type: "json", half: true, hint: "h.json" },
      { name: "contains", type: "text", half: true },
      { name: "above", type: "number", step: 0.01, half: true },
      { name: "below", type: "number", step: 0.01, half: true },
      { name: "any_of", type: "json", half: true, hint: "h.json" },
      { name: "exists", type: "json", half: true, hint: "h.exists" },
    ],
    all: [nested],
    any: [nested],
    not: [{ name: "of", type: "variant", tag: "kind", variants: conditions, label: "f.conditions" }],
  };
}
