"""Which target counts, and which of its clocks run."""

from typing import Any

import pytest

from fastdesk.desk.hours import Schedule
from fastdesk.desk.targets import deadlines, pick_target
from fastdesk.model.conversation import Conversation
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.model.target import Target

ALL = Target(id="all", first_s=100, next_s=200, resolve_s=1_000, warn_percent=50)


def conversation(**fields: Any) -> Conversation:
    return Conversation(
        **{"id": ConversationId("c"), "tenant": TenantId("t"), "site": SiteId("s"), "visitor": VisitorId("v"), "mode": "human",
           "wanted_at": 5_000, **fields}
    )  # fmt: skip


def marks(waits_since: int = 0, **fields: Any) -> dict[str, int]:
    found = deadlines(ALL, conversation(**fields), Schedule(None), waits_since)
    return {each.mark: each.at_ms for each in found}


def test_before_the_first_answer_the_first_clock_runs() -> None:
    assert marks(6_000) == {
        "first:warn": 55_000, "first:breach": 105_000, "resolve:warn": 505_000, "resolve:breach": 1_005_000,
    }  # fmt: skip


def test_after_it_each_message_that_waits_starts_the_next_clock() -> None:
    assert marks(first_reply_at=9_000).keys() == {"resolve:warn", "resolve:breach"}
    assert marks(20_000, first_reply_at=9_000)["next:breach"] == 220_000


def test_what_was_told_of_is_not_told_again() -> None:
    assert marks(late=("first:warn", "resolve:warn", "resolve:breach")).keys() == {"first:breach"}


@pytest.mark.parametrize(
    "fields", [{"mode": "bot"}, {"state": "snoozed"}, {"state": "resolved"}, {"state": "pending"}]
)
def test_nothing_is_due_while_nobody_is_awaited(fields: dict[str, str]) -> None:
    assert marks(6_000, **fields) == {}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "all"),
        ({"priority": "urgent"}, "urgent"),
        ({"team": "help"}, "help"),
        ({"labels": ("vip", "new")}, "vip"),
        ({"site": "other", "priority": "urgent"}, "all"),
    ],
)
def test_the_first_that_fits_counts(fields: dict[str, Any], expected: str) -> None:
    targets = [
        Target(id="all", position=9),
        Target(id="off", enabled=False),
        Target(id="urgent", sites=("s",), priorities=("urgent",)),
        Target(id="help", teams=("help",)),
        Target(id="vip", labels=("vip",)),
    ]
    target = pick_target(targets, conversation(**fields))
    assert target is not None
    assert target.id == expected


def test_without_targets_there_is_none() -> None:
    assert pick_target([], conversation()) is None
