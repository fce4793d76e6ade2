import { computed } from "@preact/signals";
import { formatBytes, formatTime, t } from "../../shared/i18n";
import { Markdown } from "../../shared/markdown/Markdown";
import type { Node_ } from "../../shared/markdown/parse";
import { agents, me, nameOf, teamName } from "../colleagues";
import { type ChangeEntry, type Entry, type MessageEntry, type NoteEntry, personName } from "../model";
import { current, visitor } from "../thread";
import { Avatar } from "../ui/Avatar";
import { Sign } from "../ui/Sign";
import { markNames } from "./mentions";
import { Why } from "./Why";

/** One entry of a thread. */
export function Line({ entry }: { entry: Entry }) {
  if (entry.t === "conversation") return <Change entry={entry} />;
  return entry.t === "note" ? <Note entry={entry} /> : <Message entry={entry} />;
}

function Message({ entry }: { entry: MessageEntry }) {
  const { from, extra } = entry;
  const isVisitors = from.role === "visitor";
  const whose = isVisitors && visitor.value ? personName(visitor.value) : "";
  const name = from.name || whose || t(`role.${from.role}`);
  const isRead = !entry.pending && !isVisitors && entry.seq <= (current.value?.visitor_read ?? 0);
  return (
    <article
      class="entry"
      data-role={from.role}
      data-side={isVisitors ? "visitor" : "desk"}
      data-pending={entry.pending ? "yes" : undefined}
    >
      {isVisitors && (
        <Avatar
          id={current.value?.visitor ?? ""}
          name={visitor.value ? personName(visitor.value) : ""}
          size="small"
        />
      )}
      <div class="bubble">
        {extra?.file ? (
          <Attached file={extra.file} />
        ) : (
          <Markdown text={entry.text} plain={isVisitors || from.role === "system"} />
        )}
        {extra?.buttons && (
          <p class="choices">
            {extra.buttons.map(button => (
              <span key={button.value}>{typeof button.label === "string" ? button.label : button.value}</span>
            ))}
          </p>
        )}
        {extra?.values && <Values values={extra.values} />}
      </div>
      <p class="meta">
        {from.role === "assistant" && <i class="ai">AI</i>}
        <span class="by">{name}</span> <time>{formatTime(entry.at)}</time>
        {!isVisitors && (
          <span class="mark" title={t(entry.pending ? "sending" : isRead ? "read" : "stored")}>
            <Sign name={entry.pending ? "clock" : isRead ? "checks" : "check"} size={14} />
            <span class="unseen">{t(entry.pending ? "sending" : isRead ? "read" : "stored")}</span>
          </span>
        )}
        {entry.sources?.map(source => (
          <span class="source" key={source.id ?? source.title} title={source.url}>
            <Sign name="book" size={13} /> {source.title}
          </span>
        ))}
      </p>
      {entry.why && <Why why={entry.why} rev={entry.rev} />}
    </article>
  );
}

function Values({ values }: { values: Record<string, string> }) {
  return (
    <dl class="values">
      {Object.entries(values).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{String(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface AttachedProps {
  file: { url: string; name: string; type: string; size: number };
}

/** Only addresses of this desk are shown or followed: a message may claim anything. */
function Attached({ file }: AttachedProps) {
  const url = safeUrl(file.url);
  if (!url) return <span>{file.name}</span>;
  if (/^image\/(png|jpeg|gif|webp|avif)$/.test(file.type ?? ""))
    return (
      <a class="picture" href={url} target="_blank" rel="noopener noreferrer">
        <img src={url} alt={file.name} loading="lazy" />
      </a>
    );
  return (
    <a class="attached" href={url} target="_blank" rel="noopener noreferrer" download={file.name}>
      <Sign name="file" />
      <span>{file.name}</span>
      <small>{formatBytes(file.size || 0)}</small>
    </a>
  );
}

function safeUrl(url: string): string {
  try {
    const parsed = new URL(url, location.origin);
    return parsed.origin === location.origin && /^https?:$/.test(parsed.protocol) ? parsed.href : "";
  } catch {
    return "";
  }
}

/** Marks the colleagues whom a note names. */
const withNames = computed(() => {
  const names = agents.value.map(agent => agent.name);
  const own = me.value?.name ?? "";
  return (nodes: Node_[]) => markNames(nodes, names, own);
});

function Note({ entry }: { entry: NoteEntry }) {
  if (entry.kind === "why")
    return entry.body ? (
      <Why why={{ by: entry.text || entry.actor, ...entry.body }} rev={entry.rev} isAlone />
    ) : null;
  if (entry.kind === "track" || entry.kind === "spent") return null;
  const actor = entry.actor === "visitor" ? t("role.visitor") : nameOf(entry.actor) || t("role.system");
  if (entry.kind === "rating") {
    const score = Math.max(0, Math.min(5, Number(entry.body?.score ?? 0)));
    return (
      <div class="change rating">
        <span role="img" aria-label={t("rated", { n: score })}>
          {"★".repeat(score)}
          <i>{"★".repeat(5 - score)}</i>
        </span>
        {entry.text && <q>{entry.text}</q>}
      </div>
    );
  }
  return (
    <article class="entry" data-role="note" data-kind={entry.kind} data-side="desk">
      <div class="bubble">
        <Markdown text={entry.text} refine={withNames.value} />
      </div>
      <p class="meta">
        <Sign name={entry.kind === "whisper" ? "ear" : "note"} size={13} />
        <span>
          {t(`note_kind.${["note", "whisper", "summary"].includes(entry.kind) ? entry.kind : "note"}`)}
        </span>
        <span>{actor}</span>
        <time>{formatTime(entry.at)}</time>
      </p>
    </article>
  );
}

/** Changes that say nothing to an agent. */
const SILENT = ["visitor_read", "agent_read", "misses", "flow", "fired", "refreshed", "fields", "language"];

function Change({ entry }: { entry: ChangeEntry }) {
  const text = changeText(entry);
  if (!text) return null;
  return (
    <p class="change">
      {text} <time>{formatTime(entry.is.updated_at)}</time>
    </p>
  );
}

function changeText({ what, is, actor, reason }: ChangeEntry): string {
  const loud = what.filter(name => !SILENT.includes(name));
  if (loud.length === 0) return "";
  const who = actor === "visitor" ? t("role.visitor") : nameOf(actor) || t("role.system");
  const owner = nameOf(is.assignee);
  if (loud.includes("opened")) return t("change.opened");
  if (loud.includes("rating") && loud.length === 1) return "";
  if (loud.includes("state")) return t(`change.${is.state}`, { actor: who });
  if (loud.includes("assignee") && is.assignee === actor) return t("change.took", { actor: who });
  if (loud.includes("assignee") && owner) return t("change.given", { owner, actor: who });
  if (loud.includes("team") && is.team) return t("change.team", { team: teamName(is.team), actor: who });
  if (loud.includes("mode") && is.mode === "queued") return t("change.queued", { reason });
  if (loud.includes("mode")) return t(`change.mode_${is.mode}`, { actor: who });
  if (loud.includes("labels")) return t("change.labels", { labels: is.labels.join(", ") || "–", actor: who });
  if (loud.includes("priority"))
    return t("change.priority", { priority: t(`priority.${is.priority}`), actor: who });
  return loud.includes("assignee") ? t("change.freed", { actor: who }) : "";
}
