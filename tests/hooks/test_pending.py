"""An outcome that comes later: told once, at once, and never after its end."""

import asyncio
from typing import Any

import pytest

from fastdesk.hooks.pending import Pending
from fastdesk.model.turn import Outcome

OUTCOME = Outcome()


def waited_for() -> tuple[Pending, list[Pending]]:
    """Return one with the list of what who waits for it was told."""
    pending, told = Pending(), list[Pending]()
    pending.add_done_callback(told.append)
    return pending, told


async def test_outcome_is_told_at_once_and_only_once() -> None:
    pending, told = waited_for()
    pending.give(OUTCOME)
    assert told == [pending]
    pending.give(Outcome(why={"late": True}))
    pending.fail(ValueError())
    assert not pending.cancel()
    await asyncio.sleep(0)
    assert told == [pending]
    assert (pending.result(), pending.exception(), pending.cancelled()) == (OUTCOME, None, False)


async def test_failure_is_told_at_once() -> None:
    pending, told = waited_for()
    failure = ValueError()
    pending.fail(failure)
    assert told == [pending]
    assert pending.exception() is failure


async def test_cancelling_tells_in_the_next_round() -> None:
    pending, told = waited_for()
    assert pending.cancel()
    assert pending.cancelled()
    assert told == []
    await asyncio.sleep(0)
    assert told == [pending]
    pending.give(OUTCOME)
    assert pending.result() is None


async def test_who_comes_after_the_end_is_told_in_the_next_round() -> None:
    pending, told = Pending(), list[Pending]()
    pending.give(OUTCOME)
    pending.add_done_callback(told.append)
    assert told == []
    await asyncio.sleep(0)
    assert told == [pending]


@pytest.mark.parametrize("ending", ["give", "fail"])
async def test_one_who_cannot_take_it_stops_nobody_else(ending: str) -> None:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context))
    pending, fault = Pending(), RuntimeError("cannot")

    def refuse(pending: Pending) -> None:
        raise fault

    pending.add_done_callback(refuse)
    if ending == "give":
        pending.give(OUTCOME)
    else:
        pending.fail(ValueError())
    assert [context["exception"] for context in reported] == [fault]
