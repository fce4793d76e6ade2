import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../../shared/i18n";
import { ask, get } from "../api";
import { attempt } from "../notices";

/** Kinds of record that share one editor: a list beside the record as JSON, checked by the desk when it is saved. */
const KINDS = [
  "sites",
  "rules",
  "flows",
  "articles",
  "words",
  "teams",
  "canned",
  "webhooks",
  "agents",
  "keys",
] as const;
type KindName = (typeof KINDS)[number];

const EXAMPLES: Partial<Record<KindName, unknown>> = {
  sites: { id: "shop", name: "My shop", origins: ["https://shop.example"] },
  rules: {
    id: "hours",
    contains: ["几点", "opening hours"],
    reply: { zh: "我们 9:00–18:00 在线。", en: "We are here from 9 to 18." },
  },
  articles: {
    title: "怎么退款",
    body: "七天内可以退款。",
    questions: ["如何退款", "我要退款"],
    state: "published",
  },
  words: { id: "ads", level: "mask", words: ["加微信"] },
  canned: { title: "hello", text: "您好 {{visitor.name}}，我是 {{agent.name}}。" },
  webhooks: { url: "https://example.com/hook", events: ["message", "conversation"] },
  agents: { email: "li@example.com", name: "Li", password: "", role: "agent" },
  keys: { name: "import", scopes: ["conversation.read"] },
};

const kind = signal<KindName>("sites");
type Item = Record<string, unknown> & { id: string };

export default function Settings() {
  const items = useSignal<Item[]>([]);
  const text = useSignal("");
  const chosen = useSignal("");
  const shownOnce = useSignal("");
  async function load(): Promise<void> {
    items.value = await get<Item[]>(`/v1/${kind.value}`).catch(() => []);
  }
  useEffect(() => {
    chosen.value = "";
    text.value = "";
    shownOnce.value = "";
    void load();
  }, [kind.value]);
  function choose(item: Item | null): void {
    chosen.value = item?.id ?? "";
    text.value = JSON.stringify(item ?? EXAMPLES[kind.value] ?? {}, null, 2);
  }
  async function save(): Promise<void> {
    await attempt(async () => {
      const body: unknown = JSON.parse(text.value);
      const path = `/v1/${kind.value}${chosen.value ? `/${encodeURIComponent(chosen.value)}` : ""}`;
      const saved = await ask<Item & { key?: string }>(
        chosen.value ? (kind.value === "agents" ? "PATCH" : "PUT") : "POST",
        path,
        body,
      );
      if (saved.key) shownOnce.value = saved.key;
      await load();
      choose(items.value.find(item => item.id === saved.id) ?? null);
    });
  }
  async function remove(): Promise<void> {
    await attempt(() => ask("DELETE", `/v1/${kind.value}/${encodeURIComponent(chosen.value)}`));
    choose(null);
    text.value = "";
    await load();
  }
  return (
    <main class="page settings">
      <nav class="tabs" aria-label={t("settings")}>
        {KINDS.map(name => (
          <button
            type="button"
            key={name}
            aria-current={kind.value === name}
            onClick={() => (kind.value = name)}
          >
            {t(`kind.${name}`)}
          </button>
        ))}
      </nav>
      <div class="editor">
        <ul class="rows">
          <li>
            <button type="button" class="row" onClick={() => choose(null)}>
              + {t("add")}
            </button>
          </li>
          {items.value.map(item => (
            <li key={item.id}>
              <button
                type="button"
                class="row"
                aria-current={chosen.value === item.id}
                onClick={() => choose(item)}
              >
                <span class="who">{String(item.title || item.name || item.email || item.id)}</span>
                <span class="last">{item.id}</span>
              </button>
            </li>
          ))}
        </ul>
        <form
          onSubmit={event => {
            event.preventDefault();
            void save();
          }}
        >
          {kind.value === "sites" && chosen.value && (
            <p class="snippet">
              <code>{`<script async src="${location.origin}/widget.js" data-site="${chosen.value}"></script>`}</code>
            </p>
          )}
          {shownOnce.value && (
            <p class="snippet" role="status">
              {t("shown_once")} <code>{shownOnce.value}</code>
            </p>
          )}
          <textarea
            rows={24}
            spellcheck={false}
            aria-label={t(`kind.${kind.value}`)}
            value={text.value}
            onInput={event => {
              text.value = event.currentTarget.value;
            }}
          />
          <p class="buttons">
            <button type="submit" class="primary" disabled={!text.value.trim()}>
              {t("save")}
            </button>
            {chosen.value && kind.value !== "agents" && (
              <button type="button" class="danger" onClick={() => void remove()}>
                {t("remove")}
              </button>
            )}
          </p>
        </form>
      </div>
    </main>
  );
}
