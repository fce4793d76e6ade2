import { t } from "../../shared/i18n";
import { Markdown } from "../../shared/markdown/Markdown";
import { write } from "../commands";
import { dismissSuggestion, help, suggestion } from "../copilot";
import { note } from "../thread";
import { Sign, SignButton } from "../ui/Sign";
import { setDraft } from "./Composer";

/** Take what the assistant suggests: into the composer, or a summary into the notes. */
export function accept(): void {
  const suggested = suggestion.value;
  if (!suggested?.text) return;
  if (suggested.task === "summarise") note(suggested.text);
  else {
    setDraft(suggested.text);
    write("reply");
  }
  dismissSuggestion();
}

/** What the assistant suggests, while it is written and until it is taken or thrown away. */
export function Suggested() {
  const suggested = suggestion.value;
  if (!suggested) return null;
  return (
    <section class="suggested" aria-label={t(`copilot.${suggested.task}`)} aria-busy={!suggested.done}>
      <header>
        <Sign name="spark" size={15} />
        <b>{t(`copilot.${suggested.task}`)}</b>
        {!suggested.done && <span class="hint">{t("copilot.writing")}</span>}
        <span class="grow" />
        <SignButton icon="close" label={t("dismiss")} onClick={dismissSuggestion} />
      </header>
      <div class="suggested-text">
        {suggested.text ? <Markdown text={suggested.text} /> : <span class="wait-line" />}
      </div>
      {suggested.done && (
        <p class="buttons">
          <button type="button" class="primary" onClick={accept}>
            {t(suggested.task === "summarise" ? "copilot.as_note" : "copilot.accept")} <kbd>Tab</kbd>
          </button>
          {suggested.task === "draft" && (
            <button type="button" class="plain" onClick={() => help("draft", "")}>
              <Sign name="retry" size={15} /> {t("copilot.again")}
            </button>
          )}
        </p>
      )}
    </section>
  );
}
