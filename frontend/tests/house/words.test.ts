// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

type Table = Record<string, string>;

const read = (part: string, tag: string): Table =>
  JSON.parse(readFileSync(`src/${part}/locales/${tag}.json`, "utf8"));

const source = (part: string) =>
  readdirSync(`src/${part}`, { recursive: true, encoding: "utf8" })
    .filter(name => /\.tsx?$/.test(name))
    .map(name => readFileSync(`src/${part}/${name}`, "utf8"))
    .join("\n");

/** Keys without their plural forms. */
const keys = (table: Table) =>
  new Set(Object.keys(table).map(key => key.replace(/\.(one|other|few|many)$/, "")));

/** The tables of a part, English apart. */
const TRANSLATED: Record<string, string[]> = {
  widget: ["zh-CN", "zh-TW", "ar"],
  console: ["zh-CN", "zh-TW"],
};

for (const [part, translated] of Object.entries(TRANSLATED)) {
  it(`says the same things of the ${part} in every language`, () => {
    const [english, ...others] = ["en", ...translated].map(tag => keys(read(part, tag)));
    for (const other of others) expect([...other].sort()).toEqual([...(english ?? [])].sort());
  });

  it(`has words for all that the ${part} says`, () => {
    const known = keys(read(part, "en"));
    const said = [...source(part).matchAll(/\bt\(\s*"([^"]+)"/g)].map(match => match[1] as string);
    expect([...new Set(said)].filter(key => !known.has(key))).toEqual([]);
  });

  it(`fills the same holes of the ${part} in every language`, () => {
    const holes = (text = "") => [...text.matchAll(/\{\w+\}/g)].map(match => match[0]).sort();
    const english = read(part, "en");
    for (const tag of translated) {
      const table = read(part, tag);
      const differing = Object.keys(table).filter(
        key => key in english && holes(table[key]).join() !== holes(english[key]).join(),
      );
      expect(differing).toEqual([]);
    }
  });
}

/** Codes that only a program's mistake brings about, or that the chat answers by itself without a word. */
const NEVER_SAID = [
  "bad_frame",
  "bad_id",
  "hello_first",
  "internal",
  "method_not_allowed",
  "too_many_errors",
  "upgrade_required",
];

it.each(["en", "zh-CN", "zh-TW", "ar"])("has words in %s for every refusal that a visitor can meet", tag => {
  const page = readFileSync("../docs/protocol.md", "utf8").split("## Codes")[1] ?? "";
  const codes = [...page.matchAll(/^\| `(\w+)` \| \d+ \|/gm)].map(match => match[1] as string);
  expect(codes.length).toBeGreaterThan(20);
  expect(codes).toEqual(expect.arrayContaining(NEVER_SAID));
  const words = read("widget", tag);
  const wanted = codes.filter(code => !NEVER_SAID.includes(code));
  expect(wanted.filter(code => !words[`error.${code}`])).toEqual([]);
});
