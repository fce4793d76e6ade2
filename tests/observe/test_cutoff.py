"""What takes too long is broken off, wherever it stands; what does not is left alone."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from fastdesk.observe.cutoff import Cutoff, Guarded, TooLong


@pytest.fixture
def cutoff() -> Iterator[Cutoff]:
    cutoff = Cutoff(0.02)
    cutoff.install()
    yield cutoff
    cutoff.remove()


def spin() -> None:
    while True:
        pass


def swallow() -> None:
    """Catch everything that Python code usually catches, for ever."""
    while True:
        try:
            spin()
        except BaseException:
            if swallowed.append(1) or len(swallowed) > 2:
                raise


swallowed: list[int] = []


def test_a_loop_is_broken_off(cutoff: Cutoff) -> None:
    with pytest.raises(TooLong):
        cutoff.run(spin)


def test_a_sleeper_is_woken(cutoff: Cutoff) -> None:
    began = time.monotonic()
    with pytest.raises(TooLong):
        cutoff.run(lambda: time.sleep(60))
    assert time.monotonic() - began < 30


def test_who_swallows_the_alarm_meets_the_next_one(cutoff: Cutoff) -> None:
    swallowed.clear()
    with pytest.raises(TooLong):
        cutoff.run(swallow)
    assert len(swallowed) == 3


def test_what_is_quick_gives_its_value_and_no_alarm_comes_later(cutoff: Cutoff) -> None:
    assert cutoff.run(max, 1, 2) == 2
    until = time.monotonic() + 0.1
    while time.monotonic() < until:
        pass


def test_a_call_within_a_call_shares_its_time(cutoff: Cutoff) -> None:
    with pytest.raises(TooLong):
        cutoff.run(lambda: cutoff.run(spin))


def test_without_the_signal_there_is_no_limit() -> None:
    assert Cutoff(0.001).run(time.sleep, 0.01) is None


async def slow_step() -> str:
    await asyncio.sleep(0.05)  # waiting has no limit …
    spin()  # … computing has
    return "never"


async def test_a_step_of_an_awaitable_is_broken_off(cutoff: Cutoff) -> None:
    with pytest.raises(TooLong):
        await Guarded(slow_step(), cutoff)


async def test_an_awaitable_gives_its_value(cutoff: Cutoff) -> None:
    async def answer() -> int:
        await asyncio.sleep(0)
        return 7

    assert await Guarded(answer(), cutoff) == 7


async def test_a_cancelled_awaitable_may_tidy_up(cutoff: Cutoff) -> None:
    tidied: list[bool] = []

    async def answer() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            tidied.append(True)

    async def wait() -> None:
        await Guarded(answer(), cutoff)

    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tidied == [True]
