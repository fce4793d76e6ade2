import { useSignal } from "@preact/signals";
import { t } from "../../shared/i18n";
import { agents, me, nameOf, standings, teamName, teams } from "../colleagues";
import { command, isPossible, label, opened, snoozeTimes } from "../commands";
import { openId, visitorLabel } from "../conversations";
import { act } from "../line";
import type { Agent, Conversation } from "../model";
import { preferences } from "../preferences";
import { rowOf } from "../rows";
import { current, isMine, isOnline, open } from "../thread";
import { colleaguesHere } from "../typing";
import { Avatar } from "../ui/Avatar";
import { Item, Menu } from "../ui/Menu";
import { Sign, SignButton } from "../ui/Sign";

/** Whose conversation it is, who answers, and what can be done with it. */
export function ThreadHead() {
  const conversation = current.value;
  const row = rowOf(openId.value);
  if (!conversation || !row) return null;
  const isResolved = conversation.state === "resolved";
  return (
    <header class="thread-head">
      <SignButton class="back" icon="left" label={t("back")} onClick={() => open("")} />
      <div class="thread-who">
        <h2>
          <span class="name" title={visitorLabel(row)}>
            {visitorLabel(row)}
          </span>
          {isOnline.value && <i class="dot" data-presence="online" title={t("visitor_online")} />}
        </h2>
        <p>{standing(conversation)}</p>
      </div>
      {colleaguesHere.value.map(({ agent, state }) => (
        <span key={agent} title={t(`looks.${state}`, { name: nameOf(agent) })}>
          <Avatar id={agent} name={nameOf(agent)} size="small" />
          <span class="unseen">{t(`looks.${state}`, { name: nameOf(agent) })}</span>
        </span>
      ))}
      {isPossible(command("take")) && <Do id="take" primary />}
      {isPossible(command("take_over")) && <Do id="take_over" />}
      {isMine.value && !isResolved && conversation.mode !== "bot" && <Do id="give_back" />}
      {!isResolved && <Assign />}
      {!isResolved && <Snooze />}
      {isResolved ? <Do id="reopen" primary /> : <Do id="resolve" />}
      <More />
      <SignButton
        icon="pane"
        class="pane-button"
        label={t("do.context")}
        pressed={preferences.value.context}
        onClick={command("context").run}
      />
    </header>
  );
}

function standing(conversation: Conversation): string {
  const { state, mode, assignee, team } = conversation;
  if (state === "resolved") return t("state.resolved");
  if (state === "snoozed")
    return conversation.snoozed_until
      ? t("snoozed_until", { time: formatMoment(conversation.snoozed_until) })
      : t("state.snoozed");
  if (mode === "bot") return t("bot_answers");
  if (assignee === me.value?.id) return t("you_have_it");
  if (assignee) return t("has_it", { name: nameOf(assignee) });
  return team ? t("waits_for_team", { team: teamName(team) }) : t("waits_for_person");
}

function formatMoment(at: number): string {
  return new Intl.DateTimeFormat(document.documentElement.lang, {
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
  }).format(at);
}

function Do({ id, primary }: { id: string; primary?: boolean }) {
  const each = command(id);
  const name = label(each);
  return (
    <button
      type="button"
      class={primary ? "primary" : "plain"}
      aria-label={name}
      title={each.keys ? `${name} (${each.keys})` : name}
      onClick={each.run}
    >
      <Sign name={each.icon} />
      <span>{name}</span>
    </button>
  );
}

/** Who may take it: oneself first, then the others by how free they are, then teams; with a note for whoever gets it. */
function Assign() {
  const note = useSignal("");
  function give(to: { agent?: string; team?: string }): void {
    const text = note.value.trim();
    act({
      t: text ? "transfer" : "assign",
      conversation: openId.value,
      ...to,
      ...(text ? { note: text } : {}),
    });
    note.value = "";
  }
  const others = agents.value
    .filter(agent => agent.enabled && agent.id !== me.value?.id && agent.role !== "viewer")
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  const assignee = current.value?.assignee;
  return (
    <Menu
      name="assign"
      class="labelled"
      label={t("do.assign")}
      side="end"
      face={
        <>
          <Sign name="person" />
          <span>{t("do.assign")}</span>
        </>
      }
    >
      {!isMine.value && (
        <Item
          icon="take"
          keys="↵"
          onClick={() => act({ t: "take", conversation: openId.value, ...(assignee ? { force: true } : {}) })}
        >
          {t("take_myself")}
        </Item>
      )}
      {others.map(agent => (
        <Item
          key={agent.id}
          current={agent.id === assignee}
          aside={loadText(agent)}
          onClick={() => give({ agent: agent.id })}
        >
          <Avatar
            id={agent.id}
            name={agent.name || agent.email}
            size="small"
            presence={standings.value.get(agent.id)?.presence}
          />
          {agent.name || agent.email}
        </Item>
      ))}
      {teams.value.length > 0 && <p class="menu-head">{t("teams")}</p>}
      {teams.value.map(team => (
        <Item
          key={team.id}
          icon="people"
          current={team.id === current.value?.team}
          onClick={() => give({ team: team.id })}
        >
          {team.name || team.id}
        </Item>
      ))}
      {assignee && (
        <Item icon="retry" onClick={() => give({})}>
          {t("back_to_queue")}
        </Item>
      )}
      <textarea
        class="menu-note"
        rows={2}
        value={note.value}
        placeholder={t("transfer_note")}
        aria-label={t("transfer_note")}
        onInput={event => (note.value = event.currentTarget.value)}
      />
    </Menu>
  );
}

function rank(agent: Agent): number {
  return { online: 0, away: 1, offline: 2 }[standings.value.get(agent.id)?.presence ?? "offline"];
}

function loadText(agent: Agent): string {
  const standing = standings.value.get(agent.id);
  const capacity = standing?.capacity ?? agent.capacity;
  return standing?.load === undefined ? "" : `${standing.load}/${capacity ?? "∞"}`;
}

function Snooze() {
  return (
    <Menu
      name="snooze"
      class="labelled"
      label={t("do.snooze")}
      side="end"
      face={
        <>
          <Sign name="clock" />
          <span>{t("do.snooze")}</span>
        </>
      }
    >
      {snoozeTimes().map(({ name, until }) => (
        <Item
          key={name}
          aside={until ? formatMoment(until) : undefined}
          onClick={() => act({ t: "snooze", conversation: openId.value, until })}
        >
          {t(`snooze.${name}`)}
        </Item>
      ))}
    </Menu>
  );
}

const BEHIND = ["note", "whisper", "give_back", "macro", "label", "transcript", "context"];

/** What is wanted now and then. */
function More() {
  const possible = BEHIND.map(command).filter(isPossible);
  return (
    <Menu name="more" label={t("more")} icon="more" side="end">
      {possible.map(each => (
        <Item
          key={each.id}
          icon={each.icon}
          keys={each.keys}
          onClick={() => {
            opened.value = "";
            each.run();
          }}
        >
          {label(each)}
        </Item>
      ))}
    </Menu>
  );
}
