import { beforeEach, expect, it } from "vitest";
import { change, duration, figure, type Report, toCsv } from "../../src/console/reports/figures";
import { setWords } from "../../src/shared/i18n";

beforeEach(() =>
  setWords("en", { "unit.ms": "ms", "unit.s": "s", "unit.min": "min", "unit.h": "h", none: "none" }),
);

it("says durations as people do", () => {
  expect([850, 42_000, 200_000, 7_500_000].map(duration)).toEqual([
    "850 ms",
    "42 s",
    "3 min 20 s",
    "2 h 5 min",
  ]);
});

it("writes each unit its own way, and nothing where there is nothing", () => {
  expect(figure(1234, "count")).toBe("1,234");
  expect(figure(0.286, "share")).toBe("28.6%");
  expect(figure(4.5, "score")).toBe("4.50");
  expect(figure(1_500_000, "money")).toBe("1.5");
  expect(figure(null, "ms")).toBe("–");
});

it("knows which change is good news", () => {
  expect(change(120, 100, "ms")).toEqual({ text: "+20 %", isGood: false });
  expect(change(0.6, 0.5, "share")).toEqual({ text: "+20 %", isGood: true });
  expect(change(12, 10, "count")?.isGood).toBeNull();
  expect(change(12, 0, "count")).toBeNull();
});

it("lets no cell of a CSV file become a formula", () => {
  const title = { zh: "", en: "Agent" };
  const report = {
    columns: [
      { name: "agent", title, unit: "key" },
      { name: "n", title: { zh: "", en: "Count" }, unit: "count" },
    ],
    rows: [
      ["a1", 3],
      ["a2", null],
    ],
    names: { a1: "=cmd()", a2: 'Li, "Na"' },
  } as unknown as Report;
  expect(toCsv(report)).toBe('\ufeffAgent,Count\r\n\'=cmd(),3\r\n"Li, ""Na""",\r\n');
});
