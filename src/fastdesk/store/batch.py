"""A stretch of the journal: what the projector takes at a time."""

import time
from bisect import bisect_right
from collections.abc import Sequence
from itertools import compress
from typing import Final

from fastdesk.model.event import Event
from fastdesk.store.event_bytes import Gist, gist_of

__all__ = ["BREATH", "Batch"]

#: Events that are looked at in a piece, then other threads have their turn: compiled code gives them none by itself.
BREATH: Final = 256


class Batch:
    """Durable events: their positions, ascending, and their bytes. Never changed."""

    __slots__ = ("_events", "bodies", "positions")

    def __init__(
        self, positions: Sequence[int], bodies: list[bytes], events: list[Gist | Event] | None = None
    ) -> None:
        self.positions = positions
        self.bodies = bodies
        self._events = events

    @property
    def events(self) -> list[Gist | Event]:
        """What the bytes say, messages without their words; read by who asks first."""
        if self._events is None:
            events: list[Gist | Event] = []
            for body in self.bodies:
                if len(events) % BREATH == 0:
                    time.sleep(0)
                events.append(gist_of(body))
            self._events = events
        return self._events

    @property
    def first(self) -> int:
        """The position of the first event."""
        return self.positions[0]

    @property
    def last(self) -> int:
        """The position of the last event."""
        return self.positions[-1]

    def after(self, position: int) -> "Batch":
        """Return the part behind `position`."""
        skip = bisect_right(self.positions, position)
        if not skip:
            return self
        events = self._events[skip:] if self._events is not None else None
        return Batch(self.positions[skip:], self.bodies[skip:], events)

    def pick(self, wanted: Sequence[bool]) -> "Batch":
        """Return the events that `wanted` says True for."""
        return Batch(
            list(compress(self.positions, wanted)),
            list(compress(self.bodies, wanted)),
            list(compress(self.events, wanted)),
        )
