import { useSignal } from "@preact/signals";
import { t } from "../../../shared/i18n";
import { ask, offers } from "../../api";
import { me } from "../../colleagues";
import { attempt } from "../../notices";
import { Copyable } from "../asides/SiteAside";
import { QrCode } from "../QrCode";
import { PageTitle } from "./PageTitle";

/** One's own account: password and second factor. */
export function Account() {
  return (
    <div class="one-page" tabIndex={0}>
      <PageTitle of="account" />
      <p class="hint">
        {me.value?.name} · {me.value?.email} · {t(`role.${me.value?.role ?? "agent"}`)}
      </p>
      <Password />
      {offers("POST /v1/second-factor") && <SecondFactor />}
    </div>
  );
}

function Password() {
  const [old, next] = [useSignal(""), useSignal("")];
  return (
    <form
      class="card form"
      onSubmit={async event => {
        event.preventDefault();
        const change = () => ask("POST", "/v1/me/password", { old: old.value, new: next.value });
        if (await attempt(change, t("password_changed"))) old.value = next.value = "";
      }}
    >
      <h2>{t("change_password")}</h2>
      <label class="field">
        <span>{t("old_password")}</span>
        <input
          type="password"
          autocomplete="current-password"
          required
          value={old.value}
          onInput={event => (old.value = event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>{t("new_password")}</span>
        <input
          type="password"
          autocomplete="new-password"
          required
          minLength={8}
          value={next.value}
          onInput={event => (next.value = event.currentTarget.value)}
        />
      </label>
      <p class="buttons">
        <button type="submit" class="primary">
          {t("change_password")}
        </button>
      </p>
    </form>
  );
}

interface Step {
  seed?: string;
  address?: string;
  recovery?: string[];
}

/** Six digits of an app beside the password: begin with the password, confirm with a code, keep the recovery codes. */
function SecondFactor() {
  const isOn = useSignal(me.value?.second_factor ?? false);
  const last = useSignal<Step | null>(null);
  const [password, code] = [useSignal(""), useSignal("")];
  const seed = last.value?.seed;
  async function run(what: "enrol" | "confirm" | "disable"): Promise<void> {
    const body = { do: what, password: password.value, code: code.value.trim() };
    const done = await attempt(async () => {
      last.value = await ask<Step>("POST", "/v1/second-factor", body);
    });
    if (!done) return;
    if (what !== "enrol") isOn.value = what === "confirm";
    password.value = code.value = "";
  }
  return (
    <section class="card form">
      <h2>{t("second_factor")}</h2>
      <p class="hint">{t(isOn.value ? "second_factor_on" : "second_factor_about")}</p>
      {last.value?.recovery && (
        <>
          <p>{t("recovery_codes")}</p>
          <Copyable text={last.value.recovery.join("\n")} />
        </>
      )}
      {seed && !isOn.value && (
        <>
          <p>{t("second_factor_seed")}</p>
          {last.value?.address && <QrCode text={last.value.address} label={t("second_factor")} />}
          <Copyable text={seed} />
          {last.value?.address && (
            <a class="link" href={last.value.address}>
              {t("open_in_app")}
            </a>
          )}
        </>
      )}
      <form
        class="form"
        onSubmit={event => {
          event.preventDefault();
          void run(isOn.value ? "disable" : seed ? "confirm" : "enrol");
        }}
      >
        {(isOn.value || !seed) && (
          <label class="field">
            <span>{t("password")}</span>
            <input
              type="password"
              autocomplete="current-password"
              required
              value={password.value}
              onInput={event => (password.value = event.currentTarget.value)}
            />
          </label>
        )}
        {(isOn.value || seed) && (
          <label class="field">
            <span>{t("code")}</span>
            <input
              inputMode="numeric"
              autocomplete="one-time-code"
              required
              value={code.value}
              onInput={event => (code.value = event.currentTarget.value)}
            />
          </label>
        )}
        <p class="buttons">
          <button type="submit" class={isOn.value ? "plain" : "primary"}>
            {t(isOn.value ? "switch_off" : seed ? "confirm" : "switch_on")}
          </button>
        </p>
      </form>
    </section>
  );
}
