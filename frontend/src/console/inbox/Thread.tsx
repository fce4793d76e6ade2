import { useSignal, useSignalEffect } from "@preact/signals";
import { Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { formatDay, t } from "../../shared/i18n";
import { Markdown } from "../../shared/markdown/Markdown";
import { openId } from "../conversations";
import { attempt } from "../notices";
import { reasons } from "../reasons";
import { at, current, hasEarlier, loadEarlier, stopWriting, thread, writing } from "../thread";
import { visitorTypes } from "../typing";
import { Empty } from "../ui/Empty";
import { takeFiles } from "../uploads";
import { Composer } from "./Composer";
import { Line } from "./Line";
import { ThreadHead } from "./ThreadHead";

/** Pixels from the end within which new words are followed. */
const NEAR = 120;

/** The conversation that is open: what was said, noted and done, and what can be done now. */
export function Thread() {
  const isOver = useSignal(false);
  if (!openId.value || !current.value?.state)
    return (
      <section class="thread nothing-open" aria-label={t("conversation")}>
        <Empty icon="chat" text={openId.value ? "…" : t("pick_one")}>
          {!openId.value && (
            <p class="hint">
              <kbd>J</kbd> <kbd>K</kbd> {t("pick_hint")} · <kbd>?</kbd> {t("do.keys")}
            </p>
          )}
        </Empty>
      </section>
    );
  return (
    <section
      class="thread"
      aria-label={t("conversation")}
      data-id={openId.value}
      data-over={isOver.value ? "yes" : undefined}
      onDragOver={event => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => (isOver.value = false)}
      onDrop={event => {
        event.preventDefault();
        isOver.value = false;
        takeFiles([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <ThreadHead />
      <Entries key={openId.value} />
      <Composer />
      {isOver.value && <p class="drop-here">{t("drop_here")}</p>}
    </section>
  );
}

function Entries() {
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const toEnd = () => {
    if (follows.current) box.current?.scrollTo({ top: box.current.scrollHeight });
  };
  useSignalEffect(() => {
    thread.value;
    writing.value;
    visitorTypes.value;
    reasons.value;
    requestAnimationFrame(toEnd);
  });
  useEffect(() => {
    const observer = new ResizeObserver(toEnd);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  let day = "";
  return (
    <div
      class="entries"
      role="log"
      tabIndex={0}
      aria-label={t("messages")}
      ref={box}
      onLoadCapture={toEnd}
      onScroll={event => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        follows.current = scrollHeight - scrollTop - clientHeight < NEAR;
      }}
    >
      {hasEarlier.value && (
        <button type="button" class="quiet earlier" onClick={() => void attempt(loadEarlier)}>
          {t("load_earlier")}
        </button>
      )}
      {thread.value.map(entry => {
        const name = formatDay(at(entry), Date.now());
        const isNewDay = name !== day;
        day = name;
        return (
          <Fragment key={entry.t === "conversation" ? entry.rev : entry.id}>
            {isNewDay && (
              <p class="day">
                <span>{name}</span>
              </p>
            )}
            <Line entry={entry} />
          </Fragment>
        );
      })}
      {writing.value && (
        <div class="entry" data-role="assistant" data-side="desk">
          <div class="bubble">
            <Markdown text={writing.value.text} />
          </div>
          <p class="meta">
            {t("assistant_writes")}{" "}
            <button type="button" class="link" onClick={stopWriting}>
              {t("stop")}
            </button>
          </p>
        </div>
      )}
      {visitorTypes.value && (
        <div class="entry typing" data-role="visitor" data-side="visitor">
          <div class="bubble">
            {visitorTypes.value.preview || (
              <span
                class="dots"
                role="img"
                aria-label={t("typing", { name: visitorTypes.value.name || t("role.visitor") })}
              >
                <i />
                <i />
                <i />
              </span>
            )}
          </div>
        </div>
      )}
    </div>
  );
}
