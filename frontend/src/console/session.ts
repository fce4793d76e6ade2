/** Beginning and end of an agent's work: sign in, take everything up, sign out. */

import { listenForAlerts } from "./alerts";
import { ask, learnOffers, setToken, token } from "./api";
import { loadColleagues, loadStandings, me } from "./colleagues";
import { loadLists, loadViews, openId } from "./conversations";
import { connect, disconnect } from "./line";
import { loadPhrases } from "./phrases";
import { forgetRows } from "./rows";

/** Take up work: who am I, what is there, and hear what happens from now on. */
export async function start(): Promise<void> {
  await loadColleagues();
  listenForAlerts();
  connect(signOut);
  void learnOffers().then(() => Promise.all([loadStandings(), loadViews(), loadPhrases()]));
  await loadLists();
}

export function signOut(): void {
  if (token.value) void ask("POST", "/v1/logout").catch(() => undefined);
  disconnect();
  me.value = null;
  openId.value = "";
  forgetRows();
  setToken("");
}
