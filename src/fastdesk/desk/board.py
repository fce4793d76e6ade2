"""The board of one tenant: who waits, who is there, and who gets whom.

Enters: every change of a conversation's owner or wait, and of agents, at the moment it is decided. Leaves: the next assignment,
with why. Pure: no clock, nothing stored, nothing sent.

Rules. A decision takes whoever has waited longest (by rank) of those whom somebody free can serve, whatever the line, and gives
that one to the agent whose turn it is. The agent's place is taken within the decision, so that no interleaving exceeds a capacity.
Only lines that something has happened to (an arrival, an agent who became freer) are looked at again: all others are known to
have nobody.
"""

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter

from msgspec import Struct

from fastdesk.desk.lines import Line, Waiting
from fastdesk.desk.seats import Need, Seat
from fastdesk.model.ids import AgentId, ConversationId, TeamId

__all__ = ["Board", "Decision", "Rival"]

#: Others that a decision tells of; in a large tenant those who were nearest.
_RIVALS = 5
#: Lines kept while nobody waits in them.
_MAX_LINES = 512
_BY_HEAD = attrgetter("head")


class Rival(Struct, frozen=True):
    """Somebody who was not chosen, and why not."""

    agent: AgentId
    name: str
    held: int
    capacity: int
    reason: str


class Decision(Struct, frozen=True, kw_only=True):
    """Give `conversation` to `agent`. `held` counts this conversation, too; `dropped` names wishes that nobody fulfils."""

    conversation: ConversationId
    agent: AgentId
    name: str
    by: str
    held: int
    capacity: int
    since_ms: int
    waiting: Waiting
    dropped: tuple[str, ...] = ()
    rivals: tuple[Rival, ...] = ()


class Board:
    """Keep lines and seats, and decide."""

    def __init__(self) -> None:
        self.seats: dict[AgentId, Seat] = {}
        self._lines: dict[Need, Line] = {}
        self._where: dict[ConversationId, Line] = {}
        self._holder: dict[ConversationId, Seat] = {}
        self._restless: dict[Line, None] = {}
        self._turn = 0

    # Agents.

    def seat(self, seats: Iterable[Seat]) -> None:
        """Take all agents as they are now; those who were here keep what they have and whether they are there."""
        before, self.seats = self.seats, {seat.agent: seat for seat in seats}
        for seat in self.seats.values():
            old = before.get(seat.agent)
            if old is not None:
                seat.held, seat.is_present, seat.turn = old.held, old.is_present, old.turn
        self._holder = {conversation: seat for seat in self.seats.values() for conversation in seat.held}
        self._reseat()

    def show(self, agent: AgentId, is_present: bool) -> None:
        """Take note that an agent came or left."""
        seat = self.seats.get(agent)
        if seat is not None and seat.is_present is not is_present:
            seat.is_present = is_present
            self._ease(seat)

    # Conversations.

    def hold(self, conversation: ConversationId, agent: AgentId | None) -> None:
        """Take note of who has a conversation now; None: nobody, or one whom the desk does not know."""
        seat = None if agent is None else self.seats.get(agent)
        before = self._holder.get(conversation)
        if before is seat:
            return
        if before is not None:
            before.held.discard(conversation)
            del self._holder[conversation]
            self._ease(before)
        if seat is not None:
            self._turn += 1
            seat.turn = self._turn
            seat.held.add(conversation)
            self._holder[conversation] = seat

    def holder(self, conversation: ConversationId) -> Seat | None:
        """Return who has a conversation."""
        return self._holder.get(conversation)

    def wait(self, waiting: Waiting, need: Need) -> None:
        """Let a conversation wait, or wait elsewhere; what its visitor was told is kept."""
        before = self.leave(waiting.conversation)
        if before is not None:
            waiting.told_wait_ms, waiting.told_at_ms = before.told_wait_ms, before.told_at_ms
            waiting.prefer = waiting.prefer or before.prefer
            if waiting.without is None:
                waiting.without, waiting.rests_until_ms = before.without, before.rests_until_ms
        line = self._line(need)
        line.add(waiting)
        self._where[waiting.conversation] = line
        self._restless[line] = None

    def leave(self, conversation: ConversationId) -> Waiting | None:
        """Let a conversation wait no more; None when it did not."""
        line = self._where.pop(conversation, None)
        if line is None:
            return None
        waiting = line.remove(conversation)
        if not line:
            self._restless.pop(line, None)
        return waiting

    def waiting(self, conversation: ConversationId) -> Waiting | None:
        """Return how a conversation waits."""
        line = self._where.get(conversation)
        return None if line is None else line.find(conversation)

    def need(self, conversation: ConversationId) -> Need | None:
        """Return what a waiting conversation asks for."""
        line = self._where.get(conversation)
        return None if line is None else line.need

    def place(self, conversation: ConversationId) -> int:
        """Return how many of the same team are served no later, from 1; 0 when it does not wait."""
        line = self._where.get(conversation)
        if line is None:
            return 0
        key = line.find(conversation).key
        return 1 + sum(each.before(key) for each in self.lines(line.need.team))

    def lines(self, team: TeamId | None) -> list[Line]:
        """Return the lines of a team."""
        return [line for need, line in self._lines.items() if need.team == team]

    def everybody(self) -> Iterator[ConversationId]:
        """Iterate over all who wait."""
        return iter(self._where)

    def __len__(self) -> int:
        return len(self._where)

    # Decisions.

    def stir(self) -> None:
        """Look at every line again: hours may have begun, rests may have ended."""
        self._restless |= dict.fromkeys(line for line in self._lines.values() if line)

    def decide(self, now_ms: int, is_open: Callable[[Need], bool] = lambda need: True) -> Decision | None:
        """Return the next assignment and take the agent's place for it; None when nobody waits for anybody free."""
        restless, found = self._restless, None
        aside: list[Line] = []
        while restless:
            line = min(restless, key=_BY_HEAD)
            if found is not None and found[1].key < line.head:
                break
            need = line.need
            chosen = self._choose(line, now_ms) if need.order != "manual" and is_open(need) else None
            if chosen is None:
                del restless[line]
                continue
            if found is None or chosen[0].key < found[1].key:
                found = (line, *chosen)
            if chosen[0].key == line.head:
                break
            # Whoever stands first here waits for somebody else: another line may have one who began before the one found.
            del restless[line]
            aside.append(line)
        restless |= dict.fromkeys(aside)
        return None if found is None else self._take(*found, now_ms=now_ms)

    def is_attended(self, need: Need, without: AgentId) -> bool:
        """Tell whether somebody else who can meet a need is there, busy or not."""
        return self._line(need).pool.is_attended(without)

    def attendants(self, need: Need) -> int:
        """Return how many conversations all who are there for a need can have together. O(members)."""
        return sum(seat.capacity for seat in self._line(need).pool.members.values() if seat.is_present)

    # Inside.

    def _line(self, need: Need) -> Line:
        line = self._lines.get(need)
        if line is None:
            if len(self._lines) >= _MAX_LINES:
                self._reseat()
            line = self._lines[need] = Line(need, self.seats.values())
        return line

    def _reseat(self) -> None:
        """Find anew who can meet which need; agents change rarely."""
        for seat in self.seats.values():
            seat.lines = []
        self._lines = {need: line for need, line in self._lines.items() if line}
        for line in self._lines.values():
            line.seat(self.seats.values())
        self.stir()

    def _ease(self, seat: Seat) -> None:
        if not seat.is_free:
            return
        for line in seat.lines:
            line.pool.eased(seat)
            if line:
                self._restless[line] = None

    def _choose(self, line: Line, now_ms: int) -> tuple[Waiting, Seat, str] | None:
        """Return the first in a line for whom somebody is free, and who that is."""
        order = "fewest conversations" if line.need.order == "least_busy" else "longest without"
        for waiting in line:
            without = waiting.without if now_ms < waiting.rests_until_ms else None
            wanted = line.pool.members.get(waiting.prefer) if waiting.prefer else None
            if wanted is not None and wanted.is_free and wanted.agent != without:
                return waiting, wanted, "last agent"
            seat = line.pool.next(without)
            if seat is not None:
                return waiting, seat, order
            if without is None:
                return None
        return None

    def _take(self, line: Line, waiting: Waiting, seat: Seat, by: str, *, now_ms: int) -> Decision:
        rivals = tuple(self._rivals(line, waiting, seat, by, now_ms))
        self.leave(waiting.conversation)
        self.hold(waiting.conversation, seat.agent)
        return Decision(
            conversation=waiting.conversation, agent=seat.agent, name=seat.name, by=by, held=len(seat.held),
            capacity=seat.capacity, since_ms=waiting.since_ms, waiting=waiting, dropped=line.pool.dropped, rivals=rivals,
        )  # fmt: skip

    def _rivals(self, line: Line, waiting: Waiting, chosen: Seat, by: str, now_ms: int) -> Iterator[Rival]:
        near: Iterable[Seat] = line.pool.near(_RIVALS + 1)
        if len(self.seats) <= 2 * _RIVALS:
            near = self.seats.values()
        told = 0
        for seat in near:
            if seat is chosen or told == _RIVALS:
                continue
            told += 1
            reason = "later in turn" if by != "fewest conversations" else "busier"
            if by == "last agent":
                reason = "is not the last agent"
            if seat.agent not in line.pool.members:
                reason = seat.lacks(line.need) or "cannot"
            elif not seat.is_present:
                reason = "not there"
            elif not seat.is_free:
                reason = "full"
            elif seat.agent == waiting.without and now_ms < waiting.rests_until_ms:
                reason = "had it before"
            elif reason == "busier" and len(seat.held) / seat.capacity <= len(chosen.held) / chosen.capacity:
                reason = "later in turn"
            yield Rival(seat.agent, seat.name, len(seat.held), seat.capacity, reason)
