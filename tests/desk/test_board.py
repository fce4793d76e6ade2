"""The board against an oracle that looks at everybody each time."""

import sys
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.desk.board import Board, Decision
from fastdesk.desk.lines import Waiting
from fastdesk.desk.seats import Need, Seat
from fastdesk.model.ids import AgentId, ConversationId, TeamId

TEAMS = (None, TeamId("sales"), TeamId("help"))
SKILLS = ((), ("visa",), ("tax",), ("tax", "visa"))
LANGUAGES = ("", "zh", "en", "fr")


def seat(name: str, **fields: Any) -> Seat:
    return Seat(AgentId(name), name=name, **fields)


def waiting(name: str, since: int = 0, rank: int | None = None, **fields: Any) -> Waiting:
    return Waiting(ConversationId(name), since, since if rank is None else rank, **fields)


def settle(board: Board, now_ms: int = 0) -> list[Decision]:
    return list(iter(lambda: board.decide(now_ms), None))


def board_of(*seats: Seat) -> Board:
    board = Board()
    board.seat(seats)
    for each in seats:
        board.show(each.agent, True)
    return board


class Oracle:
    """Know the same as the board, in lists."""

    def __init__(self, seats: list[Seat]) -> None:
        self.seats = {each.agent: each for each in seats}
        self.present: set[AgentId] = set()
        self.holder: dict[ConversationId, AgentId] = {}
        self.turn: dict[AgentId, int] = dict.fromkeys(self.seats, 0)
        self.waiting: dict[ConversationId, tuple[Waiting, Need]] = {}
        self.turns = count(1)

    def load(self, agent: AgentId) -> int:
        return sum(holder == agent for holder in self.holder.values())

    def eligible(self, need: Need) -> list[Seat]:
        able = [each for each in self.seats.values() if each.may_answer]
        for wish in (Need(team=need.team), Need(skills=need.skills), Need(language=need.language)):
            able = [each for each in able if not each.lacks(wish)] or able
        return able

    def free(self, each: Waiting, need: Need, now_ms: int) -> list[Seat]:
        return [
            seat
            for seat in self.eligible(need)
            if seat.agent in self.present
            and self.load(seat.agent) < seat.capacity
            and not (seat.agent == each.without and now_ms < each.rests_until_ms)
        ]

    def expected(self, now_ms: int) -> tuple[ConversationId, AgentId] | None:
        served = [
            (each.key, each, need)
            for each, need in self.waiting.values()
            if need.order != "manual" and self.free(each, need, now_ms)
        ]
        if not served:
            return None
        _, each, need = min(served, key=lambda one: one[0])
        free = self.free(each, need, now_ms)
        if each.prefer in [seat.agent for seat in free]:
            return each.conversation, each.prefer  # type: ignore[return-value]
        share = (
            (lambda one: 0.0)
            if need.order == "round_robin"
            else (lambda one: self.load(one.agent) / one.capacity)
        )
        return each.conversation, min(
            free, key=lambda one: (share(one), self.turn[one.agent], one.agent)
        ).agent

    def give(self, conversation: ConversationId, agent: AgentId) -> None:
        self.waiting.pop(conversation, None)
        self.holder[conversation] = agent
        self.turn[agent] = next(self.turns)


seats = st.builds(
    lambda number, capacity, teams, skills, languages, may: seat(
        f"a{number}", capacity=capacity, teams=[team for team in teams if team], skills=skills, languages=languages, may_answer=may
    ),
    st.integers(0, 6), st.integers(0, 3), st.sets(st.sampled_from(TEAMS)), st.sampled_from(SKILLS),
    st.sets(st.sampled_from(("zh", "en", "zh-TW"))), st.sampled_from((True, True, True, False)),
)  # fmt: skip
needs = st.builds(
    Need,
    team=st.sampled_from((None, None, *TEAMS)),
    skills=st.sampled_from(((), (), *SKILLS)),
    language=st.sampled_from(("", "", *LANGUAGES)),
    order=st.sampled_from(("least_busy", "least_busy", "round_robin", "manual")),
)
agents = st.integers(0, 6).map(lambda number: AgentId(f"a{number}"))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), needs, st.integers(0, 50), st.none() | agents, st.none() | agents),
        st.tuples(st.just("wait"), needs, st.integers(0, 50), st.none(), st.none()),
        st.tuples(st.just("leave"), st.integers(0, 30)),
        st.tuples(st.just("show"), agents, st.booleans()),
        st.tuples(st.just("done"), st.integers(0, 30)),
        st.tuples(st.just("take"), st.integers(0, 30), agents),
        st.tuples(st.just("seats"), st.lists(seats, max_size=7, unique_by=lambda each: each.agent)),
        st.tuples(st.just("stir")),
    ),
    max_size=60,
)


def test_behind_one_who_waits_for_another_agent_nobody_jumps_the_lines() -> None:
    """The first of one line must not get the only agent there; the second has waited less than the first of another line."""
    board = board_of(seat("a1", capacity=1, languages=("zh", "en")))
    board.wait(waiting("c1", 1, without=AgentId("a1"), rests_until_ms=99), Need(language="zh"))
    board.wait(waiting("c2", 2), Need(language="en"))
    board.wait(waiting("c3", 3), Need(language="zh"))
    served = []
    while decision := board.decide(0):
        served.append(decision.conversation)
        board.hold(decision.conversation, None)
    assert served == ["c2", "c3"]
    assert board.decide(0) is None
    board.stir()
    assert [decision.conversation for decision in settle(board, 99)] == ["c1"]


@settings(max_examples=500, deadline=None)
@given(st.lists(seats, min_size=1, max_size=7, unique_by=lambda each: each.agent), steps)
def test_every_decision_is_the_oracles(first: list[Seat], story: list[tuple[Any, ...]]) -> None:
    board, oracle = Board(), Oracle(first)
    board.seat(first)
    for each in first:
        board.show(each.agent, True)
    oracle.present = set(oracle.seats)
    for now_ms, step in enumerate(story):
        _step(board, oracle, step, now_ms)
        # Whose rest has ended is found when the board is stirred, once a second.
        if any(each.rests_until_ms == now_ms for each, _ in oracle.waiting.values()):
            board.stir()
        while True:
            expected = oracle.expected(now_ms)
            decision = board.decide(now_ms)
            assert (None if decision is None else (decision.conversation, decision.agent)) == expected
            if decision is None:
                break
            oracle.give(decision.conversation, decision.agent)
            assert decision.held <= decision.capacity
        for agent, each in board.seats.items():
            assert len(each.held) == oracle.load(agent)
        assert set(board.everybody()) == set(oracle.waiting)


def _step(board: Board, oracle: Oracle, step: tuple[Any, ...], now_ms: int) -> None:
    match step:
        case ("wait", need, rank, prefer, without):
            each = waiting(f"c{now_ms}", rank, prefer=prefer, without=without, rests_until_ms=now_ms + 5)
            oracle.waiting[each.conversation] = (each, need)
            board.wait(each, need)
        case ("leave", number):
            oracle.waiting.pop(ConversationId(f"c{number}"), None)
            board.leave(ConversationId(f"c{number}"))
        case ("show", agent, is_present) if agent in oracle.seats:
            (oracle.present.add if is_present else oracle.present.discard)(agent)
            board.show(agent, is_present)
        case ("done", number):
            oracle.holder.pop(ConversationId(f"c{number}"), None)
            board.hold(ConversationId(f"c{number}"), None)
        case ("take", number, agent) if agent in oracle.seats:
            conversation = ConversationId(f"c{number}")
            oracle.waiting.pop(conversation, None)
            board.leave(conversation)
            if oracle.holder.get(conversation) != agent:
                oracle.give(conversation, agent)
            board.hold(conversation, agent)
        case ("seats", them):
            oracle.seats = {each.agent: each for each in them}
            oracle.present &= set(oracle.seats)
            oracle.turn = {agent: oracle.turn.get(agent, 0) for agent in oracle.seats}
            oracle.holder = {one: agent for one, agent in oracle.holder.items() if agent in oracle.seats}
            board.seat(them)
        case ("stir",):
            board.stir()


def test_the_head_of_the_line_is_served_when_capacity_frees() -> None:
    board = board_of(seat("li", capacity=1))
    for number in range(3):
        board.wait(waiting(f"c{number}", number), Need())
    assert [each.conversation for each in settle(board)] == ["c0"]
    board.hold(ConversationId("c0"), None)
    assert [each.conversation for each in settle(board)] == ["c1"]


def test_a_high_class_overtakes_but_never_for_longer_than_its_head_start() -> None:
    board = board_of(seat("li", capacity=0))
    board.wait(waiting("normal", 1_000), Need())
    board.wait(waiting("urgent", 3_000_000, 3_000_000 - 3_600_000), Need())
    board.wait(waiting("late-urgent", 3_700_000, 3_700_000 - 3_600_000), Need())
    places = {name: board.place(ConversationId(name)) for name in ("urgent", "normal", "late-urgent")}
    assert places == {"urgent": 1, "normal": 2, "late-urgent": 3}


def test_places_count_everybody_of_the_team_whatever_else_they_need() -> None:
    board = board_of(seat("li", capacity=0))
    board.wait(waiting("c1", 1), Need(team=TeamId("help"), language="zh"))
    board.wait(waiting("c2", 2), Need(team=TeamId("help"), language="en"))
    board.wait(waiting("c3", 3), Need(team=TeamId("sales")))
    assert [board.place(ConversationId(f"c{number}")) for number in (1, 2, 3, 4)] == [1, 2, 1, 0]


def test_a_wish_that_nobody_can_fulfil_keeps_nobody_waiting() -> None:
    board = board_of(seat("li", languages=("zh",)))
    board.wait(waiting("c1"), Need(language="fr", skills=("juggling",)))
    (decision,) = settle(board)
    assert (decision.agent, decision.dropped) == ("li", ("skills", "language"))


def test_a_decision_says_who_was_not_chosen_and_why() -> None:
    board = board_of(
        seat("li", capacity=4, languages=("en",)),
        seat("wang", capacity=1),
        seat("zhao", capacity=4),
        seat("chen", languages=("fr",)),
    )
    board.hold(ConversationId("x1"), AgentId("wang"))
    board.hold(ConversationId("x2"), AgentId("li"))
    board.wait(waiting("c1"), Need(language="en"))
    (decision,) = settle(board)
    assert (decision.agent, decision.by) == ("zhao", "fewest conversations")
    assert {rival.agent: rival.reason for rival in decision.rivals} == {
        "li": "busier", "wang": "full", "chen": "other language",
    }  # fmt: skip


def test_closed_hours_keep_a_line_and_open_ones_let_it_go() -> None:
    board = board_of(seat("li"))
    board.wait(waiting("c1"), Need(hours="shop"))
    assert board.decide(0, lambda need: need.hours != "shop") is None
    board.stir()
    assert board.decide(1, lambda need: True) is not None


def test_an_agent_that_changes_keeps_its_conversations() -> None:
    board = board_of(seat("li", capacity=2))
    board.hold(ConversationId("c1"), AgentId("li"))
    board.seat([seat("li", capacity=1)])
    board.wait(waiting("c2"), Need())
    assert board.decide(0) is None
    board.hold(ConversationId("c1"), None)
    assert board.decide(0) is not None


def _crowd(agents: int, waiting_: int) -> Board:
    """Return a busy board: every agent full, in 8 teams, 3 languages and 2 skills, and so many waiting."""
    numbers = count()
    board = board_of(
        *(
            seat(f"a{number}", capacity=4, teams=(TeamId(f"t{number % 8}"),), languages=("zh", "en", "fr")[: 1 + number % 3],
                 skills=("tax",) if number % 5 == 0 else ())
            for number in range(agents)
        )
    )  # fmt: skip
    for number in range(agents):
        for _ in range(4):
            board.hold(ConversationId(f"x{next(numbers)}"), AgentId(f"a{number}"))
    for number in range(waiting_):
        need = Need(
            team=TeamId(f"t{number % 8}"),
            language=("zh", "en", "fr")[number % 3],
            skills=("tax",) if number % 7 == 0 else (),
        )
        board.wait(waiting(f"c{number:06}", number), need)
    settle(board)
    return board


def _work(board: Board, conversation: str) -> int:
    """Count the function calls, Python's and C's, of freeing a place and deciding who gets it."""
    calls = 0

    def note(frame: Any, event: str, arg: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        board.hold(ConversationId(conversation), None)
        assert board.decide(10**6) is not None
    finally:
        sys.setprofile(None)
    return calls


def test_a_decision_costs_the_same_among_thousands() -> None:
    small = _crowd(100, 1_000)
    large = _crowd(1_000, 10_000)
    among_few = [_work(small, f"x{number}") for number in range(0, 400, 3)]
    among_many = [_work(large, f"x{number}") for number in range(0, 4_000, 30)]
    # One call takes about a tenth of a microsecond: the limit stands for 30 µs, the figure to keep is 100 µs.
    assert sum(among_many) / len(among_many) < 300
    assert sum(among_many) / len(among_many) < 1.5 * sum(among_few) / len(among_few)
