/** Fields that point at other records, hold JSON, or hold the words of a list. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { pick, t } from "../../../shared/i18n";
import { getOr } from "../../api";
import type { Plain } from "./field";
import type { PlainProps } from "./Plainly";

type Texts = string | Record<string, string>;

interface Named {
  id: string;
  /** Either may be one text for each language. */
  name?: Texts;
  title?: Texts;
  email?: string;
}

export function titleOf(record: Plain): string {
  const { title, name, email, id } = record as unknown as Named;
  return pick(title) || pick(name) || email || id;
}

/** The id of a record of another kind, by its name. */
export function PickField({
  id,
  field,
  value,
  onChange,
  kind,
  also = [],
  isMany,
}: PlainProps & { kind: string; also?: readonly string[]; isMany: boolean }) {
  const found = useSignal<Named[]>([]);
  useEffect(() => {
    void getOr<Named[]>(`/v1/${kind}`, []).then(records => {
      found.value = records;
    });
  }, [kind]);
  if (typeof value === "object" && value !== null && !isMany)
    return <JsonField {...{ id, field, value, onChange, isNew: false }} />;
  if (!isMany) {
    const isKnown = !value || also.includes(String(value)) || found.value.some(each => each.id === value);
    return (
      <select
        id={id}
        required={field.required}
        value={String(value ?? "")}
        onChange={event => onChange(event.currentTarget.value || undefined)}
      >
        <option value="">–</option>
        {also.map(each => (
          <option key={each} value={each}>
            {t(`o.${each}`)}
          </option>
        ))}
        {!isKnown && <option value={String(value)}>{String(value)}</option>}
        {found.value.map(each => (
          <option key={each.id} value={each.id}>
            {titleOf(each as unknown as Plain)}
          </option>
        ))}
      </select>
    );
  }
  const chosen = Array.isArray(value) ? (value as string[]) : [];
  return (
    <span class="choices-field" id={id}>
      {found.value.length === 0 && <small>{t("nothing_to_pick")}</small>}
      {found.value.map(each => (
        <label class="check" key={each.id}>
          <input
            type="checkbox"
            checked={chosen.includes(each.id)}
            onChange={event =>
              onChange(
                event.currentTarget.checked ? [...chosen, each.id] : chosen.filter(id => id !== each.id),
              )
            }
          />
          {titleOf(each as unknown as Plain)}
        </label>
      ))}
    </span>
  );
}

/** Any JSON, taken when it can be read. */
export function JsonField({ id, value, onChange }: PlainProps) {
  const text = useSignal(value === undefined || value === null ? "" : JSON.stringify(value, null, 2));
  const isWrong = useSignal(false);
  return (
    <>
      <textarea
        id={id}
        class="mono"
        rows={Math.min(12, Math.max(2, text.value.split("\n").length))}
        spellcheck={false}
        aria-invalid={isWrong.value}
        value={text.value}
        onInput={event => {
          text.value = event.currentTarget.value;
          try {
            onChange(text.value.trim() ? (JSON.parse(text.value) as unknown) : undefined);
            isWrong.value = false;
          } catch {
            isWrong.value = true;
          }
        }}
      />
      {isWrong.value && <small class="wrong">{t("no_json")}</small>}
    </>
  );
}

interface Word {
  text: string;
  allow?: string[];
}

/** A list of words as people keep it: one a line, behind a bar the phrases in which it is allowed. */
export function WordListField({ id, value, onChange }: PlainProps) {
  const words = Array.isArray(value) ? (value as (Word | string)[]) : [];
  const text = useSignal(words.map(writeWord).join("\n"));
  return (
    <textarea
      id={id}
      rows={10}
      spellcheck={false}
      value={text.value}
      onInput={event => {
        text.value = event.currentTarget.value;
        onChange(text.value.split("\n").map(readWord).filter(Boolean));
      }}
    />
  );
}

function writeWord(word: Word | string): string {
  if (typeof word === "string") return word;
  return word.allow?.length ? `${word.text} | ${word.allow.join(", ")}` : word.text;
}

function readWord(line: string): Word | null {
  const [text = "", rest = ""] = line.split("|").map(part => part.trim());
  const allow = rest
    .split(/[,，]/)
    .map(phrase => phrase.trim())
    .filter(Boolean);
  return text ? { text, ...(allow.length ? { allow } : {}) } : null;
}
