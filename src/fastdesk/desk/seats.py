"""Agents as the assignment sees them: what each can do, how many conversations each has, and who is next for a need.

Own design. A pool holds the agents who can meet one need in a heap; a heap entry may be older than what it says of its agent,
and is put right when it comes to the top. So a change of one agent's load costs one push for each pool of that agent, and
finding the next agent O(log agents).
"""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush, heapreplace
from typing import TYPE_CHECKING

from msgspec import Struct

from fastdesk.model.ids import AgentId, ConversationId, TeamId
from fastdesk.model.routing import AssignmentOrder

if TYPE_CHECKING:
    from fastdesk.desk.lines import Line

__all__ = ["Need", "Pool", "Seat"]


class Need(Struct, frozen=True):
    """What a conversation asks of whoever gets it. Conversations with equal needs stand in one line.

    `language` is a primary tag such as "zh", empty for any; `hours` names the business hours outside of which it waits.
    """

    team: TeamId | None = None
    skills: tuple[str, ...] = ()
    language: str = ""
    order: AssignmentOrder = "least_busy"
    hours: str = ""


class Seat:
    """One agent: capacity is a hard limit of `held`, the conversations that the agent has now."""

    __slots__ = (
        "agent", "capacity", "held", "is_present", "languages", "lines", "may_answer", "name", "skills", "teams", "turn",
    )  # fmt: skip

    def __init__(
        self,
        agent: AgentId,
        *,
        name: str = "",
        capacity: int = 8,
        teams: Iterable[TeamId] = (),
        skills: Iterable[str] = (),
        languages: Iterable[str] = (),
        may_answer: bool = True,
    ) -> None:
        self.agent = agent
        self.may_answer = may_answer
        self.name = name
        self.capacity = capacity
        self.teams = frozenset(teams)
        self.skills = frozenset(skill.casefold() for skill in skills)
        #: Primary tags; empty speaks all.
        self.languages = frozenset(tag.partition("-")[0].lower() for tag in languages)
        self.is_present = False
        self.held: set[ConversationId] = set()
        #: When this agent was last given a conversation, as a number that grows.
        self.turn = 0
        #: The lines whose need this agent meets.
        self.lines: list[Line] = []

    @property
    def is_free(self) -> bool:
        """Tell whether the desk may give this agent one more."""
        return self.is_present and len(self.held) < self.capacity

    def lacks(self, need: Need) -> str:
        """Name the first thing by which this agent does not meet a need; empty when it does."""
        if not self.may_answer:
            return "may not answer"
        if need.team is not None and need.team not in self.teams:
            return "other team"
        if not self.skills.issuperset(need.skills):
            return "lacks skill"
        if need.language and self.languages and need.language not in self.languages:
            return "other language"
        return ""


class Pool:
    """The agents who can meet one need, and who of them is next.

    A wish that nobody fulfils, present or not, is dropped: a visitor whose language nobody speaks is still answered.
    `dropped` names such wishes.
    """

    def __init__(self, need: Need, seats: Iterable[Seat]) -> None:
        self.need = need
        self.dropped: tuple[str, ...] = ()
        self.members = {seat.agent: seat for seat in self._eligible(list(seats))}
        self._by_turn = need.order == "round_robin"
        self._heap: list[tuple[tuple[float, int], AgentId]] = []
        self._fill()

    def next(self, without: AgentId | None = None) -> Seat | None:
        """Return the free agent whose turn it is, None when all are busy or absent."""
        aside: list[tuple[tuple[float, int], AgentId]] = []
        heap, found = self._heap, None
        while heap and found is None:
            key, agent = heap[0]
            seat = self.members[agent]
            if not seat.is_free:
                heappop(heap)
            elif key != (now := self._key(seat)):
                heapreplace(heap, (now, agent))
            elif agent == without:
                aside.append(heappop(heap))
            else:
                found = seat
        for entry in aside[:1]:
            heappush(heap, entry)
        return found

    def eased(self, seat: Seat) -> None:
        """Take note that an agent, who is free, has become so or freer."""
        if len(self._heap) > 4 * len(self.members) + 16:
            self._fill()
        else:
            heappush(self._heap, (self._key(seat), seat.agent))

    def near(self, most: int) -> list[Seat]:
        """Return a few agents who were likely to be next; not exactly in order."""
        return list({agent: self.members[agent] for _, agent in self._heap[: 2 * most]}.values())[:most]

    def is_attended(self, without: AgentId | None = None) -> bool:
        """Tell whether somebody else than `without` is there, busy or not. O(members)."""
        return any(seat.is_present and seat.agent != without for seat in self.members.values())

    def _fill(self) -> None:
        self._heap = [(self._key(seat), seat.agent) for seat in self.members.values() if seat.is_free]
        heapify(self._heap)

    def _key(self, seat: Seat) -> tuple[float, int]:
        """Return what decides whose turn it is: the share of the capacity in use, then who was longest without."""
        return (0.0 if self._by_turn else len(seat.held) / seat.capacity, seat.turn)

    def _eligible(self, seats: list[Seat]) -> list[Seat]:
        need, dropped = self.need, []
        seats = [seat for seat in seats if seat.may_answer]
        for name, wish in (
            ("team", Need(team=need.team)),
            ("skills", Need(skills=need.skills)),
            ("language", Need(language=need.language)),
        ):
            able = [seat for seat in seats if not seat.lacks(wish)]
            if able:
                seats = able
            elif seats:
                dropped.append(name)
        self.dropped = tuple(dropped)
        return seats
