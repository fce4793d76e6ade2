import { useSignal } from "@preact/signals";
import { t } from "../../../shared/i18n";
import { Sign, SignButton } from "../../ui/Sign";
import type { PlainProps } from "./Plainly";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
type Spans = [string, string][];
type Week = Partial<Record<(typeof DAYS)[number], Spans>>;

type Dates = Record<string, Spans>;

/** Days with hours of their own, one a line: `2026-12-24 09:00-12:00 14:00-16:00`. */
export function DatesField({ id, value, onChange }: PlainProps) {
  const text = useSignal(writeDates((value ?? {}) as Dates));
  const wrong = text.value.split("\n").findIndex(line => line.trim() && !readDate(line));
  return (
    <>
      <textarea
        id={id}
        rows={Math.max(3, text.value.split("\n").length)}
        spellcheck={false}
        aria-invalid={wrong >= 0}
        value={text.value}
        onInput={event => {
          text.value = event.currentTarget.value;
          onChange(readDates(text.value));
        }}
      />
      {wrong >= 0 && (
        <small class="wrong">
          {t("line_n", { n: wrong + 1 })}: {t("no_date")}
        </small>
      )}
    </>
  );
}

export function writeDates(dates: Dates): string {
  return Object.entries(dates)
    .map(([day, spans]) => [day, ...spans.map(span => span.join("-"))].join(" "))
    .join("\n");
}

/** The days that can be read; what is wrong is left out until it is right. */
export function readDates(text: string): Dates {
  return Object.fromEntries(text.split("\n").flatMap(line => readDate(line) ?? []));
}

const DATE = /^(\d{4}-\d{2}-\d{2})((?:[\s,，]+\d{1,2}:\d{2}\s*[-–~]\s*\d{1,2}:\d{2})*)$/;

function readDate(line: string): [[string, Spans]] | null {
  const [, day = "", rest = ""] = DATE.exec(line.trim()) ?? [];
  const times = rest.match(/\d{1,2}:\d{2}/g) ?? [];
  const spans = times.flatMap((time, n): Spans => (n % 2 ? [] : [[clock(time), clock(times[n + 1])]]));
  return day ? [[day, spans]] : null;
}

/** A time with two digits for the hour, as the desk keeps it. */
function clock(time = ""): string {
  return time.padStart(5, "0");
}

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
