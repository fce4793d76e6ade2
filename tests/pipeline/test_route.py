"""Stage 3: the first handler that claims a turn gets it."""

from typing import Literal

import pytest
from msgspec.structs import replace
from tests.hub.test_live import live
from tests.pipeline.handlers import Says, hooks_of, turn

from fastdesk.model.turn import Turn
from fastdesk.pipeline.route import is_bot_silent, route


class Broken(Says):
    def claim(self, turn: Turn) -> str | None:
        raise ValueError(turn.id)


def test_the_first_that_claims_gets_it_and_those_behind_it_are_kept() -> None:
    first, second, third = Says("first", "no such word"), Says("second"), Says("third")
    hooks = hooks_of(first, second, third)
    chosen = route(turn(7), hooks)
    assert chosen is not None
    assert (chosen.handler, chosen.claim) == (second, "7")
    assert (first.asked, third.asked) == (1, 0)
    after = route(turn(7), hooks, chosen.following)
    assert after is not None
    assert (after.handler, second.asked) == (third, 1)
    assert route(turn(7), hooks, after.following) is None


def test_nobody_claims() -> None:
    only = Says("only", "no such word")
    assert route(turn(), hooks_of(only)) is None
    assert route(turn(), hooks_of()) is None


def test_a_claim_that_is_false_but_not_none_is_a_claim() -> None:
    empty, other = Says("empty"), Says("other")
    empty.claim = lambda turn: 0  # type: ignore[assignment, method-assign]
    chosen = route(turn(), hooks_of(empty, other))
    assert chosen is not None
    assert chosen.handler is empty


def test_one_that_fails_is_counted_and_passed_over() -> None:
    broken, other = Broken("broken"), Says("other")
    hooks = hooks_of(broken, other)
    chosen = route(turn(), hooks)
    assert chosen is not None
    assert chosen.handler is other
    assert hooks.failures == {"broken": 1, "other": 0}


@pytest.mark.parametrize(("mode", "is_silent"), [("bot", False), ("queued", True), ("human", True)])
def test_the_bot_is_silent_where_people_are_wanted(
    mode: Literal["bot", "queued", "human"], is_silent: bool
) -> None:
    assert is_bot_silent(replace(live().conversation, mode=mode)) is is_silent
