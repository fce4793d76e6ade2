"""Those who wait until a position is reached."""

import asyncio

import pytest

from fastdesk.errors import StoreError
from fastdesk.store.waiters import Waiters


async def start(waiters: Waiters, position: int, *, patient: bool = True) -> "asyncio.Task[None]":
    task = asyncio.get_running_loop().create_task(waiters.wait(position, patient=patient))
    await asyncio.sleep(0)
    return task


async def test_those_whose_position_is_reached_go_on() -> None:
    waiters = Waiters()
    assert not waiters
    tasks = [await start(waiters, position) for position in (7, 3, 5)]
    assert waiters.highest == 7
    waiters.reach(5)
    await asyncio.sleep(0)
    assert [task.done() for task in tasks] == [False, True, True]
    waiters.reach(7)
    await tasks[0]
    assert not waiters
    assert waiters.highest == 0


async def test_the_impatient_can_be_let_go() -> None:
    waiters = Waiters()
    patient, impatient = await start(waiters, 5), await start(waiters, 5, patient=False)
    waiters.let_go()
    await impatient
    assert not patient.done()
    waiters.reach(5)
    await patient


async def test_all_fail_together() -> None:
    waiters = Waiters()
    tasks = [await start(waiters, position) for position in (1, 2)]
    waiters.fail("the disk is broken")
    for task in tasks:
        with pytest.raises(StoreError, match="the disk is broken"):
            await task


async def test_one_who_gave_up_is_no_trouble() -> None:
    waiters = Waiters()
    for end in (lambda: waiters.reach(5), waiters.let_go, lambda: waiters.fail("x")):
        task = await start(waiters, 5, patient=False)
        task.cancel()
        await asyncio.sleep(0)
        end()
        assert not waiters
