import type { ComponentChildren } from "preact";

/** A part of a pane, with a title that folds it. */
export function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <details class="part" open>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
