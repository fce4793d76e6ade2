/**
 * A safe subset of Markdown as a tree of plain objects: paragraphs, headings, lists, quotes, code, tables, emphasis, links.
 * There is no HTML in it: whatever is not markup of the subset is text. With `open`, the text is still being written:
 * markup at its very end that has begun but not closed counts as closed, so that nothing jumps when it does.
 */
import { parseInline as inline } from "./inline";

export type Tag =
  | "p"
  | "h2"
  | "ul"
  | "ol"
  | "li"
  | "blockquote"
  | "pre"
  | "code"
  | "hr"
  | "table"
  | "thead"
  | "tbody"
  | "tr"
  | "th"
  | "td"
  | "strong"
  | "em"
  | "del"
  | "mark"
  | "a"
  | "br";

export interface Element_ {
  tag: Tag;
  href?: string;
  start?: number;
  children: Node_[];
}

export type Node_ = string | Element_;

const FENCE = /^ {0,3}(```+|~~~+)\s*[\w+#.-]*\s*$/;
const HEADING = /^ {0,3}#{1,6}\s+(\S.*)$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const ITEM = /^(\s*)([-*+•](?=\s)|\d{1,9}[.)](?=\s)|\d{1,9}、)\s*(.*)$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const TABLE_RULE = /^ {0,3}\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
/** Deeper nesting than any answer needs is read as text. */
const MAX_DEPTH = 6;

export function parseMarkdown(text: string, open = false): Node_[] {
  return blocks(text.replace(/\r\n?/g, "\n").split("\n"), open, 0);
}

function blocks(lines: string[], open: boolean, depth: number): Node_[] {
  const found: Node_[] = [];
  for (let at = 0; at < lines.length; ) {
    if (!lines[at]?.trim()) {
      at++;
      continue;
    }
    const [node, next] = block(lines, at, open, depth);
    found.push(node);
    at = next;
  }
  return found;
}

/** Read one block from line `at`; give it and the line after it. */
function block(lines: string[], at: number, open: boolean, depth: number): [Node_, number] {
  const line = lines[at] ?? "";
  const fence = FENCE.exec(line);
  if (fence) return codeBlock(lines, at, fence[1] ?? "```");
  const heading = HEADING.exec(line);
  if (heading) {
    // One level for all: an answer is no document, and skipped levels mislead screen readers.
    return [{ tag: "h2", children: inline(heading[1] ?? "", open && at === lines.length - 1) }, at + 1];
  }
  if (RULE.test(line)) return [{ tag: "hr", children: [] }, at + 1];
  if (depth < MAX_DEPTH) {
    if (QUOTE.test(line)) return quote(lines, at, open, depth);
    if (ITEM.test(line)) return list(lines, at, open, depth);
  }
  if (line.includes("|") && TABLE_RULE.test(lines[at + 1] ?? "")) return table(lines, at, open);
  return paragraph(lines, at, open, depth);
}

function codeBlock(lines: string[], at: number, fence: string): [Node_, number] {
  let end = at + 1;
  while (end < lines.length && !lines[end]?.trim().startsWith(fence)) end++;
  const code = lines.slice(at + 1, end).join("\n");
  return [{ tag: "pre", children: [{ tag: "code", children: [code] }] }, end + 1];
}

function quote(lines: string[], at: number, open: boolean, depth: number): [Node_, number] {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end] ?? "")) end++;
  const inner = lines.slice(at, end).map(line => QUOTE.exec(line)?.[1] ?? "");
  return [{ tag: "blockquote", children: blocks(inner, open && end === lines.length, depth + 1) }, end];
}

function list(lines: string[], at: number, open: boolean, depth: number): [Node_, number] {
  const [, indent = "", mark = "-"] = ITEM.exec(lines[at] ?? "") ?? [];
  const ordered = /\d/.test(mark);
  const items: string[][] = [];
  let end = at;
  for (; end < lines.length; end++) {
    const line = lines[end] ?? "";
    const item = ITEM.exec(line);
    if (item && (item[1]?.length ?? 0) <= indent.length + 1) {
      if (/\d/.test(item[2] ?? "") !== ordered || (item[1]?.length ?? 0) + 1 < indent.length) break;
      items.push([item[3] ?? ""]);
    } else if (!line.trim()) {
      // An empty line ends the list unless more of it follows.
      const next = lines[end + 1] ?? "";
      if (!/^\s{2,}\S/.test(next) && !ITEM.test(next)) break;
      items[items.length - 1]?.push("");
    } else if (item || /^\s{2,}\S/.test(line)) {
      items[items.length - 1]?.push(
        line.replace(new RegExp(`^\\s{0,${indent.length + mark.length + 1}}`), ""),
      );
    } else break;
  }
  const children = items.map((item, i): Node_ => {
    const isLast = open && end === lines.length && i === items.length - 1;
    return { tag: "li", children: tight(blocks(item, isLast, depth + 1)) };
  });
  const start = ordered ? Number.parseInt(mark, 10) : undefined;
  return [{ tag: ordered ? "ol" : "ul", start: start === 1 ? undefined : start, children }, end];
}

/** An item that is one paragraph needs no paragraph around its words. */
function tight(nodes: Node_[]): Node_[] {
  const [first, ...rest] = nodes;
  return typeof first === "object" && first.tag === "p" ? [...first.children, ...rest] : nodes;
}

function table(lines: string[], at: number, open: boolean): [Node_, number] {
  let end = at + 2;
  while (end < lines.length && lines[end]?.includes("|")) end++;
  const row = (line: string, tag: "th" | "td", last: boolean): Node_ => ({
    tag: "tr",
    children: line
      .trim()
      .replace(/^\||\|$/g, "")
      .split("|")
      .map(cell => ({ tag, children: inline(cell.trim(), last) })),
  });
  const body = lines
    .slice(at + 2, end)
    .map((line, i) => row(line, "td", open && end === lines.length && i === end - at - 3));
  return [
    {
      tag: "table",
      children: [
        { tag: "thead", children: [row(lines[at] ?? "", "th", false)] },
        { tag: "tbody", children: body },
      ],
    },
    end,
  ];
}

function paragraph(lines: string[], at: number, open: boolean, depth: number): [Node_, number] {
  let end = at + 1;
  while (end < lines.length && lines[end]?.trim() && !interrupts(lines[end] ?? "", depth)) end++;
  const text = lines
    .slice(at, end)
    .map(line => line.trim())
    .join("\n");
  return [{ tag: "p", children: inline(text, open && end === lines.length) }, end];
}

function interrupts(line: string, depth: number): boolean {
  if (FENCE.test(line) || HEADING.test(line) || RULE.test(line)) return true;
  return depth < MAX_DEPTH && (QUOTE.test(line) || ITEM.test(line));
}
