import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatTime, t } from "../../shared/i18n";
import { ask, getOr, offers } from "../api";
import { may } from "../colleagues";
import { deviceName } from "../inbox/Context";
import { type PageView, personName, type Visitor } from "../model";
import { attempt } from "../notices";
import { open } from "../thread";
import { Avatar } from "../ui/Avatar";
import { Dialog } from "../ui/Dialog";
import { Empty } from "../ui/Empty";
import { Sign } from "../ui/Sign";

const READ_EVERY_MS = 4000;

/** A visitor who is on the site at this moment. */
interface Present extends Visitor {
  page?: string | PageView;
  since?: number;
  conversation?: string | null;
  agent?: string | null;
}

/** Who is on the sites now, before they write; and a word to invite them. */
export default function Visitors() {
  const present = useSignal<Present[] | null>(null);
  const invited = useSignal<Present | null>(null);
  useEffect(() => {
    const read = async () => {
      const answer = await getOr<{ items: Present[] } | Present[]>("/v1/visitors?live=1&limit=200", []);
      present.value = Array.isArray(answer) ? answer : answer.items;
    };
    void read();
    const timer = setInterval(() => document.hidden || void read(), READ_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const found = present.value;
  const canInvite = offers("POST /v1/visitors/{}/invite") && may("conversation.write");
  return (
    <main class="page" tabIndex={0}>
      <header class="page-head">
        <h1>{t("visitors_now")}</h1>
        {found && <b class="count">{found.length}</b>}
      </header>
      {found?.length === 0 && (
        <Empty icon="globe" text={t("nobody_here")}>
          <p class="hint">{t("presence_about")}</p>
        </Empty>
      )}
      {!!found?.length && (
        <div class="sheet" tabIndex={0}>
          <table class="table people-table">
            <thead>
              <tr>
                <th>{t("role.visitor")}</th>
                <th>{t("page")}</th>
                <th>{t("since")}</th>
                <th>{t("fact.referrer")}</th>
                <th>{t("fact.device")}</th>
                <th>
                  <span class="unseen">{t("actions")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {found.map(visitor => (
                <tr key={visitor.id}>
                  <td>
                    <span class="cell-who">
                      <Avatar id={visitor.id} name={personName(visitor)} size="small" presence="online" />
                      <span>
                        {personName(visitor) || t("visitor_n", { id: visitor.id.slice(-4) })}
                        <small>
                          {[visitor.place, visitor.language, visitor.address].filter(Boolean).join(" · ")}
                        </small>
                      </span>
                    </span>
                  </td>
                  <td class="cell-long">{pageOf(visitor)}</td>
                  <td class="cell-less">{sinceText(visitor)}</td>
                  <td class="cell-long cell-less">{visitor.referrer || "–"}</td>
                  <td class="cell-less">{deviceName(visitor.device) ?? "–"}</td>
                  <td class="cell-do">
                    {visitor.conversation ? (
                      <button type="button" class="plain" onClick={() => open(visitor.conversation ?? "")}>
                        {t("open_conversation")}
                      </button>
                    ) : (
                      canInvite && (
                        <button type="button" class="plain" onClick={() => (invited.value = visitor)}>
                          <Sign name="chat" size={15} /> {t("invite")}
                        </button>
                      )
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {invited.value && <Invite visitor={invited.value} onClose={() => (invited.value = null)} />}
    </main>
  );
}

function pageOf(visitor: Present): string {
  const last = visitor.trail?.[visitor.trail.length - 1];
  const page = visitor.page ?? last;
  if (!page) return "–";
  return typeof page === "string" ? page : page.title || page.url;
}

function sinceText(visitor: Present): string {
  return visitor.since ? formatTime(visitor.since) : visitor.last_seen ? formatTime(visitor.last_seen) : "–";
}

function Invite({ visitor, onClose }: { visitor: Present; onClose: () => void }) {
  const text = useSignal(t("invite_text"));
  return (
    <Dialog title={t("invite_who", { name: personName(visitor) || t("role.visitor") })} onClose={onClose}>
      <form
        class="form"
        onSubmit={async event => {
          event.preventDefault();
          const send = () => ask("POST", `/v1/visitors/${visitor.id}/invite`, { text: text.value.trim() });
          if (await attempt(send, t("invited"))) onClose();
        }}
      >
        <textarea
          rows={3}
          required
          value={text.value}
          aria-label={t("invite")}
          onInput={event => (text.value = event.currentTarget.value)}
        />
        <p class="buttons">
          <button type="submit" class="primary">
            {t("invite")}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
