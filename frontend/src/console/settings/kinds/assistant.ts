import type { Field, Section } from "../form/field";

const PLACE = "settings.assistant";
const at = (name: string) => `${PLACE}.${name}`;

const model: readonly Field[] = [
  { name: "model", type: "text", required: true, half: true, placeholder: "gpt-5-mini" },
  { name: "base_url", type: "text", required: true, half: true, placeholder: "https://models.example/v1" },
  { name: "key", type: "text", half: true, placeholder: "env:AI_KEY_DEMO__OPENAI", hint: "h.model_key" },
  { name: "max_tokens", type: "number", least: 1, half: true, initial: 512 },
  { name: "temperature", type: "number", least: 0, most: 2, step: 0.1, half: true },
  { name: "first_token_ms", type: "span", half: true },
  { name: "price_in", type: "number", least: 0, half: true, hint: "h.price" },
  { name: "price_out", type: "number", least: 0, half: true, hint: "h.price" },
];

/** How a site's assistant answers: a part of the site's record. */
export const assistantSections: readonly Section[] = [
  {
    fields: [
      { name: at("prompt"), type: "area", rows: 6, hint: "h.prompt" },
      { name: at("deadline_ms"), type: "span", half: true, hint: "h.deadline" },
      {
        name: at("late"),
        type: "choice",
        options: ["drop", "follow_up"],
        words: "late",
        half: true,
        label: "f.when_late",
      },
      { name: at("language"), type: "text", half: true, placeholder: "auto" },
      { name: at("context_turns"), type: "number", least: 0, most: 200, initial: 16, half: true },
      { name: at("cache_s"), type: "span", seconds: true, half: true },
      {
        name: at("mask"),
        type: "choices",
        options: ["phone", "id_card", "bank_card", "email"],
        words: "mask",
        initial: ["phone", "id_card", "bank_card", "email"],
      },
    ],
  },
  {
    title: "s.models",
    fields: [{ name: at("models"), type: "list", of: () => model, title: "model", hint: "h.models" }],
  },
  {
    title: "s.budget",
    fields: [
      { name: at("budget.day"), type: "number", least: 0, half: true, hint: "h.micro" },
      { name: at("budget.month"), type: "number", least: 0, half: true, hint: "h.micro" },
      { name: at("limits.visitor_requests"), type: "number", least: 0, initial: 60, half: true },
      { name: at("limits.tenant_requests"), type: "number", least: 0, half: true },
    ],
  },
];
