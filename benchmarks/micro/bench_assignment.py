"""What does it cost to find who gets the next conversation, when thousands wait?

Unit: a thousand times, an agent's place becomes free, the next conversation is given to somebody, and another one begins to
wait; with 1,000 agents in 8 teams with 3 languages and a skill, all busy, and 10,000 conversations waiting. The figure to keep is
100 µs for one decision. Beside it a board that looks at everybody each time. A regression would mean that one busy tenant holds up
the loop for all others.

    python -m pytest benchmarks/micro/bench_assignment.py
"""

from collections.abc import Callable
from itertools import count

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fastdesk.desk.board import Board
from fastdesk.desk.lines import Waiting
from fastdesk.desk.seats import Need, Seat
from fastdesk.model.ids import AgentId, ConversationId, TeamId

AGENTS, CAPACITY, WAITING = 1_000, 4, 10_000
LANGUAGES = ("zh", "en", "fr")


def need_of(number: int) -> Need:
    skills = ("tax",) if number % 7 == 0 else ()
    return Need(team=TeamId(f"t{number % 8}"), language=LANGUAGES[number % 3], skills=skills)


def seats() -> list[Seat]:
    return [
        Seat(
            AgentId(f"a{number}"),
            capacity=CAPACITY,
            teams=(TeamId(f"t{number % 8}"),),
            languages=LANGUAGES[: 1 + number % 3],
            skills=("tax",) if number % 5 == 0 else (),
        )
        for number in range(AGENTS)
    ]


def desk() -> Callable[[int], None]:
    board, numbers = Board(), count()
    board.seat(seats())
    for agent in tuple(board.seats):
        board.show(agent, True)
        for _ in range(CAPACITY):
            board.hold(ConversationId(f"x{next(numbers)}"), agent)
    given = [ConversationId(f"x{number}") for number in range(AGENTS * CAPACITY)]
    for number in range(WAITING):
        board.wait(Waiting(ConversationId(f"c{number:07}"), number, number), need_of(number))
    arrivals = count(WAITING)

    def run(times: int) -> None:
        for _ in range(times):
            at = next(arrivals)
            board.hold(given[at * 7919 % len(given)], None)
            while (decision := board.decide(at)) is not None:
                given[at * 7919 % len(given)] = decision.conversation
            board.wait(Waiting(ConversationId(f"c{at:07}"), at, at), need_of(at))

    return run


def everybody() -> Callable[[int], None]:
    """Look at all who wait and all who are there."""
    staff = seats()
    for seat in staff:
        seat.is_present = True
        seat.held = {ConversationId(f"{seat.agent}-{number}") for number in range(CAPACITY)}
    waiting = [(number, need_of(number)) for number in range(WAITING)]
    arrivals = count(WAITING)

    def run(times: int) -> None:
        for _ in range(times):
            at = next(arrivals)
            staff[at * 7919 % AGENTS].held.pop()
            free = [seat for seat in staff if seat.is_free]
            place, seat = next(
                (place, seat)
                for place, (_, need) in enumerate(waiting)
                for seat in free
                if not seat.lacks(need)
            )
            del waiting[place]
            seat.held.add(ConversationId(f"c{at:07}"))
            waiting.append((at, need_of(at)))

    return run


@pytest.mark.parametrize("make", [desk, everybody])
def test_a_thousand_assignments(
    benchmark: BenchmarkFixture, make: Callable[[], Callable[[int], None]]
) -> None:
    run = make()
    benchmark.pedantic(run, args=(1_000,), rounds=5, warmup_rounds=1)
