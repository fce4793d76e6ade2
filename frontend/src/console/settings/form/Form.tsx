import { useId } from "preact/hooks";
import { t } from "../../../shared/i18n";
import { type Field, type Plain, read, type Section, write } from "./field";
import { Nested } from "./Nested";
import { Plainly } from "./Plainly";

interface FormProps {
  sections: readonly Section[];
  record: Plain;
  isNew: boolean;
  onChange: (record: Plain) => void;
}

/** The form of a record, drawn from its table of fields. */
export function Form({ sections, record, isNew, onChange }: FormProps) {
  return (
    <>
      {sections
        .filter(section => section.fields.some(field => isWanted(field, record)))
        .map((section, n) => (
          <section class="form-section" key={section.title ?? n}>
            {section.title && <h3>{t(section.title)}</h3>}
            <Fields fields={section.fields} record={record} isNew={isNew} onChange={onChange} />
          </section>
        ))}
    </>
  );
}

function isWanted(field: Field, record: Plain): boolean {
  return field.when?.(record) ?? true;
}

interface FieldsProps extends Omit<FormProps, "sections"> {
  fields: readonly Field[];
}

export function Fields({ fields, record, isNew, onChange }: FieldsProps) {
  return (
    <div class="fields">
      {fields
        .filter(field => isWanted(field, record))
        .map(field => (
          <One
            key={field.name}
            field={field}
            value={read(record, field.name) ?? field.initial}
            isNew={isNew}
            onChange={value => onChange(write(record, field.name, value))}
          />
        ))}
    </div>
  );
}

export interface OneProps<F extends Field = Field> {
  field: F;
  value: unknown;
  isNew: boolean;
  onChange: (value: unknown) => void;
}

const NESTED = ["list", "map", "variant", "group"];

/** What a field is called: its own words, or those of its name. */
export function labelOf(field: Field): string {
  const key = field.label ?? `f.${field.name.split(".").pop()}`;
  const text = t(key);
  return text === key ? (field.name.split(".").pop() ?? "").replace(/_/g, " ") : text;
}

function One(props: OneProps) {
  const { field } = props;
  const id = useId();
  if (NESTED.includes(field.type)) return <Nested {...props} />;
  const isSwitch = field.type === "switch";
  return (
    <div class="form-field" data-half={field.half ? "yes" : undefined} data-type={field.type}>
      {isSwitch ? (
        <Plainly {...props} id={id} />
      ) : (
        <label for={id}>
          {labelOf(field)}
          {field.required && <i aria-hidden="true"> *</i>}
        </label>
      )}
      {isSwitch ? <label for={id}>{labelOf(field)}</label> : <Plainly {...props} id={id} />}
      {field.hint && <small id={`${id}-hint`}>{t(field.hint)}</small>}
    </div>
  );
}
