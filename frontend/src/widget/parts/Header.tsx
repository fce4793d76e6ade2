import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon, IconButton, type IconName } from "../../shared/Icon";
import { pick, t } from "../../shared/i18n";
import { allows, type Chat } from "../chat";
import { initial } from "./Message";

interface HeaderProps {
  chat: Chat;
  /** Absent on the page that stands alone. */
  onClose?: () => void;
}

export function Header({ chat, onClose }: HeaderProps) {
  const site = chat.desk.site.value;
  const { agent } = chat.thread.status.value;
  const name = agent?.name || pick(site?.texts?.title) || pick(site?.name) || t("team");
  const isOpen = site?.hours?.open !== false;
  // Before the desk has answered nobody knows whether anybody is there.
  const present = site ? t(isOpen ? "team.online" : "team.away") : "\u00a0";
  const subtitle = pick(site?.texts?.subtitle) || present;
  return (
    <header class="header">
      <span class="avatar is-large" aria-hidden="true">
        {agent?.name ? initial(agent.name) : <Icon name="chat" size={20} />}
        {site && <i class={isOpen ? "dot is-on" : "dot"} />}
      </span>
      <div class="header-names">
        <h1 tabIndex={-1}>{name}</h1>
        <p>{subtitle}</p>
      </div>
      <Menu chat={chat} />
      {onClose && <IconButton icon="close" label={t("close")} onClick={onClose} />}
    </header>
  );
}

interface Item {
  icon: IconName;
  label: string;
  act: () => void;
}

function Menu({ chat }: { chat: Chat }) {
  const shown = useSignal(false);
  const root = useRef<HTMLDivElement>(null);
  const muted = chat.isMuted.value;
  const spoken = chat.hasSpoken.value;
  const items: Item[] = [
    {
      icon: muted ? "sound" : "mute",
      label: t(muted ? "menu.sound.on" : "menu.sound.off"),
      act: () => chat.mute(!muted),
    },
  ];
  if (spoken && allows(chat.desk.site.value, "transcript"))
    items.push({ icon: "download", label: t("menu.transcript"), act: () => void chat.downloadTranscript() });
  if (spoken && !chat.isResolved.value)
    items.push({ icon: "end", label: t("menu.end"), act: () => chat.end() });

  useEffect(() => {
    if (!shown.value) return;
    const leave = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) shown.value = false;
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("focusin", leave);
    root.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("focusin", leave);
    };
  }, [shown.value]);

  const close = () => {
    shown.value = false;
    root.current?.querySelector("button")?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!shown.value) return;
    const all = [...(root.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step)
      all[(all.indexOf(document.activeElement as HTMLElement) + step + all.length) % all.length]?.focus();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="menu-root" ref={root} onKeyDown={onKeyDown}>
      <IconButton
        icon="more"
        label={t("menu")}
        popup="menu"
        expanded={shown.value}
        onClick={() => {
          shown.value = !shown.value;
        }}
      />
      {shown.value && (
        <div class="menu" role="menu" aria-label={t("menu")}>
          {items.map(({ icon, label, act }) => (
            <button
              type="button"
              role="menuitem"
              key={icon}
              onClick={() => {
                close();
                act();
              }}
            >
              <Icon name={icon} />
              {label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
