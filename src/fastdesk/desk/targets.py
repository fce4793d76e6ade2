"""Which response target a conversation has, and which of its clocks run. Pure."""

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from fastdesk.desk.hours import Schedule
from fastdesk.model.conversation import Conversation
from fastdesk.model.target import Answer, Target

__all__ = ["Deadline", "deadlines", "pick_target"]


class Deadline(Struct, frozen=True):
    """A moment at which a target warns or is missed."""

    answer: Answer
    state: Literal["warn", "breach"]
    at_ms: int

    @property
    def mark(self) -> str:
        """Return how `Conversation.late` names it."""
        return f"{self.answer}:{self.state}"


def pick_target(targets: Iterable[Target], conversation: Conversation) -> Target | None:
    """Return the target that counts for a conversation."""
    fitting = (target for target in targets if target.enabled and _fits(target, conversation))
    return min(fitting, key=lambda target: (target.position, target.id), default=None)


def deadlines(
    target: Target, conversation: Conversation, schedule: Schedule, waits_since: int
) -> Iterator[Deadline]:
    """Iterate over the deadlines ahead of a conversation, those that have been told of already left out.

    `waits_since` is when the visitor's first unanswered message came, 0 when none waits. Nothing runs while a conversation is
    the bot's or is set aside.
    """
    for answer, start_ms, length_s in (
        ("first", 0 if conversation.first_reply_at else conversation.wanted_at, target.first_s),
        ("next", waits_since if conversation.first_reply_at else 0, target.next_s),
        ("resolve", conversation.wanted_at, target.resolve_s),
    ):
        if not start_ms or not length_s or conversation.mode == "bot" or conversation.state != "open":
            continue
        for state, length_ms in (("warn", length_s * 10 * target.warn_percent), ("breach", length_s * 1000)):
            at_ms = schedule.after(start_ms, length_ms)
            deadline = None if at_ms is None else Deadline(answer, state, at_ms)  # type: ignore[arg-type]
            if deadline is not None and deadline.mark not in conversation.late:
                yield deadline


def _fits(target: Target, conversation: Conversation) -> bool:
    return (
        (not target.sites or conversation.site in target.sites)
        and (not target.teams or conversation.team in target.teams)
        and (not target.priorities or conversation.priority in target.priorities)
        and (not target.labels or not set(target.labels).isdisjoint(conversation.labels))
    )
