import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { languageTag, t } from "../../../shared/i18n";
import { Markdown } from "../../../shared/markdown/Markdown";
import { ask, getOr, offers } from "../../api";
import { attempt, explain } from "../../notices";
import { Sign } from "../../ui/Sign";
import { Form } from "../form/Form";
import { type Plain, read } from "../form/field";
import { assistantSections } from "../kinds/assistant";
import { Facts } from "./Facts";
import { PageTitle } from "./PageTitle";

const READ_EVERY_MS = 5000;

interface Budget {
  day_spent: number;
  day_limit: number;
  month_spent: number;
  month_limit: number;
}

interface SiteState {
  site: string;
  is_on: boolean;
  deadline_ms: number;
  models: Plain[];
  budget: Budget;
}

interface State {
  sites: SiteState[];
  pool: Record<string, number>;
}

/** The assistant of each site: how its models stand, what they cost, a question to try it, and how it is set up. */
export function AssistantPage() {
  const state = useSignal<State | null>(null);
  const site = useSignal("");
  async function load(): Promise<void> {
    state.value = await getOr<State | null>("/v1/assistant", state.value);
    if (!site.value) site.value = state.value?.sites[0]?.site ?? "";
  }
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), READ_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const one = state.value?.sites.find(each => each.site === site.value);
  return (
    <div class="one-page wide-page" tabIndex={0}>
      <header class="page-head">
        <PageTitle of="assistant" />
        <span class="grow" />
        {(state.value?.sites.length ?? 0) > 1 && (
          <select
            class="short"
            aria-label={t("kind.sites")}
            value={site.value}
            onChange={event => (site.value = event.currentTarget.value)}
          >
            {state.value?.sites.map(each => (
              <option key={each.site} value={each.site}>
                {each.site}
              </option>
            ))}
          </select>
        )}
      </header>
      {one && <Standing state={one} pool={state.value?.pool ?? {}} />}
      {offers("POST /v1/assistant/test") && <TestCall site={site.value} />}
      {site.value && <Setting key={site.value} site={site.value} onSaved={load} />}
    </div>
  );
}

function money(micro: number): string {
  return (micro / 1e6).toLocaleString(languageTag.value, {
    maximumFractionDigits: 2,
    minimumFractionDigits: 2,
  });
}

function Standing({ state, pool }: { state: SiteState; pool: Record<string, number> }) {
  const { budget } = state;
  const spans: [string, number, number][] = [
    ["spent_day", budget.day_spent, budget.day_limit],
    ["spent_month", budget.month_spent, budget.month_limit],
  ];
  return (
    <>
      <div class="tiles">
        <figure data-alert={state.is_on ? undefined : "yes"}>
          <figcaption>{t("state")}</figcaption>
          <b>{t(state.is_on ? "switched_on" : "no_model")}</b>
        </figure>
        {spans.map(([name, spent, limit]) => (
          <figure key={name}>
            <figcaption>{t(name)}</figcaption>
            <b>{money(spent)}</b>
            <small>{limit ? t("of_limit", { limit: money(limit) }) : t("no_limit")}</small>
            {limit > 0 && <meter min={0} max={limit} high={limit * 0.8} value={spent} aria-label={t(name)} />}
          </figure>
        ))}
        <figure>
          <figcaption>{t("fig.active")}</figcaption>
          <b>{pool.active ?? 0}</b>
          <small>{t("waiting_n", { n: pool.waiting ?? 0 })}</small>
        </figure>
      </div>
      {state.models.map(model => (
        <section class="card" key={String(model.model ?? model.name)}>
          <Facts value={model} />
        </section>
      ))}
    </>
  );
}

interface Tried extends Plain {
  text: string;
  reason: string;
}

/** One question to the models, for real: it takes their time and may cost money. */
function TestCall({ site }: { site: string }) {
  const question = useSignal("");
  const answer = useSignal<Tried | null>(null);
  const problem = useSignal("");
  const isBusy = useSignal(false);
  async function run(): Promise<void> {
    isBusy.value = true;
    problem.value = "";
    answer.value = null;
    try {
      const wish = { question: question.value.trim(), site, language: languageTag.value };
      answer.value = await ask<Tried>("POST", "/v1/assistant/test", wish);
    } catch (failure) {
      problem.value = explain(failure);
    }
    isBusy.value = false;
  }
  const { text, ...facts } = answer.value ?? { text: "" };
  return (
    <section class="card form">
      <h2>{t("test_call")}</h2>
      <form
        class="try"
        onSubmit={event => {
          event.preventDefault();
          if (question.value.trim()) void run();
        }}
      >
        <input
          value={question.value}
          placeholder={t("test_call_hint")}
          aria-label={t("test_call")}
          onInput={event => (question.value = event.currentTarget.value)}
        />
        <button type="submit" class="primary" disabled={isBusy.value}>
          <Sign name="spark" size={16} /> {t(isBusy.value ? "working" : "try")}
        </button>
      </form>
      {problem.value && <p class="problem">{problem.value}</p>}
      {text && (
        <div class="said">
          <Markdown text={text} />
        </div>
      )}
      {answer.value && <Facts value={facts} />}
    </section>
  );
}

/** The site's own settings of its assistant; what is left out is the operator's. */
function Setting({ site, onSaved }: { site: string; onSaved: () => Promise<void> }) {
  const record = useSignal<Plain | null>(null);
  const path = `/v1/sites/${encodeURIComponent(site)}`;
  useEffect(() => {
    void getOr<Plain | null>(path, null).then(found => {
      record.value = found;
    });
  }, [path]);
  if (!record.value) return null;
  async function save(): Promise<void> {
    const assistant = read(record.value, "settings.assistant") ?? null;
    await attempt(() => ask("PATCH", path, { settings: { assistant } }), t("saved"));
    await onSaved();
  }
  return (
    <form
      class="form record-form plain-form"
      onSubmit={event => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{t("own_settings")}</h2>
      <p class="hint">{t("own_settings_about")}</p>
      <Form
        sections={assistantSections}
        record={record.value}
        isNew={false}
        onChange={next => (record.value = next)}
      />
      <p class="buttons">
        <button type="submit" class="primary">
          {t("save")}
        </button>
      </p>
    </form>
  );
}
