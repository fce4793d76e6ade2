import { expect, it } from "vitest";
import { titleOf } from "../../src/console/settings/form/Special";
import { readDates, writeDates } from "../../src/console/settings/form/Week";
import { setWords } from "../../src/shared/i18n";

it("reads days with hours of their own as people write them", () => {
  const dates = {
    "2026-12-24": [
      ["09:00", "12:00"],
      ["14:00", "16:00"],
    ],
    "2026-12-31": [],
  };
  expect(readDates("2026-12-24 9:00-12:00, 14:00 – 16:00\n\n2026-12-31\nsome day 9-5")).toEqual(dates);
  expect(writeDates(dates as never)).toBe("2026-12-24 09:00-12:00 14:00-16:00\n2026-12-31");
  expect(readDates(writeDates(dates as never))).toEqual(dates);
});

it("calls a record by its title in the reader's language", () => {
  setWords("zh-TW", {});
  expect(titleOf({ id: "pre", title: { en: "Before we start", "zh-CN": "开始之前" } })).toBe("开始之前");
  expect(titleOf({ id: "a", name: "", email: "ada@example.com" })).toBe("ada@example.com");
  expect(titleOf({ id: "a" })).toBe("a");
});
