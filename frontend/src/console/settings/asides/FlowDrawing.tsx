import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { languageTag, t } from "../../../shared/i18n";
import { blobUrl, offers } from "../../api";
import { explain } from "../../notices";
import { Dialog } from "../../ui/Dialog";
import { Sign } from "../../ui/Sign";
import type { AsideProps } from "../kinds/kind";

const DRAW_AFTER_MS = 600;

/** The flow as it stands in the form, drawn by the desk. */
export function FlowDrawing({ record }: AsideProps) {
  const picture = useSignal("");
  const problem = useSignal("");
  const isLarge = useSignal(false);
  const canDraw = offers("POST /v1/flows/draw");
  const source = JSON.stringify(record);
  useEffect(() => {
    if (!canDraw || !record.id) return;
    const timer = setTimeout(async () => {
      try {
        const language = languageTag.value.startsWith("zh") ? "zh" : "en";
        const next = await blobUrl(`/v1/flows/draw?language=${language}`, { method: "POST", body: source });
        URL.revokeObjectURL(picture.value);
        picture.value = next;
        problem.value = "";
      } catch (failure) {
        problem.value = explain(failure);
      }
    }, DRAW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [source, languageTag.value]);
  if (!canDraw) return <p class="hint">{t("no_trial")}</p>;
  return (
    <>
      <header class="aside-head">
        <h3>{t("drawing")}</h3>
        {picture.value && (
          <button type="button" class="quiet" onClick={() => (isLarge.value = true)}>
            <Sign name="eye" size={15} /> {t("enlarge")}
          </button>
        )}
      </header>
      {problem.value && <p class="problem">{problem.value}</p>}
      {picture.value && (
        <button
          type="button"
          class="drawing"
          onClick={() => (isLarge.value = true)}
          aria-label={t("enlarge")}
        >
          <img src={picture.value} alt={t("drawing")} />
        </button>
      )}
      {isLarge.value && (
        <Dialog title={String(record.name || record.id)} wide onClose={() => (isLarge.value = false)}>
          <img class="drawing-large" src={picture.value} alt={t("drawing")} />
        </Dialog>
      )}
    </>
  );
}
