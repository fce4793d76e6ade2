"""The roll-ups: equal to a recount, over any steps and restarts, and without a word of anybody."""

import itertools
import random
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.reports.conftest import MONDAY, TENANT, Talk, in_order, sums_of
from tests.reports.recount import recount

from fastdesk.model.event import Changed, Event, Said
from fastdesk.model.ids import VisitorId
from fastdesk.observe.clock import SeededEntropy
from fastdesk.reports import RollUps
from fastdesk.store import StoreSettings, embedded_store
from fastdesk.store.database import Database
from fastdesk.store.sqlite import SqliteStore

WHYS = (
    None,
    {"by": "rules"},
    {"by": "fallback", "misses": 0},
    {"by": "assistant", "model": "m1", "tokens_in": 30, "tokens_out": 7, "cost_micro": 90, "total_ms": 400},
    {"by": "fallback", "assistant": "late", "tokens_in": 5, "tokens_out": 0, "cost_micro": 3},
)


def random_talk(chance: random.Random, number: int) -> Talk:
    """Return a conversation as a desk could have it: every act leads from one possible state to another."""
    visitor = f"v{chance.randrange(4)}"
    talk = Talk(
        f"c{number:03d}", visitor=visitor, site=chance.choice(("shop", "blog")), at=MONDAY + number * 7_000
    )
    talk.after(chance.randrange(3 * 24 * 60)).open()
    talk.say(chance.choice(("visitor", "visitor", "visitor", "bot")))  # some are invited
    for _ in range(chance.randrange(12)):
        talk.after(chance.choice((0, 0.2, 1, 20, 200)))
        now = talk.now
        act = chance.choice(
            (
                "visitor",
                "visitor",
                "bot",
                "bot",
                "queue",
                "agent",
                "label",
                "resolve",
                "rate",
                "why",
                "system",
            )
        )
        if now.state == "resolved":
            if act == "rate":
                talk.rate(chance.randint(1, 5))
            elif act == "visitor":
                talk.reopen().say("visitor")
        elif act == "bot" and now.mode == "bot":
            talk.say(chance.choice(("bot", "assistant")), why=chance.choice(WHYS))
        elif act == "why" and now.mode == "bot":
            talk.note_why({"by": "rules", "rule": "quiet"})
        elif act == "queue" and now.mode != "queued":
            talk.queue(chance.choice(("visitor asked for a person", "late", "not_sure")))
        elif act == "agent":
            agent = chance.choice(("a1", "a2"))
            if now.assignee != agent:
                talk.take(agent)
            talk.say("agent", agent)
        elif act == "label":
            team = chance.choice((None, "sales"))
            talk.change("a1", labels=tuple(chance.sample(("vip", "refund"), chance.randrange(3))), team=team)
        elif act == "resolve":
            talk.resolve(*chance.choice((("visitor", "visitor ended"), ("desk", "idle"), ("a1", "resolved"))))
        elif act in ("visitor", "system"):
            talk.say(act)
    return talk


def rolled_up(events: Sequence[Event], cuts: Sequence[int]) -> dict[tuple[str, str, int], dict[str, int]]:
    """Return the sums after these events, taken in steps that end at `cuts`."""
    database = Database.memory()
    rollups = RollUps()
    edges = sorted({0, len(events), *(cut % (len(events) + 1) for cut in cuts)})
    with database.write() as connection:
        rollups.reset(connection)
        for start, end in itertools.pairwise(edges):
            rollups.apply(connection, list(enumerate(events[start:end], start + 1)))
        found = sums_of(connection)
    database.close()
    return found


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12), st.lists(st.integers(0, 500), max_size=8))
def test_sums_equal_a_recount_in_whatever_steps_they_were_made(
    seed: int, talks: int, cuts: list[int]
) -> None:
    chance = random.Random(seed)
    events = in_order(*(random_talk(chance, number) for number in range(talks)))
    assert rolled_up(events, cuts) == recount(events)


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)  # fmt: skip
names = st.sampled_from(
    [
        "by",
        "model",
        "assistant",
        "tokens_in",
        "cost_micro",
        "total_ms",
        "not_sure",
        "cached",
        "score",
        "assignee",
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(names, odd), st.dictionaries(names, odd))
def test_what_plug_ins_write_never_stops_the_count(why: dict[str, object], rating: dict[str, object]) -> None:
    talk = Talk().open().say("visitor").say("bot", why=why).note_why(why)
    talk.rate(3)
    talk.events[-1] = replace(talk.events[-1], body=rating)  # type: ignore[call-arg]
    assert rolled_up(in_order(talk), [])["all", "", MONDAY // 900_000]["opened"] == 1


async def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    chance = random.Random(5)
    events = in_order(*(random_talk(chance, number) for number in range(200)))
    third = len(events) // 3
    for start in (0, third, 2 * third):
        store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1), followers=[RollUps()])
        await store.start()
        for event in events[start : start + third]:
            store.append(event)
        if start:  # the second and third time the process ends before the follower has caught up
            await store.settle(followers=True)
            assert await store.run(sums_of) == recount(events[: start + third])
        await store.stop()


async def test_what_happens_after_a_resolution_corrects_the_past(store: SqliteStore) -> None:
    talk = Talk().open().say("visitor").say("bot").after(5).resolve("visitor", "visitor ended")
    again = Talk("c2", at=talk.at).after(600).open().say("visitor")
    events = in_order(talk, again)
    returning = next(i for i, e in enumerate(events) if isinstance(e, Changed) and e.conversation.id == "c2")
    bucket = MONDAY // 900_000
    for event in events[:returning]:
        store.append(event)
    await store.settle(followers=True)
    assert (await store.run(sums_of))["all", "", bucket]["confirmed"] == 1
    for event in events[returning:]:
        store.append(event)
    await store.settle(followers=True)
    sums = (await store.run(sums_of))["all", "", bucket]
    assert sums["returned"] == 1
    assert "confirmed" not in sums


async def test_erasing_a_person_takes_their_rows_and_leaves_the_sums(store: SqliteStore) -> None:
    mine = Talk("c1", visitor="v1").open().say("visitor").say("bot", why={"by": "fallback"})
    other = Talk("c2", visitor="v2").open().say("visitor").say("bot", why={"by": "fallback"})
    events = in_order(mine, other)
    for event in events:
        store.append(event)
    await store.settle(followers=True)
    await store.erase(TENANT, VisitorId("v1"), rev=len(events) + 1, at=mine.at, actor="a1")
    await store.settle(followers=True)
    rows = await store.run(lambda c: c.exec_driver_sql("SELECT id, visitor FROM report_conversation").all())
    assert [tuple(row) for row in rows] == [("c2", "v2")]
    questions = await store.run(
        lambda c: c.exec_driver_sql("SELECT conversation FROM report_unanswered").all()
    )
    assert [row[0] for row in questions] == ["c2"]
    assert (await store.run(sums_of))["all", "", MONDAY // 900_000]["opened"] == 2


async def test_what_is_too_old_leaves_the_rows_but_not_what_goes_on(store: SqliteStore) -> None:
    over = Talk("c1").open().say("visitor").say("bot", why={"by": "fallback"})
    going_on = Talk("c2", visitor="v2").open().say("visitor").after(60).say("bot")
    events = in_order(over, going_on)
    for event in events:
        store.append(event)
    await store.settle(followers=True)
    await store.forget_before(TENANT, MONDAY + 1, rev=len(events) + 1, at=going_on.at, actor="desk")
    rows = await store.run(lambda c: c.exec_driver_sql("SELECT id FROM report_conversation").all())
    assert [row[0] for row in rows] == ["c2"]


async def test_no_word_of_anybody_stands_in_the_tables(store: SqliteStore) -> None:
    talk = Talk().open().say("visitor").say("bot", why={"by": "fallback", "note": "a secret"})
    talk.queue("my number is 13800138000", "visitor").rate(5)
    for event in in_order(talk):
        store.append(event)
    await store.settle(followers=True)

    def dump(connection):  # type: ignore[no-untyped-def]
        tables = ("report_conversation", "report_count", "report_unanswered")
        return [str(row) for table in tables for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]

    found = "\n".join(await store.run(dump))
    assert "c1" in found
    for word in ("what visitor says", "secret", "13800138000"):
        assert word not in found
    said = [event for event in talk.events if isinstance(event, Said)]
    assert said[0].text == "what visitor says"
