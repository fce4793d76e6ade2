/** Reports as the desk gives them, and how their figures are written. */
import { languageTag, t } from "../../shared/i18n";

export interface Title {
  zh: string;
  en: string;
}

export interface Column {
  name: string;
  title: Title;
  unit: "key" | "count" | "ms" | "share" | "score" | "money" | "text" | "time";
}

export interface ReportKind {
  name: string;
  title: Title;
  by: string[];
  columns: Column[];
}

export type Cell = string | number | null;

export interface Report {
  report: string;
  by: string;
  from: number;
  to: number;
  columns: Column[];
  rows: Cell[][];
  total: Cell[];
  previous: Cell[][];
  previous_total: Cell[];
  names: Record<string, string>;
}

/** Units of which less is better. */
const SLOWER_IS_WORSE = ["ms", "money"];

export function titleIn(title: Title): string {
  return languageTag.value.startsWith("zh") ? title.zh : title.en;
}

export function figure(value: Cell | undefined, unit: Column["unit"]): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  switch (unit) {
    case "ms":
      return duration(value);
    case "share":
      return new Intl.NumberFormat(languageTag.value, { style: "percent", maximumFractionDigits: 1 }).format(
        value,
      );
    case "score":
      return value.toFixed(2);
    case "money":
      return (value / 1e6).toLocaleString(languageTag.value, { maximumFractionDigits: 4 });
    default:
      return Math.round(value * 100) % 100
        ? value.toFixed(2)
        : new Intl.NumberFormat(languageTag.value).format(value);
  }
}

/** A duration as people say it: `850 ms`, `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  const unit = (name: string, n: number) => `${n} ${t(`unit.${name}`)}`;
  if (ms < 1000) return unit("ms", Math.round(ms));
  const s = Math.round(ms / 1000);
  if (s < 60) return unit("s", s);
  if (s < 3600)
    return [unit("min", Math.floor(s / 60)), s % 60 ? unit("s", s % 60) : ""].filter(Boolean).join(" ");
  const minutes = Math.round(s / 60);
  return [unit("h", Math.floor(minutes / 60)), minutes % 60 ? unit("min", minutes % 60) : ""]
    .filter(Boolean)
    .join(" ");
}

export interface Change {
  text: string;
  /** Whether it is good news; null where it is neither. */
  isGood: boolean | null;
}

/** How a figure has changed since the period before. */
export function change(now: Cell | undefined, before: Cell | undefined, unit: Column["unit"]): Change | null {
  if (typeof now !== "number" || typeof before !== "number" || before === 0) return null;
  const share = (now - before) / before;
  if (Math.abs(share) < 0.005) return { text: "±0 %", isGood: null };
  const text = `${share > 0 ? "+" : "−"}${Math.abs(share * 100).toFixed(Math.abs(share) < 0.1 ? 1 : 0)} %`;
  const isGood = unit === "count" ? null : SLOWER_IS_WORSE.includes(unit) ? share < 0 : share > 0;
  return { text, isGood };
}

/** A day as the desk writes it, `2026-01-31`, in this machine's zone. */
export function dayOf(at: number): string {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** The days from one moment to before another. */
export function daysOf(from: number, to: number): string[] {
  const days = new Set<string>();
  for (let at = from; at < to; at += 43_200_000) days.add(dayOf(at));
  return [...days];
}

/** How many columns name a row before its figures begin. */
export function keysOf(report: Report): number {
  return report.columns.filter(column => column.unit === "key").length;
}

/** Where the words for the keys of a column stand, for keys that the desk gives itself. */
const WORDS: Record<string, string> = { reason: "handoff", trouble: "figure", handler: "handler" };

export function nameIn(report: Report, key: Cell | undefined): string {
  const id = String(key ?? "");
  const word = `${WORDS[report.columns[0]?.name ?? ""] ?? ""}.${id}`;
  const text = t(word);
  return report.names[id] || (text === word ? id : text) || t("none");
}

/** A report as the text of a CSV file; what a spreadsheet would take for a formula is kept a text. */
export function toCsv(report: Report): string {
  const cell = (value: Cell) => {
    const text = value === null ? "" : String(value);
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  const keys = keysOf(report);
  const lines = [
    report.columns.map(column => titleIn(column.title)),
    ...report.rows.map(row => row.map((value, n) => (n < keys ? nameIn(report, value) : value))),
  ];
  // The mark at the front is what spreadsheets need to read the text as UTF-8.
  return `\ufeff${lines.map(line => line.map(cell).join(",")).join("\r\n")}\r\n`;
}
