import { useSignal } from "@preact/signals";
import { t } from "../../shared/i18n";
import { ask } from "../api";
import type { Visitor } from "../model";
import { attempt } from "../notices";
import { Dialog } from "../ui/Dialog";
import { Sign, SignButton } from "../ui/Sign";

interface EditProps {
  person: Visitor;
  onChange: (person: Visitor) => void;
  onClose: () => void;
}

const LINES = ["name", "email", "phone"] as const;

/** Change what is known of a person: name, ways to reach them, labels, a note, and values of one's own. */
export function EditPerson({ person, onChange, onClose }: EditProps) {
  const values = useSignal<Record<string, string>>({
    name: person.name ?? "",
    email: person.email ?? "",
    phone: person.phone ?? "",
    note: person.note ?? "",
    labels: (person.labels ?? []).join(", "),
  });
  const own = useSignal<[string, string][]>(
    Object.entries(person.attributes ?? {}).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  const set = (name: string, value: string) => {
    values.value = { ...values.value, [name]: value };
  };
  async function save(): Promise<void> {
    const { labels = "", ...lines } = values.value;
    const changed = Object.fromEntries(
      Object.entries(lines).filter(([name, value]) => value !== (person[name as "name"] ?? "")),
    );
    const body = {
      ...changed,
      labels: labels
        .split(/[,，]/)
        .map(label => label.trim())
        .filter(Boolean),
      attributes: Object.fromEntries(own.value.filter(([name]) => name.trim())),
    };
    await attempt(async () => {
      onChange(await ask<Visitor>("PATCH", `/v1/visitors/${person.id}`, body));
      onClose();
    }, t("saved"));
  }
  return (
    <Dialog title={t("edit_person")} onClose={onClose}>
      <form
        class="form"
        onSubmit={event => {
          event.preventDefault();
          void save();
        }}
      >
        {LINES.map(name => (
          <label class="field" key={name}>
            <span>{t(`fact.${name}`)}</span>
            <input
              value={values.value[name]}
              placeholder={String(person.fields?.[name] ?? "")}
              onInput={event => set(name, event.currentTarget.value)}
            />
          </label>
        ))}
        <label class="field">
          <span>{t("labels")}</span>
          <input value={values.value.labels} onInput={event => set("labels", event.currentTarget.value)} />
        </label>
        <label class="field">
          <span>{t("person_note")}</span>
          <textarea
            rows={3}
            value={values.value.note}
            onInput={event => set("note", event.currentTarget.value)}
          />
        </label>
        <Attributes own={own.value} onChange={next => (own.value = next)} />
        <p class="buttons">
          <button type="submit" class="primary">
            {t("save")}
          </button>
        </p>
      </form>
    </Dialog>
  );
}

function Attributes({
  own,
  onChange,
}: {
  own: [string, string][];
  onChange: (own: [string, string][]) => void;
}) {
  const set = (at: number, pair: [string, string]) =>
    onChange(own.map((each, n) => (n === at ? pair : each)));
  return (
    <fieldset class="field">
      <legend>{t("attributes")}</legend>
      {own.map(([name, value], at) => (
        <span class="pair" key={at}>
          <input
            value={name}
            aria-label={t("name")}
            onInput={event => set(at, [event.currentTarget.value, value])}
          />
          <input
            value={value}
            aria-label={t("value")}
            onInput={event => set(at, [name, event.currentTarget.value])}
          />
          <SignButton
            icon="trash"
            label={t("remove")}
            onClick={() => onChange(own.filter((_, n) => n !== at))}
          />
        </span>
      ))}
      <button type="button" class="plain" onClick={() => onChange([...own, ["", ""]])}>
        <Sign name="plus" size={15} /> {t("add")}
      </button>
    </fieldset>
  );
}
