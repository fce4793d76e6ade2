"""One table: which action needs which permission, and which role has it. Routes and frames name a permission, no more."""

from typing import Final

from fastdesk.model.identity import AgentRole, Principal

__all__ = ["AUDITED", "PERMISSIONS", "ROLES", "may", "permissions_of"]

ROLES: Final[tuple[AgentRole, ...]] = ("viewer", "agent", "admin", "owner")

#: Permission → lowest role that has it, and what it allows.
PERMISSIONS: Final[dict[str, tuple[AgentRole, str]]] = {
    "conversation.read": ("viewer", "Read conversations and lists"),
    "conversation.write": ("agent", "Answer, note, take, assign, resolve"),
    "conversation.supervise": ("admin", "Watch, whisper and take over any conversation"),
    "visitor.read": ("viewer", "Read visitors and contacts"),
    "visitor.write": ("agent", "Change, merge and block visitors"),
    "visitor.unmasked": ("agent", "See phone numbers, mail addresses and card numbers unmasked"),
    "visitor.erase": ("admin", "Erase a person everywhere"),
    "canned.read": ("viewer", "Read canned replies and macros"),
    "canned.write": ("agent", "Change canned replies and macros"),
    "knowledge.read": ("viewer", "Read articles, rules, flows and word lists"),
    "knowledge.write": ("admin", "Change articles, rules, flows and word lists"),
    "report.read": ("viewer", "Read reports"),
    "site.read": ("viewer", "Read sites, teams and hours"),
    "site.write": ("admin", "Change sites, teams and hours"),
    "agent.read": ("viewer", "Read agents"),
    "agent.write": ("admin", "Change agents, roles and sign-ins"),
    "key.write": ("admin", "Make and revoke API keys"),
    "webhook.write": ("admin", "Change webhooks and read their deliveries"),
    "settings.write": ("admin", "Change settings, models and budgets"),
    "audit.read": ("admin", "Read the audit log"),
    "export.run": ("owner", "Export and import everything"),
    "bot.speak": ("owner", "Speak as a bot through the API"),
    "operate": ("admin", "See the live operations page"),
}

#: What is done with these stands in the audit log; the work on conversations has a history of its own.
AUDITED: Final = frozenset(
    name
    for name in PERMISSIONS
    if not name.endswith(".read") and name.partition(".")[0] not in ("conversation", "bot")
)

_BY_ROLE: Final = {
    role: frozenset(name for name, (lowest, _) in PERMISSIONS.items() if ROLES.index(lowest) <= rank)
    for rank, role in enumerate(ROLES)
}


def permissions_of(role: AgentRole) -> frozenset[str]:
    """Return what `role` may do."""
    return _BY_ROLE[role]


def may(principal: Principal, permission: str) -> bool:
    """Tell whether an agent or key may do what `permission` names; visitors never may."""
    return permission in principal.permissions
