import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../../../shared/i18n";
import { ask, getOr, offers } from "../../api";
import { explain } from "../../notices";
import { Sign } from "../../ui/Sign";
import type { Plain } from "../form/field";
import { Facts } from "./Facts";

/** The models: how they stand, what they have cost, and a question to try them with. */
export function AssistantPage() {
  const state = useSignal<Plain | null>(null);
  async function load(): Promise<void> {
    state.value = await getOr<Plain | null>("/v1/assistant", null);
  }
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), 5000);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class="one-page wide-page">
      <h1>{t("kind.assistant")}</h1>
      {offers("POST /v1/assistant/test") && <TestCall />}
      {state.value && <Facts value={state.value} />}
    </div>
  );
}

/** One question to the models, for real: it takes their time and may cost money. */
function TestCall() {
  const question = useSignal("");
  const answer = useSignal<Plain | null>(null);
  const problem = useSignal("");
  const isBusy = useSignal(false);
  async function run(): Promise<void> {
    isBusy.value = true;
    problem.value = "";
    try {
      answer.value = await ask<Plain>("POST", "/v1/assistant/test", { question: question.value.trim() });
    } catch (failure) {
      answer.value = null;
      problem.value = explain(failure);
    }
    isBusy.value = false;
  }
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
      {answer.value && <Facts value={answer.value} />}
    </section>
  );
}
