import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatDay, formatTime, t } from "../../shared/i18n";
import { getOr } from "../api";
import { may } from "../colleagues";
import { counts, openId } from "../conversations";
import { act } from "../line";
import { type Conversation, PRIORITIES, personName, type Visitor } from "../model";
import { PersonActions } from "../people/PersonActions";
import { dropVisitor } from "../rows";
import { current, isOnline, open, visitor } from "../thread";
import { Avatar } from "../ui/Avatar";
import { Part } from "../ui/Part";
import { Sign } from "../ui/Sign";
import { Cards } from "./Cards";

/** Who the visitor is and where they have been; labels and priority of the conversation; what was before. */
export function Context() {
  const conversation = current.value;
  const who = visitor.value;
  if (!conversation || !who) return <aside class="context" aria-label={t("role.visitor")} aria-busy="true" />;
  return (
    <aside class="context" aria-label={t("role.visitor")}>
      <header class="person">
        <Avatar
          id={who.id}
          name={personName(who)}
          size="large"
          presence={isOnline.value ? "online" : undefined}
        />
        <h2>{personName(who) || t("visitor_n", { id: who.id.slice(-4) })}</h2>
        <p>
          {who.identity ? (
            <span class="verified" title={who.identity}>
              <Sign name="shield" size={14} /> {t("verified")}
            </span>
          ) : (
            t("anonymous")
          )}
        </p>
        {may("visitor.write") && (
          <PersonActions
            person={who}
            onChange={changed => (visitor.value = changed)}
            onGone={() => {
              dropVisitor(who.id);
              open("");
            }}
          />
        )}
      </header>
      <Part title={t("conversation")}>
        <label class="line-field">
          <span>{t("priority")}</span>
          <select
            value={conversation.priority}
            onChange={event =>
              act({ t: "priority", conversation: openId.value, priority: event.currentTarget.value })
            }
          >
            {PRIORITIES.map(each => (
              <option key={each} value={each}>
                {t(`priority.${each}`)}
              </option>
            ))}
          </select>
        </label>
        <Labels labels={conversation.labels ?? []} />
      </Part>
      <Cards visitor={who.id} />
      <Facts who={who} />
      <Trail who={who} />
      <Earlier who={who} now={conversation} />
    </aside>
  );
}

/** Fields of the widget that the record has under names of its own. */
const SAID_ELSEWHERE = new Set(["locale", "page", "title", "referrer"]);

/** What is known of the visitor, the telling things first. */
function Facts({ who }: { who: Visitor }) {
  const known: [string, string | undefined][] = [
    [t("fact.email"), who.email],
    [t("fact.phone"), who.phone],
    [t("fact.identity"), who.identity ?? undefined],
    [t("fact.place"), who.place],
    [t("fact.language"), who.language],
    [t("fact.site"), who.site],
    [t("fact.address"), who.address],
    [t("fact.device"), deviceName(who.device)],
    [t("fact.referrer"), who.referrer],
    [t("fact.first_seen"), who.first_seen ? `${formatDay(who.first_seen, Date.now())}` : undefined],
  ];
  const own = Object.entries({ ...who.fields, ...who.attributes })
    .filter(([name]) => !SAID_ELSEWHERE.has(name))
    .map(
      ([name, value]) =>
        [
          name === "time_zone" ? t("fact.time_zone") : name,
          typeof value === "string" ? value : JSON.stringify(value),
        ] as [string, string],
    );
  const title = personName(who);
  const facts = [...known, ...own.filter(([, value]) => value !== title)].filter(([, value]) => value);
  return (
    <Part title={t("details")}>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd title={value}>{value}</dd>
          </div>
        ))}
      </dl>
      {who.note && <p class="person-note">{who.note}</p>}
    </Part>
  );
}

/** `Chrome · Windows` out of what a browser says of itself. */
export function deviceName(agent: string | undefined): string | undefined {
  if (!agent) return undefined;
  // The desk says it in short by itself; older records have what the browser sent.
  if (agent.includes(" · ")) return agent;
  const browser = /MicroMessenger|Edg|OPR|Firefox|Chrome|Safari/.exec(agent)?.[0];
  const system = /Android|iPhone|iPad|Windows|Mac OS X|Linux/.exec(agent)?.[0];
  const names: Record<string, string> = {
    MicroMessenger: "WeChat",
    Edg: "Edge",
    OPR: "Opera",
    "Mac OS X": "macOS",
  };
  const found = [browser, system].filter(Boolean).map(each => names[each as string] ?? each);
  return found.length ? found.join(" · ") : agent.slice(0, 60);
}

function Trail({ who }: { who: Visitor }) {
  if (!who.trail?.length) return null;
  return (
    <Part title={t("trail")}>
      <ol class="trail">
        {[...who.trail].reverse().map(page => (
          <li key={`${page.url}${page.at}`} title={page.url}>
            <span>{page.title || page.url}</span>
            <time>{page.at ? formatTime(page.at) : ""}</time>
          </li>
        ))}
      </ol>
    </Part>
  );
}

interface Before {
  conversation: Conversation;
  last_text: string;
  last_at: number;
}

/** What this visitor talked about before. */
function Earlier({ who, now }: { who: Visitor; now: Conversation }) {
  const found = useSignal<Before[]>([]);
  useEffect(() => {
    found.value = [];
    void getOr<{ items: Before[] }>(`/v1/conversations?visitor=${who.id}&limit=20`, { items: [] }).then(
      page => {
        found.value = page.items;
      },
    );
  }, [who.id]);
  const others = found.value.filter(each => each.conversation.id !== now.id);
  if (!others.length) return null;
  return (
    <Part title={t("earlier")}>
      <ul class="earlier-list">
        {others.map(({ conversation, last_text, last_at }) => (
          <li key={conversation.id}>
            <button type="button" onClick={() => open(conversation.id)}>
              <span>{last_text || t("no_words")}</span>
              <small>
                {formatDay(last_at || conversation.updated_at, Date.now())} ·{" "}
                {t(`state.${conversation.state}`)}
                {conversation.rating > 0 && ` · ${"★".repeat(conversation.rating)}`}
              </small>
            </button>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Labels({ labels }: { labels: string[] }) {
  const text = useSignal("");
  const known = Object.keys(counts.value?.labels ?? {}).filter(label => !labels.includes(label));
  return (
    <div class="labels">
      {labels.map(label => (
        <button
          type="button"
          key={label}
          class="chip"
          title={t("remove_label", { label })}
          onClick={() => act({ t: "label", conversation: openId.value, remove: [label] })}
        >
          {label} <Sign name="close" size={12} />
        </button>
      ))}
      <form
        onSubmit={event => {
          event.preventDefault();
          const label = text.value.trim();
          if (label) act({ t: "label", conversation: openId.value, add: [label] });
          text.value = "";
        }}
      >
        <input
          id="add-label"
          list="known-labels"
          value={text.value}
          placeholder={t("add_label")}
          aria-label={t("add_label")}
          onInput={event => {
            text.value = event.currentTarget.value;
          }}
        />
        <datalist id="known-labels">
          {known.map(label => (
            <option key={label} value={label} />
          ))}
        </datalist>
      </form>
    </div>
  );
}
