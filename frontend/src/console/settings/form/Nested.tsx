/** Fields that hold records: one, several in an order, several by name, or one of several kinds. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { t } from "../../../shared/i18n";
import { Sign, SignButton } from "../../ui/Sign";
import { Fields, labelOf, type OneProps } from "./Form";
import { type Field, fresh, type Plain, type Variants } from "./field";
import { optionText } from "./Plainly";

type Of<T extends Field["type"]> = Extract<Field, { type: T }>;

export function Nested(props: OneProps) {
  const { field } = props;
  return (
    <fieldset class="nested" data-type={field.type}>
      <legend>{labelOf(field)}</legend>
      {field.hint && <small>{t(field.hint)}</small>}
      {field.type === "group" && (
        <Fields
          fields={field.of()}
          record={(props.value ?? {}) as Plain}
          isNew={props.isNew}
          onChange={props.onChange}
        />
      )}
      {field.type === "list" && <List {...(props as OneProps<Of<"list">>)} />}
      {field.type === "map" && <Mapping {...(props as OneProps<Of<"map">>)} />}
      {field.type === "variant" && <Variant {...(props as OneProps<Of<"variant">>)} />}
    </fieldset>
  );
}

interface CardProps {
  title: ComponentChildren;
  onRemove?: () => void;
  onUp?: () => void;
  onDown?: () => void;
  children: ComponentChildren;
}

function Card({ title, onRemove, onUp, onDown, children }: CardProps) {
  return (
    <div class="nested-card">
      <header>
        <span class="nested-title">{title}</span>
        <span class="grow" />
        {onUp && <SignButton icon="up" label={t("up")} onClick={onUp} />}
        {onDown && <SignButton icon="down" label={t("down")} onClick={onDown} />}
        {onRemove && <SignButton icon="trash" label={t("remove")} onClick={onRemove} />}
      </header>
      {children}
    </div>
  );
}

function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const next = [...items];
  const [item] = next.splice(from, 1);
  if (item !== undefined) next.splice(to, 0, item);
  return next;
}

function List({ field, value, isNew, onChange }: OneProps<Of<"list">>) {
  const items = Array.isArray(value) ? (value as Plain[]) : [];
  return (
    <>
      {items.map((item, n) => (
        <Card
          key={n}
          title={String(item[field.title ?? ""] ?? "") || n + 1}
          onRemove={() => onChange(items.filter((_, at) => at !== n))}
          onUp={n > 0 ? () => onChange(moved(items, n, n - 1)) : undefined}
          onDown={n < items.length - 1 ? () => onChange(moved(items, n, n + 1)) : undefined}
        >
          <Fields
            fields={field.of()}
            record={item}
            isNew={isNew}
            onChange={next => onChange(items.map((each, at) => (at === n ? next : each)))}
          />
        </Card>
      ))}
      <button
        type="button"
        class="quiet"
        onClick={() => onChange([...items, field.fresh ?? fresh(field.of())])}
      >
        <Sign name="plus" size={15} /> {t("add")}
      </button>
    </>
  );
}

/** The name of an entry, taken when one leaves the field, so that typing doesn't tear entries apart. */
function EntryName({
  name,
  taken,
  onRename,
}: {
  name: string;
  taken: string[];
  onRename: (to: string) => void;
}) {
  const text = useSignal(name);
  return (
    <input
      class="entry-name mono"
      value={text.value}
      aria-label={t("f.id")}
      onInput={event => (text.value = event.currentTarget.value)}
      onBlur={() => {
        const to = text.value.trim();
        if (to && to !== name && !taken.includes(to)) onRename(to);
        else text.value = name;
      }}
    />
  );
}

function freeName(entries: Plain): string {
  let n = Object.keys(entries).length + 1;
  while (`new_${n}` in entries) n++;
  return `new_${n}`;
}

function renamed(entries: Plain, from: string, to: string): Plain {
  return Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => [name === from ? to : name, entry]),
  );
}

function Mapping({ field, value, isNew, onChange }: OneProps<Of<"map">>) {
  const entries = (value ?? {}) as Record<string, Plain>;
  return (
    <>
      {Object.entries(entries).map(([name, entry]) => (
        <Card
          key={name}
          title={
            <EntryName
              name={name}
              taken={Object.keys(entries)}
              onRename={to => onChange(renamed(entries, name, to))}
            />
          }
          onRemove={() =>
            onChange(Object.fromEntries(Object.entries(entries).filter(([each]) => each !== name)))
          }
        >
          <Fields
            fields={field.of()}
            record={entry}
            isNew={isNew}
            onChange={next => onChange({ ...entries, [name]: next })}
          />
        </Card>
      ))}
      <button
        type="button"
        class="quiet"
        onClick={() => onChange({ ...entries, [freeName(entries)]: field.fresh ?? fresh(field.of()) })}
      >
        <Sign name="plus" size={15} /> {t("add")}
      </button>
    </>
  );
}

/** Make a struct of one kind. */
function make(tag: string, kind: string, variants: Variants): Plain {
  return { [tag]: kind, ...fresh(variants[kind] ?? []) };
}

interface StructProps {
  field: Of<"variant">;
  struct: Plain;
  isNew: boolean;
  onChange: (struct: Plain) => void;
}

function Struct({ field, struct, isNew, onChange }: StructProps) {
  const fields = field.variants()[String(struct[field.tag])];
  return fields ? <Fields fields={fields} record={struct} isNew={isNew} onChange={onChange} /> : null;
}

interface KindProps {
  field: Of<"variant">;
  kind: string;
  onChange: (kind: string) => void;
}

function KindOf({ field, kind, onChange }: KindProps) {
  return (
    <select
      value={kind}
      aria-label={`${labelOf(field)}: ${t("kind")}`}
      onChange={event => onChange(event.currentTarget.value)}
    >
      {Object.keys(field.variants()).map(each => (
        <option key={each} value={each}>
          {optionText(`${field.tag}`, each)}
        </option>
      ))}
    </select>
  );
}

/** A button for each kind that can be added. */
function AddKind({ field, onAdd }: { field: Of<"variant">; onAdd: (kind: string) => void }) {
  return (
    <select
      class="add-kind"
      value=""
      aria-label={`${labelOf(field)}: ${t("add")}`}
      onChange={event => {
        if (event.currentTarget.value) onAdd(event.currentTarget.value);
        event.currentTarget.value = "";
      }}
    >
      <option value="">+ {t("add")}</option>
      {Object.keys(field.variants()).map(each => (
        <option key={each} value={each}>
          {optionText(field.tag, each)}
        </option>
      ))}
    </select>
  );
}

function Variant({ field, value, isNew, onChange }: OneProps<Of<"variant">>) {
  const { tag } = field;
  if (field.list) {
    const items = Array.isArray(value) ? (value as Plain[]) : [];
    const set = (n: number, next: Plain) => onChange(items.map((each, at) => (at === n ? next : each)));
    return (
      <>
        {items.map((item, n) => (
          <Card
            key={n}
            title={
              <KindOf
                field={field}
                kind={String(item[tag])}
                onChange={kind => set(n, make(tag, kind, field.variants()))}
              />
            }
            onRemove={() => onChange(items.filter((_, at) => at !== n))}
            onUp={n > 0 ? () => onChange(moved(items, n, n - 1)) : undefined}
            onDown={n < items.length - 1 ? () => onChange(moved(items, n, n + 1)) : undefined}
          >
            <Struct field={field} struct={item} isNew={isNew} onChange={next => set(n, next)} />
          </Card>
        ))}
        <AddKind field={field} onAdd={kind => onChange([...items, make(tag, kind, field.variants())])} />
      </>
    );
  }
  if (field.map) {
    const entries = (value ?? {}) as Record<string, Plain>;
    return (
      <>
        {Object.entries(entries).map(([name, entry]) => (
          <Card
            key={name}
            title={
              <>
                <EntryName
                  name={name}
                  taken={Object.keys(entries)}
                  onRename={to => onChange(renamed(entries, name, to))}
                />
                <KindOf
                  field={field}
                  kind={String(entry[tag])}
                  onChange={kind => onChange({ ...entries, [name]: make(tag, kind, field.variants()) })}
                />
              </>
            }
            onRemove={() =>
              onChange(Object.fromEntries(Object.entries(entries).filter(([each]) => each !== name)))
            }
          >
            <Struct
              field={field}
              struct={entry}
              isNew={isNew}
              onChange={next => onChange({ ...entries, [name]: next })}
            />
          </Card>
        ))}
        <AddKind
          field={field}
          onAdd={kind => onChange({ ...entries, [freeName(entries)]: make(tag, kind, field.variants()) })}
        />
      </>
    );
  }
  const struct = value as Plain | null | undefined;
  if (!struct) return <AddKind field={field} onAdd={kind => onChange(make(tag, kind, field.variants()))} />;
  return (
    <Card
      title={
        <KindOf
          field={field}
          kind={String(struct[tag])}
          onChange={kind => onChange(make(tag, kind, field.variants()))}
        />
      }
      onRemove={() => onChange(undefined)}
    >
      <Struct field={field} struct={struct} isNew={isNew} onChange={onChange} />
    </Card>
  );
}
