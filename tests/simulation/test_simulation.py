"""Thousands of simulated conversations, and the proof that the simulation finds the faults it is there for."""

import random
from unittest.mock import patch

import pytest
from tests.simulation.ledger import BrokenLaw
from tests.simulation.world import World

from fastdesk.pipeline import answering, reply, runner
from fastdesk.pipeline.repeats import Repeats

SEEDS = range(20)
CONVERSATIONS = 1000


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_thousand_conversations_with_kills_and_cut_connections_keep_every_law(seed: int) -> None:
    world = World(seed, conversations=CONVERSATIONS)
    world.run()
    assert len(world.ledger.acked) > CONVERSATIONS


def test_the_same_seed_replays_exactly() -> None:
    def trace(seed: int) -> tuple[dict[str, dict[int, str]], int]:
        world = World(seed, conversations=30)
        world.run()
        return dict(world.ledger.order), world.clock.now_ns()

    assert trace(7)[1] == trace(7)[1]
    assert trace(7)[1] != trace(8)[1]


def _find_fault() -> BrokenLaw:
    """Run seeds until one breaks a law."""
    for seed in range(40):
        try:
            World(seed, conversations=60, kills=3).run()
        except BrokenLaw as law:
            assert f"seed {seed}" in str(law)
            return law
    pytest.fail("the planted fault was not found")


def test_acknowledging_before_the_commit_is_found() -> None:
    from fastdesk.store.sqlite import SqliteStore

    honest = SqliteStore.append

    def hasty(self, event, origin=None):  # type: ignore[no-untyped-def]
        honest(self, event, origin)
        if origin is not None and hasattr(event, "seq"):
            origin.acknowledge(event)

    with patch.object(SqliteStore, "append", hasty):
        assert "acknowledged" in str(_find_fault()) or "stands for" in str(_find_fault())


def test_forgotten_deduplication_is_found() -> None:
    with patch.object(Repeats, "find", lambda self, live, sender, frame: None):
        assert "acknowledged" in str(_find_fault())


def test_a_bot_that_speaks_after_a_person_is_found() -> None:
    deaf = lambda conversation: False  # noqa: E731
    with (
        patch.object(runner, "is_bot_silent", deaf),
        patch.object(answering, "is_bot_silent", deaf),
        patch.object(reply, "is_bot_silent", deaf),
    ):
        assert "bot spoke" in str(_find_fault())


def test_random_streams_do_not_leak_between_worlds() -> None:
    before = random.getstate()
    World(1, conversations=5, kills=0).run()
    assert random.getstate() == before
