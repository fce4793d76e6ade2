import { readdirSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import * as i18n from "../../src/shared/i18n";
import arabic from "../../src/widget/locales/ar.json";
import en from "../../src/widget/locales/en.json";
import simplified from "../../src/widget/locales/zh-CN.json";
import traditional from "../../src/widget/locales/zh-TW.json";

beforeEach(() => {
  i18n.setOverrides({});
  i18n.setWords("en", en);
});

it.each([
  [["zh-CN"], "zh-CN"],
  [["zh"], "zh-CN"],
  [["zh-Hant-HK"], "zh-TW"],
  [["zh-TW"], "zh-TW"],
  [["fr", "zh-SG", "en"], "zh-CN"],
  [["en-GB", "zh"], "en"],
  [["xx"], "en"],
])("chooses the words for %j", (wanted, locale) => expect(i18n.matchLocale(wanted)).toBe(locale));

it("speaks further languages only where it has their words", () => {
  expect(i18n.matchLocale(["ar-EG", "en"], ["ar"])).toBe("ar");
  expect(i18n.matchLocale(["ar-EG", "zh"])).toBe("zh-CN");
  expect(i18n.matchLocale(["arn"], ["ar"])).toBe("en");
});

it("counts as each language does", () => {
  i18n.setWords("ar", arabic);
  expect(i18n.t("minutes", { n: 3 })).toBe("3 دقائق");
  expect(i18n.t("minutes", { n: 20 })).toBe("20 دقيقة");
});

it("fills in values and counts", () => {
  expect(i18n.t("minutes", { n: 1 })).toBe("1 minute");
  expect(i18n.t("minutes", { n: 3 })).toBe("3 minutes");
  i18n.setWords("zh-CN", simplified);
  expect(i18n.t("minutes", { n: 1 })).toBe("1 分钟");
  expect(i18n.t("human.connected", { name: "李娜" })).toBe("李娜 正在为您服务");
});

it("prefers the site's own texts", () => {
  i18n.setOverrides({ welcome: "Hi from the shop" });
  expect(i18n.t("welcome")).toBe("Hi from the shop");
});

it("picks a site's text for the reader's language", () => {
  const text = { "zh-CN": "简", "zh-TW": "繁", en: "E" };
  expect(i18n.pick(text, "zh-HK")).toBe("繁");
  expect(i18n.pick(text, "zh")).toBe("简");
  expect(i18n.pick(text, "en-GB")).toBe("E");
  expect(i18n.pick(text, "fr")).toBe("E");
  expect(i18n.pick({ "*": "any", en: "E" }, "fr")).toBe("any");
  expect(i18n.pick({ en: "E", "zh-CN": "简" }, "zh-TW")).toBe("简");
  expect(i18n.pick("same", "fr")).toBe("same");
  expect(i18n.pick(undefined)).toBe("");
});

it("writes from the right for the scripts that do", () => {
  expect(i18n.direction("ar-EG")).toBe("rtl");
  expect(i18n.direction("en")).toBe("ltr");
});

describe("the tables", () => {
  const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

  it.each([
    ["zh-CN", simplified],
    ["zh-TW", traditional],
    ["ar", arabic],
  ])("%s says all that English says", (_, table) => {
    const words = table as Record<string, string>;
    for (const [key, text] of Object.entries(en)) {
      if (key.endsWith(".one")) continue;
      expect(words[key], key).toBeTruthy();
      expect(placeholders(words[key] ?? ""), key).toEqual(placeholders(text));
    }
    const forms = /\.(zero|two|few|many)$/;
    expect(Object.keys(words).filter(key => !(key.replace(forms, "") in en))).toEqual([]);
  });

  it("hold every key that the code asks for, and no other", () => {
    const folder = "src/widget";
    const source = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter(name => /\.tsx?$/.test(name))
      .map(name => readFileSync(`${folder}/${name}`, "utf8"))
      .join("\n");
    const shared = readFileSync(`${folder}/../shared/i18n.ts`, "utf8");
    const asked = [...`${source}${shared}`.matchAll(/\bt\(\s*"([^"]+)"/g)].map(match => match[1] ?? "");
    expect(asked.filter(key => !(key in en))).toEqual([]);
    const stems = [...source.matchAll(/\bt\(\s*`([^`$]+)\$/g)].map(match => match[1] ?? "");
    const chosen = [...source.matchAll(/\bt\([^"`()]*\? "([^"]+)" : "([^"]+)"/g)].flatMap(match =>
      match.slice(1),
    );
    const unused = Object.keys(en).filter(
      key =>
        ![...asked, ...chosen].includes(key.replace(/\.one$/, "")) &&
        !stems.some(stem => key.startsWith(stem)),
    );
    expect(unused).toEqual([]);
  });
});
