/** The button, its badge, the teaser and the frame, in a shadow root that no style of the host page reaches. */
import { STYLE } from "./style";
import { wordsFor } from "./words";

const CHAT_SIGN =
  "M20 11.5a7.5 7.5 0 01-11 6.6L4 19.5l1.4-4.6A7.5 7.5 0 1120 11.5zM9 11.5v.01M12.5 11.5v.01M16 11.5v.01";
const CLOSE_SIGN = "M6 9l6 6 6-6";

type Attributes = Record<string, string>;

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const name in attributes) element.setAttribute(name, attributes[name] ?? "");
  return element;
}

export class View {
  readonly host = make("fastdesk-chat" as "div");
  readonly launcher = make("button", { class: "launcher", type: "button", "aria-haspopup": "dialog" });
  frame: HTMLIFrameElement | null = null;
  private readonly box = make("div", { class: "auto" });
  private readonly badge = make("span", { class: "badge" });
  private readonly sign: SVGPathElement;
  private teaser: HTMLElement | null = null;
  private words = wordsFor("en");
  private unread = 0;
  private isOpen = false;

  constructor(private readonly onPress: () => void) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.sign = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.append(this.sign);
    this.launcher.append(svg, this.badge);
    this.launcher.onclick = onPress;
    this.box.append(this.launcher);
    const root = this.host.attachShadow({ mode: "open" });
    dress(root);
    root.append(this.box);
    this.show(false);
  }

  speak(tag: string): void {
    this.words = wordsFor(tag);
    this.host.lang = tag;
    this.name();
  }

  colour(brand: string, ink: string): void {
    this.host.style.setProperty("--brand", brand);
    this.host.style.setProperty("--ink", ink);
  }

  place(position: string | undefined): void {
    this.box.classList.toggle("left", position === "left");
  }

  mode(mode: string): void {
    this.box.classList.remove("auto", "dark", "light");
    this.box.classList.add(mode);
  }

  show(isOpen: boolean): void {
    this.isOpen = isOpen;
    this.box.classList.toggle("open", isOpen);
    this.launcher.setAttribute("aria-expanded", String(isOpen));
    this.sign.setAttribute("d", isOpen ? CLOSE_SIGN : CHAT_SIGN);
    if (isOpen) this.hush();
    this.name();
  }

  count(unread: number): void {
    this.unread = unread;
    this.badge.textContent = unread ? (unread > 99 ? "99+" : String(unread)) : "";
    this.name();
  }

  /** Make the frame; it stays hidden until the chat is opened. */
  load(address: string, title: string): HTMLIFrameElement {
    const frame = make("iframe", {
      class: "panel",
      src: address,
      title: title || this.words[0],
      allow: "clipboard-write; autoplay",
    });
    this.frame = frame;
    this.box.prepend(frame);
    return frame;
  }

  /** Show a few words beside the button; the focus stays where it is. */
  tease(name: string, text: string): void {
    this.hush();
    const teaser = make("div", { class: "teaser", role: "status" });
    const words = make("button", { class: "text", type: "button" });
    const dismiss = make("button", { class: "dismiss", type: "button", "aria-label": this.words[3] });
    if (name) words.append(Object.assign(make("b"), { textContent: name }));
    words.append(text);
    words.onclick = this.onPress;
    dismiss.textContent = "×";
    dismiss.onclick = () => this.hush();
    teaser.append(words, dismiss);
    this.box.append(teaser);
    this.teaser = teaser;
  }

  hush(): void {
    this.teaser?.remove();
    this.teaser = null;
  }

  private name(): void {
    const [open, close, unread] = this.words;
    const count = this.unread ? ` (${this.unread} ${unread})` : "";
    this.launcher.setAttribute("aria-label", this.isOpen ? close : open + count);
  }
}

/** A constructed sheet needs no `unsafe-inline` on the host page; older browsers get a style element. */
function dress(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(Object.assign(make("style"), { textContent: STYLE }));
  }
}
