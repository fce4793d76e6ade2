"""Who speaks: the principal behind a session."""

from typing import Literal

from msgspec import Struct

from fastdesk.model.ids import SiteId, TenantId

__all__ = ["AgentRole", "Principal"]

AgentRole = Literal["owner", "admin", "agent", "viewer"]


class Principal(Struct, frozen=True, kw_only=True):
    """An authenticated visitor, agent or API key.

    `id` is the visitor's, agent's or key's id; `site` stands for visitors only; `permissions` is empty for visitors;
    `token` is the id of the agent's sign-in or key, by which it can be revoked.
    """

    kind: Literal["visitor", "agent", "key"]
    tenant: TenantId
    id: str
    name: str = ""
    site: SiteId | None = None
    role: AgentRole | None = None
    permissions: frozenset[str] = frozenset()
    token: str = ""
    expires_at: int = 0
