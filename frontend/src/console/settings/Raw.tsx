import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../shared/i18n";
import { ask, offers } from "../api";
import { explain } from "../notices";
import { Sign } from "../ui/Sign";
import type { Plain } from "./form/field";
import type { Kind } from "./kinds/kind";
import { toYaml } from "./yaml";

interface Fault {
  message: string;
  hint?: string;
  line?: number;
}

interface Checked {
  good: boolean;
  problems: Fault[];
  records: Plain[];
}

interface RawProps {
  kind: Kind;
  record: Plain;
  canWrite: boolean;
  problem: string;
  onSave: (record: Plain) => Promise<void>;
}

const CHECK_AFTER_MS = 500;

/** A record as text, YAML or JSON: the desk checks it while it is written, and says in which line something is wrong. */
export function Raw({ kind, record, canWrite, problem, onSave }: RawProps) {
  const text = useSignal(toYaml(kind.wrap === "list" ? [forPeople(record)] : forPeople(record)));
  const checked = useSignal<Checked | null>(null);
  const refusal = useSignal("");
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const canCheck = offers(`POST ${kind.check}`);
  async function check(): Promise<Checked | null> {
    refusal.value = "";
    const source = text.value;
    try {
      const answer = await ask<Checked>("POST", kind.check ?? "", source);
      if (source === text.value) checked.value = answer;
      return answer;
    } catch (failure) {
      refusal.value = explain(failure);
      return null;
    }
  }
  useEffect(() => {
    if (!canCheck) return;
    const timer = setTimeout(() => void check(), CHECK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text.value]);
  async function save(): Promise<void> {
    const found = (await check())?.records[0];
    if (found) await onSave(found);
  }
  function goTo(line: number): void {
    const field = area.current;
    if (!field || !line) return;
    const start =
      text.value
        .split("\n")
        .slice(0, line - 1)
        .join("\n").length + (line > 1 ? 1 : 0);
    const end = text.value.indexOf("\n", start);
    field.focus();
    field.setSelectionRange(start, end < 0 ? text.value.length : end);
  }
  const lines = text.value.split("\n").length;
  const wrong = new Set(checked.value?.problems.map(each => each.line));
  return (
    <div class="raw">
      <div class="raw-verdict" role="status">
        {checked.value?.good && (
          <p class="good">
            <Sign name="check" size={16} /> {t("check_good")}
          </p>
        )}
        {checked.value?.problems.map(each => (
          <button
            type="button"
            class="raw-problem"
            key={`${each.line} ${each.message}`}
            onClick={() => goTo(each.line ?? 0)}
          >
            <b>{each.line ? t("line_n", { n: each.line }) : t("problem")}</b>
            <span>
              {each.message}
              {each.hint && <small>{each.hint}</small>}
            </span>
          </button>
        ))}
        {(refusal.value || problem) && <p class="problem">{refusal.value || problem}</p>}
        {!canCheck && <p class="hint">{t("no_check")}</p>}
      </div>
      <div class="raw-box">
        <div class="raw-lines" ref={gutter} aria-hidden="true">
          {Array.from({ length: lines }, (_, n) => (
            <span key={n} data-wrong={wrong.has(n + 1) ? "yes" : undefined}>
              {n + 1}
            </span>
          ))}
        </div>
        <textarea
          ref={area}
          class="mono"
          rows={Math.min(34, Math.max(14, lines + 1))}
          wrap="off"
          spellcheck={false}
          aria-label={t("tab.raw")}
          readOnly={!canWrite}
          value={text.value}
          onInput={event => (text.value = event.currentTarget.value)}
          onScroll={event => {
            if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
          }}
        />
      </div>
      {canWrite && canCheck && (
        <p class="buttons">
          <button type="button" class="primary" disabled={!checked.value?.good} onClick={() => void save()}>
            {t("save")}
          </button>
        </p>
      )}
    </div>
  );
}

/** Without what the desk keeps by itself and what is empty. */
function forPeople(record: Plain): Plain {
  const kept = Object.entries(record).filter(
    ([name, value]) =>
      name !== "version" && value !== null && value !== "" && !(Array.isArray(value) && !value.length),
  );
  return Object.fromEntries(kept.filter(([, value]) => JSON.stringify(value) !== "{}"));
}
