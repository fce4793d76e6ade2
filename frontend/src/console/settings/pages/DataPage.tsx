import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../../shared/i18n";
import { ask, download, get, offers, token } from "../../api";
import { may, me } from "../../colleagues";
import { attempt, explain, notify } from "../../notices";
import { Sign } from "../../ui/Sign";
import { PageTitle } from "./PageTitle";

/** Everything out, everything in, and how long it is kept. */
export function DataPage() {
  const nothing = !offers("POST /v1/export") && !offers("POST /v1/retention") && !offers("POST /v1/import");
  return (
    <div class="one-page" tabIndex={0}>
      <PageTitle of="data" />
      {nothing && <p class="hint">{t("not_offered")}</p>}
      {offers("POST /v1/retention") && may("settings.write") && <Retention />}
      {offers("POST /v1/export") && may("export.run") && <Export />}
      {offers("POST /v1/import") && may("export.run") && <Import />}
      <section class="card">
        <h2>{t("erase_person")}</h2>
        <p class="hint">{t("erase_where")}</p>
      </section>
    </div>
  );
}

function Retention() {
  const days = useSignal(0);
  const auditDays = useSignal(0);
  const isKnown = useSignal(false);
  useEffect(() => {
    void attempt(async () => {
      const kept = await get<{ days: number; audit_days: number }>("/v1/retention");
      days.value = kept.days;
      auditDays.value = kept.audit_days;
      isKnown.value = true;
    });
  }, []);
  // Nothing is written over what is not known yet.
  if (!isKnown.value) return null;
  return (
    <form
      class="card form"
      onSubmit={event => {
        event.preventDefault();
        const wish = { days: days.value, audit_days: auditDays.value };
        void attempt(() => ask("POST", "/v1/retention", wish), t("saved"));
      }}
    >
      <h2>{t("retention")}</h2>
      <Days label={t("retention_days")} days={days} />
      <p class="hint">{t("retention_about")}</p>
      <Days label={t("audit_days")} days={auditDays} />
      <p class="hint">{t("audit_days_about")}</p>
      <p class="buttons">
        <button type="submit" class="primary">
          {t("save")}
        </button>
      </p>
    </form>
  );
}

function Days({ label, days }: { label: string; days: Signal<number> }) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="number"
        min={0}
        max={36_500}
        value={days.value}
        onInput={event => (days.value = event.currentTarget.valueAsNumber || 0)}
      />
    </label>
  );
}

function Export() {
  const isBusy = useSignal(false);
  async function run(): Promise<void> {
    isBusy.value = true;
    await attempt(() => download("/v1/export", "fastdesk.zip", "POST"));
    isBusy.value = false;
  }
  return (
    <section class="card form">
      <h2>{t("export")}</h2>
      <p class="hint">{t("export_about")}</p>
      <p class="buttons">
        <button type="button" class="primary" disabled={isBusy.value} onClick={() => void run()}>
          <Sign name="download" size={16} /> {t(isBusy.value ? "working" : "export")}
        </button>
      </p>
    </section>
  );
}

function Import() {
  const field = useRef<HTMLInputElement>(null);
  const isBusy = useSignal(false);
  async function run(file: File): Promise<void> {
    isBusy.value = true;
    try {
      const response = await fetch("/v1/import", {
        method: "POST",
        headers: { Authorization: `Bearer ${token.value}`, "Content-Type": "application/zip" },
        body: file,
      });
      const answer = (await response.json().catch(() => ({}))) as { message?: string };
      notify(
        response.ok ? t("imported") : (answer.message ?? response.statusText),
        response.ok ? "good" : "bad",
      );
    } catch (failure) {
      notify(explain(failure), "bad");
    }
    isBusy.value = false;
    // The same file chosen again is news only to an empty field.
    if (field.current) field.current.value = "";
  }
  return (
    <section class="card form">
      <h2>{t("import")}</h2>
      <p class="hint">{t("import_about", { name: me.value?.name ?? "" })}</p>
      <input
        ref={field}
        type="file"
        accept=".zip,application/zip"
        hidden
        aria-label={t("import")}
        onChange={event => {
          const file = event.currentTarget.files?.[0];
          if (file) void run(file);
        }}
      />
      <p class="buttons">
        <button type="button" class="plain" disabled={isBusy.value} onClick={() => field.current?.click()}>
          {t(isBusy.value ? "working" : "choose_archive")}
        </button>
      </p>
    </section>
  );
}
