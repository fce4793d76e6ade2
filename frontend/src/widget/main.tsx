/** Starts the chat: in the host page's frame, or on a page of its own (`/chat/SITE`). */
import { effect } from "@preact/signals";
import { render } from "preact";
import "./widget.css";
import { bridge, type PageFacts, type ToFrame, type ToHost } from "../shared/bridge";
import { direction, matchLocale, pick, setOverrides, setWords, type Words } from "../shared/i18n";
import { applyTheme, DEFAULT_BRAND, type Mode } from "../shared/theme";
import { Chat } from "./chat";
import { obey } from "./commands";
import { App } from "./parts/App";
import { armSound, beep } from "./sound";

const root = document.documentElement;
const alone = /^\/chat\/([^/]+)/.exec(location.pathname);
const site = alone?.[1] ?? new URLSearchParams(location.search).get("site") ?? "";
const hostOrigin = new URLSearchParams(location.hash.slice(1)).get("host");
const base = location.origin;

const look: { locale?: string; mode?: Mode; own: Record<string, string> } = { own: {} };
let page: PageFacts = { url: location.href, title: document.title, referrer: document.referrer };
let modal = false;

const chat = new Chat({
  base,
  site,
  fields: () => ({
    ...chat.fields,
    page: page.url,
    title: page.title,
    referrer: page.referrer,
    locale: root.lang,
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  }),
  onUnseen: entry => {
    if (!chat.isMuted.value) beep();
    const text = entry.text.length > 160 ? `${entry.text.slice(0, 160)}…` : entry.text;
    host?.post({ t: "teaser", name: entry.from.name ?? "", text });
  },
  onEvent: (name, detail) => host?.post({ t: "event", name, detail }),
});

const host =
  !alone && hostOrigin && parent !== window ? bridge<ToFrame, ToHost>(() => parent, hostOrigin, hear) : null;

function hear(message: ToFrame): void {
  switch (message.t) {
    case "boot":
      look.locale = message.locale;
      look.mode = message.mode as Mode | undefined;
      look.own = { ...message.theme };
      ({ page, modal } = message);
      chat.takesFocus = !message.quiet;
      void start().then(() => {
        for (const command of message.commands) act(command);
        if (message.isOpen) chat.open();
        else if (message.presence || chat.keep.wasUsed) void chat.desk.open().catch(() => {});
      });
      break;
    case "open":
      modal = message.modal;
      chat.open();
      break;
    case "close":
      chat.close();
      break;
    case "page":
      page = message.page;
      chat.desk.tell({ t: "page", ...page });
      break;
    case "command":
      act(message.command);
      break;
  }
}

function act(command: [string, ...unknown[]]): void {
  obey(chat, command, {
    setLocale: tag => {
      look.locale = tag;
      void speak();
    },
    setTheme: theme => {
      const { mode, ...own } = theme;
      if (mode) look.mode = mode as Mode;
      look.own = { ...look.own, ...own };
      dress();
    },
  });
}

/** Draw as soon as the words are there; the desk's answer comes into the drawn page. */
async function start(): Promise<void> {
  armSound();
  await speak();
  effect(() => {
    const texts = chat.desk.site.value?.texts ?? {};
    setOverrides(
      Object.fromEntries(
        Object.entries(texts)
          .map(([key, text]) => [key, pick(text)])
          .filter(([, text]) => text),
      ),
    );
    const wanted = chat.desk.site.value?.locale;
    if (wanted && !look.locale) void speak();
    dress();
  });
  effect(() => host?.post({ t: "known", known: chat.isKnown.value }));
  if (alone) countInTitle();
  document.addEventListener("visibilitychange", () => chat.markRead());
  document.addEventListener("keydown", onKeyDown);
  matchMedia("(prefers-color-scheme: dark)").addEventListener?.("change", dress);
  const close = host ? () => host.post({ t: "close" }) : undefined;
  render(<App chat={chat} onClose={close} />, document.body);
}

let spoken = "";

async function speak(): Promise<void> {
  const own = chat.desk.site.value?.locale;
  const wanted = [look.locale, own, ...navigator.languages].filter(tag => tag && tag !== "auto") as string[];
  const tag = wanted[0] ?? "en";
  root.lang = tag;
  root.dir = direction(tag);
  const locale = matchLocale(wanted.slice(0, 1).concat(look.locale || own ? [] : wanted), ["ar"]);
  if (`${locale} ${tag}` === spoken) return;
  spoken = `${locale} ${tag}`;
  const answer = await fetch(`${base}/assets/locales/${locale}.json`);
  setWords(tag, (await answer.json()) as Words);
}

function dress(): void {
  const { theme, name, hours } = chat.desk.site.value ?? {};
  applyTheme(root, {
    brand: theme?.brand ?? DEFAULT_BRAND,
    mode: look.mode ?? theme?.mode ?? "auto",
    own: look.own,
  });
  const styles = getComputedStyle(root);
  host?.post({
    t: "look",
    brand: styles.getPropertyValue("--fd-brand").trim(),
    ink: styles.getPropertyValue("--fd-on-brand").trim(),
    position: theme?.position,
    name: pick(name),
    hidden: hours?.open === false && hours.offline === "hide",
  });
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.key === "Escape" && !event.isComposing) host?.post({ t: "close" });
  if (event.key !== "Tab" || !modal) return;
  // On a phone the chat covers the page: the focus stays in it.
  const all = [
    ...document.querySelectorAll<HTMLElement>("button, a[href], input, textarea, select, [tabindex='0']"),
  ].filter(element => !element.hasAttribute("disabled") && element.offsetParent !== null);
  const [first, last] = [all[0], all[all.length - 1]];
  if (event.shiftKey ? document.activeElement === first : document.activeElement === last) {
    event.preventDefault();
    (event.shiftKey ? last : first)?.focus();
  }
}

function countInTitle(): void {
  effect(() => {
    const title = pick(chat.desk.site.value?.name) || page.title;
    const unread = chat.thread.unread.value;
    document.title = unread ? `(${unread}) ${title}` : title;
  });
}

if (alone) void start().then(() => chat.open());
else host?.post({ t: "ready" });
