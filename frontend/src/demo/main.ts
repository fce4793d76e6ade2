/** The demo shop: speaks two languages and hands its questions to the chat. */
import "./demo.css";
import { CHINESE, ENGLISH } from "./texts";

const english = new Map<HTMLElement, string>();
const marked = [...document.querySelectorAll<HTMLElement>("[data-text]")];
for (const element of marked) english.set(element, element.textContent?.trim() ?? "");

const toggle = document.querySelector<HTMLButtonElement>("#language");
let isChinese = /^zh/i.test(navigator.language);

function draw(): void {
  document.documentElement.lang = isChinese ? "zh-CN" : "en";
  for (const element of marked) {
    const key = element.dataset.text ?? "";
    element.textContent = (isChinese && CHINESE[key]) || (english.get(element) ?? "");
  }
  if (toggle) {
    toggle.textContent = isChinese ? "English" : "中文";
    toggle.lang = isChinese ? "en" : "zh-CN";
  }
}

interface Chat {
  (...command: unknown[]): void;
  /** What is said before the chat's script has come; it takes this up. */
  q?: unknown[][];
}
const page = window as unknown as { fastdesk?: Chat };

function desk(...command: [string, ...unknown[]]): void {
  page.fastdesk ??= waitingRoom();
  page.fastdesk(...command);
}

function waitingRoom(): Chat {
  const q: unknown[][] = [];
  return Object.assign((...command: unknown[]) => void q.push(command), { q });
}

toggle?.addEventListener("click", () => {
  isChinese = !isChinese;
  draw();
  desk("locale", document.documentElement.lang);
});
for (const button of document.querySelectorAll<HTMLElement>("[data-ask]")) {
  button.addEventListener("click", () => {
    const key = button.dataset.ask ?? "";
    desk("message", (isChinese ? CHINESE : ENGLISH)[key], { send: true });
  });
}
const origin = document.querySelector("#origin");
if (origin) origin.textContent = location.origin;
// As a shop would: agents see the order that this page knows of.
desk("fields", { order: "20260002" });
draw();
