/**
 * The words of the screens: one table at a time, loaded when it is needed.
 * Plurals, dates and numbers come from the platform's `Intl`.
 */
import { signal } from "@preact/signals";

export type Words = Record<string, string>;

export type Locale = "zh-CN" | "zh-TW" | "en" | "ar";

/** The tag that was asked for: decides dates and direction, also where the words are another language's. */
export const languageTag = signal<string>("en");
const words = signal<Words>({});
const overrides = signal<Words>({});

const RIGHT_TO_LEFT = /^(ar|fa|he|ur|ps|sd|ug|yi|dv|ckb)\b/i;

/** Choose the table of words for the first of `wanted` tags that has one; English otherwise. `more` languages than ours may have one. */
export function matchLocale(wanted: readonly string[], more: readonly Locale[] = []): Locale {
  for (const tag of wanted) {
    const lower = tag.toLowerCase();
    if (lower.startsWith("zh")) return /hant|-(tw|hk|mo)\b/.test(lower) ? "zh-TW" : "zh-CN";
    if (lower.startsWith("en")) return "en";
    const found = more.find(locale => lower.split("-")[0] === locale);
    if (found) return found;
  }
  return "en";
}

export function direction(tag: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.test(tag) ? "rtl" : "ltr";
}

/** Speak `table` from now on; everything that called `t` is drawn again. */
export function setWords(tag: string, table: Words): void {
  words.value = table;
  languageTag.value = tag;
}

/** Let the site's own texts stand in for ours, by key. */
export function setOverrides(table: Words): void {
  overrides.value = table;
}

/**
 * Say `key` in the current language. `{name}` is filled from `values`; where `values.n` is a number
 * and the table has `key.one` (or another plural category), that form is taken.
 */
export function t(key: string, values?: Record<string, string | number>): string {
  const n = values?.n;
  const plural = typeof n === "number" ? `${key}.${new Intl.PluralRules(languageTag.value).select(n)}` : key;
  const text = overrides.value[key] ?? words.value[plural] ?? words.value[key] ?? key;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole)) : text;
}

/** Pick from a text that may differ by language: this tag, its script, its language, any (`*`), English, the first. */
export function pick(
  text: string | Record<string, string> | null | undefined,
  tag = languageTag.value,
): string {
  if (text == null || typeof text === "string") return text ?? "";
  const keys = Object.keys(text);
  const same = keys.find(key => matchTag(key, tag)) ?? keys.find(key => language(key) === language(tag));
  const key = tag in text ? tag : (same ?? ["*", "en"].find(k => k in text) ?? keys[0]);
  return key === undefined ? "" : (text[key] ?? "");
}

function matchTag(a: string, b: string): boolean {
  if (/^zh/i.test(a) && /^zh/i.test(b)) return matchLocale([a]) === matchLocale([b]);
  return language(a) === language(b);
}

function language(tag: string): string | undefined {
  return tag.split("-")[0]?.toLowerCase();
}

export function formatTime(at: number): string {
  return new Intl.DateTimeFormat(languageTag.value, { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** Name the day of `at` as a person would: today, yesterday, or the date. */
export function formatDay(at: number, now: number): string {
  const days = Math.round((startOfDay(at) - startOfDay(now)) / 86_400_000);
  if (days === 0 || days === -1) {
    const name = new Intl.RelativeTimeFormat(languageTag.value, { numeric: "auto" }).format(days, "day");
    return name.charAt(0).toLocaleUpperCase() + name.slice(1);
  }
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(languageTag.value, {
    month: "long",
    day: "numeric",
    ...(sameYear ? {} : { year: "numeric" }),
  }).format(at);
}

export function formatMoment(at: number): string {
  return new Intl.DateTimeFormat(languageTag.value, {
    weekday: "long",
    hour: "2-digit",
    minute: "2-digit",
  }).format(at);
}

/** Say a duration in whole minutes, at least one. */
export function formatWait(ms: number): string {
  return t("minutes", { n: Math.max(1, Math.round(ms / 60_000)) });
}

export function formatBytes(bytes: number): string {
  const unit = bytes < 1_000_000 ? "kilobyte" : "megabyte";
  const value = Math.max(0.1, bytes / (unit === "kilobyte" ? 1000 : 1_000_000));
  return new Intl.NumberFormat(languageTag.value, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value);
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
