import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatDay, t } from "../../shared/i18n";
import { getOr } from "../api";
import { may } from "../colleagues";
import { type Conversation, personName, type Visitor } from "../model";
import { dropVisitor } from "../rows";
import { open } from "../thread";
import { Avatar } from "../ui/Avatar";
import { Empty } from "../ui/Empty";
import { Sign, SignButton } from "../ui/Sign";
import { PersonActions } from "./PersonActions";

const ASK_AFTER_MS = 200;

/** Everybody who has ever written, to be found, changed and put together. */
export default function Contacts() {
  const text = useSignal("");
  const found = useSignal<Visitor[] | null>(null);
  const next = useSignal<string | null>(null);
  const chosen = useSignal<Visitor | null>(null);
  async function read(cursor: string | null): Promise<void> {
    const query = new URLSearchParams({
      text: text.value.trim(),
      limit: "50",
      ...(cursor ? { cursor } : {}),
    });
    const page = await getOr<{ items: Visitor[]; cursor: string | null }>(`/v1/visitors?${query}`, {
      items: [],
      cursor: null,
    });
    found.value = cursor ? [...(found.value ?? []), ...page.items] : page.items;
    next.value = page.cursor;
  }
  useEffect(() => {
    const timer = setTimeout(() => void read(null), found.value ? ASK_AFTER_MS : 0);
    return () => clearTimeout(timer);
  }, [text.value]);
  function change(person: Visitor): void {
    chosen.value = person;
    found.value = (found.value ?? []).map(each => (each.id === person.id ? person : each));
  }
  function drop(person: Visitor): void {
    chosen.value = null;
    found.value = (found.value ?? []).filter(each => each.id !== person.id);
    dropVisitor(person.id);
  }
  return (
    <main class="page split" data-open={chosen.value ? "yes" : "no"}>
      <section class="split-list" aria-label={t("do.contacts")}>
        <header class="page-head">
          <h1>{t("do.contacts")}</h1>
        </header>
        <label class="search-field">
          <Sign name="search" />
          <input
            type="search"
            value={text.value}
            placeholder={t("find_person")}
            aria-label={t("find_person")}
            onInput={event => (text.value = event.currentTarget.value)}
          />
        </label>
        {found.value?.length === 0 && <Empty icon="people" text={t("nobody_found")} />}
        <ul class="plain-list">
          {found.value?.map(person => (
            <li key={person.id}>
              <button
                type="button"
                class="row"
                aria-current={chosen.value?.id === person.id ? "true" : undefined}
                onClick={() => (chosen.value = person)}
              >
                <Avatar id={person.id} name={personName(person)} />
                <span class="who">{personName(person) || t("visitor_n", { id: person.id.slice(-4) })}</span>
                <time>{person.last_seen ? formatDay(person.last_seen, Date.now()) : ""}</time>
                <span class="last">
                  {[person.email ?? person.fields?.email, person.phone, person.identity]
                    .filter(Boolean)
                    .join(" · ") || person.site}
                </span>
              </button>
            </li>
          ))}
        </ul>
        {next.value && (
          <button type="button" class="quiet" onClick={() => void read(next.value)}>
            {t("load_more")}
          </button>
        )}
      </section>
      {chosen.value ? (
        <Card person={chosen.value} onBack={() => (chosen.value = null)} onChange={change} onGone={drop} />
      ) : (
        <section class="split-main">
          <Empty icon="people" text={t("pick_person")} />
        </section>
      )}
    </main>
  );
}

interface Before {
  conversation: Conversation;
  last_text: string;
  last_at: number;
}

interface CardProps {
  person: Visitor;
  /** To the list, where there is room for one of both. */
  onBack: () => void;
  onChange: (person: Visitor) => void;
  onGone: (person: Visitor) => void;
}

function Card({ person, onBack, onChange, onGone }: CardProps) {
  const talks = useSignal<Before[]>([]);
  useEffect(() => {
    talks.value = [];
    void getOr<{ items: Before[] }>(`/v1/conversations?visitor=${person.id}&limit=50`, { items: [] }).then(
      page => {
        talks.value = page.items;
      },
    );
  }, [person.id]);
  const facts: [string, string | undefined | null][] = [
    ["email", person.email],
    ["phone", person.phone],
    ["identity", person.identity],
    ["site", person.site],
    ["language", person.language],
    ["place", person.place],
    ["address", person.address],
    ["referrer", person.referrer],
    ["first_seen", person.first_seen ? formatDay(person.first_seen, Date.now()) : ""],
    ["last_seen", person.last_seen ? formatDay(person.last_seen, Date.now()) : ""],
  ];
  return (
    <section class="split-main" aria-label={personName(person) || t("role.visitor")}>
      <header class="person wide-person">
        <SignButton class="back" icon="left" label={t("back")} onClick={onBack} />
        <Avatar id={person.id} name={personName(person)} size="large" />
        <h2>{personName(person) || t("visitor_n", { id: person.id.slice(-4) })}</h2>
        <p>{(person.labels ?? []).join(" · ")}</p>
        {may("visitor.write") && (
          <PersonActions person={person} onChange={onChange} onGone={() => onGone(person)} />
        )}
      </header>
      <div class="card">
        <dl class="facts wide-facts">
          {facts.map(([name, value]) =>
            value ? (
              <div key={name}>
                <dt>{t(`fact.${name}`)}</dt>
                <dd>{value}</dd>
              </div>
            ) : null,
          )}
          {Object.entries({ ...person.fields, ...person.attributes }).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
            </div>
          ))}
        </dl>
        {person.note && <p class="person-note">{person.note}</p>}
      </div>
      <h3>{t("conversations")}</h3>
      {talks.value.length === 0 && <p class="hint">{t("no_conversations")}</p>}
      <ul class="earlier-list card">
        {talks.value.map(({ conversation, last_text, last_at }) => (
          <li key={conversation.id}>
            <button type="button" onClick={() => open(conversation.id)}>
              <span>{last_text || t("no_words")}</span>
              <small>
                {formatDay(last_at || conversation.updated_at, Date.now())} ·{" "}
                {t(`state.${conversation.state}`)}
              </small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
