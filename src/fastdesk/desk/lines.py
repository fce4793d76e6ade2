"""Conversations that wait for a person, in the order in which they will be served.

Each has a rank: the moment at which it began to wait, moved back by its priority's head start. Ranks do not change while
somebody waits, so a class is served in the order of arrival, and the highest class overtakes the lowest by no more than the
difference of their head starts: nobody starves.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from msgspec import Struct

from fastdesk.desk.seats import Need, Pool, Seat
from fastdesk.model.ids import AgentId, ConversationId

__all__ = ["Line", "Waiting"]

_NOBODY = (0, ConversationId(""))


class Waiting(Struct):
    """One conversation in a line. Times are wall-clock milliseconds."""

    conversation: ConversationId
    since_ms: int
    rank_ms: int
    #: Who gets it when free: the visitor's last agent.
    prefer: AgentId | None = None
    #: Who does not get it until `rests_until_ms`: it was taken from that one.
    without: AgentId | None = None
    rests_until_ms: int = 0
    #: The first expected wait that the visitor was told, and when.
    told_wait_ms: int = -1
    told_at_ms: int = 0

    @property
    def key(self) -> tuple[int, ConversationId]:
        """Return the place in a line; ids grow with time and decide between equals."""
        return (self.rank_ms, self.conversation)


class Line:
    """Those who wait with one need, and the agents who can meet it."""

    __slots__ = ("_keys", "_waiting", "head", "need", "pool")

    def __init__(self, need: Need, seats: Iterable[Seat]) -> None:
        self.need = need
        self.seat(seats)
        #: The place of the first one; stands for nothing while nobody waits.
        self.head: tuple[int, ConversationId] = _NOBODY
        self._waiting: dict[ConversationId, Waiting] = {}
        self._keys: list[tuple[int, ConversationId]] = []

    def seat(self, seats: Iterable[Seat]) -> None:
        """Find anew who of these agents can meet the need; each is told of its pools."""
        self.pool = Pool(self.need, seats)
        for seat in self.pool.members.values():
            seat.lines.append(self)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Waiting]:
        return (self._waiting[conversation] for _, conversation in self._keys)

    def add(self, waiting: Waiting) -> None:
        """Let a conversation in; it must not stand here already."""
        self._waiting[waiting.conversation] = waiting
        insort(self._keys, waiting.key)
        self.head = self._keys[0]

    def remove(self, conversation: ConversationId) -> Waiting:
        """Let a conversation out."""
        waiting = self._waiting.pop(conversation)
        del self._keys[bisect_left(self._keys, waiting.key)]
        self.head = self._keys[0] if self._keys else _NOBODY
        return waiting

    def find(self, conversation: ConversationId) -> Waiting:
        """Return a conversation that stands here."""
        return self._waiting[conversation]

    def before(self, key: tuple[int, ConversationId]) -> int:
        """Return how many are served before a place. O(log waiting)."""
        return bisect_left(self._keys, key)
