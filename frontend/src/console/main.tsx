/** Starts the console: words, colours, then the screen for whoever is or is not signed in. */
import { render } from "preact";
import "./console.css";
import { matchLocale, setWords, type Words } from "../shared/i18n";
import { App } from "./App";
import { token } from "./api";
import { attempt } from "./notices";
import { paint } from "./preferences";
import { learnRefusals } from "./refusals";
import { start } from "./session";

const LANGUAGE = "fastdesk:language";

export async function speak(tag: string): Promise<void> {
  localStorage.setItem(LANGUAGE, tag);
  const locale = matchLocale([tag]);
  const table = (await (await fetch(`/assets/console/locales/${locale}.json`)).json()) as Words;
  setWords(tag, table);
  document.documentElement.lang = tag;
  void learnRefusals();
}

paint();
await speak(localStorage.getItem(LANGUAGE) ?? navigator.language);
render(<App />, document.body);
if (token.value) void attempt(start);
