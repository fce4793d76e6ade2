/** The way between the pages, and who one is oneself: presence, sounds, colours, language, the way out. */
import { languageTag, t } from "../shared/i18n";
import { allowDesktop } from "./alerts";
import { offers } from "./api";
import { may, me, mine, setPresence } from "./colleagues";
import { isHelpOpen } from "./commands";
import { openId, unreadOfMine } from "./conversations";
import { speak } from "./main";
import { PRESENCES } from "./model";
import { attempt, notify } from "./notices";
import { EVENTS, prefer, preferences } from "./preferences";
import { href, type Page, page } from "./route";
import { signOut } from "./session";
import { Avatar } from "./ui/Avatar";
import { Item, Menu } from "./ui/Menu";
import { Sign, type SignName } from "./ui/Sign";

const LANGUAGES: [string, string][] = [
  ["zh-CN", "简体中文"],
  ["zh-TW", "繁體中文"],
  ["en", "English"],
];

const PLACES: { name: Page; icon: SignName; needs?: string; route?: string }[] = [
  { name: "inbox", icon: "inbox" },
  { name: "visitors", icon: "globe", needs: "visitor.read", route: "GET /v1/visitors?live" },
  { name: "contacts", icon: "people", needs: "visitor.read" },
  { name: "reports", icon: "chart", needs: "report.read", route: "GET /v1/reports/{}" },
  { name: "operations", icon: "pulse", needs: "operate" },
  { name: "settings", icon: "sliders" },
];

function isShown({ needs, route }: (typeof PLACES)[number]): boolean {
  return (!needs || may(needs)) && (!route || offers(route));
}

export function Rail() {
  const unread = unreadOfMine.value;
  return (
    <nav class="rail" aria-label="fastdesk">
      <a class="mark" href={href("inbox")} aria-label="fastdesk">
        <img src="/assets/icon.svg" alt="" width="30" height="30" />
      </a>
      {PLACES.filter(isShown).map(({ name, icon }) => (
        <a
          key={name}
          class="rail-link"
          href={name === "inbox" && openId.value ? href(name, openId.value) : href(name)}
          aria-current={page.value === name ? "page" : undefined}
        >
          <Sign name={icon} size={21} />
          <span>{t(`do.${name}`)}</span>
          {name === "inbox" && unread > 0 && (
            <b class="badge" title={t("unread_n", { n: unread })}>
              {unread}
            </b>
          )}
        </a>
      ))}
      <span class="grow" />
      <button
        type="button"
        class="rail-link rail-help"
        onClick={() => {
          isHelpOpen.value = true;
        }}
      >
        <Sign name="keyboard" size={21} />
        <span>{t("do.keys")}</span>
      </button>
      <Self />
    </nav>
  );
}

function Self() {
  const presence = mine.value?.presence ?? "online";
  const { load, capacity } = mine.value ?? {};
  const name = me.value?.name || me.value?.email || "";
  return (
    <Menu
      name="self"
      class="self"
      label={`${name} · ${t(`presence.${presence}`)}`}
      face={<Avatar id={me.value?.id ?? ""} name={name} presence={presence} />}
      up
    >
      <p class="menu-title">
        {name}
        <small>
          {load !== undefined
            ? t("load_of", { load, capacity: capacity ?? "∞" })
            : t(`role.${me.value?.role ?? "agent"}`)}
        </small>
      </p>
      {PRESENCES.map(each => (
        <Item key={each} current={presence === each} onClick={() => void attempt(() => setPresence(each))}>
          <i class="dot" data-presence={each} /> {t(`presence.${each}`)}
        </Item>
      ))}
      <Alerts />
      <Looks />
      <hr />
      <Item icon="exit" onClick={signOut}>
        {t("sign_out")}
      </Item>
    </Menu>
  );
}

function Alerts() {
  const { sounds, desktop } = preferences.value;
  return (
    <fieldset class="menu-grid">
      <legend>{t("alerts")}</legend>
      <span />
      <small>{t("sound")}</small>
      <small>{t("desktop")}</small>
      {EVENTS.map(event => (
        <>
          <span key={event}>{t(`event.${event}`)}</span>
          <input
            type="checkbox"
            checked={sounds[event]}
            aria-label={`${t("sound")}: ${t(`event.${event}`)}`}
            onChange={() => prefer({ sounds: { ...sounds, [event]: !sounds[event] } })}
          />
          <input
            type="checkbox"
            checked={desktop[event]}
            aria-label={`${t("desktop")}: ${t(`event.${event}`)}`}
            onChange={() => {
              prefer({ desktop: { ...desktop, [event]: !desktop[event] } });
              void allowDesktop().then(allowed => allowed || notify(t("desktop_refused"), "bad"));
            }}
          />
        </>
      ))}
    </fieldset>
  );
}

function Looks() {
  const { mode, keys, dense } = preferences.value;
  return (
    <fieldset class="menu-looks">
      <legend>{t("looks")}</legend>
      <span class="segments">
        {(["auto", "light", "dark"] as const).map(each => (
          <button
            type="button"
            key={each}
            aria-pressed={mode === each}
            onClick={() => prefer({ mode: each })}
          >
            {t(`mode.${each}`)}
          </button>
        ))}
      </span>
      <select
        aria-label={t("language")}
        value={LANGUAGES.find(([tag]) => languageTag.value.startsWith(tag))?.[0] ?? languageTag.value}
        onChange={event => void speak(event.currentTarget.value)}
      >
        {LANGUAGES.map(([tag, name]) => (
          <option key={tag} value={tag}>
            {name}
          </option>
        ))}
      </select>
      <label class="check">
        <input type="checkbox" checked={dense} onChange={() => prefer({ dense: !dense })} /> {t("dense")}
      </label>
      <label class="check">
        <input type="checkbox" checked={keys} onChange={() => prefer({ keys: !keys })} /> {t("single_keys")}
      </label>
    </fieldset>
  );
}
