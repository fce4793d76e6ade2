"""Long work behind the loop gives way to it."""

import time
from typing import Final

__all__ = ["BREATH", "breathe"]

#: Events that are looked at between two breaths: compiled code gives the interpreter's lock to nobody by itself.
BREATH: Final = 64

_WORK_S: Final = 0.000_3
_REST_S: Final = 0.000_001  # a timer makes some 50 µs of it

_rested = 0.0


def breathe() -> None:
    """Sleep for the shortest time there is, unless that was just done; for threads behind the loop.

    Who only gives up the interpreter's lock may go on running beside a loop that has work: Linux lets the thread that had less of
    the processor run until the next tick, 4 ms, whatever its priority. Measured in docs/decisions/011-small-pauses.md.
    """
    global _rested
    now = time.monotonic()
    if now - _rested > _WORK_S:
        time.sleep(_REST_S)
        _rested = time.monotonic()
