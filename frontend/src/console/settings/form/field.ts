/** What a form is made of: tables of fields. Values are read and written in plain records by dotted paths; nothing is changed in place. */

interface Base {
  /** Where the value stands in the record: `name`, `theme.brand`. */
  name: string;
  /** Key of its words; `f.` and the last part of the name otherwise. */
  label?: string;
  /** Key of a sentence under it. */
  hint?: string;
  required?: boolean;
  /** Takes half of the line. */
  half?: boolean;
  /** Can be written once, when the record is made. */
  fixed?: boolean;
  when?: (record: Plain) => boolean;
  /** What the desk takes where nothing is written. */
  initial?: unknown;
}

export type Plain = Record<string, unknown>;

export type Field = Base &
  (
    | { type: "text" | "secret" | "colour"; placeholder?: string }
    | { type: "area"; rows?: number; mono?: boolean }
    | { type: "number"; least?: number; most?: number; step?: number }
    | { type: "switch" }
    /** One of a few; words are `o.` and the value, or `words` and the value. */
    | { type: "choice"; options: readonly string[]; words?: string; empty?: string }
    | { type: "choices"; options: readonly string[]; words?: string }
    /** Several texts, one a line. */
    | { type: "lines"; rows?: number }
    /** One text for everybody, or one for each language. */
    | { type: "texts"; rows?: number }
    /** A time in milliseconds since 1970; 0 is never. */
    | { type: "moment" }
    /** Milliseconds, or seconds, shown in the unit that fits. */
    | { type: "span"; seconds?: boolean }
    /** The id of a record of another kind, or several. */
    | { type: "pick" | "picks"; kind: string; also?: readonly string[] }
    /** Any JSON. */
    | { type: "json" }
    /** Structs in an order; `title` names the field that tells them apart. */
    | { type: "list"; of: () => readonly Field[]; title?: string; fresh?: Plain }
    /** Structs by a name of their own. */
    | { type: "map"; of: () => readonly Field[]; fresh?: Plain }
    /** One struct out of several kinds, told apart by the field `tag`; `list` for several of them in an order. */
    | { type: "variant"; tag: string; variants: () => Variants; list?: boolean; map?: boolean }
    /** A struct of its own. */
    | { type: "group"; of: () => readonly Field[] }
    /** Spans of each weekday. */
    | { type: "week" }
    /** Spans of single days, one day a line: `2026-12-24 09:00-12:00 14:00-16:00`. */
    | { type: "dates" }
    /** The name of a time zone. */
    | { type: "zone" }
    /** Words with the phrases in which they are allowed, one a line: `word | phrase, phrase`. */
    | { type: "wordlist" }
  );

export type Variants = Record<string, readonly Field[]>;

export interface Section {
  /** Key of its title; the first one may have none. */
  title?: string;
  fields: readonly Field[];
}

export function read(record: unknown, path: string): unknown {
  let value = record;
  for (const part of path.split(".")) value = (value as Plain | null | undefined)?.[part];
  return value;
}

/** The record with another value at `path`; an undefined value leaves the record. */
export function write(record: Plain, path: string, value: unknown): Plain {
  const [head = "", ...rest] = path.split(".");
  const inner = rest.length ? write((record[head] as Plain | undefined) ?? {}, rest.join("."), value) : value;
  const next = { ...record };
  if (inner === undefined) delete next[head];
  else next[head] = inner;
  return next;
}

/** What a new struct of these fields begins with. */
export function fresh(fields: readonly Field[]): Plain {
  let made: Plain = {};
  for (const field of fields) {
    if (!field.required) continue;
    if (field.type === "text" || field.type === "area" || field.type === "texts")
      made = write(made, field.name, "");
    else if (field.type === "lines" || field.type === "list" || field.type === "picks")
      made = write(made, field.name, []);
    else if (field.type === "choice") made = write(made, field.name, field.options[0]);
    else if (field.type === "number" || field.type === "span") made = write(made, field.name, 0);
    else if (field.type === "map") made = write(made, field.name, {});
  }
  return made;
}
