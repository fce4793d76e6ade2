/** Markup inside a line: code, emphasis, links, bare addresses, line breaks. */
import type { Node_ } from "./parse";

const SAFE_ADDRESS = /^(https?:\/\/|mailto:|tel:)/i;
const BARE_ADDRESS = /^(https?:\/\/[^\s<>"'`，。！？；：、）】》」』]+|[\w.+-]{1,64}@[\w-]+(\.[\w-]+)+)/i;
const SPECIAL = /[\\`*_~[\n]|https?:\/\/|[\w.+-]{1,64}@[\w-]/i;
const MARKS: [string, "strong" | "em" | "del"][] = [
  ["**", "strong"],
  ["__", "strong"],
  ["~~", "del"],
  ["*", "em"],
  ["_", "em"],
];

/** Marks that were found to close nowhere: looked for once per text, so that reading stays linear. */
type Unclosed = Set<string>;

export function isSafeAddress(address: string): boolean {
  return SAFE_ADDRESS.test(address.trim());
}

/** Find addresses and line breaks only: for text that a person typed as it is. */
export function parsePlain(text: string): Node_[] {
  return read(text, false, false, 0);
}

export function parseInline(text: string, open: boolean): Node_[] {
  return read(text, open, true, 0);
}

function read(text: string, open: boolean, marks: boolean, depth: number): Node_[] {
  const found: Node_[] = [];
  const unclosed: Unclosed = new Set();
  let plain = "";
  const push = (node: Node_) => {
    if (plain) found.push(plain);
    plain = "";
    found.push(node);
  };
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const skip = rest.search(SPECIAL);
    if (skip !== 0) {
      plain += skip < 0 ? rest : rest.slice(0, skip);
      at += skip < 0 ? rest.length : skip;
      continue;
    }
    const hit =
      (rest[0] === "\n" && { node: br(), length: 1 }) ||
      (marks && depth < 8 && markup(text, at, open, depth, unclosed)) ||
      address(rest, text[at - 1]);
    if (hit) {
      if (typeof hit.node === "string") plain += hit.node;
      else push(hit.node);
      at += hit.length;
    } else {
      plain += rest[0];
      at++;
    }
  }
  if (plain) found.push(plain);
  return found;
}

interface Hit {
  node: Node_;
  length: number;
}

function markup(text: string, at: number, open: boolean, depth: number, unclosed: Unclosed): Hit | null {
  const rest = text.slice(at);
  switch (rest[0]) {
    case "\\":
      return /^\\[\\`*_~[\](){}#+\-.!|>]/.test(rest) ? { node: rest[1] ?? "", length: 2 } : null;
    case "`":
      return code(rest, open, unclosed);
    case "[":
      return link(rest, open, depth, unclosed);
    default:
      return emphasis(rest, text[at - 1] ?? " ", open, depth, unclosed);
  }
}

function code(rest: string, open: boolean, unclosed: Unclosed): Hit | null {
  const ticks = /^`+/.exec(rest)?.[0] ?? "`";
  const end = unclosed.has(ticks) ? -1 : rest.indexOf(ticks, ticks.length);
  if (end < 0) unclosed.add(ticks);
  if (end < 0 && !open) return { node: ticks, length: ticks.length };
  const inner = end < 0 ? rest.slice(ticks.length) : rest.slice(ticks.length, end);
  return { node: { tag: "code", children: [inner] }, length: end < 0 ? rest.length : end + ticks.length };
}

const LINK = /^\[([^\]\n]{0,500})\]\(\s{0,9}<?([^\s)>]{0,2000})>?(?:\s{1,9}"[^"\n]{0,500}")?\s{0,9}\)/;
const HALF_LINK = /^\[([^\]\n]{0,500})(?:\](?:\([^)\n]{0,2000})?)?$/;
const MAX_HALF_LINK = 2504;

function link(rest: string, open: boolean, depth: number, unclosed: Unclosed): Hit | null {
  if (!unclosed.has(")") && !rest.includes(")")) unclosed.add(")");
  const whole = unclosed.has(")") ? null : LINK.exec(rest);
  if (whole) {
    const [all, label = "", target = ""] = whole;
    const children = read(label || target, false, true, depth + 1);
    const node: Node_ = isSafeAddress(target) ? anchor(target, children) : label || target;
    return { node, length: all.length };
  }
  // A link whose address is still being written shows its words.
  const half = open && rest.length <= MAX_HALF_LINK ? HALF_LINK.exec(rest) : null;
  return half ? { node: half[1] ?? "", length: rest.length } : null;
}

function emphasis(
  rest: string,
  before: string,
  open: boolean,
  depth: number,
  unclosed: Unclosed,
): Hit | null {
  for (const [mark, tag] of MARKS) {
    if (!rest.startsWith(mark) || !/^\S/.test(rest.slice(mark.length))) continue;
    // A double mark that closes nowhere is no single mark either.
    if (mark.length === 1 && rest[1] === mark) continue;
    // Underscores inside a word, as in file_name, are letters.
    if (mark[0] === "_" && /[\p{L}\p{N}]/u.test(before)) continue;
    const end = unclosed.has(mark) ? -1 : closing(rest, mark);
    if (end < 0) unclosed.add(mark);
    if (end < 0 && !open) continue;
    const inner = end < 0 ? rest.slice(mark.length) : rest.slice(mark.length, end);
    const node: Node_ = { tag, children: read(inner, open && end < 0, true, depth + 1) };
    return { node, length: end < 0 ? rest.length : end + mark.length };
  }
  const run = /^[*_~]+/.exec(rest);
  return run ? { node: run[0], length: run[0].length } : null;
}

/** Where `mark` closes: not after a space, not within code, and not as part of a longer run. */
function closing(rest: string, mark: string): number {
  const sign = mark[0] ?? "*";
  for (let at = mark.length; at < rest.length; at++) {
    if (rest[at] === "\\") at++;
    else if (rest[at] === "`") {
      const end = rest.indexOf("`", at + 1);
      if (end > 0) at = end;
    } else if (rest[at] === sign) {
      const run = /^[*_~]+/.exec(rest.slice(at))?.[0].length ?? 1;
      const fits = mark.length === 1 ? run !== 2 : run >= mark.length;
      const wordGoesOn = sign === "_" && /[\p{L}\p{N}]/u.test(rest[at + run] ?? " ");
      if (fits && !wordGoesOn && !/\s/.test(rest[at - 1] ?? " "))
        return at + (run > mark.length ? run - mark.length : 0);
      at += run - 1;
    }
  }
  return -1;
}

function address(rest: string, before = " "): Hit | null {
  if (/[\w@]/.test(before)) return null;
  let text = BARE_ADDRESS.exec(rest)?.[0].replace(/[.,;:!?'"*_~]+$/, "");
  if (!text) return null;
  if (text.endsWith(")") && !text.includes("(")) text = text.slice(0, -1);
  const href = /^https?:/i.test(text) ? text : `mailto:${text}`;
  return { node: anchor(href, [text]), length: text.length };
}

function anchor(href: string, children: Node_[]): Node_ {
  return { tag: "a", href, children };
}

function br(): Node_ {
  return { tag: "br", children: [] };
}
