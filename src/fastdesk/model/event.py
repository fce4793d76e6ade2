"""What happened, in the order it happened: the four kinds of event that the journal holds.

Every change of the desk is one event of one tenant, numbered densely by `rev`. Events are arrays in MessagePack on disk:
a new field goes to the end with a default, an old one never moves.
"""

from typing import Any, Literal

from msgspec import Struct

from fastdesk.model.conversation import Conversation
from fastdesk.model.ids import ConversationId, TenantId

__all__ = ["Changed", "Event", "Noted", "Put", "Role", "Said"]

Role = Literal["visitor", "agent", "bot", "assistant", "system"]


class Said(Struct, frozen=True, array_like=True, gc=False, tag="said"):
    """A message that visitor and agents see; the only kind that takes a `seq`."""

    tenant: TenantId
    rev: int
    at: int
    conversation: ConversationId
    seq: int
    id: str
    role: Role
    sender: str
    name: str
    kind: str
    text: str
    extra: dict[str, Any] | None = None
    sources: list[dict[str, str]] | None = None
    #: Why an automatic answer was given: handler, rule and version, rejected candidates. Agents see it, visitors don't.
    why: dict[str, Any] | None = None


class Noted(Struct, frozen=True, array_like=True, tag="noted"):
    """Something that only agents see: kind is `note`, `why`, `rating`, `spent`, `summary` …; `body` is its own record."""

    tenant: TenantId
    rev: int
    at: int
    conversation: ConversationId
    id: str
    kind: str
    actor: str
    text: str
    body: dict[str, Any] | None = None


class Changed(Struct, frozen=True, array_like=True, tag="changed"):
    """A conversation was opened or changed; carries it whole as it stands after the change."""

    tenant: TenantId
    rev: int
    at: int
    conversation: Conversation
    what: tuple[str, ...]
    actor: str
    reason: str = ""


class Put(Struct, frozen=True, array_like=True, tag="put"):
    """A record (site, agent, rule, visitor …) was written, or removed when `body` is None.

    `body` is JSON text. These events are the audit trail, too.
    """

    tenant: TenantId
    rev: int
    at: int
    kind: str
    id: str
    body: bytes | None
    actor: str
    reason: str = ""


Event = Said | Noted | Changed | Put
