import { expect, it } from "vitest";
import { setWords } from "../../src/shared/i18n";
import type { FieldType } from "../../src/shared/wire";
import en from "../../src/widget/locales/en.json";
import { problemWith } from "../../src/widget/parts/FormCard";

setWords("en", en);

const check = (type: FieldType, value: string, required = false) =>
  problemWith({ name: "f", label: "F", type, required }, value);

it.each<[FieldType, string]>([
  ["email", "a@b.example"],
  ["phone", "+86 138-0013-8000"],
  ["phone", "(010) 6552 9988"],
  ["number", "12,5"],
  ["number", "-3"],
  ["text", "anything"],
  ["date", "2026-01-31"],
])("takes %s %j", (type, value) => expect(check(type, value, true)).toBeNull());

it.each<[FieldType, string]>([
  ["email", "a@b"],
  ["email", "a b@c.example"],
  ["phone", "call me"],
  ["number", "twelve"],
])("refuses %s %j", (type, value) => expect(check(type, value)).toBeTruthy());

it("asks for what is required, and only for that", () => {
  expect(check("text", "", true)).toBe(en["form.missing"]);
  expect(check("email", "")).toBeNull();
});
