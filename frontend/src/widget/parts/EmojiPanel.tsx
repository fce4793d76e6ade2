import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../shared/i18n";

const FIRST = [..."😀😄😂🙂😉😊😍😘🤔😅😢😭😡😱🥳😴🤝👍👎👌👏🙏💪✌👋❤💔🔥✨🎉✅❌❓❗⏰📦🚚💳🎁☕"];

interface EmojiPanelProps {
  onPick: (emoji: string) => void;
  onClose: () => void;
}

export function EmojiPanel({ onPick, onClose }: EmojiPanelProps) {
  const panel = useRef<HTMLDivElement>(null);
  const groups = useSignal<readonly (readonly string[])[]>([FIRST]);
  useEffect(() => panel.current?.querySelector("button")?.focus(), []);
  const showMore = async () => {
    groups.value = [FIRST, ...(await import("../emoji")).GROUPS];
  };
  return (
    <div
      ref={panel}
      class="emoji-panel"
      role="dialog"
      aria-label={t("emoji")}
      onKeyDown={event => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      {groups.value.map((group, i) => (
        <div class="emoji-group" key={i}>
          {group.map(emoji => (
            <button type="button" class="emoji" key={emoji} onClick={() => onPick(emoji)}>
              {emoji}
            </button>
          ))}
        </div>
      ))}
      {groups.value.length === 1 && (
        <button type="button" class="link" onClick={() => void showMore()}>
          {t("emoji.more")}
        </button>
      )}
    </div>
  );
}
