import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../../../shared/i18n";
import { getOr } from "../../api";
import { nameOf } from "../../colleagues";
import { optionText } from "../form/Plainly";
import { PageTitle } from "./PageTitle";

interface AuditLine {
  id: string;
  at: number;
  /** A permission, or `sign_in` and the like. */
  act: string;
  what: string;
  actor?: string;
  name?: string;
  address?: string;
}

interface AuditPage {
  items: AuditLine[];
  cursor: string | null;
}

/** Who changed what, newest first. */
export function Audit() {
  const found = useSignal<AuditLine[]>([]);
  const next = useSignal<string | null>(null);
  async function load(cursor: string | null): Promise<void> {
    const query = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const page = await getOr<AuditPage>(`/v1/audit${query}`, { items: [], cursor: null });
    found.value = cursor === null ? page.items : [...found.value, ...page.items];
    next.value = page.cursor;
  }
  useEffect(() => void load(null), []);
  return (
    <div class="one-page wide-page" tabIndex={0}>
      <PageTitle of="audit" />
      <p class="hint">{t("about.audit")}</p>
      <div class="sheet" tabIndex={0}>
        <table class="table">
          <thead>
            <tr>
              <th>{t("time")}</th>
              <th>{t("who")}</th>
              <th>{t("what")}</th>
              <th>{t("fact.address")}</th>
            </tr>
          </thead>
          <tbody>
            {found.value.map(line => (
              <tr key={line.id}>
                <td>{new Date(line.at).toLocaleString()}</td>
                <td>{nameOf(line.actor) || line.name || line.actor || "–"}</td>
                <td>
                  {optionText("scope", line.act)} <code>{line.what}</code>
                </td>
                <td>{line.address}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {next.value !== null && (
        <p class="buttons">
          <button type="button" class="plain" onClick={() => void load(next.value)}>
            {t("load_more")}
          </button>
        </p>
      )}
    </div>
  );
}
