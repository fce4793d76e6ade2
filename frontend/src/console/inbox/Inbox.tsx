import { openId } from "../conversations";
import { preferences } from "../preferences";
import { Context } from "./Context";
import { Lists } from "./Lists";
import { Thread } from "./Thread";

/** The daily page: lists, the open conversation, and what is known of its visitor. */
export function Inbox() {
  const hasContext = preferences.value.context && openId.value !== "";
  return (
    <main class="panes" data-context={hasContext ? "yes" : "no"}>
      <Lists />
      <Thread />
      {hasContext && <Context />}
    </main>
  );
}
