import { expect, it } from "vitest";
import { toYaml } from "../../src/console/settings/yaml";

it("writes nested records as people write them", () => {
  const record = {
    id: "refund",
    enabled: true,
    when: { kind: "contains", texts: ["退款", "money back"] },
    do: [{ act: "reply", text: { zh: "三天内到账。", en: 'Within 3 days: "soon".' } }],
    headers: {},
    sites: [],
  };
  expect(toYaml(record)).toBe(
    [
      "id: refund",
      "enabled: true",
      "when:",
      "  kind: contains",
      "  texts:",
      "    - 退款",
      "    - money back",
      "do:",
      "  - act: reply",
      "    text:",
      "      zh: 三天内到账。",
      '      en: "Within 3 days: \\"soon\\"."',
      "headers: {}",
      "sites: []",
      "",
    ].join("\n"),
  );
});

it("keeps texts that YAML would take for something else", () => {
  expect(toYaml({ a: "yes", b: "12", c: "# no", d: "", e: "null", f: " x", g: "2026-01-01" })).toBe(
    'a: "yes"\nb: "12"\nc: "# no"\nd: ""\ne: "null"\nf: " x"\ng: "2026-01-01"\n',
  );
});

it("writes long texts line by line", () => {
  expect(toYaml({ body: "one\ntwo\n", note: "a\n\nb" })).toBe(
    "body: |\n  one\n  two\nnote: |-\n  a\n\n  b\n",
  );
});
