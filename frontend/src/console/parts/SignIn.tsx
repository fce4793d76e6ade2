import { useSignal } from "@preact/signals";
import { t } from "../../shared/i18n";
import { ask, setToken } from "../api";
import { attempt, notice, start } from "../desk";

/** The door: address and password, and a code where the agent has a second factor. */
export function SignIn() {
  const busy = useSignal(false);
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    busy.value = true;
    notice.value = "";
    await attempt(async () => {
      const answer = await ask<{ token: string }>("POST", "/v1/login", {
        email: form.get("email"),
        password: form.get("password"),
        code: form.get("code") ?? "",
      });
      setToken(answer.token);
      await start();
    });
    busy.value = false;
  }
  return (
    <form class="sign-in" onSubmit={event => void submit(event)}>
      <h1>fastdesk</h1>
      <label>
        {t("email")}
        <input name="email" type="email" autocomplete="username" required autofocus />
      </label>
      <label>
        {t("password")}
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      <details>
        <summary>{t("code")}</summary>
        <input name="code" inputMode="numeric" autocomplete="one-time-code" aria-label={t("code")} />
      </details>
      {notice.value && <p role="alert">{notice.value === "offline" ? t("offline") : notice.value}</p>}
      <button type="submit" class="primary" disabled={busy.value}>
        {t("sign_in")}
      </button>
    </form>
  );
}
