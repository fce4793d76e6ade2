"""Names of things, so that no naked `str` crosses a room."""

from typing import NewType

__all__ = ["AgentId", "ConversationId", "SiteId", "TeamId", "TenantId", "VisitorId"]

TenantId = NewType("TenantId", str)
SiteId = NewType("SiteId", str)
VisitorId = NewType("VisitorId", str)
AgentId = NewType("AgentId", str)
TeamId = NewType("TeamId", str)
ConversationId = NewType("ConversationId", str)
