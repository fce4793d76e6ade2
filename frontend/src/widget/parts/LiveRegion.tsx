import { useEffect, useRef } from "preact/hooks";
import { announce, Sentences } from "../../shared/announce";
import { t } from "../../shared/i18n";
import type { Chat } from "../chat";
import type { Entry } from "../thread";
import { authorName } from "./Message";

/** What a screen reader hears of the conversation: each message once, a growing answer sentence by sentence. */
export function LiveRegion({ chat }: { chat: Chat }) {
  const region = useRef<HTMLDivElement>(null);
  const known = useRef(new Map<string, Sentences>());
  const entries = chat.thread.entries.value;

  useEffect(() => {
    const { horizon } = chat.thread;
    const news = entries.filter(e => e.from.role !== "visitor" && (e.seq === null || e.seq > horizon));
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

function tell(region: Element | null, known: Map<string, Sentences>, entry: Entry): (() => void) | undefined {
  let sentences = known.get(entry.key);
  let opening = "";
  if (!sentences) {
    sentences = new Sentences();
    known.set(entry.key, sentences);
    opening = `${authorName(entry.from)}: `;
  }
  const say = (text: string, final: boolean) => {
    for (const sentence of sentences.next(text, final)) {
      announce(region, opening + sentence);
      opening = "";
    }
  };
  if (entry.live) return entry.live.subscribe(text => say(text, false));
  say(entry.text, true);
}
