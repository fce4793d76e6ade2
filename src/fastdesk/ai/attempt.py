"""One call of one model: leave from its breaker, money from the budget, time limits; and exactly one outcome.

Rules:

* before the first token: the owner's deadline counts, or this model's own limit if it has one;
* after it: no gap longer than `gap_ms`, and no more than `total_ms` in all;
* what the call cost is settled once: as the model counted it, or estimated when the answer broke or was given up;
* failures of the model's making count against its breaker; a request it will not take (4xx) does not, except for its key (401, 403)
  and for asking too often (429).
"""

import asyncio
from typing import Final

from fastdesk.ai.budget import FREE, Reservation
from fastdesk.ai.models import Model, Watched
from fastdesk.ai.provider import Call, Completion, Failure, ModelRequest
from fastdesk.ai.tokens import estimate_tokens, line_tokens
from fastdesk.observe.clock import Clock, Entropy

__all__ = ["Attempt", "AttemptOwner", "Spending"]

_MS: Final = 1_000_000
#: How long a model is left alone that asks for it without saying how long (429), and one that does not take
#: our key.
_ASKED_TOO_OFTEN_MS: Final = 2_000
_BAD_KEY_MS: Final = 30_000


class Spending:
    """What the calls of one question have used."""

    __slots__ = ("cost_micro", "tokens_in", "tokens_out")

    def __init__(self) -> None:
        self.tokens_in = 0
        self.tokens_out = 0
        self.cost_micro = 0


class AttemptOwner:
    """Whoever makes attempts, one at a time. A class and no protocol: compiled, it is called directly."""

    def on_first(self, now_ns: int) -> None:
        """The first token has come."""
        raise NotImplementedError

    def on_text(self, text: str) -> None:
        """More of the answer has come."""
        raise NotImplementedError

    def on_whole(self, completion: Completion) -> None:
        """The answer is whole."""
        raise NotImplementedError

    def on_failed(self, failure: Failure) -> None:
        """This attempt brings no answer."""
        raise NotImplementedError


class Attempt(Watched):
    """A call under way, as long as it is waiting. Time is the clock's, chance the entropy's; timers are the loop's."""

    __slots__ = (
        "_call", "_clock", "_entropy", "_last_ns", "_owner", "_received", "_reservation",
        "_spending", "_started_ns", "_ticket", "_watch", "model", "request",
    )  # fmt: skip

    def __init__(
        self,
        owner: AttemptOwner,
        model: Model,
        request: ModelRequest,
        *,
        ticket: int,
        reservation: Reservation,
        spending: Spending,
        clock: Clock,
        entropy: Entropy,
        now_ns: int,
    ) -> None:
        super().__init__()
        self.model = model
        self.request = request
        self._owner = owner
        self._ticket = ticket
        self._reservation = reservation
        self._spending = spending
        self._clock = clock
        self._entropy = entropy
        self._call: Call | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._started_ns = now_ns
        self._last_ns = 0
        self._received = 0

    def start(self, *, first_token_ms: int) -> None:
        """Make the call; 0 leaves the time to the first token to the owner."""
        self.model.calls += 1
        if first_token_ms:
            self._watch_for(first_token_ms * _MS)
        call = self.model.provider.start(self.request, self)
        if not self.is_waiting:  # it has failed at once, or was given up from within
            call.cancel()
        else:
            self._call = call

    def watch(self) -> None:
        """Bound the time to the first token by the total time: the owner's deadline has passed and he waits on."""
        if self._watch is None:
            self._watch_for(self.model.settings.total_ms * _MS)

    def give_up(self, *, min_patience_ns: int = 0) -> None:
        """End the call, whose answer nobody wants any more.

        Args:
            min_patience_ns: the model has failed when it had at least so long for its first token; 0 never
            blames it.
        """
        if not self.is_waiting:
            return
        now_ns = self._clock.now_ns()
        if min_patience_ns and not self._last_ns and now_ns - self._started_ns >= min_patience_ns:
            self._count("late")
            self.model.breaker.fail(self._ticket, now_ns, self._entropy.uniform())
        else:
            self.model.breaker.forget(self._ticket)
        self._break_off()

    # Called by the provider.

    def on_text(self, text: str) -> None:
        if not self.is_waiting:
            return
        self._received += estimate_tokens(text)
        is_first = not self._last_ns
        self._last_ns = self._clock.now_ns()
        if is_first:
            self._stop_watch()
            self._look_later(self._last_ns)
            self._owner.on_first(self._last_ns)
        self._owner.on_text(text)

    def on_end(self, completion: Completion) -> None:
        if not self.is_waiting:
            return
        self._end()
        self.model.breaker.succeed(self._ticket)
        if completion.usage is not None:
            self._settle(completion.usage.tokens_in, completion.usage.tokens_out)
        else:
            self._received = self._received or estimate_tokens(completion.text)
            self._settle_estimate()
        self._owner.on_whole(completion)

    def on_failure(self, failure: Failure) -> None:
        if self.is_waiting:
            self._fail(failure)

    # Time.

    def _watch_for(self, delay_ns: int) -> None:
        self._watch = asyncio.get_running_loop().call_later(delay_ns / 1e9, self._time_out)

    def _time_out(self) -> None:
        self._fail(Failure("timeout", "no token in time"))

    def look(self) -> None:
        """See whether the model still speaks: the alarm is not moved with each piece, it looks again."""
        now_ns = self._clock.now_ns()
        if now_ns < self._end_ns():
            self._look_later(now_ns)
        else:
            self._time_out()

    def _look_later(self, now_ns: int) -> None:
        self.model.gaps.add(asyncio.get_running_loop().time() + (self._end_ns() - now_ns) / 1e9, self)

    def _end_ns(self) -> int:
        """Return when the model has been silent for too long, or has taken too long in all."""
        settings = self.model.settings
        return min(self._last_ns + settings.gap_ms * _MS, self._started_ns + settings.total_ms * _MS)

    def _stop_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    # Ends.

    def _fail(self, failure: Failure) -> None:
        status, wait_ms = failure.status, failure.retry_after_ms
        self._count(f"status_{status}" if status else failure.kind)
        breaker, now_ns = self.model.breaker, self._clock.now_ns()
        if status == 429:
            breaker.fail(
                self._ticket,
                now_ns,
                self._entropy.uniform(),
                _ASKED_TOO_OFTEN_MS if wait_ms is None else wait_ms,
            )
        elif status in (401, 403):
            breaker.fail(self._ticket, now_ns, self._entropy.uniform(), _BAD_KEY_MS)
        elif 400 <= status < 500:
            breaker.forget(self._ticket)
        else:
            breaker.fail(self._ticket, now_ns, self._entropy.uniform(), wait_ms)
        if failure.kind == "timeout":
            self._break_off()
        else:
            self._end()
            # A model that broke off has charged for what it said, one that refused has not.
            if self._received:
                self._settle_estimate()
            else:
                self._settle(0, 0)
        self._owner.on_failed(failure)

    def _break_off(self) -> None:
        """End a call that is under way; the model may charge for what it has seen and said."""
        call = self._call
        self._end()
        if call is not None and (call.is_sent or self._received):
            self._settle_estimate()
        else:
            self._settle(0, 0)
        if call is not None:
            call.cancel()

    def _end(self) -> None:
        self.is_waiting = False
        self._call = None
        self._stop_watch()

    def _count(self, kind: str) -> None:
        failures = self.model.failures
        failures[kind] = failures.get(kind, 0) + 1

    def _settle_estimate(self) -> None:
        self._settle(line_tokens([line.content for line in self.request.lines]), self._received)

    def _settle(self, tokens_in: int, tokens_out: int) -> None:
        cost = self.model.cost_micro(tokens_in, tokens_out)
        if self._reservation is not FREE:
            self._reservation.settle(cost)
        spending = self._spending
        spending.tokens_in += tokens_in
        spending.tokens_out += tokens_out
        spending.cost_micro += cost
