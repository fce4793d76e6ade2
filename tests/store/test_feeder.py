"""What drives the projector: in real threads, with a projector whose steps the test decides."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable

import pytest
from tests.store.conftest import until

from fastdesk.errors import StoreError
from fastdesk.store.feeder import Feeder
from fastdesk.store.runner import ThreadRunner


class Steps:
    """A projector of numbers: there are `there` events, a step takes `size`, and `failures` come first."""

    def __init__(self, there: int = 0, size: int = 10) -> None:
        self.there, self.size = there, size
        self.fed = self.follows = 0
        self.failures: list[Exception] = []
        self.lock = threading.Lock()

    def step(self) -> int:
        with self.lock:
            if self.failures:
                raise self.failures.pop(0)
            taken = min(self.size, self.there - self.fed)
            self.fed += taken
            return taken

    def follow(self) -> bool:
        self.follows += 1
        return False


class Told:
    """Notes what the feeder tells, and that it does so in the loop."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.fulls: list[bool] = []
        self.reasons: list[str] = []
        self.loop = threading.get_ident()

    def fed(self, position: int) -> None:
        assert threading.get_ident() == self.loop
        self.positions.append(position)

    def projecting_full(self, is_full: bool) -> None:
        self.fulls.append(is_full)

    def broken(self, reason: str) -> None:
        self.reasons.append(reason)


Make = Callable[[Steps], Feeder]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def make(runner: ThreadRunner, told: Told) -> AsyncIterator[Make]:
    """Make a feeder, and end it after the test."""
    made: list[Feeder] = []

    def feeder(steps: Steps) -> Feeder:
        made.append(Feeder(steps, runner, told))  # type: ignore[arg-type]
        return made[-1]

    yield feeder
    for each in made:
        each.stop()


def full() -> sqlite3.Error:
    failure = sqlite3.OperationalError("database or disk is full")
    failure.sqlite_errorcode = sqlite3.SQLITE_FULL
    return failure


async def test_what_is_there_is_fed_in_the_background_and_then_followed(make: Make, told: Told) -> None:
    steps = Steps(there=25)
    feeder = make(steps)
    feeder.start()
    feeder.notify()
    await until(lambda: told.positions[-1:] == [25])
    assert told.positions == sorted(told.positions)
    await until(lambda: steps.follows > 0)
    steps.there = 30
    feeder.notify()
    await until(lambda: told.positions[-1:] == [30])


async def test_who_is_in_a_hurry_waits_for_no_background(make: Make, told: Told) -> None:
    feeder = make(Steps(there=100))
    feeder.hurry(35)
    await until(lambda: bool(told.positions) and told.positions[-1] >= 35)
    assert told.positions[-1] == 40, "whole steps, and no more of them than asked for"


async def test_who_comes_while_the_hurry_ends_is_served_too(runner: ThreadRunner, told: Told) -> None:
    feeder = Feeder(Steps(there=100), runner, told)  # type: ignore[arg-type]
    tell, wishes = runner.tell, [95]

    def tell_late(callback: Callable[..., None], *arguments: object) -> None:
        if callback == feeder._caught_up and wishes:
            feeder.hurry(wishes.pop())  # the thread has looked for wishes already
        tell(callback, *arguments)

    runner.tell = tell_late  # type: ignore[method-assign]
    feeder.hurry(5)
    await until(lambda: told.positions[-1:] == [100])


async def test_a_full_disk_is_told_once_and_tried_again(make: Make, told: Told) -> None:
    steps = Steps(there=10)
    steps.failures = [full(), OSError(28, "No space left on device"), full()]
    feeder = make(steps)
    feeder.start()
    await until(lambda: told.positions == [10])
    assert told.fulls == [True, False]
    assert told.reasons == []


async def test_any_other_failure_ends_it_with_its_reason(make: Make, told: Told) -> None:
    steps = Steps(there=10)
    steps.failures = [sqlite3.DatabaseError("file is not a database")]
    feeder = make(steps)
    feeder.start()
    await until(lambda: bool(told.reasons))
    assert "DatabaseError: file is not a database" in told.reasons[0]
    feeder.hurry(10)
    feeder.notify()
    await asyncio.get_running_loop().run_in_executor(None, lambda: None)
    assert (told.positions, len(told.reasons)) == ([], 1)


async def test_a_piece_of_work_is_called_until_it_is_done(make: Make) -> None:
    left = [True, True, False]
    await make(Steps()).finish(lambda: left.pop(0))
    assert left == []


async def test_work_that_the_disk_refuses_is_refused_to_who_waits(make: Make, told: Told) -> None:
    def refused() -> bool:
        raise full()

    with pytest.raises(StoreError, match="The disk refused"):
        await make(Steps()).finish(refused)
    assert told.fulls == [True]


async def test_followers_have_their_turn_under_a_load_that_never_ends(make: Make) -> None:
    steps = Steps(there=10**9, size=1024)
    feeder = make(steps)
    feeder.start()
    await until(lambda: steps.follows >= 2)
    assert steps.fed >= 2 * 32 * 1024
