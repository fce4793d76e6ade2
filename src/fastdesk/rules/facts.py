"""What is known when an event reaches the rules, and the names under which rules may use it."""

from typing import Any

from fastdesk.model.conversation import Conversation
from fastdesk.model.rule import Trigger
from fastdesk.model.template import step_into
from fastdesk.model.visitor import Visitor

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


class Facts:
    """Hold one event and what surrounds it; never changed. Times are milliseconds; an empty value means unknown.

    Args:
        open: whether the site's business hours are on now.
        visitor: the visitor, or values under the names of `VISITOR_NAMES` with the page's own under `fields`.
        identity: what the verified session says, None for everybody else: a value that a page or a visitor claims
            never comes here.
        conversation: what `conversation.*` names, where the event has one.
        counts: messages so far by who wrote them: visitor, agent, bot.
        fired: rules that have fired in this conversation and fire only once.
        idle_ms, last_idle_ms: with `on="idle"`, how long nobody wrote, now and when the rules were last asked.
        last_ms: with `on="schedule"`, when the rules were last asked.
        cause: rules whose effects led to this event.
        values: more values by their full path, such as `status.from`.
    """

    __slots__ = (
        "agent", "cause", "conversation", "counts", "fired", "identity", "idle_ms", "intent", "labels", "language",
        "last_idle_ms", "last_ms", "now_ms", "on", "open", "site", "site_name", "state", "text", "values", "visitor",
    )  # fmt: skip

    def __init__(
        self,
        *,
        on: Trigger = "message",
        text: str = "",
        now_ms: int = 0,
        site: str = "",
        site_name: str = "",
        language: str = "",
        open: bool = True,
        visitor: Visitor | dict[str, Any] | None = None,
        identity: str | None = None,
        agent: str = "",
        state: str = "",
        labels: tuple[str, ...] = (),
        conversation: Conversation | None = None,
        counts: dict[str, int] | None = None,
        fired: tuple[str, ...] = (),
        intent: tuple[str, float] | None = None,
        idle_ms: int = 0,
        last_idle_ms: int = 0,
        last_ms: int = 0,
        cause: tuple[str, ...] = (),
        values: dict[str, Any] | None = None,
    ) -> None:
        self.on = on
        self.text = text
        self.now_ms = now_ms
        self.site = site
        self.site_name = site_name
        self.language = language
        self.open = open
        self.visitor = visitor
        self.identity = identity
        self.agent = agent
        self.state = state
        self.labels = labels
        self.conversation = conversation
        self.counts = counts
        self.fired = fired
        self.intent = intent
        self.idle_ms = idle_ms
        self.last_idle_ms = last_idle_ms
        self.last_ms = last_ms
        self.cause = cause
        self.values = values

    def look_up(self, path: str) -> object:
        """Give the value at a dotted path, None when there is none."""
        if self.values is not None and path in self.values:
            return self.values[path]
        head, _, rest = path.partition(".")
        if head == "visitor":
            return self._visitor(rest)
        if head == "counts":
            return self.counts.get(rest, 0) if self.counts is not None else 0
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
        known = _known(self.visitor) if isinstance(self.visitor, Visitor) else self.visitor
        return step_into(known, name)

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


def _known(visitor: Visitor) -> dict[str, Any]:
    """Return what rules may know of a visitor; made only when a rule asks for it."""
    known: dict[str, Any] = {
        "id": visitor.id,
        "name": visitor.name,
        "email": visitor.email,
        "phone": visitor.phone,
        "fields": visitor.fields,
    }
    if visitor.trail:
        page = visitor.trail[-1]
        known |= {"page": page.url, "title": page.title, "referrer": visitor.referrer}
    return known
