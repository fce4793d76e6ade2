import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../../shared/i18n";
import { get } from "../api";
import { may } from "../colleagues";
import { attempt } from "../notices";
import { go, href } from "../route";
import { Empty } from "../ui/Empty";
import { Sign } from "../ui/Sign";
import { Editor } from "./Editor";
import type { Plain } from "./form/field";
import { titleOf } from "./form/Special";
import type { Kind } from "./kinds/kind";

/** The word that stands in the address for a record that is being made. */
export const NEW = "+";

/** The records of one kind beside the form of the one that is chosen. */
export function Records({ kind, id }: { kind: Kind; id: string }) {
  const records = useSignal<Plain[] | null>(null);
  const text = useSignal("");
  async function load(): Promise<void> {
    await attempt(async () => {
      records.value = await get<Plain[]>(`/v1/${kind.name}`);
    });
  }
  useEffect(() => void load(), [kind.name]);
  const lower = text.value.toLowerCase();
  const found = (records.value ?? [])
    .filter(record =>
      JSON.stringify([titleOf(record), record.id, kind.about?.(record)])
        .toLowerCase()
        .includes(lower),
    )
    .sort((a, b) => compare(a, b, kind));
  const chosen = id === NEW ? null : records.value?.find(record => record.id === id);
  return (
    <div class="records" data-open={id ? "yes" : "no"}>
      <section class="records-list" aria-label={t(`kind.${kind.name}`)}>
        <header class="records-head">
          <a class="sign-button back" href={href("settings")} aria-label={t("back")}>
            <Sign name="left" />
          </a>
          <h1>{t(`kind.${kind.name}`)}</h1>
          <span class="grow" />
          {may(kind.write) && (
            <a class="plain" href={href("settings", kind.name, NEW)}>
              <Sign name="plus" size={16} /> {t("add")}
            </a>
          )}
        </header>
        {(records.value?.length ?? 0) > 6 && (
          <label class="search-field">
            <Sign name="search" />
            <input
              type="search"
              value={text.value}
              placeholder={t("filter")}
              aria-label={t("filter")}
              onInput={event => (text.value = event.currentTarget.value)}
            />
          </label>
        )}
        <ul class="plain-list">
          {found.map(record => (
            <li key={String(record.id)}>
              <a
                class="record-row"
                href={href("settings", kind.name, String(record.id))}
                aria-current={record.id === id ? "true" : undefined}
                data-off={record.enabled === false ? "yes" : undefined}
              >
                <span>{(kind.title ?? titleOf)(record)}</span>
                <small>{kind.about?.(record)}</small>
              </a>
            </li>
          ))}
        </ul>
        {records.value?.length === 0 && <Empty icon={kind.icon} text={t(`none_of.${kind.name}`)} />}
      </section>
      {id && (chosen || id === NEW) && records.value ? (
        <Editor
          key={`${kind.name} ${id}`}
          kind={kind}
          saved={chosen ?? null}
          onSaved={async saved => {
            await load();
            if (saved) go("settings", kind.name, saved);
            else go("settings", kind.name);
          }}
        />
      ) : (
        <section class="editor">
          <Empty icon={kind.icon} text={t(`about.${kind.name}`)} />
        </section>
      )}
    </div>
  );
}

function compare(a: Plain, b: Plain, kind: Kind): number {
  if (kind.order) {
    const by = Number(a[kind.order] ?? 0) - Number(b[kind.order] ?? 0);
    if (by) return by;
  }
  return titleOf(a).localeCompare(titleOf(b));
}
