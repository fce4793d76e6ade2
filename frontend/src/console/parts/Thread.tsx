import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { formatDay, formatTime, t } from "../../shared/i18n";
import { Markdown } from "../../shared/markdown/Markdown";
import { act, agents, current, draft, me, open, openId, thread, typing } from "../desk";
import type { Entry } from "../model";
import { Composer } from "./Composer";

/** The conversation that is open: what was said, noted and done, and what can be done now. */
export function Thread() {
  const end = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    thread.value;
    draft.value;
    end.current?.scrollIntoView({ block: "end" });
  });
  if (!openId.value || !current.value) return <section class="thread empty">{t("pick_one")}</section>;
  let day = "";
  return (
    <section class="thread" aria-label={t("conversation")}>
      <Header />
      <div class="entries" role="log" tabIndex={0}>
        {thread.value.map(entry => {
          const at = entry.t === "conversation" ? entry.is.updated_at : entry.at;
          const name = formatDay(at, Date.now());
          const heading = name !== day ? <p class="day">{name}</p> : null;
          day = name;
          return (
            <div key={entry.t === "conversation" ? entry.rev : entry.id}>
              {heading}
              <One entry={entry} />
            </div>
          );
        })}
        {draft.value && (
          <div class="entry" data-role="assistant">
            <Markdown text={draft.value.text} />
          </div>
        )}
        {typing.value?.conversation === openId.value && (
          <p class="typing">
            {typing.value?.preview || t("typing", { name: typing.value?.name || t("visitor") })}
          </p>
        )}
        <div ref={end} />
      </div>
      <Composer />
    </section>
  );
}

function Header() {
  const conversation = current.value;
  if (!conversation) return null;
  const isMine = conversation.assignee === me.value?.id;
  const owner = agents.value.find(agent => agent.id === conversation.assignee)?.name;
  return (
    <header class="thread-head">
      <button type="button" class="back" onClick={() => void open("")} aria-label={t("back")}>
        ‹
      </button>
      <p>
        <b>{t(conversation.state)}</b> ·{" "}
        {conversation.mode === "bot" ? t("bot_answers") : owner ? t("has_it", { name: owner }) : t("waiting")}
      </p>
      <span class="grow" />
      {conversation.state !== "resolved" && !isMine && (
        <button type="button" class="primary" onClick={() => act({ t: "take" })}>
          {t("take")} <kbd>A</kbd>
        </button>
      )}
      {isMine && conversation.state !== "resolved" && (
        <button type="button" onClick={() => act({ t: "bot", on: true })}>
          {t("give_to_bot")}
        </button>
      )}
      <Assign />
      {conversation.state !== "resolved" ? (
        <>
          <button type="button" onClick={() => act({ t: "snooze", until: Date.now() + 3_600_000 })}>
            {t("snooze")} <kbd>S</kbd>
          </button>
          <button type="button" onClick={() => act({ t: "resolve" })}>
            {t("resolve")} <kbd>E</kbd>
          </button>
        </>
      ) : (
        <button type="button" onClick={() => act({ t: "reopen" })}>
          {t("reopen")}
        </button>
      )}
    </header>
  );
}

function Assign() {
  return (
    <select
      aria-label={t("transfer")}
      value=""
      onChange={event => {
        const agent = event.currentTarget.value;
        if (agent) act({ t: "transfer", agent });
        event.currentTarget.value = "";
      }}
    >
      <option value="">{t("transfer")}…</option>
      {agents.value
        .filter(agent => agent.enabled && agent.id !== current.value?.assignee)
        .map(agent => (
          <option key={agent.id} value={agent.id}>
            {agent.name}
          </option>
        ))}
    </select>
  );
}

function One({ entry }: { entry: Entry }) {
  if (entry.t === "conversation") return <Change entry={entry} />;
  if (entry.t === "note") return <Note entry={entry} />;
  return (
    <article class="entry" data-role={entry.from.role} data-pending={entry.pending ? "yes" : undefined}>
      <p class="meta">
        {entry.from.name || t(entry.from.role)} · <time>{formatTime(entry.at)}</time>
        {entry.pending && ` · ${t("sending")}`}
        {!entry.pending &&
          entry.from.role !== "visitor" &&
          entry.seq <= (current.value?.visitor_read ?? 0) &&
          ` · ${t("read")}`}
      </p>
      <Markdown text={entry.text} plain={entry.kind !== "markdown" && entry.from.role !== "assistant"} />
      {entry.extra?.file && (
        <a href={entry.extra.file.url} target="_blank" rel="noopener noreferrer">
          {entry.extra.file.name}
        </a>
      )}
      {entry.sources?.length ? (
        <p class="sources">{entry.sources.map(source => source.title).join(" · ")}</p>
      ) : null}
      {entry.why && <Why why={entry.why} />}
    </article>
  );
}

function Why({ why }: { why: Record<string, unknown> }) {
  const { by, ...rest } = why;
  return (
    <details class="why">
      <summary>{t("why", { by: String(by ?? "") })}</summary>
      <pre>{JSON.stringify(rest, null, 1)}</pre>
    </details>
  );
}

function Note({ entry }: { entry: Extract<Entry, { t: "note" }> }) {
  const actor = agents.value.find(agent => agent.id === entry.actor)?.name ?? entry.actor;
  if (entry.kind === "why")
    return entry.body ? <Why why={{ by: entry.text || entry.actor, ...entry.body }} /> : null;
  return (
    <article class="entry" data-role="note">
      <p class="meta">
        {t(entry.kind === "rating" ? "rating" : entry.kind === "summary" ? "summary" : "note")} · {actor} ·{" "}
        <time>{formatTime(entry.at)}</time>
      </p>
      {entry.kind === "rating" && <p>{"★".repeat(Number(entry.body?.score ?? 0))}</p>}
      <Markdown text={entry.text} plain />
    </article>
  );
}

function Change({ entry }: { entry: Extract<Entry, { t: "conversation" }> }) {
  const silent = ["visitor_read", "agent_read", "misses", "flow", "fired", "refreshed"];
  const what = entry.what.filter(name => !silent.includes(name));
  if (what.length === 0) return null;
  const actor = agents.value.find(agent => agent.id === entry.actor)?.name ?? entry.actor;
  const owner = agents.value.find(agent => agent.id === entry.is.assignee)?.name ?? "";
  const text = what.includes("opened")
    ? t("change_opened")
    : what.includes("state")
      ? t("change_state", { state: t(entry.is.state), actor })
      : what.includes("assignee") && owner
        ? t("change_owner", { owner, actor })
        : what.includes("mode") && entry.is.mode === "queued"
          ? t("change_queued")
          : t("change_other", { what: what.join(", "), actor });
  return <p class="change">{text}</p>;
}
