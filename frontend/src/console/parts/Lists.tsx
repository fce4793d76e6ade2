import { formatTime, t } from "../../shared/i18n";
import { agents, counts, list, loadList, open, openId, shown } from "../desk";
import type { ListName, Row } from "../model";

const NAMES: ListName[] = ["mine", "unassigned", "all", "resolved"];
/** Rows in the document; the browser skips those out of sight (`content-visibility`), so thousands stay smooth. */
const MOST = 10_000;

export function Lists() {
  return (
    <section class="lists" aria-label={t("conversations")}>
      <div class="tabs" role="tablist">
        {NAMES.map(name => (
          <button
            type="button"
            role="tab"
            key={name}
            aria-selected={list.value === name}
            onClick={() => {
              list.value = name;
              if (name === "resolved") void loadList("resolved");
            }}
          >
            {t(name)} <b>{counts.value[name]}</b>
          </button>
        ))}
      </div>
      <ul class="rows">
        {shown.value.length === 0 && <li class="empty">{t(`none_${list.value}`)}</li>}
        {shown.value.slice(0, MOST).map(row => (
          <Line key={row.conversation.id} row={row} />
        ))}
      </ul>
    </section>
  );
}

function Line({ row }: { row: Row }) {
  const { conversation } = row;
  const owner = agents.value.find(agent => agent.id === conversation.assignee)?.name;
  return (
    <li>
      <button
        type="button"
        class="row"
        aria-current={openId.value === conversation.id}
        data-mode={conversation.mode}
        data-priority={conversation.priority}
        onClick={() => void open(conversation.id)}
      >
        <span class="who">{row.name || t("visitor_n", { id: conversation.visitor?.slice(-4) ?? "" })}</span>
        <time>{row.lastAt ? formatTime(row.lastAt) : ""}</time>
        <span class="last">{row.last || " "}</span>
        {row.unread > 0 && <b class="unread">{row.unread}</b>}
        <span class="tags">
          {conversation.mode === "queued" && <i class="waiting">{t("waiting")}</i>}
          {conversation.mode === "bot" && conversation.state !== "resolved" && <i>{t("bot")}</i>}
          {conversation.state === "snoozed" && <i>{t("snoozed")}</i>}
          {owner && <i>{owner}</i>}
          {conversation.labels?.map(label => (
            <i key={label}>{label}</i>
          ))}
        </span>
      </button>
    </li>
  );
}
