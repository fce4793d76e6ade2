/** A button with a panel under it. Only one is open at a time; Escape and a click elsewhere close it, arrows walk in it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { opened } from "../commands";
import { Sign, type SignName } from "./Sign";

interface MenuProps {
  /** Its name in `opened`: whoever sets that opens it. */
  name: string;
  /** What the button is called. */
  label: string;
  /** What the button shows; its label when nothing is given. */
  face?: ComponentChildren;
  icon?: SignName;
  class?: string;
  side?: "start" | "end";
  up?: boolean;
  children: ComponentChildren;
}

export function Menu({ name, label, face, icon, side = "start", up, children, ...rest }: MenuProps) {
  const root = useRef<HTMLDivElement>(null);
  const isOpen = opened.value === name;
  const close = () => {
    if (opened.value === name) opened.value = "";
  };
  useLayoutEffect(() => {
    if (!isOpen) return;
    const panel = root.current?.querySelector<HTMLElement>(".menu-panel");
    panel?.querySelector<HTMLElement>("[data-focus], input, button:not(:disabled)")?.focus();
    const onPress = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) close();
    };
    document.addEventListener("pointerdown", onPress);
    return () => document.removeEventListener("pointerdown", onPress);
  }, [isOpen]);
  function onKey(event: KeyboardEvent): void {
    if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      close();
      root.current?.querySelector("button")?.focus();
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const buttons = [
        ...(root.current?.querySelectorAll<HTMLElement>(".menu-panel :is(button, a, input)") ?? []),
      ];
      const at = buttons.indexOf(document.activeElement as HTMLElement);
      if (!isOpen || !buttons.length) return;
      event.preventDefault();
      buttons[(at + (event.key === "ArrowDown" ? 1 : -1) + buttons.length) % buttons.length]?.focus();
    }
  }
  return (
    <div class={`menu ${rest.class ?? ""}`} ref={root} onKeyDown={onKey}>
      <button
        type="button"
        class="menu-button"
        aria-haspopup="true"
        aria-expanded={isOpen}
        title={label}
        aria-label={label}
        onClick={() => {
          opened.value = isOpen ? "" : name;
        }}
      >
        {icon && <Sign name={icon} />}
        {face}
      </button>
      {isOpen && (
        <fieldset class="menu-panel" data-side={side} data-up={up ? "yes" : undefined} aria-label={label}>
          {children}
        </fieldset>
      )}
    </div>
  );
}

interface ItemProps {
  icon?: SignName;
  onClick: () => void;
  keys?: string;
  current?: boolean;
  danger?: boolean;
  disabled?: boolean;
  /** Stays open when chosen. */
  keep?: boolean;
  children: ComponentChildren;
  aside?: ComponentChildren;
}

export function Item({ icon, onClick, keys, current, danger, disabled, keep, children, aside }: ItemProps) {
  return (
    <button
      type="button"
      class={`menu-item ${danger ? "danger" : ""}`}
      aria-current={current ? "true" : undefined}
      disabled={disabled}
      onClick={() => {
        if (!keep) opened.value = "";
        onClick();
      }}
    >
      {icon && <Sign name={icon} />}
      <span class="menu-label">{children}</span>
      {aside !== undefined && <span class="aside">{aside}</span>}
      {keys && <kbd>{keys}</kbd>}
    </button>
  );
}
