/** The whole screen: sign-in, or the three panes and the pages of the owner. */
import { signal, useSignalEffect } from "@preact/signals";
import { Icon, IconButton } from "../../shared/Icon";
import { languageTag, t } from "../../shared/i18n";
import { token } from "../api";
import { counts, link, me, notice, openId, signOut } from "../desk";
import { listen } from "../keys";
import { speak } from "../main";
import { Context } from "./Context";
import { Lists } from "./Lists";
import { Operations } from "./Operations";
import { Palette } from "./Palette";
import { Settings } from "./Settings";
import { SignIn } from "./SignIn";
import { Thread } from "./Thread";

export type Page = "inbox" | "settings" | "operations";
export const page = signal<Page>("inbox");

export function App() {
  useSignalEffect(() => {
    const waiting = counts.value.unassigned;
    document.title = waiting ? `(${waiting}) fastdesk` : "fastdesk";
  });
  if (!token.value) return <SignIn />;
  if (!me.value) return <p class="empty">…</p>;
  return (
    <div class="console" data-open={openId.value ? "yes" : "no"} ref={listen}>
      <Rail />
      {link.value !== "open" && (
        <p class="banner" role="status">
          {t("reconnecting")}
        </p>
      )}
      {page.value === "inbox" && (
        <main class="panes">
          <Lists />
          <Thread />
          <Context />
        </main>
      )}
      {page.value === "settings" && <Settings />}
      {page.value === "operations" && <Operations />}
      <Palette />
      {notice.value && (
        <div class="notice" role="alert">
          {notice.value === "offline" ? t("offline") : notice.value}
          <IconButton icon="close" label={t("close")} onClick={() => (notice.value = "")} />
        </div>
      )}
    </div>
  );
}

function Rail() {
  const items: { name: Page; icon: "chat" | "star" | "spark" }[] = [
    { name: "inbox", icon: "chat" },
    { name: "settings", icon: "star" },
    { name: "operations", icon: "spark" },
  ];
  return (
    <nav class="rail" aria-label="fastdesk">
      {items.map(({ name, icon }) => (
        <button
          type="button"
          key={name}
          aria-current={page.value === name ? "page" : undefined}
          title={t(name)}
          onClick={() => (page.value = name)}
        >
          <Icon name={icon} />
          <span>{t(name)}</span>
        </button>
      ))}
      <span class="grow" />
      <button
        type="button"
        title="语言 / Language"
        onClick={() => void speak(languageTag.value.startsWith("zh") ? "en" : "zh-CN")}
      >
        <b>{languageTag.value.startsWith("zh") ? "EN" : "中"}</b>
        <span>{languageTag.value.startsWith("zh") ? "English" : "中文"}</span>
      </button>
      <button type="button" title={t("sign_out")} onClick={signOut}>
        <Icon name="end" />
        <span>{t("sign_out")}</span>
      </button>
    </nav>
  );
}
