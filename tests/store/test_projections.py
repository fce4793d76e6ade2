"""Rows are what the events mean, however many of them come at once."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Noted, Put, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.store.batch import Batch
from fastdesk.store.database import Database
from fastdesk.store.event_bytes import encode_event
from fastdesk.store.feed import Feed
from fastdesk.store.projections import BASE, execute_rows
from fastdesk.store.reads import history, since

DEMO = TenantId("demo")
TABLES = ("conversation", "conversation_label", "record", "visitor")
MakeSaid = Callable[..., Said]


@pytest.fixture
def database() -> Iterator[Database]:
    made = Database.memory()
    yield made
    made.close()


def feed(database: Database, events: list[Event], begin: int = 1) -> None:
    made = Feed(Batch(range(begin, begin + len(events)), list(map(encode_event, events))))
    with database.write() as connection:
        for projection in BASE:
            projection.apply(connection, made)


def rows(database: Database) -> dict[str, list[Any]]:
    """Return all rows; of the events, which stand in one row or in several, what can be read of them."""

    def read(connection: Any) -> dict[str, list[Any]]:
        found = {
            name: sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {name}").all()), key=repr)
            for name in TABLES
        }
        heads = connection.exec_driver_sql("SELECT tenant, subject FROM head ORDER BY tenant, subject").all()
        for tenant, subject in heads:
            found[f"history of {subject}"] = history(connection, tenant, subject, None, 1000)
        return found | {"event": since(connection, DEMO, 0, 1000)}

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


def test_each_row_is_linked_to_the_one_before_it_about_the_same(database: Database, said: MakeSaid) -> None:
    events = [said(rev, conversation=f"c{rev % 3}") for rev in range(1, 601)]
    feed(database, events[:300])
    feed(database, events[300:], 301)
    query = "SELECT position, length, previous FROM event ORDER BY position"
    links = database.read(lambda connection: connection.exec_driver_sql(query).all())
    rows = {position: (length, previous) for position, length, previous in links}
    assert sum(length for length, _ in rows.values()) == 600
    for subject in ("c0", "c1", "c2"):
        head = f"SELECT position FROM head WHERE subject = '{subject}'"
        position, reached = (
            database.read(lambda connection, head=head: connection.exec_driver_sql(head).scalar()),
            0,
        )
        while position:
            reached += rows[position][0]
            position = rows[position][1]
        assert reached == 200
        found = database.read(
            lambda connection, subject=subject: history(connection, DEMO, subject, None, 1000)
        )
        assert found == [event for event in events if event.conversation == subject]


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 255, 256, 257, 600])
def test_as_many_rows_are_written_as_are_given(database: Database, count: int) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE numbers (number)")
        found = execute_rows(
            connection, "INSERT INTO numbers VALUES {} RETURNING number", [(n,) for n in range(count)]
        )
    assert [row[0] for row in found] == list(range(count))
