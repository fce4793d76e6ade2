"""What has survived is not walked again, and still nothing is lost."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest
from tests.ai.conftest import VirtualLoop

from fastdesk.observe import collector as room
from fastdesk.observe.collector import Collector


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop in which a minute passes at once."""
    loop = VirtualLoop()
    yield loop
    loop.close()


class Node:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector(loop: asyncio.AbstractEventLoop) -> Iterator[Collector]:
    made = Collector()
    made.start(loop)
    yield made
    made.stop()


def put_aside(count: int) -> list[list[int]]:
    """Return so many objects, made while the collector was watching."""
    return [[number] for number in range(count)]


def test_what_survives_is_walked_once(collector: Collector) -> None:
    frozen = gc.get_freeze_count()
    kept = put_aside(10 * room._STEP)
    assert collector.steps >= 9
    assert gc.get_freeze_count() - frozen > 8 * room._STEP
    assert len(gc.get_objects()) <= 3 * room._STEP
    assert len(kept) == 10 * room._STEP


def test_a_cycle_that_was_put_aside_is_found_at_rest(
    loop: asyncio.AbstractEventLoop, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_WORTH_STEPS", 1)
    node = Node()
    gone = weakref.ref(node)
    put_aside(10 * room._STEP)
    del node
    assert gone() is not None  # put aside, and nobody looks there
    loop.run_until_complete(asyncio.sleep(61))
    assert gone() is not None  # there was work in this minute
    loop.run_until_complete(asyncio.sleep(60))
    assert gone() is None


def test_at_work_it_is_found_after_a_long_time(
    loop: asyncio.AbstractEventLoop, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_MOST_STEPS", 20)
    node = Node()
    gone = weakref.ref(node)
    del node
    for _ in range(3):
        put_aside(10 * room._STEP)
        loop.run_until_complete(asyncio.sleep(61))
    assert gone() is None


def test_the_schedule_is_given_back(loop: asyncio.AbstractEventLoop) -> None:
    before = gc.get_threshold()
    collector = Collector()
    collector.start(loop)
    assert gc.get_threshold() != before
    collector.stop()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
    put_aside(10 * room._STEP)
    assert collector.steps <= 1
