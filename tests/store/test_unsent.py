"""Which files nobody has sent: known in time, and never one that a message bears."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Put, Said
from fastdesk.model.file import KIND
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.observe.clock import SystemEntropy
from fastdesk.store import SqliteStore, StoreSettings, embedded_store
from fastdesk.store.database import Database
from fastdesk.store.unsent import Unsent, read_unsent

DEMO = TenantId("demo")
DAY = 86_400_000
NOW = 100 * DAY


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = embedded_store(StoreSettings(data=tmp_path), SystemEntropy(), followers=[Unsent()])
    await store.start()
    yield store
    await store.stop()


def taken(store: SqliteStore, rev: int, id: str, at: int) -> None:
    store.append(Put(DEMO, rev, at, KIND, id, b"{}", "v1"))


def sent(store: SqliteStore, rev: int, id: str, at: int) -> None:
    now = Conversation(id=ConversationId("c1"), tenant=DEMO, site=SiteId("s"), visitor=VisitorId("v1"))
    store.append(Changed(DEMO, rev, at, now, ("opened",), "v1"))
    extra = {"file": {"id": id}}
    store.append(Said(DEMO, rev + 1, at, now.id, 1, "message-1", "visitor", "v1", "", "file", "x", extra))


async def unsent(store: SqliteStore, now: int = NOW) -> list[str]:
    return await store.run(lambda c: read_unsent(c, DEMO, now, DAY))


async def test_what_is_old_and_in_no_message_is_named(store: SqliteStore) -> None:
    assert await unsent(store) == []
    taken(store, 1, "demo.old", NOW - 2 * DAY)
    taken(store, 2, "demo.sent", NOW - 2 * DAY)
    sent(store, 3, "demo.sent", NOW - DAY)
    taken(store, 5, "demo.young", NOW - DAY // 2)
    await store.settle(followers=True)
    assert await unsent(store) == ["demo.old"]
    store.append(Put(DEMO, 6, NOW, KIND, "demo.old", None, "desk"))
    await store.settle(followers=True)
    assert await unsent(store) == []


async def test_what_is_not_yet_followed_may_still_bear_it(tmp_path: Path) -> None:
    store = embedded_store(StoreSettings(data=tmp_path), SystemEntropy())
    await store.start()
    taken(store, 1, "demo.sent", NOW - 3 * DAY)
    sent(store, 2, "demo.sent", NOW - 3 * DAY + 1)
    await store.settle()
    with Database.open(tmp_path / "main.sqlite3", readers=1).write() as connection:
        Unsent().reset(connection)
        connection.exec_driver_sql("INSERT INTO store VALUES ('follower:unsent', '1 1')")
        connection.exec_driver_sql(f"INSERT INTO file_unsent VALUES ('demo', 'demo.sent', {NOW - 3 * DAY})")
    assert await unsent(store) == []
    await store.stop()


async def test_what_is_taken_back_leaves_no_byte_and_no_name(tmp_path: Path) -> None:
    store = embedded_store(StoreSettings(data=tmp_path), SystemEntropy(), followers=[Unsent()])
    await store.start()
    id = "demo." + "x" * 30
    place = tmp_path / "files" / "demo" / ("x" * 30)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"canary of the file")
    store.append(Put(DEMO, 1, 1, KIND, id, b'{"name": "canary of the name"}', "v1"))
    store.append(Put(DEMO, 2, 2, KIND, id, None, "desk", "never sent"))
    await store.settle(followers=True)
    assert not place.exists()
    left = [event.rev for event in await store.since(DEMO, 0, 9)]
    assert left == [2]
    await store.stop()
