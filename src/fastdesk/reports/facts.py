"""What is known of one conversation for reports: times, counts and ids, learnt event by event. No word of it."""

import re
from collections.abc import Iterator
from typing import Any, Final, Literal

from msgspec import Struct

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Noted, Said

__all__ = ["RETURN_MS", "Facts", "Outcome", "handoff_reason"]

#: A visitor who comes back sooner than this has not been helped.
RETURN_MS: Final = 24 * 3_600_000
#: From this score on a visitor was content.
GOOD_SCORE: Final = 4
BAD_SCORE: Final = 2
BEST_SCORE: Final = 5
#: A figure of a plug-in beyond this is none: sums have to fit into 64 bits.
_MOST: Final = 1 << 40

#: How a conversation that the desk answered by itself has ended, as if nobody wrote in it again.
Outcome = Literal["", "confirmed", "assumed", "escalated", "abandoned", "returned"]

_SLUG: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_REASONS: Final = {
    "visitor asked for a person": "visitor",
    "asked for a person": "visitor",
    "word filter": "blocked",
    "handed off": "other",
}


def handoff_reason(reason: str, actor: str) -> str:
    """Return the code of a hand-off's reason: free text may hold what is nobody's business."""
    known = _REASONS.get(reason)
    if known is not None:
        return known
    if actor == "visitor":
        return "visitor"
    return reason if _SLUG.fullmatch(reason) else "other"


class Facts(Struct, array_like=True):
    """One conversation. Times are wall-clock milliseconds, 0 means "never"."""

    site: str = ""
    visitor: str = ""
    channel: str = ""
    assignee: str = ""
    team: str = ""
    labels: tuple[str, ...] = ()
    state: str = "open"
    mode: str = "bot"
    opened_at: int = 0
    #: The visitor's first message, the first answer of anybody, the first answer of a person.
    asked_at: int = 0
    answered_at: int = 0
    replied_at: int = 0
    replied_by: str = ""
    #: The last message, whose it was, and its seq; the seq of the visitor's last one.
    last_at: int = 0
    last_role: str = ""
    last_seq: int = 0
    asked_seq: int = 0
    #: Whether the desk's last answer was that it has none.
    is_missed: bool = False
    is_by_bot: bool = False
    #: When a person was first wanted, since when one is waited for, and (end, length) of each wait for one.
    wanted_at: int = 0
    waiting_since: int = 0
    waits: list[tuple[int, int]] = []
    #: (time, reason) of each hand-off.
    handoffs: list[tuple[int, str]] = []
    #: Agent → (first message, messages).
    agents: dict[str, tuple[int, int]] = {}
    resolved_at: int = 0
    resolved_by: str = ""
    ended_by: str = ""
    #: When it was opened again after it had been resolved.
    reopened: list[int] = []
    #: (time, score, agent) of each rating.
    ratings: list[tuple[int, int, str]] = []
    has_returned: bool = False
    from_visitor: int = 0
    from_bot: int = 0
    unanswered: int = 0
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micro: int = 0

    def learn(self, event: Said | Noted | Changed) -> None:
        """Take the next event of this conversation in."""
        if isinstance(event, Said):
            self._hear(event)
        elif isinstance(event, Changed):
            self._change(event, event.conversation)
        elif event.kind == "rating" and event.body is not None:
            score, agent = event.body.get("score"), event.body.get("assignee")
            if isinstance(score, int) and 0 < score <= BEST_SCORE:
                self.ratings = [*self.ratings, (event.at, score, agent if isinstance(agent, str) else "")]

    @property
    def is_talk(self) -> bool:
        """Tell whether the visitor took part: an invitation that nobody answered is no conversation."""
        return bool(self.asked_at or self.wanted_at)

    @property
    def outcome(self) -> Outcome:
        """Return how the desk's own answers have ended; empty when it gave none."""
        if not self.is_by_bot:
            return ""
        if self.wanted_at or self.replied_at:
            return "escalated"
        score = self.ratings[-1][1] if self.ratings else 0
        if score >= GOOD_SCORE:
            return "confirmed"
        if self.last_role == "visitor" or self.is_missed or 0 < score <= BAD_SCORE:
            return "abandoned"
        if self.has_returned:
            return "returned"
        return "confirmed" if self.ended_by == "visitor" else "assumed"

    def spend(self, spent: "Spent") -> None:
        """Add what an answer of a model has cost."""
        self.calls += spent.calls
        self.tokens_in += spent.tokens_in
        self.tokens_out += spent.tokens_out
        self.cost_micro += spent.cost_micro

    def _hear(self, said: Said) -> None:
        if said.role == "visitor":
            self.from_visitor += 1
            self.asked_at = self.asked_at or said.at
            self.asked_seq = said.seq
        elif said.role == "agent":
            first, count = self.agents.get(said.sender, (said.at, 0))
            self.agents = {**self.agents, said.sender: (first, count + 1)}
            if not self.replied_at:
                self.replied_at, self.replied_by = said.at, said.sender
        elif said.role in ("bot", "assistant"):
            self.from_bot += 1
            self.is_by_bot = True
            self.is_missed = is_missed(said.why)
        else:
            return
        if said.role != "visitor" and self.asked_at and not self.answered_at:
            self.answered_at = said.at
        self.last_at, self.last_role, self.last_seq = said.at, said.role, said.seq

    def _change(self, changed: Changed, now: Conversation) -> None:
        if "opened" in changed.what:
            self.opened_at = now.opened_at or changed.at
        self._wait(changed, now)
        if now.state == "resolved" and self.state != "resolved":
            self.resolved_at, self.resolved_by = changed.at, now.assignee or ""
            self.ended_by = "visitor" if changed.actor == "visitor" else changed.reason
        elif now.state != "resolved" and self.state == "resolved":
            self.resolved_at, self.resolved_by, self.ended_by = 0, "", ""
            self.reopened = [*self.reopened, changed.at]
        self.site, self.visitor, self.channel = now.site, now.visitor, now.channel
        self.assignee, self.team, self.labels = now.assignee or "", now.team or "", now.labels
        self.state, self.mode = now.state, now.mode

    def _wait(self, changed: Changed, now: Conversation) -> None:
        waits = now.mode == "queued" and now.state == "open"
        if waits and not self.waiting_since:
            self.waiting_since = changed.at
            self.wanted_at = self.wanted_at or changed.at
            if self.mode == "bot":
                reason = now.handoff_code or handoff_reason(now.handoff or changed.reason, changed.actor)
                self.handoffs = [*self.handoffs, (changed.at, reason)]
        elif self.waiting_since and not waits:
            if now.mode == "human":
                self.waits = [*self.waits, (changed.at, changed.at - self.waiting_since)]
            self.waiting_since = 0


class Spent(Struct, frozen=True):
    """What one answer of a model took; `trouble` says why there was none."""

    model: str
    calls: int
    tokens_in: int
    tokens_out: int
    cost_micro: int
    total_ms: int
    trouble: str

    @classmethod
    def of(cls, why: dict[str, Any]) -> "Spent | None":
        """Read it from a why-record; None when no model had anything to do with it."""
        model, trouble = why.get("model"), why.get("assistant")
        if not isinstance(model, str) and not isinstance(trouble, str):
            return None
        return cls(
            model=model[:100] if isinstance(model, str) else "",
            calls=int(not why.get("cached")),
            tokens_in=_count(why, "tokens_in"),
            tokens_out=_count(why, "tokens_out"),
            cost_micro=_count(why, "cost_micro"),
            total_ms=_count(why, "total_ms"),
            trouble=trouble if isinstance(trouble, str) and _SLUG.fullmatch(trouble) else "",
        )


def is_missed(why: dict[str, Any] | None) -> bool:
    """Tell whether a why-record says that nothing was understood."""
    return why is not None and (why.get("by") == "fallback" or bool(why.get("not_sure")))


def handlers(why: dict[str, Any]) -> Iterator[str]:
    """Name the handler that answered."""
    by = why.get("by")
    if isinstance(by, str) and _SLUG.fullmatch(by):
        yield by


def _count(why: dict[str, Any], name: str) -> int:
    value = why.get(name)
    return value if isinstance(value, int) and 0 < value < _MOST else 0
