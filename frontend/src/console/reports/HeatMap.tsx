import { t } from "../../shared/i18n";
import { figure, type Report } from "./figures";

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const STEPS = 6;

/** The hours of a week: the darker, the more. */
export function HeatMap({ report, at }: { report: Report; at: number }) {
  const unit = report.columns[2 + at]?.unit ?? "count";
  const values = new Map<string, number>();
  for (const row of report.rows) {
    const value = row[2 + at];
    if (typeof value === "number") values.set(`${row[0]} ${row[1]}`, value);
  }
  const most = Math.max(...values.values(), 1e-9);
  return (
    <div class="heat">
      <span />
      {HOURS.map(hour => (
        <small key={hour}>{hour % 3 === 0 ? hour : ""}</small>
      ))}
      {WEEKDAYS.map((day, n) => (
        <>
          <b key={day}>{t(`day.${day}`)}</b>
          {HOURS.map(hour => {
            const value = values.get(`${n + 1} ${hour}`);
            return (
              <i
                key={`${day} ${hour}`}
                data-step={value ? Math.max(1, Math.round((value / most) * STEPS)) : 0}
                title={`${t(`day.${day}`)} ${hour}:00 · ${figure(value ?? null, unit)}`}
              />
            );
          })}
        </>
      ))}
    </div>
  );
}
