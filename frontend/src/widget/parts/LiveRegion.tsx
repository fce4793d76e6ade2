import { useEffect, useRef } from "preact/hooks";
import { announce, Sentences } from "../../shared/announce";
import { t } from "../../shared/i18n";
import type { Chat } from "../chat";
import type { Entry } from "../thread";
import { authorName } from "./Message";

/** How far each entry has been told; null when it has been told to its end. */
type Known = Map<string, Sentences | null>;

/** What a screen reader hears of the conversation: each message once, a growing answer sentence by sentence. */
export function LiveRegion({ chat }: { chat: Chat }) {
  const region = useRef<HTMLDivElement>(null);
  const known = useRef<Known>(new Map());
  const entries = chat.thread.entries.value;

  useEffect(() => {
    const { horizon } = chat.thread;
    const news = entries.filter(
      e =>
        e.from.role !== "visitor" && (e.seq === null || e.seq > horizon) && known.current.get(e.key) !== null,
    );
    const stops = news.map(entry => tell(region.current, known.current, entry));
    return () => {
      for (const stop of stops) stop?.();
    };
  }, [entries, chat]);

  return (
    <div
      class="unseen"
      ref={region}
      role="log"
      aria-live="polite"
      aria-relevant="additions"
      aria-label={t("chat")}
    />
  );
}

function tell(region: Element | null, known: Known, entry: Entry): (() => void) | undefined {
  const begun = known.get(entry.key);
  const spoken = begun ?? new Sentences();
  let opening = begun ? "" : `${authorName(entry.from)}: `;
  known.set(entry.key, spoken);
  const say = (text: string, final: boolean) => {
    for (const sentence of spoken.next(text, final)) {
      announce(region, opening + sentence);
      opening = "";
    }
  };
  if (entry.live) return entry.live.subscribe(text => say(text, false));
  say(entry.text, true);
  known.set(entry.key, null);
}
