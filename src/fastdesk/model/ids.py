"""Names of things, so that no naked `str` crosses a room."""

import re
from typing import Final, NewType

__all__ = ["AgentId", "ConversationId", "SiteId", "TeamId", "TenantId", "VisitorId", "is_id"]

TenantId = NewType("TenantId", str)
SiteId = NewType("SiteId", str)
VisitorId = NewType("VisitorId", str)
AgentId = NewType("AgentId", str)
TeamId = NewType("TeamId", str)
ConversationId = NewType("ConversationId", str)


def is_id(text: object) -> bool:
    """Tell whether this may name a record: 1 to 64 characters of A-Z, a-z, 0-9, _, . and -."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
