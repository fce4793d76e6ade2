import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { IconButton } from "../../shared/Icon";
import { formatMoment, languageTag, pick, t } from "../../shared/i18n";
import { Markdown } from "../../shared/markdown/Markdown";
import { allows, type Chat } from "../chat";
import { Composer } from "./Composer";
import { FormCard } from "./FormCard";
import { Header } from "./Header";
import { HumanButton } from "./HumanButton";
import { LiveRegion } from "./LiveRegion";
import { Log } from "./Log";

interface AppProps {
  chat: Chat;
  onClose?: () => void;
}

export function App({ chat, onClose }: AppProps) {
  const dropping = useSignal(false);
  const root = useRef<HTMLElement>(null);
  const mayAttach = allows(chat.desk.site.value, "upload") && chat.desk.site.value !== null;

  useEffect(() => {
    if (!chat.isOpen.value || !chat.takesFocus) return;
    // On a phone the keyboard would cover the conversation: the title gets the focus there.
    const touch = matchMedia("(pointer: coarse)").matches;
    const first = touch ? null : root.current?.querySelector<HTMLElement>(".composer-text, .sheet input");
    (first ?? root.current?.querySelector("h1"))?.focus();
  }, [chat.isOpen.value, chat]);

  const onDrop = (event: DragEvent) => {
    dropping.value = false;
    if (!mayAttach || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    chat.attach([...event.dataTransfer.files]);
  };
  const onDragOver = (event: DragEvent) => {
    if (!mayAttach || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    dropping.value = true;
  };

  return (
    <main
      class="app"
      ref={root}
      onDragOver={onDragOver}
      onDragLeave={event => {
        if (event.target === event.currentTarget) dropping.value = false;
      }}
      onDrop={onDrop}
    >
      <Header chat={chat} onClose={onClose} />
      <Announcement chat={chat} />
      <Log chat={chat} />
      <LinkBar chat={chat} />
      <Foot chat={chat} />
      <LiveRegion chat={chat} />
      {dropping.value && <div class="drop">{t("drop")}</div>}
    </main>
  );
}

function Announcement({ chat }: { chat: Chat }) {
  const text = pick(chat.desk.site.value?.texts?.announcement);
  if (!text || chat.announcementHidden.value) return null;
  return (
    <aside class="announcement">
      <Markdown text={text} />
      <IconButton
        icon="close"
        label={t("announcement.close")}
        onClick={() => {
          chat.announcementHidden.value = true;
        }}
      />
    </aside>
  );
}

/** Says when the line is down, and passing notices. */
function LinkBar({ chat }: { chat: Chat }) {
  const late = useSignal(false);
  const link = chat.desk.link.value;
  useEffect(() => {
    late.value = false;
    if (link === "open" || link === "closed") return;
    // A short break is no news.
    const timer = setTimeout(() => {
      late.value = true;
    }, 1500);
    return () => clearTimeout(timer);
  }, [link === "open" || link === "closed", late]);
  const line =
    chat.notice.value || (late.value ? t(`link.${link === "waiting" ? "waiting" : "connecting"}`) : "");
  return (
    <div class="notice" role="status">
      {line && <p class={chat.notice.value ? "" : "is-offline"}>{line}</p>}
    </div>
  );
}

function Foot({ chat }: { chat: Chat }) {
  const site = chat.desk.site.value;
  const offline = chat.offlineForm.value;
  const preChat = chat.preChatForm.value;
  if (offline) {
    const opens = site?.hours?.next_open_ms;
    const form = {
      ...offline,
      title: pick(offline.title) || t("offline.title"),
      text: [
        pick(offline.text) || t("offline"),
        opens ? t("offline.opens", { when: formatMoment(opens) }) : "",
      ].join(languageTag.value.startsWith("zh") ? "" : " "),
    };
    return (
      <div class="sheet">
        <FormCard
          form={form}
          known={chat.known.value}
          submit={t("offline.submit")}
          problem={chat.refusedForm(offline.id)?.reason}
          onSubmit={values => chat.submit(offline, values, t("offline.sent"))}
        />
      </div>
    );
  }
  if (preChat)
    return (
      <div class="sheet">
        <FormCard
          form={{ ...preChat, title: pick(preChat.title) || t("pre_chat.title") }}
          known={chat.known.value}
          submit={t("pre_chat.submit")}
          problem={chat.refusedForm(preChat.id)?.reason}
          onSubmit={values => chat.submit(preChat, values)}
        />
        <HumanButton chat={chat} />
      </div>
    );
  return <Composer chat={chat} />;
}
