import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatDay, t } from "../../../shared/i18n";
import { Markdown } from "../../../shared/markdown/Markdown";
import { ask, getOr, offers } from "../../api";
import { attempt } from "../../notices";
import type { Plain } from "../form/field";
import type { AsideProps } from "../kinds/kind";
import { TryQuestion } from "./TryQuestion";

/** Try a question, see the article as visitors do, and go back to an earlier revision. */
export function ArticleAside({ record, isNew, onChange }: AsideProps) {
  return (
    <>
      <TryQuestion />
      <details class="aside-part" open>
        <summary>{t("preview")}</summary>
        <div class="said article">
          {!String(record.body ?? "").startsWith("#") && <h2>{String(record.title ?? "")}</h2>}
          <Markdown text={String(record.body ?? "")} />
        </div>
      </details>
      {!isNew && offers("GET /v1/articles/{}/revisions") && <Revisions record={record} onChange={onChange} />}
    </>
  );
}

interface RevisionLine {
  revision: number;
  title: string;
  state: string;
  updated_at: number;
  current: boolean;
}

function Revisions({ record, onChange }: { record: Plain; onChange: (record: Plain) => void }) {
  const found = useSignal<RevisionLine[]>([]);
  const path = `/v1/articles/${encodeURIComponent(String(record.id))}`;
  useEffect(() => {
    void getOr<RevisionLine[]>(`${path}/revisions`, []).then(lines => {
      found.value = lines;
    });
  }, [record.id, record.revision]);
  return (
    <details class="aside-part">
      <summary>{t("revisions")}</summary>
      <ul class="deliveries">
        {found.value.map(line => (
          <li key={line.revision}>
            <b>{line.revision}</b>
            <span>{line.title}</span>
            <small>{line.updated_at ? formatDay(line.updated_at, Date.now()) : ""}</small>
            {!line.current && (
              <button
                type="button"
                class="quiet"
                onClick={() =>
                  void attempt(async () => {
                    onChange(await ask<Plain>("POST", `${path}/restore`, { revision: line.revision }));
                  }, t("restored"))
                }
              >
                {t("restore")}
              </button>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
