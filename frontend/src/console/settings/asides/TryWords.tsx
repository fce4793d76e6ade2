import { useSignal } from "@preact/signals";
import { pick, t } from "../../../shared/i18n";
import { ask, offers } from "../../api";
import { attempt } from "../../notices";
import { optionText } from "../form/Plainly";

interface Verdict {
  level: string;
  shown: string | null;
  hits: { list: string; text: string; level: string; start: number; end: number }[];
  reason: Record<string, string>;
}

/** Write something, and see what the word filter makes of it. */
export function TryWords() {
  const text = useSignal("");
  const side = useSignal<"input" | "output">("input");
  const verdict = useSignal<Verdict | null>(null);
  if (!offers("POST /v1/words/test")) return <p class="hint">{t("no_trial")}</p>;
  const run = () =>
    attempt(async () => {
      verdict.value = await ask<Verdict>("POST", "/v1/words/test", { text: text.value, side: side.value });
    });
  return (
    <>
      <h3>{t("try_words")}</h3>
      <form
        class="form"
        onSubmit={event => {
          event.preventDefault();
          void run();
        }}
      >
        <textarea
          rows={4}
          value={text.value}
          placeholder={t("try_words_hint")}
          aria-label={t("try_words")}
          onInput={event => (text.value = event.currentTarget.value)}
        />
        <span class="try">
          <span class="segments">
            {(["input", "output"] as const).map(each => (
              <button
                type="button"
                key={each}
                aria-pressed={side.value === each}
                onClick={() => (side.value = each)}
              >
                {t(`side_of.${each}`)}
              </button>
            ))}
          </span>
          <button type="submit" class="plain">
            {t("try")}
          </button>
        </span>
      </form>
      {verdict.value && (
        <>
          <p class="verdict" data-tone={verdict.value.level === "clean" ? "good" : "bad"}>
            <b>{optionText("level", verdict.value.level)}</b> {pick(verdict.value.reason)}
          </p>
          {verdict.value.shown !== null && <p class="said">{verdict.value.shown}</p>}
          <ul class="candidates">
            {verdict.value.hits.map(hit => (
              <li key={`${hit.list} ${hit.start}`}>
                <span>{hit.text}</span>
                <small>{hit.list}</small>
                <b>{optionText("level", hit.level)}</b>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
