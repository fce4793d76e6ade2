"""The store in memory: commits when told, and may be killed."""

import asyncio
from collections.abc import Callable

from fastdesk.model.event import Event, Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.observe.clock import SeededEntropy
from fastdesk.store import MemoryDisk, MemoryJournal, SqliteStore, memory_store

MakeSaid = Callable[..., Said]
DEMO = TenantId("demo")
C1 = ConversationId("c1")


async def open_store(disk: MemoryDisk, journal: MemoryJournal) -> SqliteStore:
    store = memory_store(SeededEntropy(1), disk=disk, journal=journal)
    await store.start()
    return store


async def test_nothing_is_durable_before_it_is_told(said: MakeSaid) -> None:
    disk = MemoryDisk()
    journal = MemoryJournal(disk, auto=False)
    store = await open_store(disk, journal)
    seen: list[Event] = []
    store.on_commit = lambda entries: seen.extend(event for event, _ in entries)
    for rev in range(1, 4):
        store.append(said(rev))
    assert len(journal) == 3
    journal.commit(2)
    assert seen == [said(1), said(2)]
    reading = asyncio.get_running_loop().create_task(store.said(DEMO, C1))
    await asyncio.sleep(0)
    assert not reading.done(), "a read waits for what was appended before it"
    journal.commit()
    assert await reading == [said(1), said(2), said(3)]


async def test_a_kill_loses_what_was_not_committed_and_only_that(said: MakeSaid) -> None:
    disk = MemoryDisk()
    revs = 0
    for generation in range(1, 6):
        journal = MemoryJournal(disk, auto=False)
        store = await open_store(disk, journal)
        assert store.revs().get(DEMO, 0) == revs
        assert [event.rev for event in await store.since(DEMO, 0, 999)] == list(range(1, revs + 1))
        for step in range(generation):
            store.append(said(revs + step + 1))
        journal.commit(generation - 1)
        if generation % 2:
            await store.said(DEMO, C1) if generation == 1 and not len(journal) else None
        journal.kill()
        revs += generation - 1


async def test_by_itself_it_commits_at_the_end_of_each_turn(said: MakeSaid) -> None:
    store = memory_store(SeededEntropy(1))
    await store.start()
    seen: list[int] = []
    store.on_commit = lambda entries: seen.append(len(entries))
    store.append(said(1))
    store.append(said(2))
    assert seen == []
    await asyncio.sleep(0)
    assert seen == [2]
    await store.stop()


async def test_the_same_seed_makes_the_same_epoch() -> None:
    epochs = []
    for _ in range(2):
        store = memory_store(SeededEntropy(5))
        await store.start()
        epochs.append(store.epoch)
        await store.stop()
    assert epochs[0] == epochs[1] != ""
