import { computed, effect } from "@preact/signals";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { allRows, forgetRows, put, rowOf, update } from "../../src/console/rows";

beforeEach(() => {
  vi.useFakeTimers();
  forgetRows();
});
afterEach(() => vi.useRealTimers());

const say = (id: string, last: string) => update(id, row => ({ ...row, last }));

it("shows a change of one row at once", () => {
  const last = computed(() => rowOf("a")?.last);
  expect(last.value).toBeUndefined();
  say("a", "one");
  expect(last.value).toBe("one");
  say("a", "two");
  expect(last.value).toBe("two");
});

it("walks over all rows a few times a second, however much happens", () => {
  let walks = 0;
  const stop = effect(() => {
    walks++;
    [...allRows()].length;
  });
  for (let ms = 0; ms < 1000; ms += 10) {
    say(`row ${ms}`, "hello");
    vi.advanceTimersByTime(10);
  }
  expect(walks).toBeGreaterThan(5);
  expect(walks).toBeLessThan(15);
  vi.advanceTimersByTime(100);
  stop();
});

it("leaves no change unseen", () => {
  const seen: string[][] = [];
  const stop = effect(() => void seen.push([...allRows()].map(row => row.last)));
  say("a", "one");
  say("a", "two");
  say("b", "three");
  vi.advanceTimersByTime(100);
  expect(seen.at(-1)).toEqual(["two", "three"]);
  put([]);
  forgetRows();
  expect(seen.at(-1)).toEqual([]);
  stop();
});
