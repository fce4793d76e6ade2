import { Icon, type IconName } from "../../shared/Icon";
import { formatBytes, formatTime, pick, t } from "../../shared/i18n";
import { isSafeAddress } from "../../shared/markdown/inline";
import { Markdown } from "../../shared/markdown/Markdown";
import type { Author, Card, Choice, Form, Source, StoredFile } from "../../shared/wire";
import type { Chat } from "../chat";
import { type Entry, isRefusedForm } from "../thread";
import { uploads } from "../uploads";
import { FormCard } from "./FormCard";

interface MessageProps {
  chat: Chat;
  entry: Entry;
  /** The first of a run by the same author: bears the name. */
  isFirst: boolean;
  /** The newest of all: its buttons can still be pressed. */
  isNewest: boolean;
  /** The newest of this visitor's own: shows how far it has come. */
  showsState: boolean;
}

export function Message(props: MessageProps) {
  const { chat, entry, isFirst } = props;
  const { role } = entry.from;
  if (role === "system") return <p class="system">{entry.text}</p>;
  const mine = role === "visitor";
  return (
    <article
      class={`message ${mine ? "is-mine" : `is-theirs is-${role}`} ${isFirst ? "is-first" : ""}`}
      data-id={entry.id}
    >
      {!mine && isFirst && <AuthorLine author={entry.from} />}
      <Body {...props} />
      {!mine && !entry.live && role === "assistant" && (
        <AnswerActions chat={chat} entry={entry} isNewest={props.isNewest} />
      )}
      {mine && (props.showsState || entry.state === "failed") && <State chat={chat} entry={entry} />}
    </article>
  );
}

export function authorName(author: Author): string {
  return author.name || t(`role.${author.role}`);
}

function AuthorLine({ author }: { author: Author }) {
  return (
    <header class="author">
      <span class={`avatar is-${author.role}`} aria-hidden="true">
        {author.role === "assistant" ? <Icon name="spark" size={16} /> : initial(authorName(author))}
      </span>
      <span class="author-name">{authorName(author)}</span>
      {author.role === "assistant" && (
        <span class="ai-label" title={t("ai.note")}>
          {t("ai")}
        </span>
      )}
    </header>
  );
}

export function initial(name: string): string {
  return [...name.trim()][0]?.toLocaleUpperCase() ?? "·";
}

function Body({ chat, entry, isNewest }: MessageProps) {
  const extra = entry.extra ?? {};
  const file = extra.file;
  const form = typeof extra.form === "object" ? extra.form : null;
  const cards = extra.cards ?? (extra.card ? [extra.card] : []);
  const text = entry.from.role === "visitor" ? (extra.label ?? entry.text) : entry.text;
  return (
    <>
      {file ? (
        <FileView file={file} kind={entry.kind} id={entry.id} />
      ) : (
        (text || entry.live) && (
          <div class="bubble" title={formatTime(entry.at)}>
            <Markdown text={text} live={entry.live} plain={entry.from.role === "visitor"} />
          </div>
        )
      )}
      {cards.length > 0 && (
        <div class="cards">
          {cards.map((card, i) => (
            <CardView key={i} card={card} chat={chat} enabled={isNewest} />
          ))}
        </div>
      )}
      {form && <ChatForm chat={chat} form={form} after={entry.seq ?? 0} />}
      {extra.buttons && <Choices choices={extra.buttons} chat={chat} enabled={isNewest} />}
      {entry.sources && entry.sources.length > 0 && <Sources sources={entry.sources} />}
    </>
  );
}

/** A form of the conversation: shown until the visitor has sent it. */
function ChatForm({ chat, form, after }: { chat: Chat; form: Form; after: number }) {
  const sent = chat.thread.entries.value.some(
    e =>
      e.from.role === "visitor" &&
      e.extra?.form === form.id &&
      (e.seq === null || e.seq > after) &&
      !isRefusedForm(e),
  );
  if (sent)
    return (
      <p class="form-sent">
        <Icon name="check" size={16} /> {t("form.sent")}
      </p>
    );
  return (
    <FormCard
      form={form}
      known={chat.known.value}
      problem={chat.refusedForm(form.id)?.reason}
      onSubmit={values => chat.submit(form, values)}
    />
  );
}

function FileView({ file, kind, id }: { file: StoredFile; kind: string; id: string }) {
  const progress = uploads.value.get(id)?.progress;
  const label = t("file.open", { name: file.name });
  return (
    <a
      class={kind === "image" ? "picture" : "file"}
      href={file.url}
      target="_blank"
      rel="noopener noreferrer"
      download={kind === "image" ? undefined : file.name}
      aria-label={label}
    >
      {kind === "image" ? (
        <img src={file.url} alt={file.name} loading="lazy" />
      ) : (
        <>
          <span class="file-sign">
            <Icon name="file" size={22} />
          </span>
          <span class="file-facts">
            <bdi>{file.name}</bdi>
            <small>{formatBytes(file.size)}</small>
          </span>
        </>
      )}
      {progress !== undefined && (
        <span class="upload">
          <progress max={1} value={progress} />
          {t("file.uploading", { percent: Math.round(progress * 100) })}
        </span>
      )}
    </a>
  );
}

function CardView({ card, chat, enabled }: { card: Card; chat: Chat; enabled: boolean }) {
  const title = pick(card.title);
  const own = card.image?.startsWith("/") || card.image?.startsWith(location.origin);
  return (
    <section class="card">
      {card.image && own && <img src={card.image} alt="" loading="lazy" />}
      <h2>
        {card.link && isSafeAddress(card.link) ? (
          <a href={card.link} target="_blank" rel="noopener noreferrer">
            {title}
          </a>
        ) : (
          title
        )}
      </h2>
      {card.text && <p>{pick(card.text)}</p>}
      {card.buttons && <Choices choices={card.buttons} chat={chat} enabled={enabled} />}
    </section>
  );
}

function Choices({ choices, chat, enabled }: { choices: Choice[]; chat: Chat; enabled: boolean }) {
  return (
    <div class="choices">
      {choices.map(choice => (
        <button
          type="button"
          class="choice"
          key={choice.value}
          disabled={!enabled}
          onClick={() => chat.press(choice)}
        >
          {pick(choice.label)}
        </button>
      ))}
    </div>
  );
}

function Sources({ sources }: { sources: Source[] }) {
  return (
    <nav class="sources" aria-label={t("sources")}>
      <ol>
        {sources.map((source, i) => (
          <li key={source.id ?? i}>
            {source.url && isSafeAddress(source.url) ? (
              <a class="source" href={source.url} target="_blank" rel="noopener noreferrer">
                <b>{i + 1}</b> {source.title}
              </a>
            ) : (
              <span class="source">
                <b>{i + 1}</b> {source.title}
              </span>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

function AnswerActions({ chat, entry, isNewest }: { chat: Chat; entry: Entry; isNewest: boolean }) {
  const copy = () =>
    void navigator.clipboard?.writeText(entry.text).then(
      () => chat.say(t("copied")),
      () => chat.say(t("error")),
    );
  const question = [...chat.thread.entries.value]
    .reverse()
    .find(e => e.from.role === "visitor" && e.kind === "text");
  return (
    <footer class="actions">
      <button type="button" class="action" onClick={copy} aria-label={t("copy")} title={t("copy")}>
        <Icon name="copy" size={15} />
      </button>
      {isNewest && question && (
        <button
          type="button"
          class="action"
          onClick={() => chat.send(question.text)}
          aria-label={t("ask.again")}
          title={t("ask.again")}
        >
          <Icon name="retry" size={15} />
        </button>
      )}
    </footer>
  );
}

type Progress = "sending" | "waiting" | "stored" | "delivered" | "read" | "failed";

const SIGNS: Record<Progress, IconName> = {
  sending: "clock",
  waiting: "clock",
  stored: "check",
  delivered: "checks",
  read: "checks",
  failed: "alert",
};

function State({ chat, entry }: { chat: Chat; entry: Entry }) {
  const progress = progressOf(chat, entry);
  if (progress === "failed") {
    const reason = t(`error.${entry.problem}`);
    return (
      <footer class="state is-failed">
        <Icon name="alert" size={15} /> {t("state.failed")}
        {!reason.startsWith("error.") && <span> · {reason}</span>}
        <button type="button" class="link" onClick={() => chat.again(entry)}>
          {t("retry")}
        </button>
        <button type="button" class="link" onClick={() => chat.thread.remove(entry.id)}>
          {t("remove")}
        </button>
      </footer>
    );
  }
  return (
    <footer class={`state is-${progress}`}>
      {entry.seq !== null && <time dateTime={new Date(entry.at).toISOString()}>{formatTime(entry.at)}</time>}
      <Icon name={SIGNS[progress]} size={15} /> {t(`state.${progress}`)}
    </footer>
  );
}

/** How far a message has come: only what the desk has confirmed. */
export function progressOf(chat: Chat, entry: Entry): Progress {
  if (entry.state === "failed") return "failed";
  if (entry.seq === null) return chat.desk.link.value === "open" ? "sending" : "waiting";
  if (entry.seq <= chat.thread.readByDesk.value) return "read";
  return entry.seq <= chat.thread.delivered.value ? "delivered" : "stored";
}
