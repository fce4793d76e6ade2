import { useSignal } from "@preact/signals";
import { Icon } from "../../shared/Icon";
import { t } from "../../shared/i18n";
import type { Chat } from "../chat";

const SCORES = [1, 2, 3, 4, 5];

export function Rating({ chat }: { chat: Chat }) {
  const score = useSignal(0);
  const comment = useSignal("");
  return (
    <form
      class="rating"
      onSubmit={event => {
        event.preventDefault();
        if (score.value) chat.rate(score.value, comment.value.trim());
      }}
    >
      <fieldset>
        <legend>{t("rate.title")}</legend>
        <div class="stars">
          {SCORES.map(n => (
            <label class={`star ${n <= score.value ? "is-on" : ""}`} key={n} title={t(`rate.${n}`)}>
              <input
                type="radio"
                name="score"
                value={n}
                aria-label={t(`rate.${n}`)}
                onChange={() => {
                  score.value = n;
                }}
              />
              <Icon name="star" size={28} />
            </label>
          ))}
        </div>
        <p class="star-name" aria-hidden="true">
          {score.value ? t(`rate.${score.value}`) : "\u00a0"}
        </p>
      </fieldset>
      {score.value > 0 && (
        <textarea
          rows={2}
          maxLength={2000}
          aria-label={t("rate.comment")}
          placeholder={t("rate.comment")}
          onInput={event => {
            comment.value = event.currentTarget.value;
          }}
        />
      )}
      <div class="row">
        <button type="button" class="quiet" onClick={() => chat.skipRating()}>
          {t("rate.skip")}
        </button>
        <button type="submit" class="primary" disabled={!score.value}>
          {t("rate.submit")}
        </button>
      </div>
    </form>
  );
}
