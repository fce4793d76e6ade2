"""Reports read from the roll-ups: periods, splits, zones, means."""

from collections import Counter
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reports.conftest import MONDAY, TENANT, Talk, in_order

from fastdesk.model.ids import TenantId
from fastdesk.reports import REPORTS, Period, Table, read_conversations, read_table, read_unanswered
from fastdesk.reports.counters import SIZES
from fastdesk.reports.reading import spans_of
from fastdesk.store.sqlite import SqliteStore

HOUR = 3_600_000
DAY = 24 * HOUR
WEEK = Period(MONDAY - 10 * HOUR, MONDAY - 10 * HOUR + 7 * DAY)


async def keep(store: SqliteStore, *talks: Talk) -> None:
    for event in in_order(*talks):
        store.append(event)
    await store.settle(followers=True)


async def table(
    store: SqliteStore, name: str, split: str = "all", period: Period = WEEK, **more: object
) -> Table:
    return await store.run(
        lambda c: read_table(c, TENANT, REPORTS[name], period, split, **more)  # type: ignore[arg-type]
    )


def named(name: str, row: list[object]) -> dict[str, object]:
    columns = [column.name for column in REPORTS[name].columns]
    return dict(zip(columns, row[-len(columns) :], strict=True))


def served(id: str, agent: str, minutes: float, **more: object) -> Talk:
    talk = Talk(id, **more).open().say("visitor").queue().after(minutes).take(agent).say("agent", agent)  # type: ignore[arg-type]
    return talk.after(10).resolve(agent)


async def test_means_are_over_the_conversations_of_the_period(store: SqliteStore) -> None:
    await keep(
        store, served("c1", "a1", 2), served("c2", "a2", 4), served("c3", "a1", 6, at=MONDAY + 8 * DAY)
    )
    figures = named("overview", (await table(store, "overview")).total)
    assert figures["opened"] == 2
    assert figures["reply"] == 3 * 60_000
    assert figures["wait"] == 3 * 60_000
    assert figures["resolution"] == 13 * 60_000
    assert figures["rating"] is None


async def test_each_agent_has_its_own_row(store: SqliteStore) -> None:
    await keep(store, served("c1", "a1", 2), served("c2", "a2", 4), served("c3", "a2", 8))
    rows = (await table(store, "handling", "agent")).rows
    assert [row[0] for row in rows] == ["a1", "a2"]
    assert [named("handling", row)["handled"] for row in rows] == [1, 2]
    assert [named("handling", row)["reply"] for row in rows] == [120_000, 360_000]


async def test_labels_count_each_and_the_total_counts_once(store: SqliteStore) -> None:
    both = served("c1", "a1", 2).change("a1", labels=("vip", "refund"))
    await keep(store, both, served("c2", "a1", 2))
    found = await table(store, "volume", "label")
    assert {row[0]: named("volume", row)["opened"] for row in found.rows} == {"vip": 1, "refund": 1}
    assert named("volume", found.total)["opened"] == 2


@pytest.mark.parametrize(
    ("zone", "weekday", "hour", "day"),
    [
        ("UTC", 1, 10, "2025-11-24"),
        ("Asia/Shanghai", 1, 18, "2025-11-24"),
        ("Asia/Kolkata", 1, 15, "2025-11-24"),
        ("Asia/Kathmandu", 1, 15, "2025-11-24"),
        ("Pacific/Kiritimati", 2, 0, "2025-11-25"),
    ],
)
async def test_days_and_hours_are_those_of_the_zone(
    store: SqliteStore, zone: str, weekday: int, hour: int, day: str
) -> None:
    await keep(store, served("c1", "a1", 1))
    period = Period(WEEK.first_ms, WEEK.last_ms, ZoneInfo(zone))
    assert [row[:2] for row in (await table(store, "volume", "hour", period)).rows] == [[weekday, hour]]
    assert [row[0] for row in (await table(store, "volume", "day", period)).rows] == [day]


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]
)
async def test_each_conversation_stands_at_the_hour_of_its_wall_clock(store: SqliteStore, zone: str) -> None:
    opened = [
        MONDAY + (number * 7 * HOUR + number * 900_000) for number in range(1300)
    ]  # over two changes of the clock
    await keep(
        store,
        *(
            Talk(f"c{number}", visitor=f"v{number}", at=at).open().say("visitor")
            for number, at in enumerate(opened)
        ),
    )
    clock = [datetime.fromtimestamp(at / 1000, ZoneInfo(zone)) for at in opened]
    period = Period(opened[0], opened[-1] + 1, ZoneInfo(zone))
    hours = (await table(store, "volume", "hour", period)).rows
    assert {(row[0], row[1]): row[2] for row in hours} == Counter((at.isoweekday(), at.hour) for at in clock)
    days = (await table(store, "volume", "day", period)).rows
    assert {row[0]: row[1] for row in days} == Counter(at.date().isoformat() for at in clock)


@given(st.integers(0, 5000), st.integers(0, 5000), st.sampled_from(SIZES))
def test_spans_hold_each_bucket_once_in_as_few_rows_as_possible(
    first: int, length: int, largest: int
) -> None:
    spans = spans_of(first, first + length, largest)
    held = [
        bucket
        for size, start, end in spans
        for row in range(start, end, size)
        for bucket in range(row, row + size)
    ]
    assert sorted(held) == list(range(first, first + length))
    assert all(start % size == 0 and size <= largest for size, start, _ in spans)
    rows = Counter(
        {size: sum((end - start) // size for each, start, end in spans if each == size) for size in SIZES}
    )
    for size, above in pairwise(each for each in SIZES if each <= largest):
        assert rows[size] <= 2 * (above // size - 1)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "Asia/Kolkata"])
async def test_a_period_counts_what_lies_in_it_wherever_it_begins_and_ends(
    store: SqliteStore, zone: str
) -> None:
    opened = [MONDAY + number * 5 * 900_000 for number in range(400)]  # four days, every 75 minutes
    await keep(
        store,
        *(served(f"c{number}", "a1", 0, visitor=f"v{number}", at=at) for number, at in enumerate(opened)),
    )
    for first, last in (
        (0, 1),
        (3, 9),
        (1, 97),
        (95, 97),
        (96, 192),
        (17, 300),
        (96, 290),
        (5, 101),
        (-500, 900),
    ):
        period = Period(MONDAY + first * 900_000, MONDAY + last * 900_000, ZoneInfo(zone))
        wanted = sum(period.first_ms <= at < period.last_ms for at in opened)
        for split in ("all", "site", "agent", "day", "hour"):
            found = await table(store, "overview", split, period)
            assert named("overview", found.total)["resolved"] == wanted, (first, last, split)
            if split != "agent":
                assert sum(named("overview", row)["opened"] or 0 for row in found.rows) == wanted


async def test_figures_in_time_can_be_limited_to_a_site(store: SqliteStore) -> None:
    await keep(store, served("c1", "a1", 2), served("c2", "a2", 4, site="blog"))
    found = await table(store, "volume", "day", only=("site", "blog"))
    assert [named("volume", row)["opened"] for row in found.rows] == [1]
    assert named("volume", (await table(store, "volume", only=("site", "blog"))).total)["opened"] == 1


async def test_the_period_before_ends_where_this_one_begins(store: SqliteStore) -> None:
    await keep(store, served("c1", "a1", 2, at=MONDAY - 7 * DAY), served("c2", "a1", 2))
    assert named("overview", (await table(store, "overview", period=WEEK.before)).total)["opened"] == 1
    assert WEEK.before.last_ms == WEEK.first_ms


async def test_what_the_copilot_costs_is_counted_and_is_no_answer(store: SqliteStore) -> None:
    spent = {
        "by": "copilot",
        "task": "draft",
        "model": "m1",
        "tokens_in": 9,
        "tokens_out": 1,
        "cost_micro": 70,
        "total_ms": 50,
    }
    await keep(store, served("c1", "a1", 2).note_why(spent, "spent"))
    assert (await table(store, "models")).rows == [["m1", 1, 9, 1, 70, 50]]
    assert named("assistant", (await table(store, "assistant")).total)["cost_micro"] == 70
    assert named("volume", (await table(store, "volume")).total)["from_bots"] == 0
    assert (await table(store, "handlers")).rows == []
    ((_, facts),) = await store.run(lambda c: read_conversations(c, TENANT, WEEK, (0, ""), 9))
    assert (facts.cost_micro, facts.outcome) == (70, "")


async def test_models_and_reasons_have_reports_of_their_own(store: SqliteStore) -> None:
    why = {
        "by": "assistant",
        "model": "m1",
        "tokens_in": 100,
        "tokens_out": 20,
        "cost_micro": 500,
        "total_ms": 800,
    }
    talk = Talk().open().say("visitor").say("assistant", why=why).say("visitor").say("assistant", why=why)
    late = (
        Talk("c2", visitor="v2")
        .open()
        .say("visitor")
        .say("bot", why={"by": "fallback", "assistant": "late"})
        .queue("not_sure")
    )
    await keep(store, talk, late)
    assert (await table(store, "models")).rows == [["m1", 2, 200, 40, 1000, 800]]
    assert (await table(store, "trouble")).rows == [["late", 1]]
    assert (await table(store, "handoffs")).rows == [["not_sure", 1]]
    assert (await table(store, "handlers")).rows == [["assistant", 2], ["fallback", 1]]
    assert named("assistant", (await table(store, "assistant")).total)["late"] == 1
    outcomes = named("outcomes", (await table(store, "outcomes")).total)
    assert (outcomes["assumed"], outcomes["escalated"], outcomes["contained"]) == (1, 1, 0.5)
    assert outcomes["cost_each"] == 1000


async def test_conversations_are_read_page_by_page(store: SqliteStore) -> None:
    await keep(store, *(served(f"c{number}", "a1", 1, at=MONDAY + number % 3) for number in range(7)))
    seen: list[str] = []
    after = (0, "")
    while page := await store.run(lambda c, start=after: read_conversations(c, TENANT, WEEK, start, 2)):
        seen += [id for id, _ in page]
        after = (page[-1][1].opened_at, page[-1][0])
    assert sorted(seen) == [f"c{number}" for number in range(7)]


async def test_unanswered_questions_are_named_by_place_newest_first(store: SqliteStore) -> None:
    talk = Talk().open().say("visitor").say("bot").say("visitor").after(1).say("bot", why={"by": "fallback"})
    await keep(store, talk)
    assert await store.run(lambda c: read_unanswered(c, TENANT, WEEK, 10)) == [(MONDAY + 60_000, "c1", 3)]


async def test_before_anything_has_happened_there_is_nothing_to_say(store: SqliteStore) -> None:
    assert await table(store, "overview", "day") == Table([], [None] * len(REPORTS["overview"].columns))
    assert await store.run(lambda c: read_conversations(c, TENANT, WEEK, (0, ""), 2)) == []
    assert await store.run(lambda c: read_unanswered(c, TENANT, WEEK, 10)) == []


async def test_one_tenant_never_counts_for_another(store: SqliteStore) -> None:
    await keep(store, served("c1", "a1", 2))
    other = await store.run(lambda c: read_table(c, TenantId("other"), REPORTS["overview"], WEEK))
    assert named("overview", other.total)["opened"] == 0


def test_every_column_has_a_title_in_both_languages() -> None:
    for report in REPORTS.values():
        assert report.zh
        assert report.en
        for column in report.columns:
            assert column.zh
            assert column.en
