"""Stage 4: a handler that fails, is late or has nothing to say gives way to the next one."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.pipeline.handlers import Says, answer, hooks_of, turn

from fastdesk.model.turn import Outcome
from fastdesk.observe.tasks import Tasks
from fastdesk.pipeline.process import MAX_ANSWER_S, Aside, Slow, finish, process
from fastdesk.pipeline.route import route

VIRTUAL_TIME = True


def slow(after_s: float, outcome: Outcome | None) -> Callable[[Any], Any]:
    async def work() -> Outcome | None:
        await asyncio.sleep(after_s)
        return outcome

    return lambda claim: work()


def broken(claim: Any) -> Outcome:
    raise ValueError(claim)


async def settle(*handlers: Says) -> tuple[Outcome | Aside | None, dict[str, int]]:
    """Return what these handlers answer, and how often each of them failed."""
    hooks, tasks = hooks_of(*handlers), Tasks()
    given = process(turn(), route(turn(), hooks), hooks)
    while isinstance(given, Slow):
        answer = given.begin(hooks, tasks)
        await asyncio.wait((answer,))
        given = finish(turn(), given, answer, hooks)
    return given, {name: times for name, times in hooks.failures.items() if times}


async def test_what_is_there_at_once_is_not_waited_for() -> None:
    given, failures = await settle(Says("first"), Says("second"))
    assert (given, failures) == (answer("first"), {})


async def test_a_handler_that_fails_or_says_none_gives_way() -> None:
    given, failures = await settle(
        Says("broken", make=broken),
        Says("nothing", make=lambda claim: None),
        Says("other", "x"),
        Says("last"),
    )
    assert (given, failures) == (answer("last"), {"broken": 1})


async def test_nobody_is_left() -> None:
    assert await settle(Says("nothing", make=lambda claim: None)) == (None, {})
    assert await settle() == (None, {})


async def test_one_that_is_waited_for_answers() -> None:
    given, _ = await settle(Says("slow", make=slow(5, answer("slow"))), Says("last"))
    assert given == answer("slow")


async def test_one_that_was_waited_for_in_vain_gives_way_to_another_that_waits() -> None:
    given, failures = await settle(
        Says("nothing", make=slow(1, None)), Says("slow", make=slow(1, answer("slow"))), Says("last")
    )
    assert (given, failures) == (answer("slow"), {})


async def test_after_the_last_one_there_is_no_outcome() -> None:
    given, _ = await settle(Says("nothing", make=slow(1, None)))
    assert given is None


async def test_one_that_is_late_is_given_up_and_counted() -> None:
    given, failures = await settle(Says("late", make=slow(MAX_ANSWER_S + 1, answer("late"))), Says("last"))
    assert (given, failures) == (answer("last"), {"late": 1})
    given, failures = await settle(Says("just", make=slow(MAX_ANSWER_S - 1, answer("just"))))
    assert (given, failures) == (answer("just"), {})


async def test_an_answer_that_nobody_waits_for_is_closed() -> None:
    only = Says("slow", make=slow(1, None))
    hooks = hooks_of(only)
    given = process(turn(), route(turn(), hooks), hooks)
    assert isinstance(given, Slow)
    given.close()  # without it the coroutine would warn that nobody awaited it
