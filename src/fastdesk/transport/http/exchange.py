"""What visitors say and hear by single requests: a message, and a long poll for news.

Enters: an allowed request and a function for its answer. Leaves: one call of that function. No task is made where memory has
the conversation: a message is answered by the callback of its commit, a poll by the first frame that its session hears.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from fastdesk.errors import StoreError
from fastdesk.hub.live import Live
from fastdesk.hub.session import Session
from fastdesk.model.event import Said
from fastdesk.pipeline.opening import Opening, as_visitor
from fastdesk.pipeline.rooms import Rooms
from fastdesk.pipeline.runner import Pipeline
from fastdesk.protocol.codec import JSON
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Reset
from fastdesk.transport.http.routes import Ask
from fastdesk.transport.http.sessions import AnswerSession

__all__ = ["Events", "Exchange", "Stored"]

T = TypeVar("T")

#: Most frames that one poll collects: what a commit and the turn of the loop behind it bring.
MAX_FRAMES: Final = 1000


class Stored(Struct, frozen=True):
    """A message that is on disk."""

    id: str
    seq: int
    at: int


class Events(Struct, frozen=True):
    """Frames since the last call; `seq` is where the next call goes on."""

    events: list[msgspec.Raw]
    seq: int
    epoch: str


class Exchange:
    """Let visitors speak and hear without a connection of their own."""

    def __init__(self, rooms: Rooms, *, opening: Opening, pipeline: Pipeline) -> None:
        self.rooms = rooms
        self.opening = opening
        self._pipeline = pipeline
        self._parked: dict[Poll, None] = {}
        self._is_stopping = False

    def stop(self) -> None:
        """Answer every poll that waits, and let no other wait."""
        self._is_stopping = True
        for poll in tuple(self._parked):
            poll.finish()

    # A message.

    def say(self, ask: Ask, answer: Callable[[Stored | Rejection], None]) -> None:
        """Store a message; answers once it is on disk."""
        live = self.opening.present_live(ask.principal, ask.address)
        if live is not None:
            self._speak(ask, answer, live)
        else:
            self._find_live(ask, lambda live: self._speak(ask, answer, live), answer)

    def _speak(self, ask: Ask, answer: Callable[[Stored | Rejection], None], live: Live | Rejection) -> None:
        if isinstance(live, Live):
            session = _Speaking(as_visitor(ask.principal, live), live, ask.address, ask.bucket, answer)
            self._pipeline.accept_frame(session, ask.body)
        else:
            answer(live)

    # News.

    def poll(self, ask: Ask, answer: Callable[[Events | Rejection], None]) -> Callable[[], None] | None:
        """Answer with what happened behind `after`; where that is nothing, wait up to `wait` seconds for it."""
        live = self.opening.present_live(ask.principal, ask.address)
        if live is not None:
            known = self.known(live, ask) if isinstance(live, Live) else live
            if known is not None:
                answer(known)
                return None
        poll = Poll(self, ask, answer)
        if live is None:
            self._find_live(ask, poll.begin, poll.tell)
        else:
            poll.begin(live)
        return poll.leave

    def known(self, live: Live, ask: Ask) -> Events | None:
        """Return what memory knows of the time behind `after`: None when that is nothing yet, or the store has to be asked."""
        query, epoch, durable = ask.query, self.rooms.epoch, live.durable_seq
        after = query["after"]
        if query["epoch"] not in (None, "", epoch) or (after or 0) > durable:
            return Events([msgspec.Raw(JSON.encode(Reset(epoch, durable)))], durable, epoch)
        missed = live.recall(after) if after is not None else None
        return self.tell_of(live, missed) if missed else None

    def tell_of(self, live: Live, missed: list[Said]) -> Events:
        """Return messages as an answer; old ones may have been removed: what is behind them counts as seen."""
        seq = missed[-1].seq if missed else live.durable_seq
        events = [msgspec.Raw(JSON.message(said)) for said in missed]
        return Events(events, seq, self.rooms.epoch)

    def park(self, poll: "Poll", live: Live, wait_s: int) -> None:
        """Let a poll hear a conversation until it has something to answer, or `wait_s` is over."""
        self.rooms.hub.join_visitor(poll, live)
        if not wait_s or self._is_stopping:
            poll.finish()
            return
        self._parked[poll] = None
        poll.timer = asyncio.get_running_loop().call_later(wait_s, poll.finish)

    def unpark(self, poll: "Poll") -> None:
        """Let a poll hear no more."""
        self._parked.pop(poll, None)
        self.opening.leave(poll)

    # Where the store has to be asked.

    def _find_live(
        self, ask: Ask, go_on: Callable[[Live | Rejection], None], answer: Callable[[Rejection], None]
    ) -> None:
        self.after_reading(self.opening.find_live(ask.principal, ask.address), go_on, answer)

    def after_reading(
        self, work: Coroutine[Any, Any, T], go_on: Callable[[T], None], answer: Callable[[Rejection], None]
    ) -> None:
        """Go on with what is read from the store; where that fails, answer that."""
        self.rooms.tasks.spawn(_read(work, go_on, answer), "read for a request")


async def _read(
    work: Coroutine[Any, Any, T], go_on: Callable[[T], None], answer: Callable[[Rejection], None]
) -> None:
    try:
        go_on(await work)
    except StoreError:
        answer(Rejection("retry_later"))
    except Exception:  # the border of a task: who asks is told that it failed, the log is told what
        answer(Rejection("internal"))
        raise


class _Speaking(AnswerSession):
    """A session of one message."""

    def acknowledge(self, said: Said) -> None:
        self.tell(Stored(said.id, said.seq, said.at))


class Poll(Session):
    """A session that waits for one answer: it hears the conversation until the first frame has come."""

    __slots__ = ("_answer", "_ask", "_exchange", "_frames", "_live", "timer")

    def __init__(self, exchange: Exchange, ask: Ask, answer: Callable[[Events | Rejection], None]) -> None:
        super().__init__(codec=JSON, address=ask.address, bucket=ask.bucket)
        self.principal = ask.principal
        self.timer: asyncio.TimerHandle | None = None
        self._exchange = exchange
        self._ask = ask
        self._answer: Callable[[Events | Rejection], None] | None = answer
        self._live: Live | None = None
        self._frames: list[bytes] = []

    def begin(self, live: Live | Rejection) -> None:
        """Answer from what there is, or wait."""
        if self._answer is None:  # nobody waits any more
            return
        if isinstance(live, Rejection):
            self.tell(live)
            return
        self._live = live
        known = self._exchange.known(live, self._ask)
        after = self._ask.query["after"]
        if known is not None:
            self.tell(known)
        elif after is None or after == live.durable_seq:
            self._exchange.park(self, live, self._ask.query["wait"])
        else:
            work = self._exchange.opening.missed(live, after)
            self._exchange.after_reading(work, self._tell_missed, self.tell)

    def tell(self, answer: Events | Rejection) -> None:
        """Give the one answer; after it nothing is heard any more."""
        tell = self._end()
        if tell is not None:
            tell(answer)

    def leave(self) -> None:
        """End without an answer: the peer has gone."""
        self._end()

    def _tell_missed(self, missed: list[Said]) -> None:
        assert self._live is not None
        self.tell(self._exchange.tell_of(self._live, missed))

    def _end(self) -> Callable[[Events | Rejection], None] | None:
        """Stop hearing and waiting; return who is to be told, once."""
        tell, self._answer = self._answer, None
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self._exchange.unpark(self)
        return tell

    # The hub calls.

    def write(self, data: bytes) -> None:
        self._frames.append(data)
        if len(self._frames) == 1:  # what the same commit brings comes along
            asyncio.get_running_loop().call_soon(self.finish)
        elif len(self._frames) == MAX_FRAMES:
            self.finish()

    def close(self, code: int, reason: str) -> None:
        self.finish()

    def finish(self) -> None:
        """Answer with what was heard, be it nothing."""
        if self._live is not None:
            frames = [msgspec.Raw(frame) for frame in self._frames]
            self.tell(Events(frames, self._live.durable_seq, self._exchange.rooms.epoch))
