import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../../shared/i18n";
import { download, get, getOr, offers } from "../api";
import { attempt } from "../notices";
import { go, place } from "../route";
import { Empty } from "../ui/Empty";
import { Sign } from "../ui/Sign";
import { Charted } from "./Charted";
import { dayOf, type Report, type ReportKind, titleIn, toCsv } from "./figures";
import { Unanswered } from "./Unanswered";

const DAY = 86_400_000;
const PERIODS: [string, number][] = [
  ["today", 1],
  ["week", 7],
  ["month", 30],
  ["quarter", 90],
];
const UNANSWERED = "unanswered";

/** What the work amounts to: each report with its chart, its table, and the period before. */
export default function Reports() {
  const kinds = useSignal<ReportKind[]>([]);
  const report = useSignal<Report | null>(null);
  const from = useSignal(dayOf(Date.now() - 6 * DAY));
  const to = useSignal(dayOf(Date.now()));
  const by = useSignal("day");
  const chosen = useComputed(() => place.value[0] ?? kinds.value[0]?.name ?? "");
  const kind = kinds.value.find(each => each.name === chosen.value);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const period = `from=${from.value}&to=${to.value}&zone=${encodeURIComponent(zone)}`;
  useEffect(() => {
    void getOr<ReportKind[]>("/v1/reports", []).then(found => {
      kinds.value = found;
    });
  }, []);
  const split = kind && !kind.by.includes(by.value) ? (kind.by[0] ?? "all") : by.value;
  useEffect(() => {
    if (!kind) return;
    void attempt(async () => {
      const found = await get<Report>(`/v1/reports/${kind.name}?${period}&by=${split}`);
      if (kind.name === chosen.value) report.value = found;
    });
  }, [kind, period, split]);
  function choosePeriod(days: number): void {
    from.value = dayOf(Date.now() - (days - 1) * DAY);
    to.value = dayOf(Date.now());
  }
  function saveTable(): void {
    if (!report.value) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([toCsv(report.value)], { type: "text/csv" }));
    link.download = `${report.value.report}-${from.value}-${to.value}.csv`;
    link.click();
  }
  return (
    <main class="page reports" tabIndex={0}>
      <header class="page-head">
        <h1>{t("do.reports")}</h1>
        <span class="grow" />
        <span class="segments">
          {PERIODS.map(([name, days]) => (
            <button
              type="button"
              key={name}
              aria-pressed={
                from.value === dayOf(Date.now() - (days - 1) * DAY) && to.value === dayOf(Date.now())
              }
              onClick={() => choosePeriod(days)}
            >
              {t(`period.${name}`)}
            </button>
          ))}
        </span>
        <span class="period">
          <input
            type="date"
            value={from.value}
            max={to.value}
            aria-label={t("from")}
            onChange={event => (from.value = event.currentTarget.value || from.value)}
          />
          –
          <input
            type="date"
            value={to.value}
            min={from.value}
            aria-label={t("to")}
            onChange={event => (to.value = event.currentTarget.value || to.value)}
          />
        </span>
      </header>
      <nav class="tabs report-tabs" aria-label={t("do.reports")}>
        {kinds.value.map(each => (
          <button
            type="button"
            key={each.name}
            aria-current={chosen.value === each.name ? "page" : undefined}
            onClick={() => go("reports", each.name)}
          >
            {titleIn(each.title)}
          </button>
        ))}
        {offers("GET /v1/reports/unanswered") && (
          <button
            type="button"
            aria-current={chosen.value === UNANSWERED ? "page" : undefined}
            onClick={() => go("reports", UNANSWERED)}
          >
            {t("unanswered")}
          </button>
        )}
      </nav>
      {chosen.value === UNANSWERED ? (
        <Unanswered period={period} />
      ) : (
        <>
          <div class="report-tools">
            {kind && kind.by.length > 1 && (
              <label class="report-by">
                <span>{t("by")}</span>
                <select value={split} onChange={event => (by.value = event.currentTarget.value)}>
                  {kind.by.map(each => (
                    <option key={each} value={each}>
                      {t(`by.${each}`)}
                    </option>
                  ))}
                </select>
              </label>
            )}
            <span class="grow" />
            <button type="button" class="plain" onClick={saveTable}>
              <Sign name="download" size={16} /> {t("csv_table")}
            </button>
            {offers("GET /v1/reports/conversations.csv") && (
              <button
                type="button"
                class="plain"
                onClick={() =>
                  void attempt(() =>
                    download(
                      `/v1/reports/conversations.csv?${period}`,
                      `conversations-${from.value}-${to.value}.csv`,
                    ),
                  )
                }
              >
                <Sign name="download" size={16} /> {t("csv_conversations")}
              </button>
            )}
          </div>
          {report.value && report.value.report === kind?.name ? (
            <Charted key={`${report.value.report} ${report.value.by}`} report={report.value} />
          ) : (
            <Empty icon="chart" text="…" />
          )}
        </>
      )}
    </main>
  );
}
