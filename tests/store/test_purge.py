"""What is removed for good: step by step, once, and nothing beside it; the audit log has a time of its own."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection

from fastdesk.model.audit import KIND
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Put, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.observe.clock import SystemEntropy
from fastdesk.store import Positioned, StoreSettings, embedded_store
from fastdesk.store.batch import Batch
from fastdesk.store.database import Database
from fastdesk.store.event_bytes import encode_event
from fastdesk.store.feed import Feed
from fastdesk.store.followers import Followers
from fastdesk.store.projector import PROJECTIONS
from fastdesk.store.purge import Purge, erasure, forgetting
from fastdesk.store.reads import positioned

MakeSaid = Callable[..., Said]
DEMO, OTHER = TenantId("demo"), TenantId("other")
ANN = VisitorId("ann")


class Desk:
    """A data base that is fed and cleaned by hand, and what it told of removed events."""

    def __init__(self) -> None:
        self.database = Database.memory()
        self.forgotten: list[int] = []
        self.length = 0
        self.purge = Purge(Followers([]), self)

    def forget(self, connection: Connection, events: Sequence[Positioned]) -> None:
        self.forgotten += [position for position, _ in events]

    def feed(self, *events: Event) -> None:
        positions = range(self.length + 1, self.length + 1 + len(events))
        self.length += len(events)
        feed = Feed(Batch(positions, list(map(encode_event, events))))
        with self.database.write() as connection:
            for projection in PROJECTIONS:
                projection.apply(connection, feed)

    def clean(self) -> None:
        while self.purge.step(self.database):
            pass

    def left(self) -> list[int]:
        """Return the positions of the events that stand."""
        query = "SELECT position, checksum, body FROM event WHERE kind != 'gone' ORDER BY position"
        rows = self.database.read(lambda connection: connection.exec_driver_sql(query).all())
        return [position for row in rows for position, _ in positioned(row)]


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.database.close()


def opened(rev: int, tenant: TenantId = DEMO) -> Changed:
    """Return the opening of Ann's conversation."""
    now = Conversation(id=ConversationId("c1"), tenant=tenant, site=SiteId("s"), visitor=ANN)
    return Changed(tenant, rev, rev, now, ("opened",), ANN)


def erased(rev: int) -> Put:
    return erasure(DEMO, ANN, rev=rev, at=rev, actor="owner", reason="asked")


def test_a_removal_goes_in_steps_from_the_oldest_on_and_goes_on_after_a_crash(
    desk: Desk, said: MakeSaid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastdesk.store.purge._STEP_ROWS", 16)
    desk.feed(opened(1), *map(said, range(2, 601)), erased(601))
    assert desk.purge.step(desk.database)
    left = desk.left()
    assert 300 < len(left) < 601
    assert left == list(range(601 - len(left) + 1, 602))
    desk.purge = Purge(Followers([]), desk)
    desk.clean()
    assert desk.left() == [601]
    assert desk.forgotten == list(range(1, 601))


def test_who_comes_back_after_an_erasure_keeps_what_is_new(desk: Desk, said: MakeSaid) -> None:
    desk.feed(opened(1), said(2), erased(3), opened(4), said(5))
    desk.clean()
    assert desk.left() == [3, 4, 5]


def test_an_erasure_leaves_the_same_names_of_another_tenant(desk: Desk, said: MakeSaid) -> None:
    desk.feed(opened(1), said(2), opened(1, OTHER), said(2, tenant="other"), erased(3))
    desk.clean()
    assert desk.left() == [3, 4, 5]


def test_of_a_burst_only_what_is_older_is_forgotten(desk: Desk, said: MakeSaid) -> None:
    start = said(0).at
    desk.feed(opened(1), *map(said, range(2, 41)))
    desk.feed(forgetting(DEMO, start + 12, 0, rev=41, at=start + 50, actor="desk", reason=""))
    desk.clean()
    assert desk.left() == [1, *range(12, 42)]
    assert desk.forgotten == list(range(2, 12))


def test_a_file_that_is_taken_back_takes_its_name_along(desk: Desk) -> None:
    files = [Put(DEMO, rev, rev, "file", f"demo.{rev}", b'{"name": "x"}', "ann") for rev in (1, 2)]
    desk.feed(*files, Put(DEMO, 3, 3, "file", "demo.1", None, "ann"))
    desk.clean()
    assert desk.left() == [2, 3]
    assert desk.forgotten == [1]


def test_with_nothing_to_remove_a_step_does_nothing(desk: Desk, said: MakeSaid) -> None:
    desk.feed(opened(1), said(2))
    assert not desk.purge.step(desk.database)
    assert desk.left() == [1, 2]


async def test_the_audit_log_is_forgotten_at_its_own_time(tmp_path: Path) -> None:
    store = embedded_store(StoreSettings(data=tmp_path), SystemEntropy())
    await store.start()
    for rev, (tenant, kind, id, at) in enumerate(
        (
            (DEMO, KIND, "old", 10),
            (DEMO, "canned", "greeting", 10),
            (DEMO, "visitor", "v1", 10),
            (DEMO, KIND, "young", 20),
            (OTHER, KIND, "old", 10),
        ),
        1,
    ):
        store.append(Put(tenant, rev, at, kind, id, b'{"name": "canary of %d"}' % rev, "a1"))
    await store.forget_before(DEMO, 0, 15, rev=6, at=30, actor="desk")
    assert [record.id for record in await store.records(KIND, DEMO)] == ["young"]
    assert [record.id for record in await store.records(KIND, OTHER)] == ["old"]
    assert [record.id for record in await store.records("canned", DEMO)] == ["greeting"]
    assert [event.rev for event in await store.since(DEMO, 0, 99)] == [2, 3, 4, 6]
    await store.stop()
    for path in sorted(tmp_path.rglob("*")):
        assert not path.is_file() or b"canary of 1" not in path.read_bytes(), path
