"""A circuit breaker for one endpoint and key: after failures no call is made for a while, then one that tests.

Rules (the pattern of M. Nygard, "Release It!", 2007, with the failure rate beside the run of failures):

* closed: calls pass. A run of failures, or too high a share of failures in the recent window, opens it.
* open: no call passes until its time is over. `Retry-After` sets that time; otherwise it grows with each opening, with jitter.
* half open: exactly one call passes, the probe. Its success closes the breaker, its failure opens it again; a probe that was
  given up without an outcome makes room for another.

Outcomes of calls that began before the breaker opened are counted but move nothing.
"""

from enum import StrEnum
from typing import Final, NamedTuple

__all__ = ["Breaker", "BreakerSettings", "BreakerState"]

_MS: Final = 1_000_000


class BreakerState(StrEnum):
    """What a breaker does with calls."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class BreakerSettings(NamedTuple):
    """When to open, and for how long.

    Five failures in a row are what Envoy's outlier detection ejects at; half of at least twenty calls is
    its counterpart for a model that fails now and then.
    """

    max_run: int = 5
    window_calls: int = 20
    max_share: float = 0.5
    open_ms: int = 1_000
    max_open_ms: int = 30_000
    #: A server may ask for longer than we would wait by ourselves, but not for ever.
    max_retry_after_ms: int = 3_600_000
    #: The open time is drawn from this share of itself upwards, so that many breakers do not probe at once.
    jitter_from: float = 0.5


DEFAULTS: Final = BreakerSettings()


class Breaker:
    """Decide whether a call may be made. Time is given in monotonic nanoseconds, chance as a number in [0, 1)."""

    def __init__(self, settings: BreakerSettings = DEFAULTS) -> None:
        self._settings = settings
        self._window = (1 << settings.window_calls) - 1
        self.state = BreakerState.CLOSED
        #: Counters since the start.
        self.opened = 0
        self.refused = 0
        self._run = 0
        self._openings = 0
        self._until_ns = 0
        self._probing = False
        #: The newest outcomes, a bit for each, and how many they are.
        self._recent = 0
        self._known = 0
        self._epoch = 0

    def allow(self, now_ns: int) -> int | None:
        """Return a ticket for a call, to be given back with its outcome; None when no call may be made."""
        if self.state is BreakerState.CLOSED:
            return self._epoch
        if self.state is BreakerState.OPEN and now_ns >= self._until_ns:
            self.state = BreakerState.HALF_OPEN
            self._probing = False
        if self.state is BreakerState.HALF_OPEN and not self._probing:
            self._probing = True
            self._epoch += 1
            return self._epoch
        self.refused += 1
        return None

    def succeed(self, ticket: int) -> None:
        """A call brought an answer."""
        if ticket != self._epoch:
            return
        if self.state is BreakerState.HALF_OPEN:
            self.state = BreakerState.CLOSED
            self._openings = 0
            self._recent = self._known = 0
        self._run = 0
        self._remember(0)

    def fail(self, ticket: int, now_ns: int, chance: float, retry_after_ms: int | None = None) -> None:
        """A call failed by the model's fault; `retry_after_ms` opens at once and for so long."""
        if ticket != self._epoch:
            return
        self._run += 1
        self._remember(1)
        limits = self._settings
        failed = self._recent.bit_count()
        if (
            retry_after_ms is not None
            or self.state is BreakerState.HALF_OPEN
            or self._run >= limits.max_run
            or (self._known >= limits.window_calls and failed >= limits.max_share * self._known)
        ):
            self._open(now_ns, chance, retry_after_ms)

    def forget(self, ticket: int) -> None:
        """A call was given up before it said anything about the model."""
        if ticket == self._epoch:
            self._probing = False

    def open_for_ms(self, now_ns: int) -> int:
        """Return how long no call will pass; 0 when one may."""
        return max(0, (self._until_ns - now_ns) // _MS) if self.state is BreakerState.OPEN else 0

    def _open(self, now_ns: int, chance: float, retry_after_ms: int | None) -> None:
        limits = self._settings
        if retry_after_ms is None:
            wait_ms = min(limits.open_ms << min(self._openings, 16), limits.max_open_ms)
            wait_ns = int(wait_ms * _MS * (limits.jitter_from + (1 - limits.jitter_from) * chance))
        else:
            # Never earlier than asked for: the jitter is added.
            wait_ms = min(retry_after_ms, limits.max_retry_after_ms)
            wait_ns = int(wait_ms * _MS * (1 + 0.1 * chance))
        self.state = BreakerState.OPEN
        self.opened += 1
        self._openings += 1
        self._until_ns = now_ns + wait_ns
        self._probing = False
        self._run = 0
        self._recent = self._known = 0
        self._epoch += 1

    def _remember(self, failed: int) -> None:
        self._recent = (self._recent << 1 | failed) & self._window
        if self._known < self._settings.window_calls:
            self._known += 1
