/** Fields whose value is a text, a number, a few words: one element each, or a few in a row. */
import { useSignal } from "@preact/signals";
import { t } from "../../../shared/i18n";
import { Sign, SignButton } from "../../ui/Sign";
import type { OneProps } from "./Form";
import type { Field, Plain } from "./field";
import { JsonField, PickField, WordListField } from "./Special";
import { DatesField, WeekField } from "./Week";

export type PlainProps<F extends Field = Field> = OneProps<F> & { id: string };

/** The element of a plain field. */
export function Plainly(props: PlainProps) {
  const { field, value, onChange, isNew, id } = props;
  const text = value === undefined || value === null ? "" : String(value);
  const shared = { id, required: field.required, disabled: field.fixed && !isNew };
  const take = (event: { currentTarget: { value: string } }) =>
    onChange(event.currentTarget.value || undefined);
  switch (field.type) {
    case "text":
      return (
        <input
          {...shared}
          value={text}
          placeholder={field.placeholder}
          onInput={event => onChange(event.currentTarget.value)}
        />
      );
    case "secret":
      return <input {...shared} type="password" autocomplete="new-password" value={text} onInput={take} />;
    case "colour":
      return <Colour {...props} />;
    case "area":
      return (
        <textarea
          {...shared}
          class={field.mono ? "mono" : undefined}
          rows={field.rows ?? 4}
          value={text}
          onInput={event => onChange(event.currentTarget.value)}
        />
      );
    case "number":
      return (
        <input
          {...shared}
          type="number"
          min={field.least}
          max={field.most}
          step={field.step ?? 1}
          value={text}
          onInput={event =>
            onChange(event.currentTarget.value === "" ? undefined : event.currentTarget.valueAsNumber)
          }
        />
      );
    case "switch":
      return (
        <input
          {...shared}
          class="switch"
          type="checkbox"
          role="switch"
          aria-checked={value === true}
          checked={value === true}
          onChange={event => onChange(event.currentTarget.checked)}
        />
      );
    case "choice":
      return (
        <select {...shared} value={text || (field.empty ? "" : field.options[0])} onChange={take}>
          {field.empty && <option value="">{t(field.empty)}</option>}
          {text && !field.options.includes(text) && <option value={text}>{text}</option>}
          {field.options.map(option => (
            <option key={option} value={option}>
              {optionText(field.words, option)}
            </option>
          ))}
        </select>
      );
    case "choices":
      return <Choices {...(props as PlainProps<Extract<Field, { type: "choices" }>>)} />;
    case "lines":
      return (
        <textarea
          {...shared}
          rows={field.rows ?? Math.min(9, Math.max(3, Array.isArray(value) ? value.length : 0))}
          value={Array.isArray(value) ? value.join("\n") : ""}
          onInput={event => onChange(event.currentTarget.value.split("\n"))}
          onBlur={event =>
            onChange(
              event.currentTarget.value
                .split("\n")
                .map(line => line.trim())
                .filter(Boolean),
            )
          }
        />
      );
    case "texts":
      return <Texts {...props} rows={field.rows ?? 2} />;
    case "moment":
      return (
        <input
          {...shared}
          type="datetime-local"
          value={Number(value) > 0 ? localMoment(Number(value)) : ""}
          onInput={event => onChange(Date.parse(event.currentTarget.value) || 0)}
        />
      );
    case "span":
      return <Span {...(props as PlainProps<Extract<Field, { type: "span" }>>)} />;
    case "pick":
    case "picks":
      return <PickField {...props} kind={field.kind} also={field.also} isMany={field.type === "picks"} />;
    case "week":
      return <WeekField value={(value ?? {}) as never} onChange={onChange} />;
    case "dates":
      return <DatesField {...props} />;
    case "zone":
      return <Zone {...props} />;
    case "wordlist":
      return <WordListField {...props} />;
    default:
      return <JsonField {...props} />;
  }
}

/** A time as the field takes it: `2026-01-31T09:30` on this machine's clock. */
function localMoment(at: number): string {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function optionText(words: string | undefined, option: string): string {
  const key = `${words ?? "o"}.${option}`;
  const text = t(key);
  return text === key ? option : text;
}

function Colour({ id, value, onChange }: PlainProps) {
  const text = typeof value === "string" && value ? value : "#2f6fed";
  return (
    <span class="colour">
      <input id={id} type="color" value={text} onInput={event => onChange(event.currentTarget.value)} />
      <input
        value={text}
        aria-label={t("hex")}
        pattern="#[0-9a-fA-F]{6}"
        onInput={event => onChange(event.currentTarget.value)}
      />
    </span>
  );
}

/** Any zone that the browser knows is offered; the desk says when one is none. */
function Zone({ id, field, value, onChange }: PlainProps) {
  return (
    <>
      <input
        id={id}
        required={field.required}
        list={`${id}-zones`}
        value={typeof value === "string" ? value : ""}
        placeholder="Asia/Shanghai"
        onInput={event => onChange(event.currentTarget.value)}
      />
      <datalist id={`${id}-zones`}>
        {Intl.supportedValuesOf("timeZone").map(zone => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}

function Choices({ id, field, value, onChange }: PlainProps<Extract<Field, { type: "choices" }>>) {
  const chosen = Array.isArray(value) ? (value as string[]) : [];
  return (
    <span class="choices-field" id={id}>
      {field.options.map(option => (
        <label class="check" key={option}>
          <input
            type="checkbox"
            checked={chosen.includes(option)}
            onChange={event =>
              onChange(
                event.currentTarget.checked ? [...chosen, option] : chosen.filter(each => each !== option),
              )
            }
          />
          {optionText(field.words, option)}
        </label>
      ))}
    </span>
  );
}

const LANGUAGES = ["zh-CN", "zh-TW", "en", "zh", "ja", "ko", "es", "fr", "de", "ar"];

/** A text: one for everybody, or as many languages as wanted. */
function Texts({ id, field, value, onChange, rows }: PlainProps & { rows: number }) {
  if (typeof value !== "object" || value === null)
    return (
      <span class="texts">
        <textarea
          id={id}
          rows={rows}
          required={field.required}
          value={(value as string | undefined) ?? ""}
          onInput={event => onChange(event.currentTarget.value)}
        />
        <button type="button" class="quiet" onClick={() => onChange({ "zh-CN": value ?? "", en: "" })}>
          <Sign name="language" size={15} /> {t("per_language")}
        </button>
      </span>
    );
  const texts = value as Record<string, string>;
  const free = LANGUAGES.find(tag => !(tag in texts)) ?? "";
  return (
    <span class="texts">
      {Object.entries(texts).map(([tag, text]) => (
        <span class="text-line" key={tag}>
          <select
            aria-label={t("language")}
            value={tag}
            onChange={event => onChange(renamed(texts, tag, event.currentTarget.value))}
          >
            {[...new Set([tag, ...LANGUAGES])].map(each => (
              <option key={each} value={each} disabled={each !== tag && each in texts}>
                {each}
              </option>
            ))}
          </select>
          <textarea
            rows={rows}
            value={text}
            aria-label={tag}
            onInput={event => onChange({ ...texts, [tag]: event.currentTarget.value })}
          />
          <SignButton icon="trash" label={t("remove")} onClick={() => onChange(without(texts, tag))} />
        </span>
      ))}
      <button type="button" class="quiet" disabled={!free} onClick={() => onChange({ ...texts, [free]: "" })}>
        <Sign name="plus" size={15} /> {t("add_language")}
      </button>
    </span>
  );
}

function without(texts: Record<string, string>, tag: string): Record<string, string> | string {
  const rest = Object.entries(texts).filter(([each]) => each !== tag);
  return rest.length ? Object.fromEntries(rest) : "";
}

function renamed(texts: Record<string, string>, from: string, to: string): Plain {
  return Object.fromEntries(Object.entries(texts).map(([tag, text]) => [tag === from ? to : tag, text]));
}

const UNITS: [string, number][] = [
  ["ms", 1],
  ["s", 1000],
  ["min", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
];

/** A duration in the largest unit that it is whole in. */
function Span({ id, field, value, onChange }: PlainProps<Extract<Field, { type: "span" }>>) {
  const scale = field.seconds ? 1000 : 1;
  const ms = typeof value === "number" ? value * scale : undefined;
  const units = UNITS.filter(([, size]) => size >= scale);
  const fitting = [...units].reverse().find(([, size]) => ms !== undefined && ms % size === 0 && ms >= size);
  const unit = useSignal(fitting?.[0] ?? "s");
  const size = units.find(([name]) => name === unit.value)?.[1] ?? scale;
  return (
    <span class="span-field">
      <input
        id={id}
        type="number"
        min={0}
        step="any"
        required={field.required}
        value={ms === undefined ? "" : ms / size}
        onInput={event => {
          const typed = event.currentTarget;
          onChange(typed.value === "" ? undefined : Math.round((typed.valueAsNumber * size) / scale));
        }}
      />
      <select
        aria-label={t("unit")}
        value={unit.value}
        onChange={event => {
          const next = units.find(([name]) => name === event.currentTarget.value);
          if (ms !== undefined && next) onChange(Math.round(((ms / size) * next[1]) / scale));
          unit.value = event.currentTarget.value;
        }}
      >
        {units.map(([name]) => (
          <option key={name} value={name}>
            {t(`unit.${name}`)}
          </option>
        ))}
      </select>
    </span>
  );
}
