/** A long list of rows of one height, of which only those in sight are in the document. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

const SPARE = 6;

interface WindowProps<T> {
  items: readonly T[];
  /** Height of a row in pixels. */
  height: number;
  label: string;
  render: (item: T) => ComponentChildren;
  keyOf: (item: T) => string;
  /** Called when the end comes near. */
  onEnd?: () => void;
}

export function Window<T>({ items, height, label, render, keyOf, onEnd }: WindowProps<T>) {
  const box = useRef<HTMLUListElement>(null);
  const top = useSignal(0);
  const tall = useSignal(800);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      tall.value = element.clientHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(top.value / height) - SPARE);
  const last = Math.min(items.length, Math.ceil((top.value + tall.value) / height) + SPARE);
  return (
    <ul
      class="rows"
      ref={box}
      aria-label={label}
      onScroll={event => {
        const element = event.currentTarget;
        top.value = element.scrollTop;
        if (element.scrollTop + element.clientHeight * 2 > element.scrollHeight) onEnd?.();
      }}
    >
      <li class="space" aria-hidden="true" style={{ height: `${first * height}px` }} />
      {items.slice(first, last).map(item => (
        <li key={keyOf(item)} style={{ height: `${height}px` }}>
          {render(item)}
        </li>
      ))}
      <li class="space" aria-hidden="true" style={{ height: `${(items.length - last) * height}px` }} />
    </ul>
  );
}
