import { t } from "../../../shared/i18n";
import { Sign, SignButton } from "../../ui/Sign";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
type Spans = [string, string][];
type Week = Partial<Record<(typeof DAYS)[number], Spans>>;

/** Opening hours: spans for each weekday; one that ends before it begins runs over midnight. */
export function WeekField({ value, onChange }: { value: Week; onChange: (value: Week) => void }) {
  const set = (day: (typeof DAYS)[number], spans: Spans) => {
    const next = { ...value, [day]: spans };
    if (!spans.length) delete next[day];
    onChange(next);
  };
  return (
    <div class="week">
      {DAYS.map(day => {
        const spans = value[day] ?? [];
        return (
          <div class="week-day" key={day}>
            <b>{t(`day.${day}`)}</b>
            <span class="week-spans">
              {spans.length === 0 && <small>{t("closed")}</small>}
              {spans.map(([from, to], n) => (
                <span class="week-span" key={`${day} ${n} ${spans.length}`}>
                  <input
                    type="time"
                    value={from}
                    aria-label={`${t(`day.${day}`)} ${t("from")}`}
                    onChange={event => set(day, replaced(spans, n, [event.currentTarget.value, to]))}
                  />
                  –
                  <input
                    type="time"
                    value={to === "24:00" ? "00:00" : to}
                    aria-label={`${t(`day.${day}`)} ${t("to")}`}
                    onChange={event =>
                      set(day, replaced(spans, n, [from, ending(event.currentTarget.value)]))
                    }
                  />
                  <SignButton
                    icon="close"
                    label={t("remove")}
                    onClick={() =>
                      set(
                        day,
                        spans.filter((_, at) => at !== n),
                      )
                    }
                  />
                </span>
              ))}
            </span>
            <button type="button" class="quiet" onClick={() => set(day, [...spans, ["09:00", "18:00"]])}>
              <Sign name="plus" size={14} /> <span class="unseen">{t(`day.${day}`)} </span>
              {t("add_span")}
            </button>
          </div>
        );
      })}
      <button
        type="button"
        class="quiet"
        disabled={!value.mon?.length}
        onClick={() => onChange({ ...value, tue: value.mon, wed: value.mon, thu: value.mon, fri: value.mon })}
      >
        <Sign name="copy" size={14} /> {t("as_monday")}
      </button>
    </div>
  );
}

/** Midnight at the end of a day is written 24:00. */
function ending(time: string): string {
  return time === "00:00" ? "24:00" : time;
}

function replaced(spans: Spans, at: number, span: [string, string]): Spans {
  return spans.map((each, n) => (n === at ? span : each));
}
