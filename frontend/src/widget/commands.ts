/** The commands of the host page that concern the chat itself. What it sends is checked, for any script may call it. */
import type { Chat } from "./chat";
import type { Identity } from "./desk";

interface Stage {
  setLocale: (tag: string) => void;
  setTheme: (theme: Record<string, string>) => void;
}

export function obey(chat: Chat, [name, ...given]: [string, ...unknown[]], stage: Stage): void {
  const [first, second] = given;
  switch (name) {
    case "identify":
      identify(chat, record(first));
      break;
    case "logout":
      chat.logout();
      break;
    case "track":
      if (typeof first === "string") chat.desk.tell({ t: "track", name: first, props: record(second) });
      break;
    case "message":
      if (typeof first !== "string" || !first.trim()) break;
      if (record(second).send) chat.send(first.trim());
      else chat.draft.value = first;
      break;
    case "locale":
      if (typeof first === "string") stage.setLocale(first);
      break;
    case "theme":
      stage.setTheme(typeof first === "string" ? { mode: first } : strings(record(first)));
      break;
    case "consent":
      chat.desk.consent(first === true);
      break;
    case "fields":
      chat.fields = { ...chat.fields, ...record(first) };
      break;
  }
}

/** `identify({id, name, email, hash | jwt, attrs})`, names as in other desks so that moving here is easy. */
function identify(chat: Chat, given: Record<string, unknown>): void {
  const { id, name, email, attrs, hash, jwt } = given;
  chat.known.value = { ...chat.known.value, ...strings({ name, email }) };
  const signature = jwt ?? hash;
  if (!signature) {
    // Without a signature it is what the page says, no proof of who somebody is.
    chat.fields = { ...chat.fields, ...record(attrs), ...strings({ name, email }) };
    return;
  }
  const identity: Identity = {
    id: String(id ?? ""),
    ...strings({ name, email }),
    attrs: record(attrs),
  };
  chat.desk.identify(identity, String(signature)).catch(() => {});
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function strings(value: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(value).filter(entry => typeof entry[1] === "string")) as Record<
    string,
    string
  >;
}
