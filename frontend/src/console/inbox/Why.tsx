import { pick, t } from "../../shared/i18n";
import { may } from "../colleagues";
import { reasons } from "../reasons";
import { href } from "../route";
import { Sign } from "../ui/Sign";

/** Where the record stands that made the desk answer, by the key of the why-record. */
const PLACES: Record<string, string> = { rule: "rules", flow: "flows", article: "articles", list: "words" };

interface WhyProps {
  why: Record<string, unknown>;
  /** Number of the event, by which the desk says it in one line. */
  rev: number;
  isAlone?: boolean;
}

/** Why the desk answered as it did: what decided, and with which values. */
export function Why({ why, rev, isAlone }: WhyProps) {
  const { by, line: own, ...rest } = why;
  const line = reasons.value.get(rev) ?? (own as Record<string, string> | undefined);
  const facts = Object.entries(rest).filter(([, value]) => value !== null && value !== "");
  return (
    <details class="why" data-alone={isAlone ? "yes" : undefined}>
      <summary>
        <Sign name="right" size={12} /> {line ? pick(line) : t("why", { by: named(by) })}
      </summary>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Value name={name} value={value} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function named(by: unknown): string {
  const key = `handler.${String(by ?? "")}`;
  const text = t(key);
  return text === key ? String(by ?? "") : text;
}

function Value({ name, value }: { name: string; value: unknown }) {
  const place = PLACES[name];
  if (place && typeof value === "string" && may("knowledge.read"))
    return <a href={href("settings", place, value)}>{value}</a>;
  if (typeof value === "number") return <>{Number.isInteger(value) ? value : value.toFixed(3)}</>;
  if (typeof value === "string") return <>{value}</>;
  return <code>{JSON.stringify(value)}</code>;
}
