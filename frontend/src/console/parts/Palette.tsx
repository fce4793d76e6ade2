import { signal, useSignal } from "@preact/signals";
import { t } from "../../shared/i18n";
import { get } from "../api";
import { open } from "../desk";
import { KEYS } from "../keys";

export const isPaletteOpen = signal(false);

interface Found {
  said: { conversation: string; text: string; name: string; rev: number };
}

/** Everything within one key: actions by name, and messages by their words. */
export function Palette() {
  const text = useSignal("");
  const found = useSignal<Found[]>([]);
  if (!isPaletteOpen.value) return null;
  const wanted = text.value.toLowerCase();
  const actions = Object.entries(KEYS).filter(([, key]) => t(key.name).toLowerCase().includes(wanted));
  async function search(): Promise<void> {
    if (text.value.trim().length < 2) return;
    found.value = (
      await get<{ items: Found[] }>(`/v1/search?q=${encodeURIComponent(text.value)}`).catch(() => ({
        items: [],
      }))
    ).items;
  }
  function close(run: () => void): void {
    isPaletteOpen.value = false;
    run();
  }
  return (
    <div class="palette" role="dialog" aria-modal="true" aria-label={t("key_all")}>
      <input
        autofocus
        value={text.value}
        placeholder={t("palette_hint")}
        aria-label={t("palette_hint")}
        onInput={event => {
          text.value = event.currentTarget.value;
          void search();
        }}
        onKeyDown={event => {
          const first = actions[0];
          if (event.key === "Enter" && !event.isComposing && first) close(first[1].run);
        }}
      />
      <ul>
        {actions.map(([key, action]) => (
          <li key={key}>
            <button type="button" onClick={() => close(action.run)}>
              {t(action.name)} <kbd>{key.toUpperCase()}</kbd>
            </button>
          </li>
        ))}
        {found.value.map(({ said }) => (
          <li key={said.rev}>
            <button type="button" onClick={() => close(() => void open(said.conversation))}>
              <b>{said.name || "·"}</b> {said.text.slice(0, 120)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
