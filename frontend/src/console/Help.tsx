import { t } from "../shared/i18n";
import { COMMANDS, isHelpOpen, label } from "./commands";
import { keysShown } from "./keys";
import { Dialog } from "./ui/Dialog";

/** Keys of the composer, which are no commands. */
const WRITING: [string, string][] = [
  ["Enter", "send"],
  ["Shift+Enter", "line_break"],
  ["Mod+Shift+Enter", "send_resolve"],
  ["Tab", "accept"],
  ["@", "mention"],
];

/** Every key, by what one does with it. */
export function Help() {
  const withKeys = COMMANDS.filter(each => each.keys);
  const going = withKeys.filter(each => each.keys?.startsWith("G "));
  const doing = withKeys.filter(each => !each.keys?.startsWith("G "));
  return (
    <Dialog title={t("do.keys")} wide onClose={() => (isHelpOpen.value = false)}>
      <div class="key-map">
        <Group title={t("keys_doing")} keys={doing.map(each => [each.keys ?? "", label(each)])} />
        <div>
          <Group title={t("keys_writing")} keys={WRITING.map(([keys, name]) => [keys, t(`key.${name}`)])} />
          <Group title={t("keys_going")} keys={going.map(each => [each.keys ?? "", label(each)])} />
        </div>
      </div>
    </Dialog>
  );
}

function Group({ title, keys }: { title: string; keys: [string, string][] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {keys.map(([combination, name]) => (
          <div key={name}>
            <dt>
              {keysShown(combination).map(key => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{name}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
