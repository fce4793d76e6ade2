import { beforeEach, expect, it, vi } from "vitest";
import { Keep } from "../../src/shared/keep";

beforeEach(() => localStorage.clear());

it("writes nothing before it may, and everything afterwards", () => {
  const keep = new Keep("k:");
  keep.set("a", 1);
  expect(localStorage.length).toBe(0);
  keep.allow(true);
  expect(localStorage.getItem("k:a")).toBe("1");
  keep.set("b", { c: 2 });
  expect(new Keep("k:").wasUsed).toBe(true);
  expect(keep.get("b")).toEqual({ c: 2 });
});

it("wipes the storage when it may no longer, and remembers in memory", () => {
  const keep = new Keep("k:");
  keep.allow(true);
  keep.set("a", 1);
  localStorage.setItem("other", "x");
  keep.allow(false);
  expect(Object.keys(localStorage)).toEqual(["other"]);
  expect(keep.get("a")).toBe(1);
});

it("sees what another tab has removed", () => {
  const [here, there] = [new Keep("k:"), new Keep("k:")];
  here.allow(true);
  there.allow(true);
  here.set("a", 1);
  there.remove("a");
  expect(here.get("a")).toBeUndefined();
});

it("does with memory where storage is full or broken", () => {
  const keep = new Keep("k:");
  keep.allow(true);
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  keep.set("a", 1);
  expect(keep.get("a")).toBe(1);
  localStorage.clear();
  vi.restoreAllMocks();
  localStorage.setItem("k:bad", "{");
  expect(keep.get("bad")).toBeUndefined();
});
