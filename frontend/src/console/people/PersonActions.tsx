import { useSignal } from "@preact/signals";
import { t } from "../../shared/i18n";
import { ask, getOr, offers, Refusal } from "../api";
import { may } from "../colleagues";
import { personName, type Visitor } from "../model";
import { attempt, explain, notify } from "../notices";
import { Dialog } from "../ui/Dialog";
import { Item, Menu } from "../ui/Menu";
import { EditPerson } from "./EditPerson";

interface PersonProps {
  person: Visitor;
  onChange: (person: Visitor) => void;
  /** The person is erased: there is nothing left to show. */
  onGone: () => void;
}

type Shown = "" | "edit" | "merge" | "block" | "erase";

const HOUR = 3_600_000;
const SPANS: [string, number][] = [
  ["hour", HOUR],
  ["day", 24 * HOUR],
  ["week", 7 * 24 * HOUR],
  ["month", 30 * 24 * HOUR],
  ["forever", 0],
];

/** What agents may do with what is known of a person: change it, put two together, block, erase. */
export function PersonActions({ person, onChange, onGone }: PersonProps) {
  const shown = useSignal<Shown>("");
  const close = () => (shown.value = "");
  const canEdit = offers("PATCH /v1/visitors/{}");
  const canMerge = offers("POST /v1/visitors/{}/merge");
  const canBlock = offers("POST /v1/blocks");
  const canErase = offers("POST /v1/visitors/{}/erase") && may("visitor.erase");
  if (!canEdit && !canMerge && !canBlock && !canErase) return null;
  return (
    <>
      <Menu name="person" class="person-menu" label={t("person_actions")} icon="more" side="end">
        {canEdit && (
          <Item icon="edit" onClick={() => (shown.value = "edit")}>
            {t("edit_person")}
          </Item>
        )}
        {canMerge && (
          <Item icon="merge" onClick={() => (shown.value = "merge")}>
            {t("merge_person")}
          </Item>
        )}
        {canBlock && (
          <Item icon="ban" onClick={() => (shown.value = "block")}>
            {t("block")}
          </Item>
        )}
        {canErase && (
          <Item icon="trash" danger onClick={() => (shown.value = "erase")}>
            {t("erase_person")}
          </Item>
        )}
      </Menu>
      {shown.value === "edit" && <EditPerson person={person} onChange={onChange} onClose={close} />}
      {shown.value === "merge" && (
        <Merge person={person} onChange={onChange} onGone={onGone} onClose={close} />
      )}
      {shown.value === "block" && (
        <Block person={person} onChange={onChange} onGone={onGone} onClose={close} />
      )}
      {shown.value === "erase" && (
        <Erase person={person} onChange={onChange} onGone={onGone} onClose={close} />
      )}
    </>
  );
}

type DialogProps = PersonProps & { onClose: () => void };

/** Find the other record of the same person, and take it in. */
function Merge({ person, onChange, onClose }: DialogProps) {
  const text = useSignal("");
  const found = useSignal<Visitor[] | null>(null);
  const sure = useSignal("");
  async function search(): Promise<void> {
    const wanted = text.value;
    const query = new URLSearchParams({ text: wanted, limit: "10" });
    const page = await getOr<{ items: Visitor[] }>(`/v1/visitors?${query}`, { items: [] });
    if (wanted === text.value) found.value = page.items.filter(each => each.id !== person.id);
  }
  async function merge(other: Visitor): Promise<void> {
    const isSure = sure.value === other.id;
    try {
      await ask("POST", `/v1/visitors/${person.id}/merge`, {
        from: other.id,
        ...(isSure ? { sure: true } : {}),
      });
    } catch (failure) {
      // Two who have both proven to be somebody else are put together only when that is meant.
      if (failure instanceof Refusal && failure.code === "conflict" && !isSure) sure.value = other.id;
      notify(explain(failure), "bad");
      return;
    }
    notify(t("merged"));
    onChange(await getOr<Visitor>(`/v1/visitors/${person.id}`, person));
    onClose();
  }
  return (
    <Dialog title={t("merge_person")} onClose={onClose}>
      <p class="hint">{t("merge_about", { name: personName(person) || t("role.visitor") })}</p>
      <input
        type="search"
        value={text.value}
        placeholder={t("find_person")}
        aria-label={t("find_person")}
        onInput={event => {
          text.value = event.currentTarget.value;
          void search();
        }}
      />
      {text.value && found.value?.length === 0 && <p class="hint">{t("nobody_found")}</p>}
      <ul class="pick-list">
        {found.value?.map(each => (
          <li key={each.id}>
            <span>
              <b>{personName(each) || t("visitor_n", { id: each.id.slice(-4) })}</b>
              <small>{[each.email, each.phone, each.identity].filter(Boolean).join(" · ")}</small>
            </span>
            <button type="button" class="plain" onClick={() => void merge(each)}>
              {t(sure.value === each.id ? "merge_anyway" : "merge")}
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** Keep a visitor, or everybody at the same address, away for a time. */
function Block({ person, onClose }: DialogProps) {
  const what = useSignal<"visitor" | "address">("visitor");
  const span = useSignal(SPANS[1]?.[1] ?? HOUR);
  const reason = useSignal("");
  async function block(): Promise<void> {
    const target = what.value === "visitor" ? { visitor: person.id } : { address: person.address };
    const body = { ...target, until: span.value && Date.now() + span.value, reason: reason.value.trim() };
    if (await attempt(() => ask("POST", "/v1/blocks", body), t("blocked"))) onClose();
  }
  return (
    <Dialog title={t("block")} onClose={onClose}>
      <form
        class="form"
        onSubmit={event => {
          event.preventDefault();
          void block();
        }}
      >
        <label class="check">
          <input
            type="radio"
            name="what"
            checked={what.value === "visitor"}
            onChange={() => (what.value = "visitor")}
          />
          {t("block_visitor")}
        </label>
        {person.address && (
          <label class="check">
            <input
              type="radio"
              name="what"
              checked={what.value === "address"}
              onChange={() => (what.value = "address")}
            />
            {t("block_address", { address: person.address })}
          </label>
        )}
        <label class="field">
          <span>{t("block_for")}</span>
          <select value={span.value} onChange={event => (span.value = Number(event.currentTarget.value))}>
            {SPANS.map(([name, ms]) => (
              <option key={name} value={ms}>
                {t(`span.${name}`)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{t("reason")}</span>
          <input value={reason.value} onInput={event => (reason.value = event.currentTarget.value)} />
        </label>
        <p class="buttons">
          <button type="submit" class="primary danger-fill">
            {t("block")}
          </button>
        </p>
      </form>
    </Dialog>
  );
}

/** Erase a person everywhere; what one must type keeps a slip of the hand from doing it. */
function Erase({ person, onGone, onClose }: DialogProps) {
  const typed = useSignal("");
  const word = personName(person) || person.id.slice(-4);
  async function erase(): Promise<void> {
    const done = await attempt(() => ask("POST", `/v1/visitors/${person.id}/erase`, { reason: "" }));
    if (!done) return;
    notify(t("erased"));
    onClose();
    onGone();
  }
  return (
    <Dialog title={t("erase_person")} onClose={onClose}>
      <p>{t("erase_about")}</p>
      <label class="field">
        <span>{t("type_to_confirm", { word })}</span>
        <input value={typed.value} onInput={event => (typed.value = event.currentTarget.value)} />
      </label>
      <p class="buttons">
        <button
          type="button"
          class="primary danger-fill"
          disabled={typed.value.trim() !== word}
          onClick={() => void erase()}
        >
          {t("erase_person")}
        </button>
      </p>
    </Dialog>
  );
}
