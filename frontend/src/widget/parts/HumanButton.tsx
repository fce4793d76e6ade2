import { Icon } from "../../shared/Icon";
import { t } from "../../shared/i18n";
import { allows, type Chat } from "../chat";

/** The way to a person: in the same place on every screen, for as long as no person is there. */
export function HumanButton({ chat }: { chat: Chat }) {
  const { state } = chat.thread.status.value;
  if (!allows(chat.desk.site.value, "human") || state === "assigned") return null;
  const asked = chat.humanAsked.value || state === "queued";
  return (
    <button type="button" class="human" aria-disabled={asked} onClick={() => !asked && chat.human()}>
      <Icon name="person" size={17} />
      {t("human")}
    </button>
  );
}
