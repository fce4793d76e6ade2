import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { formatTime, t } from "../shared/i18n";
import { getOr } from "./api";
import { nameOf } from "./colleagues";
import { COMMANDS, isPossible, label, opened } from "./commands";
import { keysShown } from "./keys";
import type { MessageEntry, NoteEntry } from "./model";
import { attempt } from "./notices";
import { macros, runMacro } from "./phrases";
import { current, open } from "./thread";
import { Sign } from "./ui/Sign";

const ASK_AFTER_MS = 120;

interface Found {
  said: MessageEntry | NoteEntry;
  highlights: [number, number][];
}

interface Choice {
  key: string;
  run: () => void;
  draw: preact.ComponentChildren;
}

/** Everything within one key: what can be done, by its name, and messages, by their words. */
export function Palette() {
  return opened.value === "palette" ? <Panel /> : null;
}

function Panel() {
  const text = useSignal("");
  const found = useSignal<Found[]>([]);
  const at = useSignal(0);
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  useEffect(() => {
    at.value = 0;
    const words = text.value.trim();
    if (!words) {
      found.value = [];
      return;
    }
    const timer = setTimeout(async () => {
      const answer = await getOr<{ items: Found[] }>(`/v1/search?q=${encodeURIComponent(words)}`, {
        items: [],
      });
      if (text.value.trim() === words) found.value = answer.items;
    }, ASK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text.value]);
  const choices = [...actions(text.value), ...found.value.map(result)];
  function choose(choice: Choice | undefined): void {
    opened.value = "";
    choice?.run();
  }
  function onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Escape") opened.value = "";
    else if (event.key === "ArrowDown") at.value = Math.min(choices.length - 1, at.value + 1);
    else if (event.key === "ArrowUp") at.value = Math.max(0, at.value - 1);
    else if (event.key === "Enter") choose(choices[at.value]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  return (
    <div
      class="palette-shade"
      onClick={event => {
        if (event.target === event.currentTarget) opened.value = "";
      }}
      onKeyDown={onKey}
    >
      <div class="palette" role="dialog" aria-modal="true" aria-label={t("do.search")}>
        <label class="palette-field">
          <Sign name="search" />
          <input
            ref={field}
            value={text.value}
            role="combobox"
            aria-expanded="true"
            aria-controls="palette-list"
            aria-activedescendant={choices.length ? `choice-${at.value}` : undefined}
            placeholder={t("palette_hint")}
            aria-label={t("palette_hint")}
            onInput={event => {
              text.value = event.currentTarget.value;
            }}
          />
        </label>
        <div class="palette-list" id="palette-list" role="listbox" aria-label={t("do.search")}>
          {choices.map((choice, n) => (
            <div
              class="palette-choice"
              tabIndex={-1}
              key={choice.key}
              id={`choice-${n}`}
              role="option"
              aria-selected={n === at.value}
              ref={element => {
                if (n === at.value) element?.scrollIntoView({ block: "nearest" });
              }}
              onClick={() => choose(choice)}
              onKeyDown={onKey}
            >
              {choice.draw}
            </div>
          ))}
          {choices.length === 0 && <p class="palette-choice nothing">{t("nothing_found")}</p>}
        </div>
      </div>
    </div>
  );
}

function actions(wanted: string): Choice[] {
  const lower = wanted.trim().toLowerCase();
  const commands = COMMANDS.filter(
    each => each.id !== "search" && isPossible(each) && label(each).toLowerCase().includes(lower),
  );
  const running = current.value ? macros.value.filter(each => each.name.toLowerCase().includes(lower)) : [];
  return [
    ...running.map(macro => ({
      key: `macro ${macro.id}`,
      run: () => void attempt(() => runMacro(macro.id), t("macro_done", { name: macro.name })),
      draw: (
        <>
          <Sign name="bolt" />
          <span>{macro.name}</span>
        </>
      ),
    })),
    ...commands.map(command => ({
      key: command.id,
      run: command.run,
      draw: (
        <>
          <Sign name={command.icon} />
          <span>{label(command)}</span>
          {command.keys && (
            <span class="keys">
              {keysShown(command.keys).map(key => (
                <kbd key={key}>{key}</kbd>
              ))}
            </span>
          )}
        </>
      ),
    })),
  ];
}

function author(said: Found["said"]): string {
  if (said.t === "note") return `${nameOf(said.actor) || t("role.system")} · ${t("voice.note")}`;
  return said.from.name || t(`role.${said.from.role}`);
}

function result({ said, highlights }: Found): Choice {
  return {
    key: `said ${said.conversation} ${said.rev}`,
    run: () => open(said.conversation),
    draw: (
      <>
        <Sign name="chat" />
        <span>
          <b>{author(said)}</b> <Excerpt text={said.text} highlights={highlights ?? []} />
        </span>
        <small>{formatTime(said.at)}</small>
      </>
    ),
  };
}

/** What was said, around the first word that was found, the words marked. */
function Excerpt({ text, highlights }: { text: string; highlights: [number, number][] }) {
  const marks = [...text];
  const from = Math.max(0, (highlights[0]?.[0] ?? 0) - 24);
  const parts: preact.ComponentChildren[] = [];
  let end = from;
  for (const [start, stop] of highlights) {
    if (start < end) continue;
    parts.push(
      marks.slice(end, start).join(""),
      <mark key={start}>{marks.slice(start, stop).join("")}</mark>,
    );
    end = stop;
  }
  parts.push(marks.slice(end, from + 110).join(""));
  return (
    <>
      {from > 0 && "… "}
      {parts}
    </>
  );
}
