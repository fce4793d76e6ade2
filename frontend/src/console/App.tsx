/** The whole screen: sign-in, or the rail and one of the pages. Pages that are not the daily one are loaded when they are asked for. */
import { type Signal, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { t } from "../shared/i18n";
import { token } from "./api";
import { me } from "./colleagues";
import { isHelpOpen } from "./commands";
import { openId } from "./conversations";
import { Help } from "./Help";
import { Inbox } from "./inbox/Inbox";
import { listen } from "./keys";
import { link } from "./line";
import { dismiss, notices } from "./notices";
import { Palette } from "./Palette";
import { Rail } from "./Rail";
import { type Page, page } from "./route";
import { SignIn } from "./SignIn";
import { SignButton } from "./ui/Sign";

type Loaded = { default: ComponentType };
const LAZY: Record<Exclude<Page, "inbox">, () => Promise<Loaded>> = {
  visitors: () => import("./people/Visitors"),
  contacts: () => import("./people/Contacts"),
  reports: () => import("./reports/Reports"),
  settings: () => import("./settings/Settings"),
  operations: () => import("./reports/Operations"),
};
const loaded: Partial<Record<Page, Signal<ComponentType | null>>> = {};

function pageOf(name: Exclude<Page, "inbox">): ComponentType | null {
  let found = loaded[name];
  if (!found) {
    const slot = signal<ComponentType | null>(null);
    loaded[name] = found = slot;
    void LAZY[name]().then(module => {
      slot.value = module.default;
    });
  }
  return found.value;
}

export function App() {
  if (!token.value) return <SignIn />;
  if (!me.value) return <p class="starting" aria-busy="true" />;
  const name = page.value;
  const Shown = name === "inbox" ? Inbox : pageOf(name);
  return (
    <div class="console" data-open={openId.value ? "yes" : "no"} data-page={name} ref={listen}>
      <Rail />
      {link.value !== "open" && (
        <p class="banner" role="status">
          {t("reconnecting")}
        </p>
      )}
      {Shown ? <Shown /> : <main class="page" tabIndex={0} aria-busy="true" />}
      <Palette />
      {isHelpOpen.value && <Help />}
      <Notices />
    </div>
  );
}

function Notices() {
  return (
    <div class="notices" role="alert">
      {notices.value.map(notice => (
        <p class="notice" key={notice.id} data-tone={notice.tone}>
          {notice.text}
          <SignButton icon="close" label={t("close")} onClick={() => dismiss(notice.id)} />
        </p>
      ))}
    </div>
  );
}
