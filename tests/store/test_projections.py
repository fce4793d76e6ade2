"""Rows are what the events mean, however many of them come at once."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Noted, Put, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.store.database import Database
from fastdesk.store.projections import BASE, Feed, execute_rows, subject_of

DEMO = TenantId("demo")
TABLES = ("event", "head", "conversation", "conversation_label", "record", "visitor")
MakeSaid = Callable[..., Said]


@pytest.fixture
def database() -> Iterator[Database]:
    made = Database.memory()
    yield made
    made.close()


def feed(database: Database, events: list[Event], begin: int = 1) -> None:
    made = Feed(
        range(begin, begin + len(events)), events, [msgspec.msgpack.encode(event) for event in events]
    )
    with database.write() as connection:
        for projection in BASE:
            projection.apply(connection, made)


def rows(database: Database) -> dict[str, list[Any]]:
    def read(connection: Any) -> dict[str, list[Any]]:
        return {
            name: sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {name}").all()), key=repr)
            for name in TABLES
        }

    return database.read(read)


def event(rev: int, kind: str, conversation: int, is_odd: bool) -> Event:
    id = ConversationId(f"c{conversation}")
    match kind:
        case "said":
            role = "visitor" if is_odd else "agent"
            return Said(DEMO, rev, rev, id, rev, f"m{rev}", role, "x", "", "text", f"text {rev}")  # type: ignore[arg-type]
        case "noted":
            return Noted(DEMO, rev, rev, id, f"n{rev}", "note", "a1", "note")
        case "changed":
            labels = ("vip",) if is_odd else ()
            now = Conversation(
                id=id, tenant=DEMO, site=SiteId("s"), visitor=VisitorId("v"), labels=labels, agent_read=rev
            )
            return Changed(DEMO, rev, rev, now, (), "x")
        case _:
            return Put(DEMO, rev, rev, kind, f"r{conversation}", b'{"name":"x"}' if is_odd else None, "a1")


kinds = st.sampled_from(["said", "said", "noted", "changed", "rule", "visitor"])
histories = st.lists(st.tuples(kinds, st.integers(1, 2), st.booleans()), max_size=25)


@settings(deadline=None, max_examples=40)
@given(histories)
def test_events_at_once_and_one_by_one_make_the_same_rows(history: list[tuple[str, int, bool]]) -> None:
    opened = [event(number, "changed", number, True) for number in (1, 2)]
    events = opened + [event(number, *each) for number, each in enumerate(history, 3)]
    together, apart = Database.memory(), Database.memory()
    try:
        feed(together, events)
        for number, each in enumerate(events, 1):
            feed(apart, [each], number)
        assert rows(together) == rows(apart)
    finally:
        together.close()
        apart.close()


def test_each_event_is_linked_to_the_one_before_it_about_the_same(database: Database, said: MakeSaid) -> None:
    events = [said(rev, conversation=f"c{rev % 3}") for rev in range(1, 601)]
    feed(database, events[:300])
    feed(database, events[300:], 301)
    query = "SELECT position, previous FROM event ORDER BY position"
    links = database.read(lambda connection: connection.exec_driver_sql(query).all())
    assert [tuple(link) for link in links] == [(number, max(number - 3, 0)) for number in range(1, 601)]


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 255, 256, 257, 600])
def test_as_many_rows_are_written_as_are_given(database: Database, count: int) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE numbers (number)")
        found = execute_rows(
            connection, "INSERT INTO numbers VALUES {} RETURNING number", [(n,) for n in range(count)]
        )
    assert [row[0] for row in found] == list(range(count))


def test_a_record_and_a_conversation_of_the_same_id_are_two_subjects() -> None:
    record, talk = event(1, "rule", 1, True), event(2, "said", 1, True)
    assert subject_of(record) == "rule:r1"
    assert (
        subject_of(talk)
        == subject_of(event(3, "changed", 1, True))
        == subject_of(event(4, "noted", 1, True))
        == "c1"
    )
