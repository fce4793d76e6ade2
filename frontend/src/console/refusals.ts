/**
 * The desk refuses in English, for programs too; people read it in their language. The tables hold a sentence of each: `{0}` and the
 * like stand for what differs. A sentence that no table holds stands in brackets behind what its code says in general.
 */
import { languageTag, matchLocale } from "../shared/i18n";

type Sentences = Record<string, string>;

interface Pattern {
  fits: RegExp;
  said: string;
}

let exact: Sentences = {};
let patterns: readonly Pattern[] = [];

/** Read the table of a language; English needs none. */
export async function learnRefusals(): Promise<void> {
  const locale = matchLocale([languageTag.value]);
  if (locale === "en") setRefusals({});
  else
    setRefusals((await (await fetch(`/assets/console/locales/refusals.${locale}.json`)).json()) as Sentences);
}

export function setRefusals(sentences: Sentences): void {
  exact = sentences;
  patterns = Object.entries(sentences)
    .filter(([sentence]) => sentence.includes("{0}"))
    // A sentence that begins with what differs fits nearly everything: it is asked last.
    .sort(([a], [b]) => Number(a.startsWith("{")) - Number(b.startsWith("{")))
    .map(([sentence, said]) => ({ fits: patternOf(sentence), said }));
}

function patternOf(sentence: string): RegExp {
  const fixed = sentence.split(/\{\d\}/).map(part => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${fixed.join("(.+?)")}$`, "s");
}

/** Say a sentence of the desk in the reader's language; as it is where nothing fits. */
export function translated(sentence: string): string {
  if (exact[sentence]) return exact[sentence];
  for (const { fits, said } of patterns) {
    const found = fits.exec(sentence);
    if (found) return said.replace(/\{(\d)\}/g, (_, n) => translated(found[Number(n) + 1] ?? ""));
  }
  return sentence;
}

/** Say a refusal: its own sentence and hint, or what its code says in general with them in brackets. */
export function explained(message: string, hint: string, title: string): string {
  const [said, advice] = [translated(message), translated(hint)];
  const isKnown = said !== message || !(title in exact);
  if (isKnown) return [said, advice].filter(Boolean).join(languageTag.value.startsWith("zh") ? "" : " ");
  return `${translated(title)}（${[message, hint].filter(Boolean).join(" ")}）`;
}
