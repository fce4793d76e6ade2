/** Every kind of record that the settings keep, in the groups of the side bar. */
import type { SignName } from "../../ui/Sign";
import { forms, hours, invitations, sites, webhooks } from "./channels";
import { flows } from "./flows";
import type { Kind } from "./kind";
import { articles, canned, words } from "./knowledge";
import { agents, blocks, keys, teams } from "./people";
import { rules } from "./rules";
import { macros, targets } from "./work";

/** Pages that are no list of records. */
export const PAGES = {
  account: { icon: "person", needs: "" },
  assistant: { icon: "spark", needs: "settings.write" },
  signins: { icon: "shield", needs: "" },
  audit: { icon: "list", needs: "audit.read" },
  data: { icon: "archive", needs: "settings.write" },
} as const satisfies Record<string, { icon: SignName; needs: string }>;

export type PageName = keyof typeof PAGES;

export const GROUPS: { title: string; kinds: readonly Kind[]; pages: readonly PageName[] }[] = [
  { title: "g.channels", kinds: [sites, hours, forms, invitations], pages: [] },
  { title: "g.answers", kinds: [articles, rules, flows, words], pages: ["assistant"] },
  { title: "g.people", kinds: [agents, teams, canned, macros, targets], pages: [] },
  { title: "g.safety", kinds: [blocks, keys], pages: ["signins", "audit"] },
  { title: "g.system", kinds: [webhooks], pages: ["data", "account"] },
];

export const KINDS: readonly Kind[] = GROUPS.flatMap(group => group.kinds);
