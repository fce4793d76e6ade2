"""Each event becomes rows exactly once, whatever crashes between two files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fastdesk.model.event import Put, Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.observe.clock import SeededEntropy
from fastdesk.store import StoreSettings, embedded_store
from fastdesk.store.projector import Projector

MakeSaid = Callable[..., Said]
DEMO, OWN, HOUSE = TenantId("demo"), TenantId("own"), TenantId("-")
APART = Put(HOUSE, 1, 1, "tenant", "own", b'{"isolation":"database"}', "owner")


async def test_a_crash_between_a_tenants_file_and_the_main_one_repeats_nothing(
    tmp_path: Path, said: MakeSaid, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = Projector._apply
    crashes = 0

    def crash_before_main(self: Projector, database: Any, feed: Any, batch: Any) -> None:
        nonlocal crashes
        if database is self.database(None) and len(feed.bodies) < len(batch.bodies):
            crashes += 1
            raise OSError("killed between two files")
        apply(self, database, feed, batch)

    expected = 0
    for generation in range(1, 4):
        store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1))
        await store.start()
        if generation == 1:
            await store.commit(APART)
            await store.settle()
        monkeypatch.setattr(Projector, "_apply", crash_before_main)
        for number in range(30):
            rev = expected + number + 1
            store.append(said(rev))
            store.append(said(rev, conversation="o", tenant="own"))
        expected += 30
        with pytest.raises(Exception, match="killed between two files"):
            await store.settle()
        monkeypatch.undo()
        await store.stop()
    assert crashes >= 3
    store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1))
    await store.start()
    assert store.revs() == {HOUSE: 1, DEMO: expected, OWN: expected}
    for tenant in (DEMO, OWN):
        assert [event.rev for event in await store.since(tenant, 0, 999)] == list(range(1, expected + 1))
    assert len(await store.said(OWN, ConversationId("o"))) == expected
    await store.stop()


async def test_a_tenant_that_has_events_stays_in_the_main_file(tmp_path: Path, said: MakeSaid) -> None:
    for _ in range(2):
        store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1))
        await store.start()
        if not store.revs():
            await store.commit(said(1, tenant="own"))
            await store.settle()
            store.append(APART)
        rev = store.revs().get(OWN, 1) + 1
        await store.commit(said(rev, tenant="own"))
        assert [event.rev for event in await store.since(OWN, 0, 9)] == list(range(1, rev + 1))
        await store.stop()
    assert not (tmp_path / "tenants").exists()
