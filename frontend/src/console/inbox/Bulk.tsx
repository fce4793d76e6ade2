import { useSignal } from "@preact/signals";
import { t } from "../../shared/i18n";
import { actOnChosen, chooseAll, chooseNone, chosen, MOST } from "../chosen";
import { agents, me, teams } from "../colleagues";
import { opened, snoozeTimes } from "../commands";
import { counts, shown } from "../conversations";
import { Avatar } from "../ui/Avatar";
import { Item, Menu } from "../ui/Menu";
import { SignButton } from "../ui/Sign";

/** What can be done with the ticked conversations; stands in place of the list's title. */
export function Bulk() {
  const isAll = chosen.value.length >= Math.min(shown.value.length, MOST);
  return (
    <header class="lists-head bulk">
      <SignButton icon="close" label={t("bulk.none")} onClick={chooseNone} />
      <h1 aria-live="polite">{t("bulk.n", { n: chosen.value.length })}</h1>
      {!isAll && (
        <button type="button" class="link" onClick={chooseAll}>
          {t("bulk.all")}
        </button>
      )}
      <span class="grow" />
      <Assign />
      <Label />
      <Menu name="bulk-snooze" label={t("do.snooze")} icon="clock" side="end">
        {snoozeTimes().map(({ name, until }) => (
          <Item
            key={name}
            onClick={() => actOnChosen(conversation => ({ t: "snooze", conversation, until }))}
          >
            {t(`snooze.${name}`)}
          </Item>
        ))}
      </Menu>
      <SignButton
        icon="check"
        label={t("do.resolve")}
        onClick={() => actOnChosen(conversation => ({ t: "resolve", conversation }))}
      />
    </header>
  );
}

function Assign() {
  const give = (to: { agent?: string; team?: string }) =>
    actOnChosen(conversation => ({ t: "assign", conversation, ...to }));
  const own = me.value?.id ?? "";
  return (
    <Menu name="bulk-assign" label={t("do.assign")} icon="person" side="end">
      <Item icon="take" keys="↵" onClick={() => give({ agent: own })}>
        {t("take_myself")}
      </Item>
      {agents.value
        .filter(agent => agent.enabled && agent.id !== own && agent.role !== "viewer")
        .map(agent => (
          <Item key={agent.id} onClick={() => give({ agent: agent.id })}>
            <Avatar id={agent.id} name={agent.name || agent.email} size="small" />
            {agent.name || agent.email}
          </Item>
        ))}
      {teams.value.length > 0 && <p class="menu-head">{t("teams")}</p>}
      {teams.value.map(team => (
        <Item key={team.id} icon="people" onClick={() => give({ team: team.id })}>
          {team.name || team.id}
        </Item>
      ))}
      <Item icon="retry" onClick={() => give({})}>
        {t("back_to_queue")}
      </Item>
    </Menu>
  );
}

function Label() {
  const text = useSignal("");
  const add = (label: string) => {
    opened.value = "";
    text.value = "";
    if (label) actOnChosen(conversation => ({ t: "label", conversation, add: [label] }));
  };
  return (
    <Menu name="bulk-label" label={t("do.label")} icon="tag" side="end">
      <form
        class="menu-form"
        onSubmit={event => {
          event.preventDefault();
          add(text.value.trim());
        }}
      >
        <input
          data-focus
          value={text.value}
          placeholder={t("add_label")}
          aria-label={t("add_label")}
          onInput={event => (text.value = event.currentTarget.value)}
        />
      </form>
      {Object.keys(counts.value?.labels ?? {})
        .sort()
        .map(label => (
          <Item key={label} icon="tag" onClick={() => add(label)}>
            {label}
          </Item>
        ))}
    </Menu>
  );
}
