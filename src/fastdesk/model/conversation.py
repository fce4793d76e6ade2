"""A conversation as it stands now; its history is the event stream."""

from typing import Any, Literal

from msgspec import Struct

from fastdesk.model.ids import AgentId, ConversationId, SiteId, TeamId, TenantId, VisitorId

__all__ = ["CLOSED_STATES", "Conversation", "Priority", "State"]

State = Literal["open", "pending", "snoozed", "resolved"]
Priority = Literal["low", "normal", "high", "urgent"]

CLOSED_STATES = frozenset({"resolved"})


class Conversation(Struct, frozen=True, kw_only=True):
    """One talk between a visitor and the desk. Times are wall-clock milliseconds, 0 means "never"."""

    id: ConversationId
    tenant: TenantId
    site: SiteId
    visitor: VisitorId
    state: State = "open"
    #: Who answers: the bot until a person is wanted ("queued") or has answered ("human").
    mode: Literal["bot", "queued", "human"] = "bot"
    assignee: AgentId | None = None
    team: TeamId | None = None
    priority: Priority = "normal"
    labels: tuple[str, ...] = ()
    language: str = ""
    channel: str = "widget"
    opened_at: int = 0
    updated_at: int = 0
    queued_at: int = 0
    first_reply_at: int = 0
    resolved_at: int = 0
    snoozed_until: int = 0
    #: Highest seq that the visitor, or any agent, has seen.
    visitor_read: int = 0
    agent_read: int = 0
    rating: int = 0
    #: How often the fallback text has been given since the last human or rule answer.
    misses: int = 0
    #: The running dialogue flow, as its own room encodes it.
    flow: bytes | None = None
    #: Rules that fire only once and have fired here.
    fired: tuple[str, ...] = ()
    fields: dict[str, Any] = {}
    handoff: str = ""
