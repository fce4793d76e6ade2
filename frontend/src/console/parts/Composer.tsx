import { signal } from "@preact/signals";
import { t } from "../../shared/i18n";
import { get } from "../api";
import { act, current, me, openId, say, tellTyping, visitor } from "../desk";

export const isNote = signal(false);
const text = signal("");

interface Canned {
  id: string;
  title: string;
  text: string;
}
const canned = signal<Canned[] | null>(null);

/** Where an agent writes: a reply, or a note that the visitor never sees; `/` brings canned replies. */
export function Composer() {
  const offers = text.value.startsWith("/") ? matching(text.value.slice(1)) : [];
  function send(andResolve: boolean): void {
    const content = text.value.trim();
    if (content) say(content, isNote.value ? "note" : "message");
    if (andResolve) act({ t: "resolve" });
    text.value = "";
    isNote.value = false;
  }
  function onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter" && offers[0] && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      take(offers[0]);
    } else if (event.key === "Enter" && (event.metaKey || event.ctrlKey || !event.shiftKey)) {
      event.preventDefault();
      send((event.metaKey || event.ctrlKey) && event.shiftKey);
    } else if (event.key === "Escape") (event.currentTarget as HTMLElement).blur();
  }
  return (
    <form
      class="composer"
      data-note={isNote.value ? "yes" : "no"}
      onSubmit={event => {
        event.preventDefault();
        send(false);
      }}
    >
      <fieldset class="kinds">
        <button type="button" aria-pressed={!isNote.value} onClick={() => (isNote.value = false)}>
          {t("reply")} <kbd>R</kbd>
        </button>
        <button type="button" aria-pressed={isNote.value} onClick={() => (isNote.value = true)}>
          {t("note")} <kbd>N</kbd>
        </button>
      </fieldset>
      {offers.length > 0 && (
        <ul class="offers">
          {offers.map(offer => (
            <li key={offer.id}>
              <button type="button" onClick={() => take(offer)}>
                <b>/{offer.title}</b> {offer.text}
              </button>
            </li>
          ))}
        </ul>
      )}
      <textarea
        id="composer"
        rows={3}
        value={text.value}
        aria-label={t(isNote.value ? "note" : "reply")}
        placeholder={t(isNote.value ? "note_hint" : "reply_hint")}
        disabled={!openId.value || !current.value}
        onInput={event => {
          text.value = event.currentTarget.value;
          if (text.value.startsWith("/") && canned.value === null) void load();
          if (!isNote.value) tellTyping();
        }}
        onKeyDown={onKey}
      />
      <button type="submit" class="primary" disabled={!text.value.trim()}>
        {t("send")}
      </button>
    </form>
  );
}

async function load(): Promise<void> {
  canned.value = [];
  canned.value = await get<Canned[]>("/v1/canned").catch(() => []);
}

function matching(wanted: string): Canned[] {
  const lower = wanted.toLowerCase();
  return (canned.value ?? [])
    .filter(each => `${each.title} ${each.text}`.toLowerCase().includes(lower))
    .slice(0, 8);
}

/** Put a canned reply into the composer, its variables filled. */
function take(reply: Canned): void {
  const values: Record<string, string> = {
    "visitor.name": visitor.value?.name ?? "",
    "agent.name": me.value?.name ?? "",
  };
  text.value = reply.text.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (_, name: string) => values[name] ?? "");
  document.getElementById("composer")?.focus();
}
