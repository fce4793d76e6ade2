import { formatBytes, t } from "../../../shared/i18n";
import type { Plain } from "../form/field";

/** What the desk says of itself, as lists of names and values: figures that it has tomorrow are shown as well. */
export function Facts({ value }: { value: Plain }) {
  const entries = Object.entries(value);
  const simple = entries.filter(([, each]) => typeof each !== "object" || each === null);
  const nested = entries.filter(
    ([, each]) => typeof each === "object" && each !== null && Object.keys(each).length > 0,
  );
  return (
    <div class="facts-tree">
      {simple.length > 0 && (
        <dl class="facts wide-facts">
          {simple.map(([name, each]) => (
            <div key={name}>
              <dt>{words(name)}</dt>
              <dd data-state={typeof each === "string" ? each : undefined}>{shown(name, each)}</dd>
            </div>
          ))}
        </dl>
      )}
      {nested.map(([name, each]) =>
        Array.isArray(each) ? (
          <section key={name}>
            <h3>{words(name)}</h3>
            {each.every(item => typeof item !== "object") ? (
              <p>{each.map(String).join(", ") || "–"}</p>
            ) : (
              each.map((item, n) => (
                <div class="card" key={String((item as Plain).name ?? (item as Plain).model ?? n)}>
                  <Facts value={item as Plain} />
                </div>
              ))
            )}
          </section>
        ) : (
          <section key={name}>
            <h3>{words(name)}</h3>
            <div class="card">
              <Facts value={each as Plain} />
            </div>
          </section>
        ),
      )}
    </div>
  );
}

function words(name: string): string {
  const key = `fig.${name}`;
  const text = t(key);
  return text === key ? name.replace(/_/g, " ") : text;
}

function shown(name: string, value: unknown): string {
  if (value === null || value === "") return "–";
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (name === "breaker") return t(`breaker.${value}`);
  if (typeof value !== "number") return String(value);
  if (name.endsWith("_at") && value > 1e12) return new Date(value).toLocaleString();
  if (name.endsWith("_ms")) return `${Math.round(value)} ms`;
  if (name.endsWith("_bytes")) return formatBytes(value);
  if (name.includes("micro")) return (value / 1e6).toFixed(4);
  return value.toLocaleString();
}
