import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatDay, t } from "../../shared/i18n";
import { getOr } from "../api";
import { may } from "../colleagues";
import { href } from "../route";
import { Empty } from "../ui/Empty";

interface Question {
  question: string;
  times: number;
  at: number;
  conversation: string;
}

/** What visitors asked and nobody knew: what the knowledge base should learn next. */
export function Unanswered({ period }: { period: string }) {
  const found = useSignal<Question[] | null>(null);
  useEffect(() => {
    void getOr<Question[]>(`/v1/reports/unanswered?${period}`, []).then(questions => {
      found.value = questions;
    });
  }, [period]);
  if (found.value?.length === 0) return <Empty icon="check" text={t("all_answered")} />;
  return (
    <div class="sheet" tabIndex={0}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t("question")}</th>
            <th scope="col" class="number">
              {t("times")}
            </th>
            <th scope="col">{t("last_asked")}</th>
            <th scope="col">
              <span class="unseen">{t("actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {found.value?.map(each => (
            <tr key={`${each.conversation} ${each.question}`}>
              <td>{each.question}</td>
              <td class="number">{each.times}</td>
              <td>{formatDay(each.at, Date.now())}</td>
              <td class="cell-do">
                <a class="link" href={href("inbox", each.conversation)}>
                  {t("open_conversation")}
                </a>{" "}
                {may("knowledge.write") && (
                  <a class="link" href={href("settings", "articles", "+")}>
                    {t("write_article")}
                  </a>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
