import { useSignal } from "@preact/signals";
import { Fragment, type VNode } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { IconButton } from "../../shared/Icon";
import { formatDay, formatWait, pick, t } from "../../shared/i18n";
import { Markdown } from "../../shared/markdown/Markdown";
import type { Chat } from "../chat";
import { type Entry, isRefusedForm } from "../thread";
import { authorName, Message } from "./Message";
import { Rating } from "./Rating";

const SAME_RUN_MS = 5 * 60_000;
const NEAR_END_PX = 80;

/** The conversation. It stays at its end while the reader is there, and where the reader is otherwise. */
export function Log({ chat }: { chat: Chat }) {
  const root = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const atEnd = useSignal(true);
  const entries = chat.thread.entries.value.filter(entry => !isRefusedForm(entry));
  const last = entries[entries.length - 1];
  const lastOwn = [...entries].reverse().find(e => e.from.role === "visitor")?.key;
  const oldest = entries[0]?.key;
  const drawn = useRef(new WeakMap<Entry, { flags: string; node: VNode }>());
  const before = useRef({ height: 0, oldest });

  // An entry that has not changed is not drawn again, however long the conversation is.
  const draw = (entry: Entry, isFirst: boolean, isNewest: boolean, showsState: boolean): VNode => {
    const flags = `${isFirst}${isNewest}${showsState}`;
    let known = drawn.current.get(entry);
    if (known?.flags !== flags) {
      known = { flags, node: <Message {...{ chat, entry, isFirst, isNewest, showsState }} /> };
      drawn.current.set(entry, known);
    }
    return known.node;
  };

  const follow = useCallback(() => {
    const log = root.current;
    if (log && atEnd.peek()) log.scrollTop = log.scrollHeight;
  }, [atEnd]);

  const toEnd = () => {
    root.current?.scrollTo({ top: root.current.scrollHeight, behavior: "smooth" });
  };

  useLayoutEffect(() => {
    const log = root.current;
    if (!log) return;
    // Earlier messages came in above: what is being read stays where it is.
    if (before.current.oldest !== oldest && !atEnd.peek())
      log.scrollTop += log.scrollHeight - before.current.height;
    if (last?.from.role === "visitor" && last.seq === null) atEnd.value = true;
    follow();
    before.current = { height: log.scrollHeight, oldest };
  });

  // Whatever makes the conversation longer (a line being written, a picture that has come) keeps its end in sight.
  useEffect(() => {
    if (!root.current || !body.current) return;
    const observer = new ResizeObserver(follow);
    observer.observe(root.current);
    observer.observe(body.current);
    return () => observer.disconnect();
  }, [follow]);

  useEffect(() => {
    if (atEnd.value) chat.markRead();
  }, [atEnd.value, last?.seq, chat.isOpen.value, chat]);

  const onScroll = () => {
    const log = root.current;
    if (log) atEnd.value = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
  };

  return (
    <div class="log-frame">
      <div
        class="log"
        ref={root}
        role="log"
        aria-live="off"
        aria-label={t("transcript.label")}
        tabIndex={0}
        onScroll={onScroll}
      >
        <div class="log-body" ref={body}>
          {chat.hasEarlier.value && (
            <button type="button" class="quiet" onClick={() => void chat.earlier()}>
              {t("earlier")}
            </button>
          )}
          {!chat.hasEarlier.value && <Welcome chat={chat} />}
          {entries.map((entry, i) => (
            <Fragment key={entry.key}>
              {startsDay(entry, entries[i - 1]) && (
                <p class="day">
                  <span>{formatDay(entry.at, Date.now())}</span>
                </p>
              )}
              {draw(entry, startsRun(entry, entries[i - 1]), entry === last, entry.key === lastOwn)}
            </Fragment>
          ))}
          <Activity chat={chat} />
          {chat.isResolved.value && chat.hasSpoken.value && <p class="system">{t("resolved")}</p>}
          {chat.wantsRating.value && <Rating chat={chat} />}
        </div>
      </div>
      {!atEnd.value && <IconButton icon="down" class="to-end" label={t("newest")} onClick={toEnd} />}
    </div>
  );
}

function Welcome({ chat }: { chat: Chat }) {
  const site = chat.desk.site.value;
  if (!site) return null;
  const starters = site.starters ?? [];
  return (
    <article class="message is-theirs is-bot is-first">
      <div class="bubble">
        <Markdown text={t("welcome")} />
      </div>
      {chat.isWaitingForFirstWords.value && starters.length > 0 && (
        <div class="choices">
          {starters.map(starter => {
            const text = pick(starter);
            return (
              <button type="button" class="choice" key={text} onClick={() => chat.send(text)}>
                {text}
              </button>
            );
          })}
        </div>
      )}
    </article>
  );
}

/** What the other side is doing now; shown only when the desk says so. */
function Activity({ chat }: { chat: Chat }) {
  const { thinking, typing, status, entries } = chat.thread;
  const { state, queue, agent } = status.value;
  const lines: string[] = [];
  if (state === "queued" || chat.humanAsked.value) lines.push(queueLine(queue));
  const last = entries.value[entries.value.length - 1];
  if (state === "assigned" && agent?.name && last?.from.role !== "agent")
    lines.push(t("human.connected", { name: agent.name }));
  return (
    <>
      {lines.map(line => (
        <p class="system is-status" role="status" key={line}>
          {line}
        </p>
      ))}
      {thinking.value && (
        <p class="busy" role="status">
          <Dots /> {thinking.value.note || t("thinking")}
        </p>
      )}
      {typing.value && (
        <p class="busy">
          <Dots /> {t("typing", { name: authorName(typing.value) })}
        </p>
      )}
    </>
  );
}

function queueLine(queue: { position: number; wait_ms?: number } | null | undefined): string {
  if (!queue?.position) return t("human.asked");
  const { position, wait_ms: wait } = queue;
  return wait ? t("queue.wait", { position, wait: formatWait(wait) }) : t("queue", { position });
}

function Dots() {
  return (
    <span class="dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}

function startsDay(entry: Entry, previous: Entry | undefined): boolean {
  return !previous || new Date(entry.at).toDateString() !== new Date(previous.at).toDateString();
}

function startsRun(entry: Entry, previous: Entry | undefined): boolean {
  return (
    !previous ||
    previous.from.role !== entry.from.role ||
    previous.from.name !== entry.from.name ||
    entry.at - previous.at > SAME_RUN_MS
  );
}
