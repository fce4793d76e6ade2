"""Reads find their rows by an index, however many others there are."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from fastdesk.errors import StoreDamaged
from fastdesk.model.event import Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.observe.clock import SystemEntropy
from fastdesk.store import StoreSettings, embedded_store, reads
from fastdesk.store.database import Database
from fastdesk.store.protocol import SearchQuery, VisitorQuery
from fastdesk.store.searching import search

DEMO, C1, SITE, V1 = TenantId("demo"), ConversationId("c1"), SiteId("s"), VisitorId("v1")
CURSOR = reads.encode_cursor(1_763_800_000_000, "c0")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(tmp_path / "file", readers=1)
    yield database
    database.close()


def plans(database: Database, read: Callable[[Connection], Any]) -> list[str]:
    """Return SQLite's plans of all statements that `read` executes."""
    executed: list[tuple[str, Any]] = []

    def note(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        executed.append((statement, parameters))

    def run(connection: Connection) -> list[str]:
        event.listen(connection, "before_cursor_execute", note)
        read(connection)
        event.remove(connection, "before_cursor_execute", note)
        return [
            row[3]
            for statement, parameters in executed
            for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
        ]

    return database.read(run)


@pytest.mark.parametrize(
    ("read", "index"),
    [
        (lambda c: reads.said(c, DEMO, C1, 0, 50), "SEARCH before USING INTEGER PRIMARY KEY (rowid=?)"),
        (lambda c: reads.said(c, DEMO, C1, 7, 50), "SEARCH before USING INTEGER PRIMARY KEY (rowid=?)"),
        (lambda c: reads.last_said(c, DEMO, C1, 50), "SEARCH before USING INTEGER PRIMARY KEY (rowid=?)"),
        (lambda c: reads.find_said(c, DEMO, C1, "v1", "m1"), "SEARCH before USING INTEGER PRIMARY KEY (rowid=?)"),
        (lambda c: reads.history(c, DEMO, C1, 9, 50), "SEARCH before USING INTEGER PRIMARY KEY (rowid=?)"),
        (lambda c: reads.since(c, DEMO, 9, 50), "event_tenant_rev (tenant=? AND rev>?)"),
        (lambda c: reads.conversation_row(c, DEMO, C1), "autoindex_conversation_1 (tenant=? AND id=?)"),
        (lambda c: reads.latest_conversation(c, DEMO, SITE, V1), "conversation_visitor (tenant=? AND visitor=?)"),
        (lambda c: reads.visitor(c, DEMO, V1), "autoindex_visitor_1 (tenant=? AND id=?)"),
        (lambda c: reads.visitors_by_identity(c, DEMO, SITE, "i"), "visitor_identity (tenant=? AND identity=?)"),
        (lambda c: reads.visitors(c, DEMO, VisitorQuery()), "visitor_seen (tenant=?"),
        (lambda c: reads.visitors(c, DEMO, VisitorQuery(cursor=CURSOR)), "visitor_seen (tenant=?"),
        (
            lambda c: reads.visitors(c, DEMO, VisitorQuery(text="ann")),
            "visitor_name (tenant=? AND name>? AND name<?)",
        ),
        (lambda c: search(c, DEMO, SearchQuery(text="x", visitor=V1)), "conversation_visitor (tenant=?"),
        (lambda c: search(c, DEMO, SearchQuery(text="x", conversation=C1)), "SEARCH before USING INTEGER PRIMARY KEY (rowid=?)"),
        (lambda c: search(c, DEMO, SearchQuery(text="x", site=SITE)), "VIRTUAL TABLE"),
    ],
)  # fmt: skip
def test_every_read_goes_by_an_index(
    database: Database, read: Callable[[Connection], Any], index: str
) -> None:
    found = plans(database, read)
    assert any(index in step for step in found), found
    assert not any(step.startswith(("SCAN event", "SCAN conversation", "SCAN visitor")) for step in found), (
        found
    )


async def test_a_row_that_is_not_what_was_written_is_not_read(
    tmp_path: Path, said: Callable[[int], Said]
) -> None:
    store = embedded_store(StoreSettings(data=tmp_path), SystemEntropy())
    await store.start()
    store.append(said(1))
    await store.commit(said(2))
    await store.stop()
    with closing(sqlite3.connect(tmp_path / "main.sqlite3")) as connection, connection:
        connection.execute("UPDATE event SET body = CAST(body || x'00' AS BLOB) WHERE rev = 2")
    connection.close()
    store = embedded_store(StoreSettings(data=tmp_path), SystemEntropy())
    await store.start()
    with pytest.raises(StoreDamaged, match="position 2"):
        await store.said(DEMO, C1)
    await store.stop()


def test_a_cursor_of_somebody_else_is_refused() -> None:
    assert reads.decode_cursor(reads.encode_cursor(5, "a.b")) == (5, "a.b")
    for cursor in ("", "x", "!!", "5", "\ud800", "Li4u"):
        with pytest.raises(ValueError):  # noqa: PT011 - that is all the contract says
            reads.decode_cursor(cursor)
