import { describe, expect, it } from "vitest";
import { Sentences } from "../../src/shared/announce";
import { Backoff } from "../../src/shared/backoff";
import { Cursor } from "../../src/shared/cursor";
import { uuid7 } from "../../src/shared/ids";

describe("uuid7", () => {
  it("has the version, the variant and the time", () => {
    expect(uuid7(0x0123456789ab, new Uint8Array(16).fill(255))).toBe("01234567-89ab-7fff-bfff-ffffffffffff");
  });

  it("sorts by time and repeats never", () => {
    const ids = Array.from({ length: 500 }, (_, i) => uuid7(1_700_000_000_000 + i));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(500);
  });
});

describe("Backoff", () => {
  it("doubles its ceiling from 0.5 to 30 seconds and jitters over all of it", () => {
    const high = new Backoff(500, 30_000, () => 1);
    expect(Array.from({ length: 8 }, () => high.next())).toEqual([
      500, 1000, 2000, 4000, 8000, 16000, 30000, 30000,
    ]);
    expect(new Backoff(500, 30_000, () => 0).next()).toBe(0);
    high.reset();
    expect(high.next(2000)).toBe(2500);
  });
});

describe("Cursor", () => {
  it("moves only over what is complete", () => {
    const cursor = new Cursor("e", 0);
    for (const n of [3, 1, 1]) cursor.saw(n);
    expect(cursor.after).toBe(1);
    cursor.saw(2);
    expect(cursor.after).toBe(3);
  });

  it("counts nothing before it knows where it stands", () => {
    const cursor = new Cursor();
    cursor.saw(7);
    expect(cursor.after).toBeUndefined();
  });
});

describe("Sentences", () => {
  it("tells each sentence once, as soon as it is finished", () => {
    const sentences = new Sentences();
    expect(sentences.next("Hel")).toEqual([]);
    expect(sentences.next("Hello **you**! It costs 3.")).toEqual(["Hello you!"]);
    expect(sentences.next("Hello **you**! It costs 3.50. An")).toEqual(["It costs 3.50."]);
    expect(sentences.next("Hello **you**! It costs 3.50. And more", true)).toEqual(["And more"]);
    expect(sentences.next("Hello **you**! It costs 3.50. And more", true)).toEqual([]);
  });

  it("knows Chinese punctuation", () => {
    const sentences = new Sentences();
    expect(sentences.next("您好。请稍等！正在")).toEqual(["您好。", "请稍等！"]);
  });

  it("begins anew when the text was replaced by a shorter one", () => {
    const sentences = new Sentences();
    sentences.next("Something that should not stand. Here it is.", true);
    expect(sentences.next("Withdrawn.", true)).toEqual(["Withdrawn."]);
  });
});
