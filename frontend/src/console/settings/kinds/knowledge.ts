import { t } from "../../../shared/i18n";
import { ArticleAside } from "../asides/ArticleAside";
import { TryWords } from "../asides/TryWords";
import type { Kind } from "./kind";

export const articles: Kind = {
  name: "articles",
  icon: "book",
  read: "knowledge.read",
  write: "knowledge.write",
  fresh: () => ({ title: "", body: "", questions: [], state: "published", audience: ["everyone"] }),
  about: record =>
    [record.state === "draft" ? "✎" : "", record.language, ((record.labels as string[]) ?? []).join(", ")]
      .filter(Boolean)
      .join(" · "),
  aside: ArticleAside,
  sections: [
    {
      fields: [
        { name: "title", type: "text", required: true },
        { name: "questions", type: "lines", rows: 4, hint: "h.questions" },
        { name: "body", type: "area", rows: 14, required: true, hint: "h.markdown" },
        { name: "state", type: "choice", options: ["draft", "published"], words: "article", half: true },
        { name: "language", type: "text", half: true, placeholder: "zh-CN" },
        { name: "audience", type: "lines", half: true, hint: "h.audience" },
        { name: "labels", type: "lines", half: true },
        { name: "source", type: "text", placeholder: "https://" },
      ],
    },
  ],
};

export const words: Kind = {
  name: "words",
  icon: "shield",
  read: "knowledge.read",
  write: "knowledge.write",
  fresh: () => ({ id: "", name: "", level: "mask", sides: ["input", "output"], words: [], enabled: true }),
  about: record => `${t(`level.${record.level}`)} · ${((record.words as unknown[]) ?? []).length}`,
  aside: TryWords,
  sections: [
    {
      fields: [
        { name: "name", type: "text", half: true },
        { name: "id", type: "text", required: true, fixed: true, half: true },
        {
          name: "level",
          type: "choice",
          options: ["flag", "mask", "handoff", "block"],
          words: "level",
          half: true,
        },
        { name: "sides", type: "choices", options: ["input", "output"], words: "side_of", half: true },
        { name: "enabled", type: "switch" },
        { name: "words", type: "wordlist", hint: "h.words" },
        { name: "allow", type: "lines", hint: "h.allow" },
      ],
    },
  ],
};

export const canned: Kind = {
  name: "canned",
  icon: "slash",
  read: "canned.read",
  write: "canned.write",
  fresh: () => ({ title: "", text: "", group: "" }),
  about: record => [record.group, record.text].filter(Boolean).join(" · "),
  sections: [
    {
      fields: [
        { name: "title", type: "text", required: true, half: true, hint: "h.canned_title" },
        { name: "group", type: "text", half: true },
        { name: "text", type: "area", rows: 6, required: true, hint: "h.canned" },
        { name: "owner", type: "pick", kind: "agents", half: true, hint: "h.canned_owner" },
      ],
    },
  ],
};
