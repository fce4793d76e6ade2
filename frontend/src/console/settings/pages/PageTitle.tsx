import { t } from "../../../shared/i18n";
import { href } from "../../route";
import { Sign } from "../../ui/Sign";
import type { PageName } from "../kinds/all";

/** What a page of the settings is called; on a phone, with the way back to all of them. */
export function PageTitle({ of }: { of: PageName }) {
  return (
    <div class="page-title">
      <a class="sign-button back" href={href("settings")} aria-label={t("back")}>
        <Sign name="left" />
      </a>
      <h1>{t(`kind.${of}`)}</h1>
    </div>
  );
}
