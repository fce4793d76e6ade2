import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { t } from "../../shared/i18n";
import { Empty } from "../ui/Empty";
import {
  type Cell,
  type Change,
  change,
  daysOf,
  figure,
  keysOf,
  nameIn,
  type Report,
  titleIn,
} from "./figures";
import { HeatMap } from "./HeatMap";
import { Plot } from "./Plot";

/** A report: its figures in all, one of them drawn, and everything as a table. */
export function Charted({ report }: { report: Report }) {
  const keys = keysOf(report);
  const figures = report.columns.slice(keys);
  const chosen = useSignal(0);
  const at = Math.min(chosen.value, figures.length - 1);
  return (
    <>
      <div class="tiles report-tiles">
        {figures.map((column, n) => {
          const changed = change(report.total[n], report.previous_total[n], column.unit);
          return (
            <button
              type="button"
              key={column.name}
              aria-pressed={n === at}
              onClick={() => (chosen.value = n)}
            >
              <span>{titleIn(column.title)}</span>
              <b>{figure(report.total[n], column.unit)}</b>
              <small class={toneOf(changed)} title={changed ? undefined : t("nothing_before")}>
                {changed ? t("since_before", { change: changed.text }) : "\u00a0"}
              </small>
            </button>
          );
        })}
      </div>
      {report.rows.length === 0 ? (
        <Empty icon="chart" text={t("no_figures")} />
      ) : (
        <>
          {keys > 0 && <Drawn report={report} at={at} />}
          {keys > 0 && <Table report={report} />}
        </>
      )}
    </>
  );
}

function toneOf(changed: Change | null): string {
  if (!changed || changed.isGood === null) return "";
  return changed.isGood ? "up" : "down";
}

function Drawn({ report, at }: { report: Report; at: number }) {
  const keys = keysOf(report);
  const column = report.columns[keys + at];
  if (!column) return null;
  const title = titleIn(column.title);
  if (report.by === "day") return <Days report={report} at={at} title={title} />;
  return (
    <section class="card chart">
      <h2>{title}</h2>
      {report.by === "hour" ? <HeatMap report={report} at={at} /> : <Bars report={report} at={at} />}
    </section>
  );
}

/** A figure over the days, with the period before. */
function Days({ report, at, title }: { report: Report; at: number; title: string }) {
  const unit = report.columns[1 + at]?.unit ?? "count";
  const data = useMemo(() => {
    // A day on which nothing happened has no row: it counts nothing, and has no mean.
    const missing = unit === "count" || unit === "money" ? 0 : null;
    const values = (rows: Cell[][], days: string[]) => {
      const known = new Map(rows.map(row => [row[0], row[1 + at]]));
      return days.map(day => {
        const cell = known.get(day);
        return typeof cell === "number" ? cell : missing;
      });
    };
    const days = daysOf(report.from, report.to);
    const before = daysOf(2 * report.from - report.to, report.from).slice(-days.length);
    return {
      days: days.map(day => Date.parse(`${day}T00:00:00`)),
      lines: [
        { label: t("this_period"), values: values(report.rows, days) },
        { label: t("period_before"), values: values(report.previous, before), isBefore: true },
      ],
    };
  }, [report, at, unit]);
  return (
    <section class="card chart">
      <h2>{title}</h2>
      <Plot at={data.days} lines={data.lines} format={value => figure(value, unit)} label={title} />
    </section>
  );
}

const MOST_BARS = 20;

/** A figure by agent, team, label …: the largest first. */
function Bars({ report, at }: { report: Report; at: number }) {
  const keys = keysOf(report);
  const unit = report.columns[keys + at]?.unit ?? "count";
  const value = (row: Cell[]) => (typeof row[keys + at] === "number" ? (row[keys + at] as number) : 0);
  const rows = [...report.rows].sort((a, b) => value(b) - value(a)).slice(0, MOST_BARS);
  const most = Math.max(...rows.map(value), 1e-9);
  return (
    <ul class="bars">
      {rows.map(row => (
        <li key={String(row[0])}>
          <span>{nameIn(report, row[0])}</span>
          <i>
            <i style={{ width: `${(value(row) / most) * 100}%` }} />
          </i>
          <b>{figure(row[keys + at], unit)}</b>
        </li>
      ))}
    </ul>
  );
}

function Table({ report }: { report: Report }) {
  const keys = keysOf(report);
  return (
    <div class="sheet" tabIndex={0}>
      <table class="table">
        <thead>
          <tr>
            {report.columns.map((column, n) => (
              <th key={column.name} class={n < keys ? undefined : "number"} scope="col">
                {titleIn(column.title)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {report.rows.map(row => (
            <tr key={row.slice(0, keys).join(" ")}>
              {row.map((cell, n) => {
                const column = report.columns[n];
                return (
                  <td key={column?.name} class={n < keys ? undefined : "number"}>
                    {n < keys ? keyText(report, n, cell) : figure(cell, column?.unit ?? "count")}
                  </td>
                );
              })}
            </tr>
          ))}
          <tr class="total">
            <td colSpan={keys}>{t("total")}</td>
            {report.total.map((cell, n) => (
              <td key={report.columns[keys + n]?.name} class="number">
                {figure(cell, report.columns[keys + n]?.unit ?? "count")}
              </td>
            ))}
          </tr>
        </tbody>
      </table>
    </div>
  );
}

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

function keyText(report: Report, n: number, cell: Cell): string {
  const name = report.columns[n]?.name;
  if (name === "weekday") return t(`day.${WEEKDAYS[Number(cell) - 1]}`);
  if (name === "hour") return `${cell}:00`;
  return nameIn(report, cell);
}
