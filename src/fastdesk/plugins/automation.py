"""Rules on everything but messages: a conversation begins, changes, is assigned, falls idle, or the clock strikes.

A rule never fires on what it caused itself: each event made by rules carries their ids as its reason.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from fastdesk.hooks.spec import Handler
from fastdesk.hub.live import Live
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed
from fastdesk.model.rule import Trigger
from fastdesk.pipeline.reply import pick_text
from fastdesk.pipeline.targets import TARGETED
from fastdesk.plugins.rules import IsOpen, Rules
from fastdesk.rules import Facts

__all__ = ["Automation"]

#: Begins the reason of an event that rules caused; the ids follow.
CAUSED = "rules:"
#: Conversations whose last state is remembered, for rules that ask what it was.
MAX_STATES = 10_000


class Volunteer(Protocol):
    """Act on a conversation without having been asked."""

    def __call__(self, live: Live, handler: Handler, claim: Any, reason: str) -> None: ...


class Automation:
    """Ask the rules about events, and carry out what they say."""

    name = "automation"

    def __init__(
        self,
        rules: Rules,
        *,
        find: Callable[[Conversation], Live | None],
        lives: Callable[[], Iterable[Live]],
        volunteer: Volunteer,
        is_open: IsOpen,
    ) -> None:
        self._rules = rules
        self._find = find
        self._lives = lives
        self._volunteer = volunteer
        self._is_open = is_open
        self._last_ms = 0
        self._states: dict[str, str] = {}

    def on_changed(self, changed: Changed) -> None:
        """Ask about a new, changed or newly assigned conversation."""
        before = self._state_before(changed.conversation)
        live = self._find(changed.conversation)
        if live is None:
            return
        cause = (
            tuple(changed.reason.removeprefix(CAUSED).split(",")) if changed.reason.startswith(CAUSED) else ()
        )
        if "opened" in changed.what:
            self._ask(live, "conversation_created", changed.at, cause)
        if "state" in changed.what or "mode" in changed.what:
            conversation = changed.conversation
            values: dict[str, Any] = {"status.from": before, "status.to": conversation.state}
            self._ask(live, "status", changed.at, cause, values)
        if "assignee" in changed.what or "team" in changed.what:
            values = {
                "assignment.agent": changed.conversation.assignee or "",
                "assignment.team": changed.conversation.team or "",
            }
            self._ask(live, "assignment", changed.at, cause, values)
        if changed.reason.startswith(TARGETED):
            target, answer, state = changed.reason.removeprefix(TARGETED).rsplit(":", 2)
            values = {"target.id": target, "target.answer": answer, "target.state": state}
            self._ask(live, "target", changed.at, cause, values)

    def _state_before(self, conversation: Conversation) -> str | None:
        """Return the state before this change, None where nothing was heard of the conversation yet; remember the new one."""
        if len(self._states) >= MAX_STATES:
            del self._states[next(iter(self._states))]
        before = self._states.pop(conversation.id, None)
        self._states[conversation.id] = conversation.state
        return before

    def strike(self, now_ms: int) -> None:
        """Ask about idle conversations and scheduled rules; called once a second."""
        last_ms, self._last_ms = self._last_ms or now_ms, now_ms
        for live in self._lives():
            book = self._rules.books.of(live.conversation.tenant)
            if not live.is_opened or live.conversation.state == "resolved":
                continue
            if book.idle_ms and live.recent:
                quiet_ms = now_ms - live.recent[-1].at
                before_ms = quiet_ms - (now_ms - last_ms)
                if any(before_ms < wanted <= quiet_ms for wanted in book.idle_ms):
                    by = {"idle.by": live.recent[-1].role}
                    self._ask(live, "idle", now_ms, (), by, idle_ms=quiet_ms, last_idle_ms=before_ms)
            if book.is_due(last_ms, now_ms):
                self._ask(live, "schedule", now_ms, (), last_ms=last_ms)

    def _ask(
        self,
        live: Live,
        on: Trigger,
        now_ms: int,
        cause: tuple[str, ...],
        values: dict[str, Any] | None = None,
        *,
        idle_ms: int = 0,
        last_idle_ms: int = 0,
        last_ms: int = 0,
    ) -> None:
        conversation, visitor = live.conversation, live.visitor
        book = self._rules.books.of(conversation.tenant)
        if not book.size:
            return
        facts = Facts(
            on=on,
            now_ms=now_ms,
            site=live.site.id,
            site_name=pick_text(live.site.name, visitor.language),
            language=visitor.language,
            open=self._is_open(conversation.tenant, live.site),
            visitor=visitor,
            identity=visitor.identity,
            state=conversation.state,
            labels=conversation.labels,
            conversation=conversation,
            counts=self._rules.knows.counts(conversation) if book.asks_counts else {},
            fired=conversation.fired,
            cause=cause,
            values=values or {},
            idle_ms=idle_ms,
            last_idle_ms=last_idle_ms,
            last_ms=last_ms,
        )
        match = book.match(facts)
        if match is not None:
            self._volunteer(live, self._rules, match, CAUSED + ",".join((*cause, *match.fired)))
