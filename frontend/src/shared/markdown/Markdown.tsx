import type { Signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { parsePlain } from "./inline";
import { type Node_, parseMarkdown } from "./parse";
import { patch } from "./patch";

interface MarkdownProps {
  text: string;
  /** Draw addresses and line breaks only: for what a visitor typed. */
  plain?: boolean;
  /** Change what was read before it is drawn. */
  refine?: (nodes: Node_[]) => Node_[];
  /** The same text while it is being written: drawn at most once per frame, into the same nodes. */
  live?: Signal<string>;
}

export function Markdown({ text, plain = false, refine, live }: MarkdownProps) {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const root = ref.current;
    if (!root) return;
    if (!live) {
      const nodes = plain ? parsePlain(text) : parseMarkdown(text);
      patch(root, refine ? refine(nodes) : nodes);
      return;
    }
    let frame = 0;
    const draw = () => {
      frame = 0;
      patch(root, parseMarkdown(live.peek(), true));
    };
    const unsubscribe = live.subscribe(() => {
      frame ||= requestAnimationFrame(draw);
    });
    return () => {
      unsubscribe();
      cancelAnimationFrame(frame);
    };
  }, [text, plain, refine, live]);
  return <div class="markdown" dir="auto" ref={ref} />;
}
