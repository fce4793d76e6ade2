"""Thousands of simulated conversations, and the proof that the simulation finds the faults it is there for."""

import random
from typing import Any
from unittest.mock import patch

import pytest
from tests.simulation.ledger import BrokenLaw
from tests.simulation.world import World

from fastdesk.hub.live import Live
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Said
from fastdesk.pipeline import answering, reply, runner
from fastdesk.pipeline.repeats import Repeats
from fastdesk.pipeline.scribe import Scribe

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

    assert trace(7) == trace(7)
    assert trace(7)[0] != trace(8)[0]


def _find_fault() -> str:
    """Run seeds until one breaks a law, and return what it says."""
    for seed in range(40):
        world = World(seed, conversations=60, kills=3)
        try:
            world.run()
        except BrokenLaw as law:
            return str(law)
    pytest.fail("the planted fault was not found")


def test_acknowledging_before_the_commit_is_found() -> None:
    honest = Scribe.say

    def hasty(self: Scribe, live: Live, **how: Any) -> Said:
        said = honest(self, live, **how)
        if how.get("origin") is not None:
            how["origin"].acknowledge(said)
        return said

    with patch.object(Scribe, "say", hasty):
        found = _find_fault()
    assert found.startswith("seed ")
    assert "acknowledged" in found or "stands for" in found


def test_forgotten_deduplication_is_found() -> None:
    with patch.object(Repeats, "find", lambda self, live, sender, frame: None):
        found = _find_fault()
    assert found.startswith("seed ")
    assert "acknowledged" in found


def test_a_bot_that_speaks_after_a_person_is_found() -> None:
    def deaf(conversation: Conversation) -> bool:
        return False

    with (
        patch.object(runner, "is_bot_silent", deaf),
        patch.object(answering, "is_bot_silent", deaf),
        patch.object(reply, "is_bot_silent", deaf),
    ):
        found = _find_fault()
    assert found.startswith("seed ")
    assert "bot spoke" in found


def test_random_streams_do_not_leak_between_worlds() -> None:
    before = random.getstate()
    World(1, conversations=5, kills=0).run()
    assert random.getstate() == before
