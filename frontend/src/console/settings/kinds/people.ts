import type { Kind } from "./kind";

const ROLES = ["viewer", "agent", "admin", "owner"] as const;

export const agents: Kind = {
  name: "agents",
  icon: "person",
  read: "agent.read",
  write: "agent.write",
  patches: true,
  stays: true,
  fresh: () => ({ email: "", name: "", role: "agent", password: "" }),
  about: record => String(record.email ?? ""),
  sections: [
    {
      fields: [
        { name: "name", type: "text", required: true, half: true },
        { name: "email", type: "text", required: true, fixed: true, half: true },
        {
          name: "role",
          type: "choice",
          options: ROLES,
          words: "role",
          required: true,
          half: true,
          hint: "h.role",
        },
        {
          name: "password",
          type: "secret",
          required: true,
          half: true,
          when: record => !record.id,
          hint: "h.password",
        },
        { name: "enabled", type: "switch", when: record => !!record.id },
      ],
    },
    {
      title: "s.work",
      fields: [
        { name: "teams", type: "picks", kind: "teams", when: record => !!record.id },
        {
          name: "capacity",
          type: "number",
          least: 0,
          most: 1000,
          half: true,
          hint: "h.capacity",
          when: record => !!record.id,
        },
        { name: "skills", type: "lines", half: true, when: record => !!record.id },
        { name: "languages", type: "lines", half: true, when: record => !!record.id },
      ],
    },
  ],
};

export const teams: Kind = {
  name: "teams",
  icon: "people",
  read: "site.read",
  write: "site.write",
  fresh: () => ({ id: "", name: "", assignment: "default" }),
  about: record => String(record.id),
  sections: [
    {
      fields: [
        { name: "name", type: "text", required: true, half: true },
        { name: "id", type: "text", required: true, fixed: true, half: true },
        {
          name: "assignment",
          type: "choice",
          options: ["default", "least_busy", "round_robin", "manual"],
          words: "order",
          half: true,
        },
        { name: "hours", type: "pick", kind: "hours", half: true },
      ],
    },
  ],
};

export const keys: Kind = {
  name: "keys",
  icon: "key",
  read: "key.write",
  write: "key.write",
  fresh: () => ({ name: "", scopes: ["conversation.read"], days: 0 }),
  about: record => `${record.hint ?? ""}… · ${((record.scopes as string[]) ?? []).length}`,
  sections: [
    {
      fields: [
        { name: "name", type: "text", required: true, half: true, fixed: true },
        {
          name: "days",
          type: "number",
          least: 0,
          most: 3650,
          half: true,
          hint: "h.days",
          when: record => !record.id,
        },
        {
          name: "scopes",
          type: "choices",
          words: "scope",
          options: [
            "conversation.read",
            "conversation.write",
            "visitor.read",
            "visitor.write",
            "canned.read",
            "canned.write",
            "knowledge.read",
            "knowledge.write",
            "report.read",
            "site.read",
            "site.write",
            "agent.read",
            "agent.write",
            "webhook.write",
            "settings.write",
            "audit.read",
            "export.run",
            "bot.speak",
            "operate",
          ],
        },
      ],
    },
  ],
};

export const blocks: Kind = {
  name: "blocks",
  icon: "ban",
  read: "visitor.read",
  write: "visitor.write",
  fresh: () => ({ address: "", until: 0, reason: "" }),
  about: record =>
    [record.reason, record.until ? new Date(Number(record.until)).toLocaleString() : "∞"]
      .filter(Boolean)
      .join(" · "),
  title: record => String(record.address || record.visitor),
  sections: [
    {
      fields: [
        { name: "address", type: "text", half: true, hint: "h.range" },
        { name: "visitor", type: "text", half: true, hint: "h.visitor" },
        { name: "until", type: "moment", half: true, hint: "h.until" },
        { name: "reason", type: "text", half: true },
      ],
    },
  ],
};
