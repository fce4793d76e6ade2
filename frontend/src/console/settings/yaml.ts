/** Write a record as YAML for people; what they write is read by the desk, so nothing here reads it. */
import type { Plain } from "./form/field";

const PLAIN = /^[\p{L}_/][\p{L}\p{N}_ ./,，。？！?!'()（）-]*$/u;
const WORDS = /^(true|false|yes|no|on|off|null|~)$/i;

export function toYaml(value: unknown, indent = 0): string {
  if (Array.isArray(value))
    return value.length ? value.map(item => item_(item, indent)).join("") : `${pad(indent)}[]\n`;
  return Object.entries((value ?? {}) as Plain)
    .map(([key, each]) => `${pad(indent)}${scalar(key)}:${after(each, indent)}`)
    .join("");
}

function pad(indent: number): string {
  return "  ".repeat(indent);
}

function item_(value: unknown, indent: number): string {
  if (!isNested(value)) return `${pad(indent)}- ${leaf(value, indent)}\n`;
  const inner = toYaml(value, indent + 1);
  return `${pad(indent)}- ${inner.slice(pad(indent + 1).length)}`;
}

function after(value: unknown, indent: number): string {
  if (!isNested(value)) return ` ${leaf(value, indent)}\n`;
  return `\n${toYaml(value, indent + 1)}`;
}

function isNested(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function leaf(value: unknown, indent: number): string {
  if (Array.isArray(value)) return "[]";
  if (typeof value === "object" && value !== null) return "{}";
  if (typeof value !== "string") return String(value ?? "null");
  if (!value.includes("\n") || /^\s|[^\S\n]\n|\n\n$/.test(value)) return scalar(value);
  const lines = value.replace(/\n$/, "").split("\n");
  const body = lines.map(line => (line ? `${pad(indent + 1)}${line}` : "")).join("\n");
  return `|${value.endsWith("\n") ? "" : "-"}\n${body}`;
}

function scalar(text: string): string {
  return PLAIN.test(text) && !WORDS.test(text) && text === text.trim() ? text : JSON.stringify(text);
}
