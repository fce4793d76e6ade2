"""People at work in simulated desks: capacity, order, one owner, nobody forgotten, no bot after a take-over."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from tests.interpreted import run_uncompiled
from tests.simulation.floor import FloorWorld
from tests.simulation.ledger import BrokenLaw

from fastdesk.desk.board import Board
from fastdesk.desk.lines import Line, Waiting
from fastdesk.desk.seats import Seat
from fastdesk.pipeline import routing
from fastdesk.pipeline.boards import Boards
from fastdesk.pipeline.routing import Routing


@pytest.mark.parametrize("seed", range(3))
def test_hundreds_of_conversations_find_their_people(seed: int) -> None:
    world = FloorWorld(seed, conversations=100)
    world.run()
    assert world.floor.assigned > 50


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
def test_thousand_conversations_find_their_people(seed: int) -> None:
    world = FloorWorld(seed, conversations=1000)
    world.run()
    assert world.floor.assigned > 500
    assert world.floor.reassigned
    assert world.floor.taken
    assert world.floor.most_waiting > 100


def find_fault() -> str:
    """Run seeds until one breaks a law, and return what it says."""
    for seed in range(30):
        try:
            FloorWorld(seed, conversations=60).run()
        except BrokenLaw as law:
            return str(law)
    pytest.fail("the planted fault was not found")


def test_a_capacity_that_is_forgotten_is_found() -> None:
    with patch.object(Seat, "is_free", property(lambda self: self.is_present and self.capacity > 0)):
        assert " of " in find_fault()


def test_a_place_that_is_taken_only_when_stored_is_found() -> None:
    """Two decisions before the first one is written: the interleaving that a limit must stand."""

    def late(self: Board, line: Line, waiting: Waiting, seat: Seat, by: str, *, now_ms: int) -> object:
        held = set(seat.held)
        decision = honest(self, line, waiting, seat, by, now_ms=now_ms)
        seat.held = held
        return decision

    honest = Board._take
    with patch.object(Board, "_take", late), patch.object(Boards, "follow", lambda self, live, before: None):
        find_fault()


def test_a_line_that_is_served_from_its_end_is_found() -> None:
    def backwards(self: Line) -> Iterator[Waiting]:
        return reversed([self._waiting[conversation] for _, conversation in self._keys])

    with patch.object(Line, "__iter__", backwards):
        assert "overtaken" in find_fault()


def test_a_freed_place_that_nobody_notices_is_found() -> None:
    with patch.object(Board, "_ease", lambda self, seat: None):
        assert "waits though somebody is free" in find_fault()


def test_an_agent_who_is_gone_and_keeps_everything_is_found() -> None:
    world = FloorWorld(1, conversations=60)
    with patch.object(Routing, "_look_after", lambda self, tenant, seat, now_ms: None):
        world.run()
    assert world.floor.reassigned == 0
    honest = FloorWorld(1, conversations=60)
    honest.run()
    assert honest.floor.reassigned > 0


_DEAF = """
from unittest.mock import patch

from tests.simulation.test_floor import find_fault

from fastdesk.pipeline import answering, reply, runner

deaf = lambda conversation: False
with (
    patch.object(runner, "is_bot_silent", deaf),
    patch.object(answering, "is_bot_silent", deaf),
    patch.object(reply, "is_bot_silent", deaf),
):
    print("found", find_fault())
"""


def test_a_bot_that_speaks_after_a_take_over_is_found(tmp_path: Path) -> None:
    assert "bot" in run_uncompiled(
        tmp_path, _DEAF
    )  # compiled modules call each other past what a test puts in


def test_an_assignment_without_a_why_is_found() -> None:
    with patch.object(routing, "explained", lambda decision, now_ms: {"by": "routing"}):
        assert "without a why" in find_fault()
