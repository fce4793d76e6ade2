"""A stretch of the journal: its parts keep positions, bytes and events together."""

from collections.abc import Callable

import pytest

from fastdesk.model.event import Put, Said
from fastdesk.model.ids import TenantId
from fastdesk.store import breath
from fastdesk.store.batch import Batch
from fastdesk.store.breath import BREATH
from fastdesk.store.database import Database
from fastdesk.store.event_bytes import Stretch, decode_event
from fastdesk.store.feed import Feed
from fastdesk.store.projections import execute_rows

Encode = Callable[[object], bytes]
MakeSaid = Callable[..., Said]


def told(batch: Batch) -> list[tuple[int, int]]:
    pairs = zip(batch.positions, batch.bodies, strict=True)
    return [(position, decode_event(body).rev) for position, body in pairs]


def test_what_is_behind_a_position(said: MakeSaid, encode: Encode) -> None:
    for is_read in (False, True):
        batch = Batch(range(5, 9), [encode(said(rev)) for rev in (1, 2, 3, 4)])
        assert (batch.first, batch.last) == (5, 8)
        if is_read:
            (stretch,) = batch.pieces
            assert isinstance(stretch, Stretch)
            assert (stretch.count, stretch.first_rev, stretch.rev) == (4, 1, 4)
        assert batch.after(4) is batch
        behind = batch.after(6)
        assert told(behind) == [(7, 3), (8, 4)]
        assert behind.bodies == batch.bodies[2:]


def test_pieces_have_the_positions_of_their_last_events(said: MakeSaid, encode: Encode) -> None:
    talks = ("c1", "c1", "c2", "c1")
    bodies = [encode(said(rev, conversation=each)) for rev, each in enumerate(talks, 1)]
    record = encode(Put(TenantId("demo"), 5, 5, "rule", "r", b"{}", "owner"))
    placed = Batch([3, 4, 7, 9, 12], [*bodies, record]).placed()
    assert [(piece.rev, position) for piece, position in placed] == [(2, 4), (3, 7), (4, 9), (5, 12)]


def test_what_is_picked(said: MakeSaid, encode: Encode) -> None:
    tenants = ("demo", "other", "other", "demo")
    batch = Batch(range(1, 5), [encode(said(rev, tenant=each)) for rev, each in enumerate(tenants, 1)])
    picked = batch.of(lambda tenant: tenant == "other")
    assert told(picked) == [(2, 2), (3, 3)]
    assert picked.after(2).bodies == batch.bodies[2:3]
    assert not batch.of(lambda tenant: False).bodies


def test_other_threads_have_their_turn_while_many_events_are_looked_at(
    said: MakeSaid, encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[float] = []
    monkeypatch.setattr(breath, "_WORK_S", -1.0)
    monkeypatch.setattr("time.sleep", turns.append)
    count = 4 * BREATH
    batch = Batch(range(count), [encode(said(rev, conversation=f"c{rev}")) for rev in range(count)])
    for work in (lambda: batch.pieces, lambda: Feed(batch)):
        turns.clear()
        work()
        assert len(turns) == 4
    feed = Feed(batch)
    turns.clear()
    feed.rows([])
    assert len(turns) == 4


def test_they_have_it_between_two_statements_too(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[float] = []
    monkeypatch.setattr(breath, "_WORK_S", -1.0)
    monkeypatch.setattr("time.sleep", turns.append)
    database = Database.memory()
    with database.write() as connection:
        execute_rows(
            connection, "INSERT INTO store (key, value) VALUES {}", ((f"{n}", "") for n in range(136))
        )
    database.close()
    assert len(turns) == 3, "64, 64 and 8 rows"
