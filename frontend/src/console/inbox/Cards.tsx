/** What plug-ins know of the visitor: orders, bills, subscriptions, from the systems where they stand. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { pick, t } from "../../shared/i18n";
import { isSafeAddress } from "../../shared/markdown/inline";
import type { SiteText } from "../../shared/wire";
import { getOr, offers } from "../api";
import { Part } from "../ui/Part";
import { SignButton } from "../ui/Sign";

interface VisitorCard {
  title: SiteText;
  state?: SiteText;
  tone?: "plain" | "good" | "warm" | "bad";
  lines?: { name: SiteText; value: SiteText }[];
  link?: string;
}

interface PluginCards {
  plugin: string;
  cards?: VisitorCard[];
  problem?: "late" | "failed";
}

export function Cards({ visitor }: { visitor: string }) {
  const found = useSignal<PluginCards[]>([]);
  async function load(): Promise<void> {
    const shown = await getOr<{ items: PluginCards[] }>(`/v1/visitors/${visitor}/cards`, { items: [] });
    found.value = shown.items;
  }
  useEffect(() => {
    found.value = [];
    if (offers("GET /v1/visitors/{}/cards")) void load();
  }, [visitor, offers("GET /v1/visitors/{}/cards")]);
  if (!found.value.length) return null;
  return (
    <Part title={t("cards")}>
      <SignButton icon="retry" class="part-button" label={t("reload")} onClick={() => void load()} />
      {found.value.map(({ plugin, cards, problem }) =>
        problem ? (
          <p class="hint" key={plugin}>
            {t(`cards.${problem}`, { plugin })}
          </p>
        ) : (
          cards?.map(card => <Card key={`${plugin} ${pick(card.title)}`} card={card} />)
        ),
      )}
    </Part>
  );
}

function Card({ card }: { card: VisitorCard }) {
  const { title, state, tone, lines, link } = card;
  return (
    <article class="visitor-card">
      <header>
        <h3>
          {link && isSafeAddress(link) ? (
            <a href={link} target="_blank" rel="noopener noreferrer">
              {pick(title)}
            </a>
          ) : (
            pick(title)
          )}
        </h3>
        {pick(state) && <i data-tone={tone}>{pick(state)}</i>}
      </header>
      <dl class="facts">
        {lines?.map(({ name, value }) => (
          <div key={pick(name)}>
            <dt>{pick(name)}</dt>
            <dd>{pick(value)}</dd>
          </div>
        ))}
      </dl>
    </article>
  );
}
