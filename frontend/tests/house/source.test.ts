// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter(name => /\.tsx?$/.test(name));
const source = new Map(files.map(name => [name, readFileSync(`src/${name}`, "utf8")]));
const offenders = (pattern: RegExp, where = /./) =>
  [...source].filter(([name, text]) => where.test(name) && pattern.test(text)).map(([name]) => name);

it("reads nothing as HTML in what visitors load", () => {
  const html =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc|\beval\b|new Function/;
  expect(offenders(html, /^(loader|widget|shared|demo)\//)).toEqual([]);
});

it("posts no message to any origin", () => {
  expect(offenders(/postMessage\([^)]*"\*"/)).toEqual([]);
});

it("names no other host", () => {
  const hosts = [...source].flatMap(([name, text]) =>
    [...text.matchAll(/https?:\/\/[a-z0-9.-]+/gi)].map(match => `${name}: ${match[0]}`),
  );
  expect(hosts.filter(line => !/www\.w3\.org|\.example|\bexample\.com/.test(line))).toEqual([]);
});

it("keeps files within 400 lines", () => {
  expect([...source].filter(([, text]) => text.split("\n").length > 400).map(([name]) => name)).toEqual([]);
});
