import { useSignal } from "@preact/signals";
import { formatTime, t } from "../../shared/i18n";
import { act, current, visitor } from "../desk";
import type { Priority } from "../model";

const PRIORITIES: Priority[] = ["low", "normal", "high", "urgent"];

/** Who the visitor is and where they have been; labels and priority of the conversation. */
export function Context() {
  const conversation = current.value;
  const who = visitor.value;
  if (!conversation || !who) return <aside class="context" />;
  const facts: [string, string | undefined][] = [
    ["name", who.name],
    ["email", who.email],
    ["phone", who.phone],
    ["identity", who.identity ?? undefined],
    ["language", who.language],
    ["site", who.site],
    ["address", who.address],
    ["device", who.device],
    ["referrer", who.referrer],
  ];
  return (
    <aside class="context" aria-label={t("visitor")}>
      <h2>{who.name || t("visitor")}</h2>
      <dl>
        {facts.map(([name, value]) =>
          value ? (
            <div key={name}>
              <dt>{t(`fact_${name}`)}</dt>
              <dd>{value}</dd>
            </div>
          ) : null,
        )}
        {Object.entries(who.fields ?? {}).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
      <label class="field">
        {t("priority")}
        <select
          value={conversation.priority}
          onChange={event => act({ t: "priority", priority: event.currentTarget.value })}
        >
          {PRIORITIES.map(each => (
            <option key={each} value={each}>
              {t(`priority_${each}`)}
            </option>
          ))}
        </select>
      </label>
      <Labels />
      {who.trail?.length ? (
        <>
          <h3>{t("trail")}</h3>
          <ol class="trail">
            {[...who.trail].reverse().map(page => (
              <li key={`${page.url}${page.at}`}>
                <span>{page.title || page.url}</span> <time>{page.at ? formatTime(page.at) : ""}</time>
              </li>
            ))}
          </ol>
        </>
      ) : null}
    </aside>
  );
}

function Labels() {
  const text = useSignal("");
  const labels = current.value?.labels ?? [];
  return (
    <div class="labels">
      {labels.map(label => (
        <button
          type="button"
          key={label}
          title={t("remove")}
          onClick={() => act({ t: "label", remove: [label] })}
        >
          {label} ×
        </button>
      ))}
      <form
        onSubmit={event => {
          event.preventDefault();
          if (text.value.trim()) act({ t: "label", add: [text.value.trim()] });
          text.value = "";
        }}
      >
        <input
          value={text.value}
          placeholder={t("add_label")}
          aria-label={t("add_label")}
          onInput={event => {
            text.value = event.currentTarget.value;
          }}
        />
      </form>
    </div>
  );
}
