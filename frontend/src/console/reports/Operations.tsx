import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../../shared/i18n";

const STAGES = ["authenticate", "parse", "route", "process", "reply"];

interface Reading {
  at: number;
  figures: Map<string, number>;
}

/** What the desk does at this moment, read once a second from its public metrics. */
export default function Operations() {
  const readings = useSignal<Reading[]>([]);
  useEffect(() => {
    const timer = setInterval(() => void read(), 1000);
    async function read(): Promise<void> {
      const response = await fetch("/metrics").catch(() => null);
      if (!response?.ok) return;
      const figures = new Map<string, number>();
      for (const line of (await response.text()).split("\n")) {
        const [, name, value] = /^([^# ]\S*) (\S+)$/.exec(line) ?? [];
        if (name && value) figures.set(name, Number(value));
      }
      readings.value = [...readings.value.slice(-59), { at: Date.now(), figures }];
    }
    void read();
    return () => clearInterval(timer);
  }, []);
  const last = readings.value[readings.value.length - 1];
  const before = readings.value[readings.value.length - 2];
  if (!last) return <main class="page">…</main>;
  const value = (name: string): number => last.figures.get(name) ?? 0;
  const rate = (name: string): number =>
    before ? ((value(name) - (before.figures.get(name) ?? 0)) * 1000) / (last.at - before.at) : 0;
  const tiles: [string, string][] = [
    ["messages_per_s", rate("fastdesk_messages_total").toFixed(1)],
    ["connections", String(value("fastdesk_connections"))],
    ["live", String(value("fastdesk_conversations_live"))],
    ["loop_lag", `${(value("fastdesk_loop_lag_seconds") * 1000).toFixed(1)} ms`],
    ["requests_per_s", rate("fastdesk_requests_total").toFixed(1)],
    ["tasks", String(value("fastdesk_tasks"))],
  ];
  return (
    <main class="page">
      <h1>{t("operations")}</h1>
      <div class="tiles">
        {tiles.map(([name, text]) => (
          <figure key={name}>
            <figcaption>{t(name)}</figcaption>
            <b>{text}</b>
          </figure>
        ))}
      </div>
      <Line readings={readings.value} />
      <table>
        <caption>{t("ledger")}</caption>
        <thead>
          <tr>
            <th>{t("stage")}</th>
            <th>{t("turns")}</th>
            <th>{t("mean")}</th>
          </tr>
        </thead>
        <tbody>
          {STAGES.map(stage => {
            const count = value(`fastdesk_stage_seconds_count{stage="${stage}"}`);
            const sum = value(`fastdesk_stage_seconds_sum{stage="${stage}"}`);
            return (
              <tr key={stage}>
                <td>{stage}</td>
                <td>{count}</td>
                <td>{count ? `${((sum / count) * 1e6).toFixed(1)} µs` : "–"}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </main>
  );
}

/** Messages a second over the last minute. */
function Line({ readings }: { readings: Reading[] }) {
  const name = "fastdesk_messages_total";
  const rates = readings.slice(1).map((reading, i) => {
    const before = readings[i] as Reading;
    return (
      (((reading.figures.get(name) ?? 0) - (before.figures.get(name) ?? 0)) * 1000) / (reading.at - before.at)
    );
  });
  const top = Math.max(1, ...rates);
  const points = rates.map((rate, i) => `${(i / 58) * 600},${100 - (rate / top) * 95}`).join(" ");
  return (
    <svg
      class="line"
      viewBox="0 0 600 100"
      role="img"
      aria-label={t("messages_per_s")}
      preserveAspectRatio="none"
    >
      <polyline points={points} />
    </svg>
  );
}
