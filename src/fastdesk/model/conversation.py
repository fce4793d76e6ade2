"""A conversation as it stands now; its history is the event stream."""

from typing import Any, Literal, get_args

from msgspec import Struct

from fastdesk.model.ids import AgentId, ConversationId, SiteId, TeamId, TenantId, VisitorId

__all__ = ["CLOSED_STATES", "HANDOFF_CODES", "Conversation", "HandoffCode", "Priority", "State"]

State = Literal["open", "pending", "snoozed", "resolved"]
Priority = Literal["low", "normal", "high", "urgent"]

#: Why a conversation came to people: the visitor's wish, the assistant's act or doubt, questions without an answer, a late
#: model, an empty budget, the word filter, a rule, a flow, another program, a message
#: left while nobody was there.
HandoffCode = Literal[
    "",
    "visitor",
    "model",
    "not_sure",
    "missed",
    "late",
    "budget",
    "blocked",
    "rule",
    "flow",
    "program",
    "offline",
]
HANDOFF_CODES: frozenset[str] = frozenset(get_args(HandoffCode))

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
    #: When the assignee got it, and whether a person decided that: the desk leaves such a decision alone.
    assigned_at: int = 0
    by_hand: bool = False
    team: TeamId | None = None
    #: What whoever answers must be able to do, beside what the site asks.
    skills: tuple[str, ...] = ()
    priority: Priority = "normal"
    labels: tuple[str, ...] = ()
    #: Agents who are mentioned in its notes.
    mentioned: tuple[AgentId, ...] = ()
    language: str = ""
    channel: str = "widget"
    opened_at: int = 0
    updated_at: int = 0
    queued_at: int = 0
    #: When people were wanted first, since it was opened or last resolved.
    wanted_at: int = 0
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
    #: Why it came to people: in words, and typed.
    handoff: str = ""
    handoff_code: HandoffCode = ""
    #: Highest seq at the last resolution: what was said up to there is nothing to the bot.
    bot_from: int = 0
    #: Response targets that are close or missed, such as "first:warn" and "resolve:breach".
    late: tuple[str, ...] = ()
