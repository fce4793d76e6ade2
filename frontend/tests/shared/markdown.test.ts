import { describe, expect, it } from "vitest";
import { parsePlain } from "../../src/shared/markdown/inline";
import { type Node_, parseMarkdown } from "../../src/shared/markdown/parse";
import { patch } from "../../src/shared/markdown/patch";

/** The tree as markup, to read it in a test. Never used outside. */
function show(nodes: Node_[]): string {
  return nodes
    .map(node => {
      if (typeof node === "string") return node;
      const address = node.href ? ` ${node.href}` : "";
      const start = node.start === undefined ? "" : ` ${node.start}`;
      return node.children.length
        ? `<${node.tag}${address}${start}>${show(node.children)}</>`
        : `<${node.tag}/>`;
    })
    .join("");
}

const markdown = (text: string, open = false) => show(parseMarkdown(text, open));

describe("blocks", () => {
  it.each([
    ["one\ntwo\n\nthree", "<p>one<br/>two</><p>three</>"],
    ["# Big\n### Small", "<h2>Big</><h2>Small</>"],
    ["- a\n- b\n  more\n\nend", "<ul><li>a</><li>b<br/>more</></><p>end</>"],
    ["3. c\n4. d", "<ol 3><li>c</><li>d</></>"],
    ["1. a\n   - x\n   - y\n2. b", "<ol><li>a<ul><li>x</><li>y</></></><li>b</></>"],
    ["> quoted\n> **text**", "<blockquote><p>quoted<br/><strong>text</></></>"],
    ["```js\na < b\n\n**no**\n```\nafter", "<pre><code>a < b\n\n**no**</></><p>after</>"],
    ["---", "<hr/>"],
    [
      "| a | b |\n|---|---|\n| 1 | 2 |",
      "<table><thead><tr><th>a</><th>b</></></><tbody><tr><td>1</><td>2</></></></>",
    ],
    ["步骤：\n1、打开\n2、点击", "<p>步骤：</><ol><li>打开</><li>点击</></>"],
  ])("%j", (text, tree) => expect(markdown(text)).toBe(tree));
});

describe("inside a line", () => {
  it.each([
    ["**b** *i* ~~d~~ `c`", "<p><strong>b</> <em>i</> <del>d</> <code>c</></>"],
    ["**a *b* c**", "<p><strong>a <em>b</> c</></>"],
    ["file_name_here and 2 * 3 * 4", "<p>file_name_here and 2 * 3 * 4</>"],
    ["`**raw**`", "<p><code>**raw**</></>"],
    ["\\*plain\\*", "<p>*plain*</>"],
    ["[shop](https://a.example/x)", "<p><a https://a.example/x>shop</></>"],
    ["see https://a.example/x?y=1.", "<p>see <a https://a.example/x?y=1>https://a.example/x?y=1</>.</>"],
    ["网址https://a.example/x，谢谢", "<p>网址<a https://a.example/x>https://a.example/x</>，谢谢</>"],
    ["mail me@shop.example now", "<p>mail <a mailto:me@shop.example>me@shop.example</> now</>"],
    ["**unclosed", "<p>**unclosed</>"],
  ])("%j", (text, tree) => expect(markdown(text)).toBe(tree));

  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    " javascript:x",
    "//evil.example",
  ])("makes no link of %j", target => expect(markdown(`[x](${target})`)).not.toContain("<a"));
});

describe("a text that is being written", () => {
  it.each([
    ["**bo", "<p><strong>bo</></>"],
    ["a `co", "<p>a <code>co</></>"],
    ["see [the pol", "<p>see the pol</>"],
    ["see [policy](https://a.ex", "<p>see policy</>"],
    ["```\nlet a", "<pre><code>let a</></>"],
    ["- one\n- **tw", "<ul><li>one</><li><strong>tw</></></>"],
  ])("%j", (text, tree) => expect(markdown(text, true)).toBe(tree));

  it("closes only what is at the end", () => {
    expect(markdown("**a\n\nb", true)).toBe("<p>**a</><p>b</>");
  });
});

it("leaves what a person typed as it is, but for addresses and lines", () => {
  expect(show(parsePlain("**no**\n<b> https://a.example"))).toBe(
    "**no**<br/><b> <a https://a.example>https://a.example</>",
  );
});

describe("drawing", () => {
  it("makes text of what looks like markup", () => {
    const root = document.createElement("div");
    patch(root, parseMarkdown('<img src=x onerror="alert(1)"> <script>alert(1)</script>'));
    expect(root.querySelector("img, script")).toBeNull();
    expect(root.textContent).toContain("<img src=x");
  });

  it("keeps the nodes of what was there while more is written", () => {
    const root = document.createElement("div");
    const text = "First **paragraph**.\n\nSecond grows";
    patch(root, parseMarkdown(text, true));
    const [first, second] = [...root.children];
    const words = second?.firstChild;
    patch(root, parseMarkdown(`${text} and grows`, true));
    expect([...root.children]).toEqual([first, second]);
    expect(second?.firstChild).toBe(words);
    expect(root.textContent).toBe("First paragraph.Second grows and grows");
  });

  it("opens links elsewhere, without telling where from", () => {
    const root = document.createElement("div");
    patch(root, parseMarkdown("[a](https://a.example)"));
    const link = root.querySelector("a");
    expect(link?.getAttribute("rel")).toContain("noopener");
    expect(link?.getAttribute("target")).toBe("_blank");
  });

  it("shows every prefix of an answer as it shows the whole", () => {
    const text = "# T\n\nA **b** [c](https://d.example) `e`\n\n1. x\n2. y\n\n> q\n\n```\ncode\n```\n";
    const [grown, whole] = [document.createElement("div"), document.createElement("div")];
    for (let i = 1; i <= text.length; i++) patch(grown, parseMarkdown(text.slice(0, i), true));
    patch(grown, parseMarkdown(text));
    patch(whole, parseMarkdown(text));
    expect(grown.isEqualNode(whole)).toBe(true);
  });
});

describe("hostile input", () => {
  const SIZE = 16_000;
  it.each([
    "*a ",
    "_a ",
    "**a",
    "[",
    "![](",
    "`",
    "```\n",
    "> ",
    "- ",
    "# ",
    "a@",
    "|",
    "~~a ",
    "\\",
    "1. ",
    "(",
    "[a](",
  ])("reads %j repeated in reasonable time", piece => {
    const text = piece.repeat(SIZE / piece.length);
    const start = performance.now();
    parseMarkdown(text, true);
    parseMarkdown(text);
    parsePlain(text);
    expect(performance.now() - start).toBeLessThan(1500);
  });
});
