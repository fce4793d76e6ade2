import { useSignal } from "@preact/signals";
import { formatTime, t } from "../../shared/i18n";
import { offers } from "../api";
import { choose, chosen, isChosen } from "../chosen";
import { nameOf, teams } from "../colleagues";
import { opened } from "../commands";
import {
  countOf,
  counts,
  dropView,
  isWaiting,
  MORE,
  matches,
  more,
  openId,
  saved,
  saveView,
  show,
  shown,
  TABS,
  view,
  viewId,
  viewOf,
  visitorLabel,
  visitorName,
} from "../conversations";
import type { Conversation, Filter, Row } from "../model";
import { PRIORITIES } from "../model";
import { attempt } from "../notices";
import { preferences } from "../preferences";
import { allRows } from "../rows";
import { open } from "../thread";
import { Avatar } from "../ui/Avatar";
import { Empty } from "../ui/Empty";
import { Item, Menu } from "../ui/Menu";
import { SignButton } from "../ui/Sign";
import { Window } from "../ui/Window";
import { Bulk } from "./Bulk";

const HEIGHT = 78;
const DENSE_HEIGHT = 54;
const DAY = 86_400_000;

export function Lists() {
  const items = shown.value;
  return (
    <section class="lists" aria-label={t("conversations")}>
      {chosen.value.length > 0 ? (
        <Bulk />
      ) : (
        <header class="lists-head">
          <h1>{view.value.name}</h1>
          <span class="grow" />
          <SignButton icon="search" label={t("do.search")} onClick={() => (opened.value = "palette")} />
          <MoreViews />
        </header>
      )}
      <div class="tabs" role="tablist" aria-label={t("views")}>
        {TABS.map(id => (
          <button
            type="button"
            role="tab"
            key={id}
            aria-selected={viewId.value === id}
            data-alert={id === "queued" && (countOf(id) ?? 0) > 0 ? "yes" : undefined}
            onClick={() => void show(id)}
          >
            {t(`view.${id}`)} <b>{countOf(id) ?? ""}</b>
          </button>
        ))}
      </div>
      {items.length === 0 ? (
        <Empty icon={viewId.value === "queued" ? "check" : "inbox"} text={emptyText()}>
          {viewId.value === "mine" && (countOf("queued") ?? 0) > 0 && (
            <p class="empty-next">
              {t("none.mine_waiting", { n: countOf("queued") ?? 0 })}
              <button type="button" class="primary" onClick={() => void show("queued")}>
                {t("show_waiting")}
              </button>
            </p>
          )}
        </Empty>
      ) : (
        <Window
          items={items}
          height={preferences.value.dense ? DENSE_HEIGHT : HEIGHT}
          label={view.value.name}
          keyOf={row => row.conversation.id}
          render={row => <Line row={row} />}
          onEnd={() => void more()}
        />
      )}
    </section>
  );
}

function emptyText(): string {
  const key = `none.${viewId.value}`;
  const text = t(key);
  return text === key ? t("none.here") : text;
}

/** Views beyond the tabs: states, teams, labels, and those that agents have saved. */
function MoreViews() {
  const labels = Object.keys(counts.value?.labels ?? {}).sort();
  const isSaved = saved.value.some(each => each.id === viewId.value);
  return (
    <Menu name="views" label={t("views")} icon="list" side="end">
      <Views ids={[...MORE]} />
      {saved.value.length > 0 && (
        <>
          <p class="menu-head">{t("saved_views")}</p>
          {saved.value.map(each => (
            <Item
              key={each.id}
              icon="star"
              current={viewId.value === each.id}
              aside={amount(each.filter)}
              onClick={() => void show(each.id)}
            >
              {each.name}
            </Item>
          ))}
        </>
      )}
      {teams.value.length > 0 && (
        <>
          <p class="menu-head">{t("teams")}</p>
          <Views ids={teams.value.map(team => `team:${team.id}`)} />
        </>
      )}
      {labels.length > 0 && (
        <>
          <p class="menu-head">{t("labels")}</p>
          <Views ids={labels.map(label => `label:${label}`)} />
        </>
      )}
      {offers("POST /v1/views") && <NewView />}
      {isSaved && (
        <Item icon="trash" danger onClick={() => void attempt(() => dropView(viewId.value))}>
          {t("drop_view", { name: view.value.name })}
        </Item>
      )}
    </Menu>
  );
}

function amount(filter: Filter): number {
  let found = 0;
  for (const row of allRows()) if (matches(filter, row.conversation)) found++;
  return found;
}

function Views({ ids }: { ids: string[] }) {
  return (
    <>
      {ids.map(id => (
        <Item key={id} current={viewId.value === id} aside={countOf(id)} onClick={() => void show(id)}>
          {viewOf(id).name}
        </Item>
      ))}
    </>
  );
}

/** Save what one looks at often: the present view, narrowed, under a name of its own. */
function NewView() {
  const name = useSignal("");
  const filter = useSignal<Filter>({});
  const isShared = useSignal(false);
  const set = (change: Filter) => {
    filter.value = { ...filter.value, ...change };
  };
  return (
    <details class="new-view">
      <summary>{t("new_view")}</summary>
      <form
        onSubmit={event => {
          event.preventDefault();
          opened.value = "";
          void attempt(() =>
            saveView(name.value.trim(), { ...view.value.filter, ...filter.value }, isShared.value),
          );
        }}
      >
        <input
          required
          value={name.value}
          placeholder={t("name")}
          aria-label={t("name")}
          onInput={event => (name.value = event.currentTarget.value)}
        />
        <select
          aria-label={t("priority")}
          onChange={event =>
            set({ priority: (event.currentTarget.value || undefined) as Filter["priority"] })
          }
        >
          <option value="">{t("any_priority")}</option>
          {PRIORITIES.map(each => (
            <option key={each} value={each}>
              {t(`priority.${each}`)}
            </option>
          ))}
        </select>
        <input
          list="known-labels"
          placeholder={t("label")}
          aria-label={t("label")}
          onInput={event => set({ label: event.currentTarget.value.trim() || undefined })}
        />
        <datalist id="known-labels">
          {Object.keys(counts.value?.labels ?? {}).map(label => (
            <option key={label} value={label} />
          ))}
        </datalist>
        <label class="check">
          <input
            type="checkbox"
            checked={isShared.value}
            onChange={() => (isShared.value = !isShared.value)}
          />{" "}
          {t("for_everybody")}
        </label>
        <button type="submit" class="primary">
          {t("save")}
        </button>
      </form>
    </details>
  );
}

function Line({ row }: { row: Row }) {
  const { conversation } = row;
  const { id } = conversation;
  return (
    <>
      <button
        type="button"
        class="row"
        aria-current={openId.value === id ? "true" : undefined}
        data-unread={row.unread > 0 ? "yes" : undefined}
        data-chosen={isChosen(id) ? "yes" : undefined}
        onClick={event => {
          if (event.shiftKey || event.ctrlKey || event.metaKey) choose(id, event.shiftKey);
          else open(id);
        }}
      >
        <Avatar id={conversation.visitor ?? conversation.id} name={visitorName(row)} />
        <span class="who">{visitorLabel(row)}</span>
        <time>{row.lastAt ? when(row.lastAt) : ""}</time>
        <span class="last">{row.last.replace(/^#+ |[*`]+/g, "") || t("no_words")}</span>
        {row.unread > 0 && (
          <b class="badge" title={t("unread_n", { n: row.unread })}>
            {row.unread}
          </b>
        )}
        <Tags conversation={conversation} />
      </button>
      <label class="pick" title={t("bulk.pick")}>
        <input
          type="checkbox"
          checked={isChosen(id)}
          aria-label={t("bulk.pick_one", { name: visitorLabel(row) })}
          onClick={event => choose(id, event.shiftKey)}
        />
      </label>
    </>
  );
}

function Tags({ conversation }: { conversation: Conversation }) {
  const { mode, state, priority, assignee, labels, late } = conversation;
  return (
    <span class="tags">
      {(priority === "urgent" || priority === "high") && <i data-tone="bad">{t(`priority.${priority}`)}</i>}
      {isWaiting(conversation) && <i data-tone="warm">{waited(conversation.queued_at)}</i>}
      {late?.length ? (
        <i data-tone="bad">
          {t(late.some(each => each.endsWith("breach")) ? "target_missed" : "target_near")}
        </i>
      ) : null}
      {mode === "bot" && state !== "resolved" && <i>{t("bot")}</i>}
      {state === "snoozed" && <i>{t("state.snoozed")}</i>}
      {assignee && <i>{nameOf(assignee)}</i>}
      {labels?.map(label => (
        <i key={label} data-tone="tint">
          {label}
        </i>
      ))}
    </span>
  );
}

/** Today the time, else the date. */
function when(at: number): string {
  if (Date.now() - at < DAY && new Date(at).getDate() === new Date().getDate()) return formatTime(at);
  return new Intl.DateTimeFormat(document.documentElement.lang, { month: "numeric", day: "numeric" }).format(
    at,
  );
}

function waited(since: number): string {
  const minutes = Math.floor((Date.now() - since) / 60_000);
  if (minutes < 1) return t("view.queued");
  const time =
    minutes < 60 ? t("short_minutes", { n: minutes }) : t("short_hours", { n: Math.floor(minutes / 60) });
  return t("waits", { time });
}
