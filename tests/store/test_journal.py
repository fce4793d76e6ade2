"""The journal's thread: group commit, a disk that is full, a disk that is broken."""

import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from fastdesk.errors import StoreError
from fastdesk.model.event import Said
from fastdesk.store.batch import Batch
from fastdesk.store.event_bytes import decode_event
from fastdesk.store.journal import ThreadedJournal
from fastdesk.store.runner import ThreadRunner
from fastdesk.store.segment import SegmentFile, open_file
from fastdesk.store.segments import Segments

Encode = Callable[[object], bytes]
MakeSaid = Callable[..., Said]


def revs_in(batch: Batch) -> list[int]:
    return [decode_event(body).rev for body in batch.bodies]


class WeakFile:
    """A real file whose disk can be made full, broken or slow."""

    def __init__(self, path: Path, disk: "WeakDisk") -> None:
        self._file = open_file(path)
        self._disk = disk

    def write(self, content: bytes, offset: int) -> None:
        if self._disk.room < len(content):
            self._file.write(content[: self._disk.room], offset)  # as a real disk does, part of it is written
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._file.write(content, offset)

    def sync(self) -> None:
        self._disk.may_sync.wait()
        if self._disk.sync_errno:
            raise OSError(self._disk.sync_errno, os.strerror(self._disk.sync_errno))
        self._file.sync()
        self._disk.syncs += 1

    def close(self) -> None:
        self._file.close()


class WeakDisk:
    def __init__(self) -> None:
        self.room = 1 << 30
        self.sync_errno = 0
        self.syncs = 0
        self.may_sync = threading.Event()
        self.may_sync.set()

    def open(self, path: Path) -> SegmentFile:
        return WeakFile(path, self)


@pytest.fixture
def disk() -> WeakDisk:
    return WeakDisk()


@pytest.fixture
async def journal(
    folder: Path, runner: ThreadRunner, listener: Any, disk: WeakDisk
) -> AsyncIterator[ThreadedJournal]:
    segments = Segments(folder, sync=True, segment_bytes=1 << 20, open_file=disk.open)
    journal = ThreadedJournal(segments, runner)
    journal.open(0, listener)
    yield journal
    disk.may_sync.set()
    disk.room = 1 << 30
    await runner.read(journal.close)


@pytest.fixture
def until(listener: Any) -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Wait until the listener has been told something that makes a condition true."""

    async def wait(condition: Callable[[], bool]) -> None:
        changed = asyncio.Event()
        listener.changed = changed.set
        while not condition():
            await asyncio.wait_for(changed.wait(), 20)
            changed.clear()

    return wait


async def test_events_become_durable_in_order_with_their_origins(
    journal: ThreadedJournal, listener: Any, said: MakeSaid, encode: Encode, until: Any
) -> None:
    entries = [(said(rev), object()) for rev in range(1, 3001)]
    for entry in entries:
        journal.append(entry, encode(entry[0]))
    await until(lambda: len(listener.entries) == 3000)
    assert listener.entries == entries
    assert listener.size == sum(len(encode(event)) for event, _ in entries)
    assert max(listener.batches) <= 1024


async def test_nothing_is_told_before_its_sync_has_returned(
    journal: ThreadedJournal, listener: Any, disk: WeakDisk, said: MakeSaid, encode: Encode, until: Any
) -> None:
    disk.may_sync.clear()
    journal.append((said(1), None), encode(said(1)))
    for _ in range(50):
        await asyncio.sleep(0.001)
    assert listener.entries == []
    disk.may_sync.set()
    await until(lambda: len(listener.entries) == 1)


async def test_what_comes_while_the_disk_is_busy_is_one_batch(
    journal: ThreadedJournal, listener: Any, disk: WeakDisk, said: MakeSaid, encode: Encode, until: Any
) -> None:
    disk.may_sync.clear()
    journal.append((said(1), None), encode(said(1)))
    await asyncio.sleep(0.05)  # the thread has taken the first event and waits for the disk
    for rev in range(2, 102):
        journal.append((said(rev), None), encode(said(rev)))
    disk.may_sync.set()
    await until(lambda: len(listener.entries) == 101)
    assert listener.batches == [1, 100]


async def test_the_events_of_one_turn_of_the_loop_are_one_batch(
    journal: ThreadedJournal, listener: Any, said: MakeSaid, encode: Encode, until: Any
) -> None:
    await asyncio.sleep(0.05)
    for rev in range(1, 65):
        journal.append((said(rev), None), encode(said(rev)))
    await until(lambda: len(listener.entries) == 64)
    assert listener.batches == [64]


async def test_a_batch_is_no_longer_than_what_a_sync_writes(
    journal: ThreadedJournal, listener: Any, said: MakeSaid, until: Any
) -> None:
    for rev in range(1, 11):
        journal.append((said(rev), None), bytes(300 * 1024))
    await until(lambda: len(listener.entries) == 10)
    assert listener.batches == [4, 4, 2]
    assert [event.rev for event, _ in listener.entries] == list(range(1, 11))


async def test_turns_of_the_loop_that_follow_each_other_are_one_batch(
    journal: ThreadedJournal, listener: Any, said: MakeSaid, encode: Encode, until: Any
) -> None:
    for rev in range(1, 6):
        journal.append((said(rev), None), encode(said(rev)))
        await asyncio.sleep(0)
    await until(lambda: len(listener.entries) == 5)
    assert listener.batches == [5]


async def test_a_loop_that_never_rests_does_not_keep_events_from_the_disk(
    journal: ThreadedJournal, listener: Any, said: MakeSaid, encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastdesk.store.journal._GATHER_S", 0.0)
    for rev in range(1, 100_000):
        journal.append((said(rev), None), encode(said(rev)))
        await asyncio.sleep(0)
        if listener.entries:
            return
    pytest.fail("nothing became durable while events went on coming")


async def test_a_full_disk_loses_nothing_and_goes_on_by_itself(
    journal: ThreadedJournal, listener: Any, disk: WeakDisk, said: MakeSaid, encode: Encode, until: Any
) -> None:
    journal.append((said(1), None), encode(said(1)))
    await until(lambda: len(listener.entries) == 1)
    disk.room = 40
    for rev in range(2, 12):
        journal.append((said(rev), None), encode(said(rev)))
    await until(lambda: listener.fulls == [True])
    assert len(listener.entries) == 1, "nothing is acknowledged while the disk is full"
    disk.room = 1 << 30
    await until(lambda: len(listener.entries) == 11)
    assert listener.fulls == [True, False]
    batch = journal.read(0, 4096)
    assert batch is not None
    assert revs_in(batch) == list(range(1, 12))


async def test_a_full_disk_at_sync_is_written_again(
    journal: ThreadedJournal, listener: Any, disk: WeakDisk, said: MakeSaid, encode: Encode, until: Any
) -> None:
    disk.sync_errno = errno.ENOSPC
    journal.append((said(1), None), encode(said(1)))
    await until(lambda: listener.fulls == [True])
    disk.sync_errno = 0
    await until(lambda: len(listener.entries) == 1)


async def test_a_sync_that_fails_is_final(
    journal: ThreadedJournal, listener: Any, disk: WeakDisk, said: MakeSaid, encode: Encode, until: Any
) -> None:
    disk.sync_errno = errno.EIO
    journal.append((said(1), None), encode(said(1)))
    await until(lambda: bool(listener.reasons))
    disk.sync_errno = 0
    journal.append((said(2), None), encode(said(2)))
    for _ in range(50):
        await asyncio.sleep(0.001)
    assert listener.entries == []
    assert len(listener.reasons) == 1
    assert "Input/output error" in listener.reasons[0]


async def test_closing_makes_everything_durable_first(
    folder: Path, runner: ThreadRunner, listener: Any, said: MakeSaid, encode: Encode
) -> None:
    journal = ThreadedJournal(Segments(folder, sync=True, segment_bytes=1 << 20), runner)
    journal.open(0, listener)
    for rev in range(1, 3001):
        journal.append((said(rev), None), encode(said(rev)))
    await runner.read(journal.close)
    assert len(listener.entries) == 3000


async def test_closing_on_a_full_disk_ends_without_an_acknowledgement(
    folder: Path, runner: ThreadRunner, listener: Any, said: MakeSaid, encode: Encode, disk: WeakDisk,
    monkeypatch: pytest.MonkeyPatch, until: Any,
) -> None:  # fmt: skip
    monkeypatch.setattr("fastdesk.store.journal._RETRY_S", 0.001)
    journal = ThreadedJournal(Segments(folder, sync=True, segment_bytes=1 << 20, open_file=disk.open), runner)
    journal.open(0, listener)
    disk.room = 10
    journal.append((said(1), None), encode(said(1)))
    await runner.read(journal.close)
    await until(lambda: bool(listener.reasons))
    assert listener.entries == []


@pytest.fixture
async def quick(
    folder: Path, runner: ThreadRunner, listener: Any, disk: WeakDisk
) -> AsyncIterator[ThreadedJournal]:
    """A journal whose batches wait for no sync."""
    segments = Segments(folder, sync=False, segment_bytes=20_000, open_file=disk.open)
    journal = ThreadedJournal(segments, runner)
    journal.open(0, listener)
    yield journal
    disk.room = 1 << 30
    await runner.read(journal.close)


async def test_durability_of_the_operating_system_syncs_no_batch(
    quick: ThreadedJournal, listener: Any, said: MakeSaid, encode: Encode, disk: WeakDisk, until: Any
) -> None:
    syncs = disk.syncs
    quick.append((said(1), None), encode(said(1)))
    await until(lambda: len(listener.entries) == 1)
    assert disk.syncs == syncs


async def test_without_a_sync_what_a_full_disk_refuses_is_tried_again(
    quick: ThreadedJournal, listener: Any, said: MakeSaid, encode: Encode, disk: WeakDisk, until: Any
) -> None:
    disk.room = 40
    for rev in range(1, 11):
        quick.append((said(rev), None), encode(said(rev)))
    await until(lambda: listener.fulls == [True])
    quick.append((said(11), None), encode(said(11)))
    assert listener.entries == []
    disk.room = 1 << 30
    await until(lambda: len(listener.entries) == 11)
    batch = quick.read(0, 4096)
    assert batch is not None
    assert revs_in(batch) == list(range(1, 12))


async def test_without_a_sync_order_holds_through_rotations_and_the_end(
    quick: ThreadedJournal, folder: Path, runner: ThreadRunner, listener: Any, said: MakeSaid, encode: Encode
) -> None:
    rotations = []
    for rev in range(1, 2001):
        quick.append((said(rev), None), encode(said(rev)))
        if rev % 100 == 0:
            rotations.append(asyncio.ensure_future(runner.read(quick.rotate)))
        if rev % 7 == 0:
            await asyncio.sleep(0)
    await asyncio.gather(*rotations)
    await runner.read(quick.close)
    await asyncio.sleep(0)
    assert [event.rev for event, _ in listener.entries] == list(range(1, 2001))
    segments = Segments(folder, sync=False, segment_bytes=20_000)
    segments.recover(0)
    batch = segments.read(0, 2000, 4096)
    assert batch is not None
    assert revs_in(batch) == list(range(1, len(batch.bodies) + 1))
    segments.close()


async def test_events_that_left_memory_are_read_from_the_files(
    journal: ThreadedJournal, listener: Any, said: MakeSaid, encode: Encode, until: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("fastdesk.store.journal._RECENT_EVENTS", 100)
    for rev in range(1, 5001):
        journal.append((said(rev), None), encode(said(rev)))
        if rev % 50 == 0:
            await asyncio.sleep(0)
    await until(lambda: len(listener.entries) == 5000)
    after, revs = 0, []
    while (batch := journal.read(after, 700)) is not None:
        revs += revs_in(batch)
        assert batch.bodies == [encode(said(rev)) for rev in revs_in(batch)]
        after = batch.last
    assert revs == list(range(1, 5001))


async def test_a_reader_that_is_behind_finds_in_memory_what_it_comes_to_first(
    journal: ThreadedJournal, listener: Any, said: MakeSaid, encode: Encode, until: Any, folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("fastdesk.store.journal._RECENT_EVENTS", 100)
    reads = 0

    def count(segments: Segments, after: int, last: int, limit: int) -> Batch | None:
        nonlocal reads
        reads += 1
        return read(segments, after, last, limit)

    read = Segments.read
    monkeypatch.setattr(Segments, "read", count)
    for rev in range(1, 301):
        journal.append((said(rev), None), encode(said(rev)))
        if rev % 50 == 0:
            await until(lambda done=rev: len(listener.entries) == done)
    after, found = 0, []
    while after < 100 and (batch := journal.read(after, 700)) is not None:
        found += revs_in(batch)
        after = batch.last
    assert found == list(range(1, 101))
    assert reads == 0
    while (batch := journal.read(after, 50)) is not None:
        found += revs_in(batch)
        after = batch.last
    assert found == list(range(1, 301))
    assert reads > 0


async def test_rotation_begins_a_new_file_at_once(
    journal: ThreadedJournal, runner: ThreadRunner, listener: Any, said: MakeSaid, encode: Encode, until: Any,
    folder: Path,
) -> None:  # fmt: skip
    journal.append((said(1, "canary"), None), encode(said(1, "canary")))
    await until(lambda: len(listener.entries) == 1)
    await runner.read(journal.rotate)
    journal.trim(1)
    assert not any(b"canary" in path.read_bytes() for path in folder.iterdir())


async def test_a_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, runner: ThreadRunner, listener: Any
) -> None:
    (tmp_path / "file").touch()
    journal = ThreadedJournal(Segments(tmp_path / "file" / "x", sync=True, segment_bytes=1), runner)
    with pytest.raises(StoreError, match="can't be opened"):
        journal.open(0, listener)


async def test_a_real_full_disk_loses_nothing(
    small_disk: Path, runner: ThreadRunner, listener: Any, said: MakeSaid, encode: Encode, until: Any
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(2_800_000))
    segments = Segments(small_disk / "journal", sync=True, segment_bytes=50_000)
    journal = ThreadedJournal(segments, runner)
    journal.open(0, listener)
    rev = 0
    while not listener.fulls:
        for _ in range(50):
            rev += 1
            journal.append((said(rev), None), encode(said(rev)))
        await until(lambda rev=rev: listener.fulls or len(listener.entries) == rev)
    acknowledged = len(listener.entries)
    assert acknowledged < rev
    ballast.unlink()
    await until(lambda: len(listener.entries) == rev)
    await runner.read(journal.close)
    recovered = Segments(small_disk / "journal", sync=True, segment_bytes=50_000)
    recovered.recover(0)
    assert recovered.last == rev
    recovered.close()
