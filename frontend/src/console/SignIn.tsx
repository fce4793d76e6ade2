import { useSignal } from "@preact/signals";
import { t } from "../shared/i18n";
import { ask, setToken } from "./api";
import { explain } from "./notices";
import { start } from "./session";

/** The door: address and password, and a code where the agent has a second factor. */
export function SignIn() {
  const busy = useSignal(false);
  const problem = useSignal("");
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    busy.value = true;
    problem.value = "";
    try {
      const answer = await ask<{ token: string }>("POST", "/v1/login", {
        email: form.get("email"),
        password: form.get("password"),
        code: form.get("code") ?? "",
      });
      setToken(answer.token);
      await start();
    } catch (failure) {
      problem.value = explain(failure);
    }
    busy.value = false;
  }
  return (
    <main class="door">
      <form class="sign-in" onSubmit={event => void submit(event)}>
        <img src="/assets/icon.svg" alt="" width="44" height="44" />
        <h1>fastdesk</h1>
        <label class="field">
          <span>{t("email")}</span>
          <input name="email" type="email" autocomplete="username" required autofocus />
        </label>
        <label class="field">
          <span>{t("password")}</span>
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <details open={problem.value !== ""}>
          <summary>{t("has_code")}</summary>
          <label class="field">
            <span>{t("code")}</span>
            <input name="code" inputMode="numeric" autocomplete="one-time-code" />
          </label>
        </details>
        {problem.value && (
          <p class="problem" role="alert">
            {problem.value}
          </p>
        )}
        <button type="submit" class="primary" disabled={busy.value}>
          {t("sign_in")}
        </button>
      </form>
    </main>
  );
}
