import type { Signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { parsePlain } from "./inline";
import { parseMarkdown } from "./parse";
import { patch } from "./patch";

interface MarkdownProps {
  text: string;
  /** Draw addresses and line breaks only: for what a visitor typed. */
  plain?: boolean;
  /** The same text while it is being written: drawn at most once per frame, into the same nodes. */
  live?: Signal<string>;
}

export function Markdown({ text, plain = false, live }: MarkdownProps) {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const root = ref.current;
    if (!root) return;
    if (!live) {
      patch(root, plain ? parsePlain(text) : parseMarkdown(text));
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
  }, [text, plain, live]);
  return <div class="markdown" dir="auto" ref={ref} />;
}
