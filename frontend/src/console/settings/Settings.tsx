import type { ComponentType } from "preact";
import { t } from "../../shared/i18n";
import { hasLearnt, offers } from "../api";
import { may } from "../colleagues";
import { href, place } from "../route";
import { Empty } from "../ui/Empty";
import { Sign } from "../ui/Sign";
import { GROUPS, KINDS, PAGES, type PageName } from "./kinds/all";
import { Account } from "./pages/Account";
import { AssistantPage } from "./pages/AssistantPage";
import { Audit } from "./pages/Audit";
import { DataPage } from "./pages/DataPage";
import { SignIns } from "./pages/SignIns";
import { Records } from "./Records";

const SHOWN: Record<PageName, ComponentType> = {
  account: Account,
  assistant: AssistantPage,
  signins: SignIns,
  audit: Audit,
  data: DataPage,
};

/** Routes without which a page has nothing to show. */
const NEEDED: Partial<Record<PageName, string>> = {
  assistant: "GET /v1/assistant",
  audit: "GET /v1/audit",
};

function hasPage(name: PageName): boolean {
  const needed = NEEDED[name];
  const { needs } = PAGES[name];
  return (!needed || offers(needed)) && (!needs || may(needs));
}

/** Everything that an owner decides: a side bar of kinds, the records of one, and their forms. */
export default function Settings() {
  const [first, second] = place.value;
  const groups = GROUPS.map(group => ({
    ...group,
    kinds: group.kinds.filter(kind => may(kind.read) && offers(`GET /v1/${kind.name}`)),
    pages: group.pages.filter(hasPage),
  })).filter(group => group.kinds.length + group.pages.length);
  const name = first ?? groups[0]?.kinds[0]?.name ?? "account";
  const kind = KINDS.find(each => each.name === name);
  const Shown = name in SHOWN ? SHOWN[name as PageName] : null;
  return (
    <main class="page settings" data-at={first ? "one" : "list"}>
      <nav class="side-bar" aria-label={t("settings")}>
        <h1>{t("settings")}</h1>
        {groups.map(group => (
          <section key={group.title}>
            <h2>{t(group.title)}</h2>
            {group.kinds.map(each => (
              <a
                key={each.name}
                href={href("settings", each.name)}
                aria-current={name === each.name ? "page" : undefined}
              >
                <Sign name={each.icon} size={17} /> {t(`kind.${each.name}`)}
              </a>
            ))}
            {group.pages.map(each => (
              <a key={each} href={href("settings", each)} aria-current={name === each ? "page" : undefined}>
                <Sign name={PAGES[each].icon} size={17} /> {t(`kind.${each}`)}
              </a>
            ))}
          </section>
        ))}
      </nav>
      {kind && hasLearnt.value && !offers(`GET /v1/${kind.name}`) ? (
        <Empty icon={kind.icon} text={t("not_offered")} />
      ) : kind ? (
        <Records key={kind.name} kind={kind} id={second ?? ""} />
      ) : (
        Shown && <Shown />
      )}
    </main>
  );
}
