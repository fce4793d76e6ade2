"""A stretch of the journal: what the projector takes at a time."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import compress

from fastdesk.model.event import Event
from fastdesk.model.ids import TenantId
from fastdesk.store.breath import BREATH, breathe
from fastdesk.store.event_bytes import Stretch, count_of, stretch_of

__all__ = ["Batch"]


class Batch:
    """Durable events: their positions, ascending, and their bytes. Never changed."""

    __slots__ = ("_pieces", "bodies", "positions")

    def __init__(self, positions: Sequence[int], bodies: list[bytes]) -> None:
        self.positions = positions
        self.bodies = bodies
        self._pieces: list[Stretch | Event] | None = None

    @property
    def pieces(self) -> list[Stretch | Event]:
        """What the bytes say, messages without their words and as many as go together; read by who asks first."""
        if self._pieces is None:
            pieces: list[Stretch | Event] = []
            bodies, place, turn = self.bodies, 0, 0
            while place < len(bodies):
                if place >= turn:
                    breathe()
                    turn += BREATH
                piece = stretch_of(bodies, place)
                pieces.append(piece)
                place += count_of(piece)
            self._pieces = pieces
        return self._pieces

    def placed(self) -> Iterator[tuple[Stretch | Event, int]]:
        """Iterate over the pieces with their positions: of several messages the last one's."""
        end = 0
        for piece in self.pieces:
            end += count_of(piece)
            yield piece, self.positions[end - 1]

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
        return Batch(self.positions[skip:], self.bodies[skip:]) if skip else self

    def of(self, wanted: Callable[[TenantId], bool]) -> "Batch":
        """Return the events of the tenants that are wanted."""
        chosen: list[bool] = []
        for piece in self.pieces:
            chosen += [wanted(piece.tenant)] * count_of(piece)
        return Batch(list(compress(self.positions, chosen)), list(compress(self.bodies, chosen)))
