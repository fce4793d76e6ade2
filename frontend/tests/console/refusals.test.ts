import { readFileSync } from "node:fs";
import { beforeEach, expect, it } from "vitest";
import { explained, setRefusals, translated } from "../../src/console/refusals";
import { setWords } from "../../src/shared/i18n";

const table = (tag: string) =>
  JSON.parse(readFileSync(`src/console/locales/refusals.${tag}.json`, "utf8")) as Record<string, string>;

beforeEach(() => {
  setWords("zh-CN", {});
  setRefusals(table("zh-CN"));
});

it("says the desk's sentences in the reader's language", () => {
  expect(translated("The password is wrong.")).toBe("密码有误。");
  expect(explained("The code is wrong.", "Compare the clocks.", "You may not do this.")).toBe(
    "验证码有误。请检查手机与电脑的时间。",
  );
});

it("keeps what differs from case to case", () => {
  expect(translated("This needs the permission site.write.")).toBe("需要权限 site.write。");
  expect(translated("Unknown field 'a.b'.")).toBe("未知的字段 'a.b'。");
  expect(translated("Action 2 of Hello: The message is empty.")).toBe("「Hello」的第 2 步：消息是空的。");
  expect(translated("level is one of flag, mask.")).toBe("level 须为 flag, mask 之一。");
});

it("says in general what no table holds, with the sentence in brackets", () => {
  expect(explained("Expected `int`.", "", "A value is not acceptable.")).toBe(
    "有一项内容不符合要求。（Expected `int`.）",
  );
  expect(explained("Of a plug-in.", "", "")).toBe("Of a plug-in.");
});

it("leaves English as it is", () => {
  setWords("en", {});
  setRefusals({});
  expect(explained("The code is wrong.", "Compare the clocks.", "You may not do this.")).toBe(
    "The code is wrong. Compare the clocks.",
  );
});

it("holds the same sentences and holes in both kinds of Chinese", () => {
  const [simplified, traditional] = [table("zh-CN"), table("zh-TW")];
  expect(Object.keys(traditional)).toEqual(Object.keys(simplified));
  const holes = (text = "") => (text.match(/\{\d\}/g) ?? []).sort().join();
  for (const found of [simplified, traditional])
    expect(Object.entries(found).filter(([sentence, said]) => holes(said) !== holes(sentence))).toEqual([]);
});
