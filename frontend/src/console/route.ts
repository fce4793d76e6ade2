/** Where in the console one is: the part of the address behind `#/`, so that reload, back and links work. */
import { computed, signal } from "@preact/signals";

const path = signal(read());

function read(): string[] {
  return location.hash
    .replace(/^#\/?/, "")
    .split("/")
    .filter(Boolean)
    .map(part => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}

addEventListener("hashchange", () => {
  path.value = read();
});

export const PAGES = ["inbox", "visitors", "contacts", "reports", "settings", "operations"] as const;
export type Page = (typeof PAGES)[number];

export const page = computed<Page>(() => PAGES.find(name => name === path.value[0]) ?? "inbox");

/** What stands behind the page's name: for the settings `["rules", "refund"]`. */
export const place = computed(() => path.value.slice(1));

export function href(...parts: string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

export function go(...parts: string[]): void {
  location.hash = href(...parts);
}
