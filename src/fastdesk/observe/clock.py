"""Time and chance: the only place that asks the machine for either, so that a simulation can replace both."""

import base64
import random  # noqa: TID251 - this is the one door
import secrets
from time import monotonic, thread_time_ns, time  # noqa: TID251 - and so is this
from typing import Protocol

from mypy_extensions import mypyc_attr

__all__ = ["Clock", "Entropy", "SeededEntropy", "SystemClock", "SystemEntropy", "new_id", "new_secret"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case: sorts like the number


@mypyc_attr(allow_interpreted_subclasses=True)
class Clock:
    """Tell the time. A class and no protocol: it is asked five times for each message, and compiled code calls it directly."""

    def now_ns(self) -> int:
        """Return monotonic nanoseconds: for deadlines, limits and durations."""
        raise NotImplementedError

    def now_ms(self) -> int:
        """Return wall-clock milliseconds since 1970: for display and token expiry only."""
        raise NotImplementedError

    def cpu_ns(self) -> int:
        """Return the nanoseconds that this thread has computed."""
        raise NotImplementedError


class Entropy(Protocol):
    """Draw random values."""

    def random_bytes(self, size: int) -> bytes:
        """Return `size` unpredictable bytes."""

    def uniform(self) -> float:
        """Return a number in [0, 1), good enough for jitter, not for secrets."""


class SystemClock(Clock):
    """The machine's own clocks, by way of floats: they tell a microsecond from the next for centuries, and cost less."""

    def now_ns(self) -> int:
        return int(monotonic() * 1e9)

    def cpu_ns(self) -> int:
        return thread_time_ns()

    def now_ms(self) -> int:
        return int(time() * 1000.0)


class SystemEntropy:
    """The operating system's random source."""

    def random_bytes(self, size: int) -> bytes:
        return secrets.token_bytes(size)

    def uniform(self) -> float:
        return random.random()


class SeededEntropy:
    """A replayable source: the same seed gives the same values. Never for real secrets."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def random_bytes(self, size: int) -> bytes:
        return self._random.randbytes(size)

    def uniform(self) -> float:
        return self._random.random()


def new_id(now_ms: int, entropy: Entropy) -> str:
    """Make a 20-character id that sorts by time: 45 bits of milliseconds, 55 random bits."""
    number = (now_ms & (1 << 45) - 1) << 55 | int.from_bytes(entropy.random_bytes(7), "big") >> 1
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(95, -1, -5))


def new_secret(entropy: Entropy, size: int = 32) -> str:
    """Make a URL-safe secret of `size` random bytes."""
    return base64.urlsafe_b64encode(entropy.random_bytes(size)).rstrip(b"=").decode("ascii")
