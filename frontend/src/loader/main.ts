/**
 * `widget.js`: the one script on the host page. It shows a button and waits; the chat itself is loaded into a frame
 * when the visitor opens it, or shortly before. No storage, no request and no listener of the page before that,
 * except for visitors who have a conversation to come back to.
 */
import { bridge, type PageFacts, type ToFrame, type ToHost } from "../shared/bridge";
import { View } from "./view";

type Command = [string, ...unknown[]];
type Listener = (detail?: unknown) => void;

interface Api {
  (name: string, ...given: unknown[]): unknown;
  /** Commands given before this script came. */
  q?: ArrayLike<unknown>[];
  ready?: Promise<void>;
}

declare global {
  interface Window {
    fastdesk?: Api & { isReal?: boolean };
  }
}

const script = document.currentScript as HTMLScriptElement | null;
const earlier = window.fastdesk;
if (script && !earlier?.isReal) run(script, earlier?.q ?? []);

function run({ src, dataset }: HTMLScriptElement, queue: ArrayLike<unknown>[]): void {
  const desk = new URL(src).origin;
  const marker = `fastdesk:${dataset.site}`;
  const listeners: Record<string, Set<Listener>> = {};
  const waiting: Command[] = [];
  const title = document.title;
  const presence = "presence" in dataset;
  const undo: (() => void)[] = [];
  let locale = dataset.locale;
  let mode = dataset.mode;
  let isOpen = false;
  let isBooted = false;
  let unread = 0;
  let line: ReturnType<typeof bridge<ToHost, ToFrame>> | null = null;

  const view = new View(() => act("toggle"));
  view.speak(locale || navigator.language);
  view.colour(dataset.brand || "#2f6fed", dataset.ink || "#fff");
  view.place(dataset.position);
  if (mode) view.mode(mode);
  view.host.hidden = "hidden" in dataset;

  /** Load the chat, hidden. */
  function load(): void {
    if (line) return;
    line = bridge(() => view.frame?.contentWindow ?? null, desk, hear);
    const address = `${desk}/embed.html?site=${encodeURIComponent(dataset.site ?? "")}#host=${encodeURIComponent(location.origin)}`;
    view.load(address, dataset.title ?? "");
    const turned = () => line?.post({ t: "page", page: page() });
    // Pages that change without loading say so here; there is no polling and no patching of `history`.
    const source: EventTarget = (window as { navigation?: EventTarget }).navigation ?? window;
    listen(source, source === window ? "popstate" : "navigatesuccess", turned);
    listen(document, "visibilitychange", countInTitle);
    const viewport = window.visualViewport;
    // The keyboard of a phone shrinks what is seen, not the page.
    if (viewport)
      listen(viewport, "resize", () => view.host.style.setProperty("--height", `${viewport.height}px`));
  }

  function listen(target: EventTarget, name: string, listener: () => void): void {
    target.addEventListener(name, listener);
    undo.push(() => target.removeEventListener(name, listener));
  }

  function hear(message: ToHost): void {
    switch (message.t) {
      case "ready": {
        isBooted = true;
        line?.post({
          t: "boot",
          isOpen,
          presence,
          locale,
          mode,
          page: page(),
          modal: isModal(),
          commands: waiting.splice(0),
        });
        break;
      }
      case "close":
        act("close");
        break;
      case "event":
        if (message.name === "unread") count(Number(message.detail));
        emit(message.name, message.detail);
        break;
      case "look":
        view.colour(message.brand, message.ink);
        if (!dataset.position) view.place(message.position);
        if (message.hidden) view.host.hidden = true;
        break;
      case "teaser":
        if (!isOpen) view.tease(message.name, message.text);
        break;
      case "known":
        remember(message.known);
    }
  }

  function count(n: number): void {
    unread = n;
    view.count(n);
    countInTitle();
  }

  function countInTitle(): void {
    document.title =
      unread && document.hidden ? `(${unread}) ${title}` : document.title.replace(/^\(\d+\) /, "");
  }

  /** Leave a mark that there is a conversation, so that the next page listens for answers. */
  function remember(known: boolean): void {
    try {
      if (known) localStorage.setItem(marker, "1");
      else localStorage.removeItem(marker);
    } catch {
      // Storage is off: the chat is resumed when it is opened.
    }
  }

  function emit(name: string, detail?: unknown): void {
    for (const listener of [...(listeners[name] ?? [])]) listener(detail);
  }

  function show(wanted: boolean): void {
    if (wanted === isOpen) return;
    isOpen = wanted;
    if (wanted) load();
    view.show(wanted);
    if (isBooted) line?.post(wanted ? { t: "open", modal: isModal() } : { t: "close" });
    document.documentElement.style.overflow = wanted && isModal() ? "hidden" : "";
    if (wanted) view.frame?.focus();
    else view.launcher.focus();
  }

  function act(name: string, ...given: unknown[]): unknown {
    const [first, second] = given;
    switch (name) {
      case "open":
      case "close":
        return show(name === "open");
      case "toggle":
        return show(!isOpen);
      case "show":
      case "hide":
        view.host.hidden = name === "hide";
        return;
      case "on":
      case "once":
      case "off":
        return subscribe(name, String(first), second as Listener);
      case "ready":
        return api.ready?.then(first as () => void);
      case "page":
        return line?.post({ t: "page", page: page() });
      case "teaser":
        if (!isOpen) view.tease(String(second ?? ""), String(first));
        return;
      case "destroy":
        return destroy();
    }
    if (name === "locale") {
      locale = String(first);
      view.speak(locale);
    }
    if (name === "theme") mode = typeof first === "string" ? first : (first as { mode?: string })?.mode;
    if (name === "theme" && mode) view.mode(mode);
    const command: Command = [name, ...given];
    if (isBooted) line?.post({ t: "command", command });
    else waiting.push(command);
    // To be identified or to speak for the visitor needs the chat; the rest waits for it.
    if (name === "message") act("open");
  }

  function subscribe(verb: string, name: string, listener: Listener): void {
    listeners[name] ??= new Set();
    const all = listeners[name];
    if (verb === "off") listener ? all.delete(listener) : all.clear();
    else if (verb === "on") all.add(listener);
    else {
      const once: Listener = detail => {
        all.delete(once);
        listener(detail);
      };
      all.add(once);
    }
  }

  function destroy(): void {
    if (isOpen) show(false);
    for (const step of undo) step();
    line?.close();
    view.host.remove();
    document.title = document.title.replace(/^\(\d+\) /, "");
    window.fastdesk = undefined;
  }

  const api: Api & { isReal?: boolean } = (name, ...given) => act(name, ...given);
  api.isReal = true;
  window.fastdesk = api;
  api.ready = new Promise(resolve => {
    const start = () => {
      document.body.append(view.host);
      for (const element of document.querySelectorAll<HTMLElement>("[data-fastdesk-open]")) {
        element.addEventListener("click", () => act("open"));
      }
      for (const name of ["pointerenter", "focus"])
        view.launcher.addEventListener(name, load, { once: true });
      for (const command of queue) act(...(Array.from(command) as Command));
      emit("ready");
      if (isKnown() || presence) whenIdle(load);
      if (dataset.teaser && location.pathname.startsWith(dataset.teaserOn ?? ""))
        setTimeout(() => act("teaser", dataset.teaser), Number(dataset.teaserAfter ?? 8) * 1000);
      resolve();
    };
    if (document.body) start();
    else document.addEventListener("DOMContentLoaded", start, { once: true });
  });

  function isKnown(): boolean {
    try {
      return localStorage.getItem(marker) !== null;
    } catch {
      return false;
    }
  }
}

function page(): PageFacts {
  return { url: location.href, title: document.title.replace(/^\(\d+\) /, ""), referrer: document.referrer };
}

function isModal(): boolean {
  return matchMedia("(max-width: 480px)").matches;
}

function whenIdle(task: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(task, { timeout: 3000 });
  else setTimeout(task, 1000);
}
