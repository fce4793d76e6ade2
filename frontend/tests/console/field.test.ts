import { expect, it } from "vitest";
import { fresh, read, write } from "../../src/console/settings/form/field";

it("reads and writes by dotted paths without changing what it was given", () => {
  const record = { name: "Shop", theme: { brand: "#111111", mode: "auto" } };
  const next = write(record, "theme.brand", "#222222");
  expect(read(next, "theme.brand")).toBe("#222222");
  expect(read(next, "theme.mode")).toBe("auto");
  expect(record.theme.brand).toBe("#111111");
  expect(read(record, "texts.welcome")).toBeUndefined();
});

it("makes what is missing on the way, and takes away what becomes nothing", () => {
  expect(write({}, "settings.routing.order", "manual")).toEqual({
    settings: { routing: { order: "manual" } },
  });
  expect(write({ a: 1, b: 2 }, "b", undefined)).toEqual({ a: 1 });
});

it("begins a struct with what it needs and nothing else", () => {
  expect(
    fresh([
      { name: "text", type: "texts", required: true },
      { name: "names", type: "lines", required: true },
      { name: "level", type: "choice", options: ["low", "high"], required: true },
      { name: "note", type: "text" },
    ]),
  ).toEqual({ text: "", names: [], level: "low" });
});
