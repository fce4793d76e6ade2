import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon, IconButton } from "../../shared/Icon";
import { t } from "../../shared/i18n";
import { allows, type Chat } from "../chat";
import { EmojiPanel } from "./EmojiPanel";
import { HumanButton } from "./HumanButton";

const MAX_HEIGHT = 140;
const DEFAULT_MAX_TEXT = 4000;

export function Composer({ chat }: { chat: Chat }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const showsEmoji = useSignal(false);
  const site = chat.desk.site.value;
  const text = chat.draft.value;
  const isAnswering = chat.thread.turn.value !== null && !text.trim();

  useEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, MAX_HEIGHT)}px`;
  }, [text]);

  const send = () => {
    if (!text.trim()) return;
    chat.send(text.trim());
    chat.draft.value = "";
    showsEmoji.value = false;
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, Enter chooses a word: it never sends. Old WebKit says so by 229 only.
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    send();
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || !allows(site, "upload")) return;
    event.preventDefault();
    chat.attach(files);
  };
  const insert = (emoji: string) => {
    const element = field.current;
    const at = element?.selectionStart ?? text.length;
    chat.draft.value = text.slice(0, at) + emoji + text.slice(element?.selectionEnd ?? at);
    requestAnimationFrame(() => element?.setSelectionRange(at + emoji.length, at + emoji.length));
  };
  const choose = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    chat.attach([...(input.files ?? [])]);
    input.value = "";
  };

  return (
    <div class="composer">
      {showsEmoji.value && (
        <EmojiPanel
          onPick={insert}
          onClose={() => {
            showsEmoji.value = false;
            field.current?.focus();
          }}
        />
      )}
      <div class="composer-box">
        <textarea
          ref={field}
          rows={1}
          // An empty field is written in the direction of the chat: "auto" would take its placeholder for left to right.
          dir={text ? "auto" : undefined}
          class="composer-text"
          aria-label={t("placeholder")}
          placeholder={t("placeholder")}
          maxLength={site?.limits?.text ?? DEFAULT_MAX_TEXT}
          enterkeyhint="send"
          value={text}
          onInput={event => {
            chat.draft.value = event.currentTarget.value;
            chat.typing(chat.draft.value !== "");
          }}
          onBlur={() => chat.typing(false)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <div class="composer-bar">
          {allows(site, "emoji") && (
            <IconButton
              icon="emoji"
              label={t("emoji")}
              expanded={showsEmoji.value}
              onClick={() => {
                showsEmoji.value = !showsEmoji.value;
              }}
            />
          )}
          {allows(site, "upload") && (
            <>
              <IconButton icon="attach" label={t("attach")} onClick={() => picker.current?.click()} />
              <input
                ref={picker}
                type="file"
                multiple
                hidden
                tabIndex={-1}
                accept={site?.limits?.upload_types?.join(",")}
                onChange={choose}
              />
            </>
          )}
          <span class="spring" />
          <HumanButton chat={chat} />
          {isAnswering ? (
            <button
              type="button"
              class="send is-stop"
              aria-label={t("stop")}
              title={t("stop")}
              onClick={() => chat.stop()}
            >
              <Icon name="stop" />
            </button>
          ) : (
            <button
              type="button"
              class="send"
              aria-label={t("send")}
              title={t("send")}
              disabled={!text.trim()}
              onClick={send}
            >
              <Icon name="send" />
            </button>
          )}
        </div>
      </div>
      {allows(site, "typing_preview", false) && <p class="composer-note">{t("preview.note")}</p>}
    </div>
  );
}
