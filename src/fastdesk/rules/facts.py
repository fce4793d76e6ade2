"""What is known when an event reaches the rules, and the names under which rules may use it."""

from typing import Any

import msgspec

from fastdesk.model.conversation import Conversation
from fastdesk.model.rule import Trigger
from fastdesk.model.template import step_into

__all__ = ["Facts", "known_path"]

VISITOR_NAMES = (
    "id",
    "name",
    "email",
    "phone",
    "language",
    "page",
    "referrer",
    "title",
    "identity",
    "verified",
)
PATHS = (
    "text",
    "language",
    *(f"visitor.{name}" for name in VISITOR_NAMES),
    "site.id",
    "site.name",
    "agent.name",
    "conversation.id",
    "conversation.state",
    "conversation.mode",
    "conversation.priority",
    "conversation.labels",
    "conversation.channel",
    "conversation.team",
    "conversation.assignee",
    "conversation.rating",
    "conversation.waiting",
    "status.from",
    "status.to",
    "assignment.agent",
    "assignment.team",
    "target.id",
    "target.answer",
    "target.state",
    "idle.by",
    "idle.minutes",
    "intent.name",
    "intent.score",
    "counts.visitor",
    "counts.agent",
    "counts.bot",
)
"""Every fixed name. Beside them: `visitor.fields.*`, `match.N`, and what an http action saves."""


def known_path(path: str) -> bool:
    """Say whether a path can ever have a value, http answers and `match.N` apart."""
    return path in PATHS or (path.startswith("visitor.fields.") and len(path) > len("visitor.fields."))


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Hold one event and what surrounds it. Times are milliseconds; an empty value means unknown.

    `visitor` has the names of `VISITOR_NAMES` at its top and the page's own under `fields`. `identity` is
    what the verified session says and None for everybody else: a value that a page or a visitor claims never
    comes here.
    """

    on: Trigger = "message"
    text: str = ""
    now_ms: int = 0
    site: str = ""
    site_name: str = ""
    language: str = ""
    #: Whether the site's business hours are on now.
    open: bool = True
    visitor: dict[str, Any] = {}
    identity: str | None = None
    agent: str = ""
    state: str = ""
    labels: tuple[str, ...] = ()
    #: What `conversation.*` names, where the event has one.
    conversation: Conversation | None = None
    #: Messages so far by who wrote them: visitor, agent, bot.
    counts: dict[str, int] = {}
    #: Rules that have fired in this conversation and fire only once.
    fired: tuple[str, ...] = ()
    intent: tuple[str, float] | None = None
    #: With `on="idle"`: how long nobody wrote, now and when the rules were last asked.
    idle_ms: int = 0
    last_idle_ms: int = 0
    #: With `on="schedule"`: when the rules were last asked.
    last_ms: int = 0
    #: Rules whose effects led to this event.
    cause: tuple[str, ...] = ()
    #: More values by their full path, such as `status.from`.
    values: dict[str, Any] = {}

    def look_up(self, path: str) -> object:
        """Give the value at a dotted path, None when there is none."""
        if path in self.values:
            return self.values[path]
        head, _, rest = path.partition(".")
        if head == "visitor":
            return self._visitor(rest)
        if head == "counts":
            return self.counts.get(rest, 0)
        if head == "conversation" and self.conversation is not None:
            return self._conversation(self.conversation, rest)
        return self._fixed(path)

    def _conversation(self, conversation: Conversation, name: str) -> object:
        if name == "waiting":
            return conversation.mode == "queued"
        return getattr(conversation, name) if f"conversation.{name}" in PATHS else None

    def _visitor(self, name: str) -> object:
        if name == "identity":
            return self.identity
        if name == "verified":
            return self.identity is not None
        if name == "language":
            return self.language or None
        return step_into(self.visitor, name)

    def _fixed(self, path: str) -> object:
        match path:
            case "text":
                return self.text
            case "language":
                return self.language or None
            case "site.id":
                return self.site
            case "site.name":
                return self.site_name
            case "agent.name":
                return self.agent or None
            case "conversation.state":
                return self.state
            case "conversation.labels":
                return self.labels
            case "idle.minutes":
                return self.idle_ms // 60_000
            case "intent.name":
                return self.intent[0] if self.intent else None
            case "intent.score":
                return self.intent[1] if self.intent else None
            case _:
                return None
