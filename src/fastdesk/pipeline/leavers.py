"""Stop a model that answers somebody who has left, and ask it again for who comes back.

Enters: who is there at each round. Leaves: cancelled answers, and answers begun anew.

Who loads a page anew, or polls, is away for a moment: only after `GRACE_MS` has a visitor left. Only who was there, by a connection or
a poll that waits, can leave: who speaks by single requests, and may be told by webhook, is never taken for gone.
"""

from typing import Final, NamedTuple, Protocol, runtime_checkable

from fastdesk.hub.live import Live
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.model.turn import Turn
from fastdesk.pipeline.answering import Answering
from fastdesk.pipeline.process import Slow
from fastdesk.pipeline.rooms import Rooms
from fastdesk.pipeline.route import is_bot_silent

__all__ = ["GRACE_MS", "KEEP_MS", "Leavers"]

#: How long an answer goes on without anybody who hears it.
GRACE_MS: Final = 5_000
#: How long a question is kept for who may come back; later he has to ask again.
KEEP_MS: Final = 3_600_000
#: Handlers whose answer costs money by the word. Others may act on something outside, which is not broken off.
MODELS: Final = frozenset({"assistant", "dify", "fastgpt"})


@runtime_checkable
class _Waiting(Protocol):
    """An answer that is being waited for."""

    turn: Turn
    slow: Slow


class _Question(NamedTuple):
    """A turn whose answer was given up, and when."""

    turn: Turn
    slow: Slow
    since_ms: int


class Leavers:
    """Know whose visitor has gone since when."""

    def __init__(self, rooms: Rooms, answering: Answering) -> None:
        self._rooms = rooms
        self._answering = answering
        #: Conversations with somebody there, at the last round or since.
        self._attended: set[Live] = set()
        #: Both in the order of their times.
        self._gone: dict[Live, int] = {}
        self._unanswered: dict[tuple[TenantId, ConversationId], _Question] = {}

    def come(self, live: Live) -> None:
        """Take note that somebody hears a conversation again; what he had asked is answered now."""
        self._attended.add(live)
        self._gone.pop(live, None)
        question = self._unanswered.pop((live.tenant, live.id), None)
        if question is not None and self._is_last(live, question.turn) and live.run is None:
            turn, chosen = question.turn, question.slow.chosen
            now = Turn(
                message=turn.message,
                conversation=live.conversation,
                visitor=live.visitor,
                site=live.site,
                language=turn.language,
                received_ns=self._rooms.clock.now_ns(),
                port=turn.port,
            )
            self._answering.pass_on(live, now, chosen.handler, chosen.claim)

    def round(self, now_ms: int) -> None:
        """Stop the models that nobody has listened to for long enough; called once a second."""
        self._look_around(now_ms)
        while self._gone:
            live, since = next(iter(self._gone.items()))
            if now_ms - since < GRACE_MS:
                break
            del self._gone[live]
            asked = self._asked(live)
            if asked is not None and not live.visitors:
                self._answering.silence(live)
                self._unanswered[live.tenant, live.id] = _Question(asked.turn, asked.slow, now_ms)
        while self._unanswered:
            key, question = next(iter(self._unanswered.items()))
            if now_ms - question.since_ms < KEEP_MS:
                break
            del self._unanswered[key]

    def forget(self, tenant: TenantId, conversation: ConversationId) -> None:
        """Drop what is kept of a conversation that is being removed."""
        self._unanswered.pop((tenant, conversation), None)

    def _look_around(self, now_ms: int) -> None:
        """See who has gone or come since the last round."""
        before, self._attended = self._attended, set()
        for live in self._rooms.hub.lives():
            if live.visitors:
                self._attended.add(live)
                if live in self._gone or (live.tenant, live.id) in self._unanswered:
                    self.come(live)
            elif live.run is not None and live in before:
                self._gone[live] = now_ms

    def _asked(self, live: Live) -> _Waiting | None:
        """Return the answer that a model is at work on."""
        run = live.run
        return run if isinstance(run, _Waiting) and run.slow.chosen.handler.name in MODELS else None

    def _is_last(self, live: Live, turn: Turn) -> bool:
        """Tell whether nobody has said anything since, so that the desk still owes an answer."""
        return live.seq == turn.message.seq and not is_bot_silent(live.conversation)
