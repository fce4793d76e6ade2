import { languageTag, t } from "../../shared/i18n";
import { duration } from "./figures";
import { byLabel, type Reading } from "./metrics";

const OPEN_FOR = "_open_for_ms";

/** How the assistant stands at this moment: what its cache spares, what waits, and the breaker of each model. */
export function ModelFigures({ reading }: { reading: Reading }) {
  const figures = new Map(byLabel(reading, "fastdesk_assistant"));
  const models = modelsIn(figures);
  if (figures.size === 0) return null;
  const of = (name: string) => figures.get(name) ?? 0;
  const asked = of("asked");
  const share = new Intl.NumberFormat(languageTag.value, { style: "percent", maximumFractionDigits: 1 });
  const tiles: [string, string][] = [
    ["cache_hits", asked ? share.format(of("cached") / asked) : "–"],
    ["figure.active", of("active").toLocaleString()],
    ["figure.waiting", of("waiting").toLocaleString()],
    ["figure.late", of("late").toLocaleString()],
    ["figure.failed", of("failed").toLocaleString()],
  ];
  return (
    <>
      <h3>{t("metric.assistant")}</h3>
      <div class="tiles">
        {tiles.map(([name, text]) => (
          <figure key={name}>
            <figcaption>{t(name)}</figcaption>
            <b>{text}</b>
          </figure>
        ))}
      </div>
      {models.length > 0 && (
        <div class="sheet ledger" tabIndex={0}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("fig.model")}</th>
                <th scope="col">{t("fig.breaker")}</th>
                {["calls", "refused", "opened"].map(name => (
                  <th scope="col" class="number" key={name}>
                    {t(`fig.${name}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {models.map(model => (
                <tr key={model}>
                  <td>{model}</td>
                  <td>
                    <Breaker openForMs={of(model + OPEN_FOR)} />
                  </td>
                  {["calls", "refused", "opened"].map(name => (
                    <td class="number" key={name}>
                      {of(`${model}_${name}`).toLocaleString()}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Breaker({ openForMs }: { openForMs: number }) {
  return openForMs > 0 ? (
    <span class="down">
      {t("breaker.open")} · {t("fig.open_for_ms")} {duration(openForMs)}
    </span>
  ) : (
    <span class="up">{t("breaker.closed")}</span>
  );
}

/** The names of the models among the figures: each has a breaker, which says for how long it is open. */
export function modelsIn(figures: ReadonlyMap<string, number>): string[] {
  return [...figures.keys()]
    .filter(name => name.endsWith(OPEN_FOR))
    .map(name => name.slice(0, -OPEN_FOR.length));
}
