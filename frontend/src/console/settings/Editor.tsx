import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../../shared/i18n";
import { ask, getOr, offers } from "../api";
import { may } from "../colleagues";
import { attempt, explain, notify } from "../notices";
import { href } from "../route";
import { Sign } from "../ui/Sign";
import { Form } from "./form/Form";
import type { Plain, Section } from "./form/field";
import { titleOf } from "./form/Special";
import { fieldsOf, type Schemas } from "./form/schema";
import type { Kind } from "./kinds/kind";
import { Raw } from "./Raw";

interface EditorProps {
  kind: Kind;
  /** As the desk has it; null for one that is being made. */
  saved: Plain | null;
  onSaved: (id: string | null) => Promise<void>;
}

interface Description {
  paths: Record<
    string,
    { get?: { responses: Record<string, { content: Record<string, { schema: Plain }> }> } }
  >;
  components: { schemas: Schemas };
}

/** The form that the desk's own description gives for a kind. */
async function describedSections(kind: string): Promise<Section[]> {
  const page = await getOr<Description | null>("/openapi.json", null);
  const schema = page?.paths[`/v1/${kind}/{id}`]?.get?.responses["200"]?.content["application/json"]?.schema;
  return page && schema ? [{ fields: fieldsOf(schema, page.components.schemas) }] : [];
}

/** One record: its form, perhaps its text, and what stands beside. */
export function Editor({ kind, saved, onSaved }: EditorProps) {
  const record = useSignal<Plain>(saved ?? kind.fresh?.() ?? {});
  const sections = useSignal<readonly Section[]>(kind.sections ?? []);
  const tab = useSignal<"form" | "raw">("form");
  const problem = useSignal("");
  const secret = useSignal("");
  const isNew = saved === null;
  const isChanged = JSON.stringify(record.value) !== JSON.stringify(saved ?? kind.fresh?.() ?? {});
  useEffect(() => {
    if (!kind.sections)
      void describedSections(kind.name).then(found => {
        sections.value = found;
      });
  }, [kind.name]);
  async function save(wanted: Plain = record.value): Promise<void> {
    problem.value = "";
    try {
      const { method, path } = isNew
        ? { method: "POST", path: `/v1/${kind.name}` }
        : {
            method: kind.patches ? "PATCH" : "PUT",
            path: `/v1/${kind.name}/${encodeURIComponent(String(saved.id))}`,
          };
      const answer = await ask<Plain>(
        method,
        path,
        kind.patches && !isNew ? changeOf(kind, wanted) : tidy(wanted),
      );
      notify(t("saved"));
      if (typeof answer.key === "string") secret.value = answer.key;
      else {
        record.value = answer;
        await onSaved(String(answer.id));
      }
    } catch (failure) {
      problem.value = explain(failure);
    }
  }
  const Aside = kind.aside;
  const canWrite = may(kind.write);
  return (
    <section class="editor" tabIndex={0} data-aside={Aside ? "yes" : undefined}>
      <div class="editor-main">
        <header class="records-head">
          <a class="sign-button back" href={href("settings", kind.name)} aria-label={t("back")}>
            <Sign name="left" />
          </a>
          <h2>
            {isNew ? t("new_of", { kind: t(`kind.${kind.name}`) }) : (kind.title ?? titleOf)(record.value)}
          </h2>
          <span class="grow" />
          {kind.check && (
            <span class="segments">
              {(["form", "raw"] as const).map(name => (
                <button
                  type="button"
                  key={name}
                  aria-pressed={tab.value === name}
                  onClick={() => (tab.value = name)}
                >
                  {t(`tab.${name}`)}
                </button>
              ))}
            </span>
          )}
        </header>
        {secret.value ? (
          <ShownOnce secret={secret.value} onDone={() => void onSaved(null)} />
        ) : tab.value === "raw" && kind.check ? (
          <Raw kind={kind} record={record.value} canWrite={canWrite} problem={problem.value} onSave={save} />
        ) : (
          <form
            class="form record-form"
            onSubmit={event => {
              event.preventDefault();
              void save();
            }}
          >
            <fieldset disabled={!canWrite || (kind.name === "keys" && !isNew)}>
              <Form
                sections={sections.value}
                record={record.value}
                isNew={isNew}
                onChange={next => (record.value = next)}
              />
            </fieldset>
            {problem.value && (
              <p class="problem" role="alert">
                {problem.value}
              </p>
            )}
            {canWrite && (
              <p class="buttons sticky">
                {!(kind.name === "keys" && !isNew) && (
                  <button type="submit" class="primary" disabled={!isChanged}>
                    {t("save")}
                  </button>
                )}
                {!isNew && !kind.stays && (
                  <Remove kind={kind} id={String(saved.id)} onGone={() => void onSaved(null)} />
                )}
              </p>
            )}
          </form>
        )}
      </div>
      {Aside && (
        <aside class="editor-aside" aria-label={t("trial")}>
          <Aside record={record.value} isNew={isNew} onChange={next => (record.value = next)} />
        </aside>
      )}
      {kind.name === "webhooks" && !isNew && offers("GET /v1/webhooks/{}/deliveries") && (
        <Deliveries id={String(saved.id)} />
      )}
    </section>
  );
}

/** Only what can be changed, for kinds that take changes. */
function changeOf(kind: Kind, record: Plain): Plain {
  const names = (kind.sections ?? []).flatMap(section => section.fields).filter(field => !field.fixed);
  return Object.fromEntries(
    names.filter(({ name }) => name in record).map(({ name }) => [name, record[name]]),
  );
}

/** Without what is empty: the desk has its own values for that. */
function tidy(record: Plain): Plain {
  return Object.fromEntries(
    Object.entries(record).filter(([name, value]) => value !== undefined && !(name === "id" && value === "")),
  );
}

function ShownOnce({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <div class="shown-once" role="status">
      <p>{t("shown_once")}</p>
      <code>{secret}</code>
      <p class="buttons">
        <button
          type="button"
          class="plain"
          onClick={() => void navigator.clipboard?.writeText(secret).then(() => notify(t("copied")))}
        >
          <Sign name="copy" size={15} /> {t("copy")}
        </button>
        <button type="button" class="primary" onClick={onDone}>
          {t("done")}
        </button>
      </p>
    </div>
  );
}

function Remove({ kind, id, onGone }: { kind: Kind; id: string; onGone: () => void }) {
  const isSure = useSignal(false);
  async function remove(): Promise<void> {
    const gone = await attempt(
      () => ask("DELETE", `/v1/${kind.name}/${encodeURIComponent(id)}`),
      t("removed"),
    );
    if (gone) onGone();
  }
  return isSure.value ? (
    <>
      <button type="button" class="primary danger-fill" onClick={() => void remove()}>
        {t("remove_really")}
      </button>
      <button type="button" class="plain" onClick={() => (isSure.value = false)}>
        {t("keep")}
      </button>
    </>
  ) : (
    <button type="button" class="quiet danger" onClick={() => (isSure.value = true)}>
      <Sign name="trash" size={15} /> {t("remove")}
    </button>
  );
}

interface Delivery {
  id: string;
  rev: number;
  at: number;
  tries: number;
  status: number;
  error: string;
  taken: boolean;
}

/** What became of the last deliveries of a webhook. */
function Deliveries({ id }: { id: string }) {
  const found = useSignal<Delivery[] | null>(null);
  async function load(): Promise<void> {
    found.value = await getOr<Delivery[]>(`/v1/webhooks/${encodeURIComponent(id)}/deliveries`, []);
  }
  useEffect(() => void load(), [id]);
  return (
    <aside class="editor-aside" aria-label={t("deliveries")}>
      <header class="aside-head">
        <h3>{t("deliveries")}</h3>
        <button type="button" class="quiet" onClick={() => void load()}>
          <Sign name="retry" size={15} /> {t("reload")}
        </button>
      </header>
      {found.value?.length === 0 && <p class="hint">{t("no_deliveries")}</p>}
      <ul class="deliveries">
        {found.value?.map(each => (
          <li key={each.id} data-tone={each.taken ? "good" : "bad"}>
            <b>{each.status || each.error || "–"}</b>
            <span>#{each.rev}</span>
            <small>
              {new Date(each.at).toLocaleString()} · {t("tries_n", { n: each.tries })}
            </small>
            {!each.taken && offers("POST /v1/webhooks/{}/deliveries/{}/redeliver") && (
              <button
                type="button"
                class="quiet"
                onClick={() =>
                  void attempt(() =>
                    ask("POST", `/v1/webhooks/${encodeURIComponent(id)}/deliveries/${each.rev}/redeliver`),
                  ).then(load)
                }
              >
                {t("send_again")}
              </button>
            )}
          </li>
        ))}
      </ul>
    </aside>
  );
}
