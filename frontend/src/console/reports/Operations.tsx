import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../../shared/i18n";
import { getOr, offers } from "../api";
import { Avatar } from "../ui/Avatar";
import { duration } from "./figures";
import { ModelFigures, modelsIn } from "./ModelFigures";
import { byLabel, quantile, type Reading, rateOf, readMetrics, valueIn } from "./metrics";

const STAGES = ["authenticate", "parse", "route", "process", "reply", "durable"];
/** The desk times one message in so many. */
const TIMED_OF = 16;
const KEPT = 60;
const BOARD_EVERY = 5;

interface Board {
  by_bot: number;
  waiting: number;
  longest_wait_ms: number;
  with_people: number;
  visitors_connected: number;
  agents: { id: string; name: string; connected: boolean; conversations: number; capacity: number }[];
}

interface Tile {
  name: string;
  of: (now: Reading, before: Reading | undefined) => number;
  text: (value: number) => string;
}

const plain = (value: number) => value.toLocaleString();
const TILES: Tile[] = [
  {
    name: "messages_per_s",
    of: (now, before) => rateOf(now, before, "fastdesk_messages_total"),
    text: value => value.toFixed(1),
  },
  { name: "connections", of: now => valueIn(now, "fastdesk_connections"), text: plain },
  { name: "live", of: now => valueIn(now, "fastdesk_conversations_live"), text: plain },
  {
    name: "loop_lag",
    of: now => valueIn(now, "fastdesk_loop_lag_seconds") * 1000,
    text: value => `${value.toFixed(1)} ms`,
  },
  {
    name: "requests_per_s",
    of: (now, before) => rateOf(now, before, "fastdesk_requests_total"),
    text: value => value.toFixed(1),
  },
  { name: "tasks", of: now => valueIn(now, "fastdesk_tasks"), text: plain },
];

/** What the desk does at this moment: people and conversations, and the machine under them, once a second. */
export default function Operations() {
  const readings = useSignal<Reading[]>([]);
  const board = useSignal<Board | null>(null);
  useEffect(() => {
    let ticks = 0;
    const tick = async () => {
      if (document.hidden) return;
      const reading = await readMetrics();
      if (reading) readings.value = [...readings.value.slice(1 - KEPT), reading];
      if (offers("GET /v1/reports/live") && ticks++ % BOARD_EVERY === 0)
        board.value = await getOr<Board | null>("/v1/reports/live", null);
    };
    void tick();
    const timer = setInterval(() => void tick(), 1000);
    return () => clearInterval(timer);
  }, []);
  const last = readings.value[readings.value.length - 1];
  return (
    <main class="page" tabIndex={0} aria-busy={last ? undefined : "true"}>
      <header class="page-head">
        <h1>{t("operations")}</h1>
        <i class="dot" data-presence="online" />
        <small>{t("each_second")}</small>
      </header>
      {board.value && <Desk board={board.value} />}
      {last && <Machine readings={readings.value} last={last} />}
    </main>
  );
}

function Desk({ board }: { board: Board }) {
  const tiles: [string, string][] = [
    ["waiting_now", String(board.waiting)],
    ["longest_wait", board.waiting ? duration(board.longest_wait_ms) : "–"],
    ["with_people", String(board.with_people)],
    ["with_bot", String(board.by_bot)],
    ["visitors_connected", String(board.visitors_connected)],
  ];
  return (
    <>
      <div class="tiles">
        {tiles.map(([name, text]) => (
          <figure key={name} data-alert={name === "waiting_now" && board.waiting > 0 ? "yes" : undefined}>
            <figcaption>{t(name)}</figcaption>
            <b>{text}</b>
          </figure>
        ))}
      </div>
      <ul class="crew">
        {board.agents.map(agent => (
          <li key={agent.id}>
            <Avatar
              id={agent.id}
              name={agent.name}
              size="small"
              presence={agent.connected ? "online" : "offline"}
            />
            <span>{agent.name}</span>
            <meter
              min={0}
              max={Math.max(1, agent.capacity)}
              value={agent.conversations}
              aria-label={agent.name}
            />
            <small>
              {agent.conversations}/{agent.capacity}
            </small>
          </li>
        ))}
      </ul>
    </>
  );
}

function Machine({ readings, last }: { readings: Reading[]; last: Reading }) {
  return (
    <>
      <h3>{t("machine")}</h3>
      <div class="tiles">
        {TILES.map(tile => {
          const values = readings.map((reading, n) => tile.of(reading, readings[n - 1]));
          return (
            <figure key={tile.name}>
              <figcaption>{t(tile.name)}</figcaption>
              <b>{tile.text(values[values.length - 1] ?? 0)}</b>
              <Spark values={values} />
            </figure>
          );
        })}
      </div>
      <div class="sheet ledger" tabIndex={0}>
        <table class="table">
          <caption>
            {t("ledger")} <small>{t("ledger_about", { n: TIMED_OF })}</small>
          </caption>
          <thead>
            <tr>
              <th scope="col">{t("stage")}</th>
              <th scope="col" class="number">
                {t("turns")}
              </th>
              <th scope="col" class="number">
                {t("mean")}
              </th>
              <th scope="col" class="number">
                p50 ≤
              </th>
              <th scope="col" class="number">
                p99 ≤
              </th>
            </tr>
          </thead>
          <tbody>
            {STAGES.map(stage => (
              <Stage key={stage} stage={stage} reading={last} />
            ))}
          </tbody>
        </table>
      </div>
      <ModelFigures reading={last} />
      <div class="figure-lists">
        {["store", "assistant", "refusals_total"].map(name => (
          <Named key={name} name={name} reading={last} />
        ))}
      </div>
    </>
  );
}

function Stage({ stage, reading }: { stage: string; reading: Reading }) {
  const label = `stage="${stage}"`;
  const count = valueIn(reading, `fastdesk_stage_seconds_count{${label}}`);
  const sum = valueIn(reading, `fastdesk_stage_seconds_sum{${label}}`);
  return (
    <tr>
      <td>{t(`stage.${stage}`)}</td>
      <td class="number">{count.toLocaleString()}</td>
      <td class="number">{count ? micros(sum / count) : "–"}</td>
      <td class="number">{micros(quantile(reading, "fastdesk_stage_seconds", label, 0.5))}</td>
      <td class="number">{micros(quantile(reading, "fastdesk_stage_seconds", label, 0.99))}</td>
    </tr>
  );
}

function micros(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "–";
  const us = seconds * 1e6;
  return us < 1000 ? `${us.toFixed(1)} µs` : `${(us / 1000).toFixed(1)} ms`;
}

function Named({ name, reading }: { name: string; reading: Reading }) {
  const all = byLabel(reading, `fastdesk_${name}`);
  // What each model does stands in a table of its own.
  const models = modelsIn(new Map(all));
  const found = all.filter(([label]) => !models.some(model => label.startsWith(`${model}_`)));
  if (!found.length) return null;
  return (
    <section class="card" data-wide={found.length > 8 ? "yes" : undefined}>
      <h2>{t(`metric.${name}`)}</h2>
      <dl class="facts">
        {found.map(([label, value]) => (
          <div key={label}>
            <dt>{figureName(label)}</dt>
            <dd>{value.toLocaleString(undefined, { maximumFractionDigits: 3 })}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function figureName(label: string): string {
  const text = t(`figure.${label}`);
  return text.startsWith("figure.") ? label.replace(/_/g, " ") : text;
}

/** The last minute as a line. */
function Spark({ values }: { values: number[] }) {
  const top = Math.max(...values, 1e-9);
  const first = KEPT - values.length;
  const points = values
    .map((value, n) => `${((first + n) / (KEPT - 1)) * 100},${30 - (value / top) * 27}`)
    .join(" ");
  return (
    <svg class="spark" viewBox="0 0 100 31" preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points} />
    </svg>
  );
}
