"""What is removed for good: the audit log has a time of its own."""

from pathlib import Path

from fastdesk.model.audit import KIND
from fastdesk.model.event import Put
from fastdesk.model.ids import TenantId
from fastdesk.observe.clock import SystemEntropy
from fastdesk.store import StoreSettings, embedded_store

DEMO, OTHER = TenantId("demo"), TenantId("other")


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
