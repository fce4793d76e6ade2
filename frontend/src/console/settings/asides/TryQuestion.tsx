import { useSignal } from "@preact/signals";
import { languageTag, pick, t } from "../../../shared/i18n";
import { Markdown } from "../../../shared/markdown/Markdown";
import { ask, offers } from "../../api";
import { attempt } from "../../notices";
import { href } from "../../route";
import { Sign } from "../../ui/Sign";
import { optionText } from "../form/Plainly";

interface Trial {
  decision: string;
  texts?: string[];
  buttons?: string[];
  candidates?: {
    article: string;
    title: string;
    question: string;
    score: number;
    alone: number;
    snippet: string;
  }[];
  answer_at?: number;
  suggest_at?: number;
  stages?: { name: string; claims: boolean; line: Record<string, string> }[];
}

/** Ask the desk as a visitor would, and see who would answer and why. Nothing is stored. */
export function TryQuestion() {
  const question = useSignal("");
  const trial = useSignal<Trial | null>(null);
  if (!offers("POST /v1/knowledge/test")) return <p class="hint">{t("no_trial")}</p>;
  const run = () =>
    attempt(async () => {
      trial.value = await ask<Trial>("POST", "/v1/knowledge/test", {
        question: question.value.trim(),
        language: languageTag.value,
      });
    });
  const found = trial.value;
  return (
    <>
      <h3>{t("try_question")}</h3>
      <form
        class="try"
        onSubmit={event => {
          event.preventDefault();
          if (question.value.trim()) void run();
        }}
      >
        <input
          value={question.value}
          placeholder={t("try_question_hint")}
          aria-label={t("try_question")}
          onInput={event => (question.value = event.currentTarget.value)}
        />
        <button type="submit" class="plain">
          {t("try")}
        </button>
      </form>
      {!found && <p class="hint">{t("try_about")}</p>}
      {found && (
        <>
          <p class="verdict">
            <b>{optionText("decision", found.decision)}</b>
          </p>
          {found.texts?.map(text => (
            <div class="said" key={text}>
              <Markdown text={text} />
            </div>
          ))}
          {!!found.buttons?.length && (
            <p class="choices">
              {found.buttons.map(button => (
                <span key={button}>{button}</span>
              ))}
            </p>
          )}
          <Candidates trial={found} />
          <ol class="stages">
            {found.stages?.map(stage => (
              <li key={stage.name} data-claims={stage.claims ? "yes" : undefined}>
                <Sign name={stage.claims ? "check" : "right"} size={14} />
                <b>{optionText("decision", stage.name)}</b>
                <span>{pick(stage.line)}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  );
}

function Candidates({ trial }: { trial: Trial }) {
  if (!trial.candidates?.length) return null;
  return (
    <ul class="candidates">
      {trial.candidates.map(each => (
        <li key={each.article}>
          <a href={href("settings", "articles", each.article)}>{each.title}</a>
          <meter
            min={0}
            max={1}
            low={trial.suggest_at}
            high={trial.answer_at}
            optimum={1}
            value={each.score}
            aria-label={each.title}
          />
          <b>{Math.round(each.score * 100)}</b>
        </li>
      ))}
    </ul>
  );
}
