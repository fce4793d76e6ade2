/** Names of colleagues in a note: `@Name` becomes a mark, one's own a mark that stands out. */
import type { Node_ } from "../../shared/markdown/parse";

/** Text that is shown as it was written bears no marks. */
const AS_WRITTEN = ["code", "pre", "a"];

/** Mark the names in a tree of nodes; the longest of several that fit counts. */
export function markNames(nodes: readonly Node_[], names: readonly string[], own: string): Node_[] {
  const longest = names.filter(Boolean).sort((a, b) => b.length - a.length);
  if (longest.length === 0) return [...nodes];
  const pattern = new RegExp(`@(${longest.map(name => name.replace(/[^\p{L}\p{N}]/gu, "\\$&")).join("|")})`);
  const walk = (node: Node_): Node_[] => {
    if (typeof node === "string") return inText(node, pattern, own);
    if (AS_WRITTEN.includes(node.tag)) return [node];
    return [{ ...node, children: node.children.flatMap(walk) }];
  };
  return nodes.flatMap(walk);
}

function inText(text: string, pattern: RegExp, own: string): Node_[] {
  // Between the names that the pattern takes out stand the other words.
  return text.split(pattern).flatMap((part, n): Node_[] => {
    if (n % 2 === 0) return part ? [part] : [];
    const name = `@${part}`;
    return [{ tag: "mark", children: [part === own ? { tag: "strong", children: [name] } : name] }];
  });
}
