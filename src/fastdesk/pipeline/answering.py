"""Answer turns, one at a time for each conversation: the way from a stored message to its outcome."""

import asyncio
from typing import Any

from msgspec.structs import replace

from fastdesk.hooks.pending import Pending
from fastdesk.hooks.spec import Handler
from fastdesk.hub.live import Live
from fastdesk.model.event import Said
from fastdesk.model.turn import Outcome, Reply, Turn
from fastdesk.observe.ledger import Ledger
from fastdesk.pipeline.process import Aside, Slow, finish, process
from fastdesk.pipeline.reply import Acts, Means, reply
from fastdesk.pipeline.rooms import Rooms
from fastdesk.pipeline.route import Route, is_bot_silent, route
from fastdesk.protocol.frames import Delta, Status

__all__ = ["Answering"]


class _Port:
    """Show a running handler's words to the visitor and to watching agents; keeps what was shown."""

    __slots__ = ("_live", "_rooms", "_seq", "shown")

    def __init__(self, rooms: Rooms, live: Live, seq: int) -> None:
        self._rooms = rooms
        self._live = live
        self._seq = seq
        self.shown = ""

    @property
    def turn(self) -> str:
        """Return the name of the turn that is being answered."""
        return f"t{self._seq}"

    def show(self, text: str, *, replace: bool = False) -> None:
        if is_bot_silent(self._live.conversation):
            return
        self.shown = text if replace else self.shown + text
        hub, live = self._rooms.hub, self._live
        hub.send(live.visitors, Delta(self.turn, text, replace))
        if live.agents:
            hub.send(live.agents, Delta(self.turn, text, replace, conversation=live.conversation.id))

    def thinking(self, note: str = "") -> None:
        if is_bot_silent(self._live.conversation):
            return
        self._rooms.hub.send(
            self._live.visitors, Status("thinking", turn=self.turn, agent={"note": note} if note else None)
        )


class _Waiting:
    """A turn whose answer is on its way, and what is to be begun after it."""

    __slots__ = ("_answering", "answer", "later", "live", "port", "reason", "slow", "turn")

    def __init__(
        self,
        answering: "Answering",
        live: Live,
        turn: Turn,
        port: _Port,
        slow: Slow,
        answer: "asyncio.Future[Outcome | None] | Pending",
        reason: str,
    ) -> None:
        self._answering = answering
        self.live = live
        self.turn = turn
        self.port = port
        self.slow = slow
        self.answer = answer
        self.reason = reason
        self.later: list[tuple[Turn, _Port, Slow, str]] = []

    def cancel(self) -> None:
        self.answer.cancel()

    def on_done(self, answer: "asyncio.Future[Outcome | None] | Pending") -> None:
        self._answering.finish(self)


class Answering:
    """Route a turn to its handler, run it, and store what it answers."""

    def __init__(self, rooms: Rooms, *, ledger: Ledger, acts: Acts) -> None:
        self._rooms = rooms
        self._ledger = ledger
        self._means = Means(rooms.scribe, rooms.words, acts, rooms.clock)

    def answer(self, live: Live, said: Said, received_ns: int) -> None:
        """Answer a visitor's message; returns at once, with the answer appended when its handler was synchronous."""
        rooms, ledger = self._rooms, self._ledger
        if live.run is not None:
            self.silence(live)  # several short messages in a row get one answer
        began = rooms.clock.now_ns() if ledger.is_timing else 0
        port = _Port(rooms, live, said.seq)
        turn = self._turn(live, said, port, received_ns)
        chosen = route(turn, rooms.hooks)
        if not ledger.is_timing:
            self._settle(live, turn, port, process(turn, chosen, rooms.hooks))
            return
        routed = rooms.clock.now_ns()
        answer = process(turn, chosen, rooms.hooks)
        processed = rooms.clock.now_ns()
        self._settle(live, turn, port, answer)
        ledger.add("route", routed - began)
        ledger.add("process", processed - routed)
        ledger.add("reply", rooms.clock.now_ns() - processed)

    def pass_on(self, live: Live, turn: Turn, handler: Handler, claim: Any) -> None:
        """Let another handler answer a turn that a rule has given to it."""
        port = _Port(self._rooms, live, turn.message.seq)
        turn = turn.at(port)
        self._settle(live, turn, port, self._process_alone(turn, handler, claim))

    def volunteer(self, live: Live, handler: Handler, claim: Any, reason: str) -> None:
        """Let a handler act though no visitor has asked; `reason` stands in its events."""
        conversation = live.conversation
        last = live.recent[-1] if live.recent else None
        said = last or Said(
            conversation.tenant, 0, 0, conversation.id, live.seq, "", "visitor", "", "", "text", ""
        )
        port = _Port(self._rooms, live, said.seq)
        turn = self._turn(live, said, port, self._rooms.clock.now_ns())
        self._settle(live, turn, port, self._process_alone(turn, handler, claim), reason)

    def _process_alone(self, turn: Turn, handler: Handler, claim: Any) -> Outcome | Aside | Slow | None:
        """Run a handler behind which nobody else is asked."""
        hooks = self._rooms.hooks
        return process(turn, Route(handler, claim, len(hooks.handlers)), hooks)

    def _turn(self, live: Live, said: Said, port: _Port, received_ns: int) -> Turn:
        return Turn(
            message=said,
            conversation=live.conversation,
            visitor=live.visitor,
            site=live.site,
            language=live.visitor.language or live.site.locale,
            received_ns=received_ns,
            port=port,
        )

    def _settle(
        self, live: Live, turn: Turn, port: _Port, answer: Outcome | Aside | Slow | None, reason: str = ""
    ) -> None:
        """Store an outcome that is there; wait for one that is not."""
        if isinstance(answer, Outcome):
            self._reply(live, turn, port, answer, reason)
        elif isinstance(answer, Aside):
            self._reply(live, turn, port, answer.outcome, reason)
            hooks = self._rooms.hooks
            following = route(turn, hooks, answer.following)
            self._settle(live, turn, port, process(turn, following, hooks), reason)
        elif answer is not None:
            self._wait(live, turn, port, answer, reason)

    def _wait(self, live: Live, turn: Turn, port: _Port, slow: Slow, reason: str) -> None:
        """Begin to wait for an answer; what the desk volunteers comes after the one that is under way."""
        if isinstance(live.run, _Waiting):
            live.run.later.append((turn, port, slow, reason))
            return
        future = slow.begin(self._rooms.hooks, self._rooms.tasks)
        live.run = waiting = _Waiting(self, live, turn, port, slow, future, reason)
        future.add_done_callback(waiting.on_done)

    def _go_on(self, waiting: _Waiting) -> None:
        """Begin what was to come after an answer, unless a person has taken over."""
        for turn, port, slow, reason in waiting.later:
            if waiting.live.conversation.mode == "human":
                slow.close()
            else:
                self._wait(waiting.live, turn, port, slow, reason)

    def silence(self, live: Live) -> None:
        """Stop the handler that is writing: a person speaks now."""
        run, live.run = live.run, None
        if run is not None:
            run.cancel()

    def stop(self, live: Live, turn: str) -> None:
        """Stop the answer to a turn at the visitor's wish, where it is still under way; what was shown of it stays."""
        run = live.run
        if not isinstance(run, _Waiting) or run.turn.id != turn:
            return
        self.silence(live)
        if run.port.shown:
            shown = Reply(text=run.port.shown, role="assistant")
            self._reply(live, run.turn, run.port, Outcome(replies=(shown,)))

    def finish(self, waiting: _Waiting) -> None:
        """Store what a slow handler has answered, unless it was stopped or superseded."""
        live, answer = waiting.live, waiting.answer
        is_wanted = live.run is waiting
        if is_wanted:
            live.run = None
        if answer.cancelled():
            waiting.slow.close()
        elif is_wanted:
            outcome = finish(waiting.turn, waiting.slow, answer, self._rooms.hooks)
            self._settle(live, waiting.turn, waiting.port, outcome, waiting.reason)
        else:
            answer.exception()  # looked at, as nobody else will
        self._go_on(waiting)

    def _reply(self, live: Live, turn: Turn, port: _Port, outcome: Outcome, reason: str = "") -> None:
        rooms = self._rooms
        if port.shown and outcome.replies:
            outcome = replace(outcome, replies=(_final(port, outcome.replies[0]), *outcome.replies[1:]))
        for name, watch in rooms.hooks.on_outcome:
            outcome = rooms.hooks.watch_outcome(name, watch, turn, outcome)
        reply(live, turn, outcome, self._means, reason)


def _final(port: _Port, answer: Reply) -> Reply:
    """Return an answer that takes the place of the pieces shown before."""
    return replace(answer, extra={**(answer.extra or {}), "turn": port.turn})
