import { computed, effect, signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { t } from "../../shared/i18n";
import { ask, offers } from "../api";
import { agents } from "../colleagues";
import { command, isPossible, opened, resolve, type Voice, voice, write } from "../commands";
import { openId } from "../conversations";
import { help, suggestion, TASKS } from "../copilot";
import { attempt, notify } from "../notices";
import { type Canned, canned, macros, matching, runMacro, take } from "../phrases";
import { isMine, note, say, tellTyping } from "../thread";
import { colleagueWrites } from "../typing";
import { Item, Menu } from "../ui/Menu";
import { Sign } from "../ui/Sign";
import { takeFiles, uploads } from "../uploads";
import { accept, Suggested } from "./Suggested";

/** What stands in the composer, by conversation: whoever comes back finds it again. */
const drafts = signal<ReadonlyMap<string, string>>(new Map());
export const draftText = computed(() => drafts.value.get(openId.value) ?? "");

export function setDraft(text: string): void {
  drafts.value = new Map(drafts.value).set(openId.value, text);
}

const at = signal(0);

/** As what each draft is written: what was begun as a note never turns into a reply by itself. */
const voices = new Map<string, Voice>();

effect(() => {
  const kept = voices.get(openId.value);
  voice.value = (draftText.peek() && kept) || "reply";
});

effect(() => {
  voices.set(openId.peek(), voice.value);
});

interface Offer {
  key: string;
  title: string;
  about: string;
  take: () => void;
}

/** What `/` and `@` before the caret offer. */
function offersFor(text: string): Offer[] {
  const slash = /(?:^|\s)\/([^\s/]*)$/.exec(text);
  if (slash)
    return matching(slash[1] ?? "").map(each => ({
      key: each.id,
      title: each.title,
      about: each.text,
      take: () => takeCanned(each, text.slice(0, text.length - (slash[1]?.length ?? 0) - 1)),
    }));
  const name = voice.value === "reply" ? null : /@([^\s@]*)$/.exec(text);
  if (!name) return [];
  return agents.value
    .filter(agent => agent.enabled && agent.name.toLowerCase().includes((name[1] ?? "").toLowerCase()))
    .slice(0, 8)
    .map(agent => ({
      key: agent.id,
      title: agent.name,
      about: agent.email,
      take: () => put(`${text.slice(0, text.length - (name[1]?.length ?? 0))}${agent.name} `),
    }));
}

/** Put a canned reply behind what stands there; what the desk says of it later counts while nobody has changed it. */
function takeCanned(reply: Canned, start: string): void {
  void attempt(() =>
    take(reply, (text, before) => {
      if (before === undefined || draftText.value === start + before) put(start + text);
    }),
  );
}

function put(text: string): void {
  setDraft(text);
  document.getElementById("composer")?.focus();
}

function send(andResolve: boolean): void {
  const text = draftText.value.trim();
  const as = voice.value;
  if (text) {
    if (as === "reply") say(text);
    else if (as === "note") note(text);
    else
      void attempt(() => ask("POST", `/v1/conversations/${openId.value}/whisper`, { text }), t("whispered"));
  }
  if (andResolve) resolve();
  // The voice stays: the next line of a note is no message to the visitor.
  setDraft("");
}

/** Where an agent writes: a reply, or a note that the visitor never sees. */
export function Composer() {
  const field = useRef<HTMLTextAreaElement>(null);
  const text = draftText.value;
  const found = offersFor(text);
  const chosen = Math.min(at.value, Math.max(0, found.length - 1));
  const isReply = voice.value === "reply";
  function onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const withMod = event.metaKey || event.ctrlKey;
    if (found.length && !withMod) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        at.value = (chosen + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length;
        return;
      }
      if (event.key === "Enter" || event.key === "Tab") {
        event.preventDefault();
        found[chosen]?.take();
        return;
      }
    }
    if (event.key === "Tab" && !event.shiftKey && suggestion.value?.done) {
      event.preventDefault();
      accept();
    } else if (event.key === "Enter" && (withMod || !event.shiftKey)) {
      event.preventDefault();
      send(withMod && event.shiftKey);
    } else if (event.key === "Escape") field.current?.blur();
  }
  return (
    <form
      class="composer"
      data-voice={voice.value}
      onSubmit={event => {
        event.preventDefault();
        send(false);
      }}
    >
      {colleagueWrites.value && (
        <p class="collision" role="status">
          <Sign name="alert" size={15} /> {t("collision", { name: colleagueWrites.value })}
        </p>
      )}
      <Suggested />
      {found.length > 0 && (
        <ul class="offers">
          {found.map((offer, n) => (
            <li key={offer.key}>
              <button type="button" aria-current={n === chosen ? "true" : undefined} onClick={offer.take}>
                <b>{offer.title}</b> <span>{offer.about}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="composer-box">
        <Voices />
        <textarea
          id="composer"
          ref={field}
          rows={2}
          value={text}
          aria-label={t(`voice.${voice.value}`)}
          placeholder={t(`hint.${voice.value}`)}
          onInput={event => {
            setDraft(event.currentTarget.value);
            at.value = 0;
            if (isReply) tellTyping();
          }}
          onKeyDown={onKey}
          onPaste={event => {
            const files = [...(event.clipboardData?.files ?? [])];
            if (!files.length || !offers("POST /v1/files")) return;
            event.preventDefault();
            takeFiles(files);
          }}
        />
        <Uploading />
        <div class="tools">
          {isReply && <Attach />}
          <CannedMenu />
          {isPossible(command("macro")) && <Macros />}
          <Copilot />
          <span class="grow" />
          {isReply && !isMine.value && <small class="hint">{t("will_take")}</small>}
          <button type="submit" class="primary send" disabled={!text.trim()}>
            {t(isReply ? "send" : "save")}
            <Sign name="send" size={16} />
          </button>
        </div>
      </div>
    </form>
  );
}

function Voices() {
  const voices: Voice[] = isPossible(command("whisper")) ? ["reply", "note", "whisper"] : ["reply", "note"];
  return (
    <fieldset class="voices" aria-label={t("voices")}>
      {voices.map(each => (
        <button type="button" key={each} aria-pressed={voice.value === each} onClick={() => write(each)}>
          {t(`voice.${each}`)}
        </button>
      ))}
    </fieldset>
  );
}

function Uploading() {
  const here = uploads.value.filter(each => each.conversation === openId.value);
  if (!here.length) return null;
  return (
    <ul class="uploading">
      {here.map(each => (
        <li key={each.key}>
          <Sign name="file" size={15} /> <span>{each.name}</span>
          <progress max={1} value={each.progress} aria-label={each.name} />
        </li>
      ))}
    </ul>
  );
}

function Attach() {
  const field = useRef<HTMLInputElement>(null);
  if (!offers("POST /v1/files")) return null;
  return (
    <>
      <input
        ref={field}
        type="file"
        multiple
        hidden
        aria-label={t("attach")}
        onChange={event => {
          takeFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
      <button
        type="button"
        class="sign-button"
        title={t("attach")}
        aria-label={t("attach")}
        onClick={() => field.current?.click()}
      >
        <Sign name="attach" />
      </button>
    </>
  );
}

function CannedMenu() {
  const groups = [...new Set(canned.value.map(each => each.group ?? ""))].sort();
  return (
    <Menu name="canned" label={t("do.canned")} icon="slash" up>
      {canned.value.length === 0 && <p class="menu-empty">{t("no_canned")}</p>}
      {groups.map(group => (
        <>
          {group && <p class="menu-head">{group}</p>}
          {canned.value
            .filter(each => (each.group ?? "") === group)
            .map(each => (
              <Item
                key={each.id}
                onClick={() => takeCanned(each, draftText.value && `${draftText.value.trim()} `)}
              >
                <b>{each.title}</b> <small>{each.text}</small>
              </Item>
            ))}
        </>
      ))}
    </Menu>
  );
}

function Macros() {
  return (
    <Menu name="macro" label={t("do.macro")} icon="bolt" up>
      {macros.value.length === 0 && <p class="menu-empty">{t("no_macros")}</p>}
      {macros.value.map((macro, n) => (
        <Item
          key={macro.id}
          icon="bolt"
          keys={n < 9 ? String(n + 1) : undefined}
          onClick={() => void attempt(() => runMacro(macro.id), t("macro_done", { name: macro.name }))}
        >
          {macro.name}
        </Item>
      ))}
    </Menu>
  );
}

/** Help of the assistant; what works on written text needs some. */
function Copilot() {
  return (
    <Menu name="copilot" class="copilot" label={t("do.copilot")} icon="spark" up>
      {TASKS.map(task => (
        <Item
          key={task}
          icon={
            task === "translate"
              ? "language"
              : task === "summarise"
                ? "list"
                : task === "rewrite"
                  ? "edit"
                  : "spark"
          }
          onClick={() => {
            const needsText = task === "rewrite" || task === "translate";
            if (needsText && !draftText.value.trim()) notify(t("write_first"), "bad");
            else help(task, draftText.value.trim());
            document.getElementById("composer")?.focus();
          }}
        >
          {t(`copilot.${task}`)}
          <small>{t(`copilot.${task}.about`)}</small>
        </Item>
      ))}
      {opened.value === "copilot" && <p class="menu-empty">{t("copilot.hint")}</p>}
    </Menu>
  );
}
