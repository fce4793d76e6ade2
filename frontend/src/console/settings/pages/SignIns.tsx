import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../../../shared/i18n";
import { ask, getOr } from "../../api";
import { agents, nameOf } from "../../colleagues";
import { deviceName } from "../../inbox/Context";
import { attempt } from "../../notices";
import { PageTitle } from "./PageTitle";

interface SignInRecord {
  id: string;
  agent: string;
  created_at: number;
  expires_at: number;
  address?: string;
  device?: string;
}

/** Who is signed in where, and the end of it. */
export function SignIns() {
  const found = useSignal<SignInRecord[]>([]);
  async function load(): Promise<void> {
    found.value = await getOr<SignInRecord[]>("/v1/sign-ins", []);
  }
  useEffect(() => void load(), [agents.value]);
  return (
    <div class="one-page wide-page" tabIndex={0}>
      <PageTitle of="signins" />
      <p class="hint">{t("about.signins")}</p>
      <div class="sheet" tabIndex={0}>
        <table class="table people-table">
          <thead>
            <tr>
              <th>{t("role.agent")}</th>
              <th>{t("signed_in_at")}</th>
              <th>{t("fact.address")}</th>
              <th>{t("fact.device")}</th>
              <th>
                <span class="unseen">{t("actions")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {[...found.value].reverse().map(each => (
              <tr key={each.id}>
                <td>{nameOf(each.agent) || each.agent}</td>
                <td class="cell-long">{new Date(each.created_at).toLocaleString()}</td>
                <td class="cell-less">{each.address}</td>
                <td class="cell-less">{deviceName(each.device) ?? "–"}</td>
                <td class="cell-do">
                  <button
                    type="button"
                    class="quiet danger"
                    onClick={() =>
                      void attempt(() => ask("DELETE", `/v1/sign-ins/${each.id}`), t("ended")).then(load)
                    }
                  >
                    {t("end")}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
