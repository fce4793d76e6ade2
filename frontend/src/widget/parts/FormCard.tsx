import { useId, useState } from "preact/hooks";
import { pick, t } from "../../shared/i18n";
import type { Form, FormField } from "../../shared/wire";

interface FormCardProps {
  form: Form;
  known: Record<string, string>;
  submit?: string;
  /** What the desk found wrong when the form was sent. */
  problem?: string;
  onSubmit: (values: Record<string, string>) => void;
}

const INPUT_TYPES: Partial<Record<FormField["type"], "email" | "tel" | "date">> = {
  email: "email",
  phone: "tel",
  date: "date",
};
const AUTOCOMPLETE: Partial<Record<FormField["type"], string>> = { email: "email", phone: "tel" };

/** A form of typed fields. What is wrong is said beside the field, and the first wrong field gets the focus. */
export function FormCard({ form, known, submit, problem, onSubmit }: FormCardProps) {
  const prefix = useId();
  const [problems, setProblems] = useState<Record<string, string>>({});
  const send = (event: Event) => {
    event.preventDefault();
    const element = event.currentTarget as HTMLFormElement;
    const values: Record<string, string> = {};
    const wrong: Record<string, string> = {};
    for (const field of form.fields) {
      const value = String(new FormData(element).get(field.name) ?? "").trim();
      const found = problemWith(field, value);
      if (found) wrong[field.name] = found;
      else if (value) values[field.name] = value;
    }
    setProblems(wrong);
    const first = form.fields.find(field => wrong[field.name]);
    if (first) (element.elements.namedItem(first.name) as HTMLElement | null)?.focus();
    else onSubmit(values);
  };
  return (
    <form class="form" noValidate onSubmit={send}>
      {form.title && <h2>{pick(form.title)}</h2>}
      {form.text && <p>{pick(form.text)}</p>}
      {form.fields.map(field => (
        <Field
          key={field.name}
          field={field}
          id={`${prefix}-${field.name}`}
          value={known[field.name]}
          problem={problems[field.name]}
        />
      ))}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" class="primary">
        {pick(form.submit) || submit || t("form.submit")}
      </button>
    </form>
  );
}

interface FieldProps {
  field: FormField;
  id: string;
  value?: string;
  problem?: string;
}

function Field({ field, id, value, problem }: FieldProps) {
  const shared = {
    id,
    name: field.name,
    required: field.required,
    maxLength: field.max_length || undefined,
    placeholder: pick(field.placeholder),
    "aria-invalid": problem ? true : undefined,
    "aria-describedby": problem ? `${id}-problem` : undefined,
  };
  return (
    <div class="field">
      <label for={id}>
        {pick(field.label)}
        {field.required && (
          <span class="required" title={t("form.required")}>
            {" *"}
          </span>
        )}
      </label>
      {field.type === "textarea" ? (
        <textarea {...shared} rows={3} defaultValue={value} />
      ) : field.type === "choice" ? (
        <select {...shared} defaultValue={value ?? ""}>
          <option value="">{t("form.choose")}</option>
          {(field.choices ?? []).map(choice => {
            const { label, value } = typeof choice === "string" ? { label: choice, value: choice } : choice;
            return (
              <option key={value} value={value}>
                {pick(label)}
              </option>
            );
          })}
        </select>
      ) : (
        <input
          {...shared}
          type={(INPUT_TYPES[field.type] ?? "text") as "text"}
          inputMode={field.type === "number" ? "decimal" : undefined}
          autoComplete={AUTOCOMPLETE[field.type] ?? (field.name === "name" ? "name" : undefined)}
          defaultValue={value}
        />
      )}
      {problem && (
        <p class="problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

/** Say what is wrong with a value, or nothing. The desk checks again. */
export function problemWith(field: FormField, value: string): string | null {
  if (!value) return field.required ? t("form.missing") : null;
  if (field.type === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(value)) return t("form.email");
  if (field.type === "phone" && !/^\+?[\d\s()./-]{5,24}$/.test(value)) return t("form.phone");
  if (field.type === "number" && !Number.isFinite(Number(value.replace(",", ".")))) return t("form.number");
  return null;
}
