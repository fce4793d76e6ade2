"""Events, and a store on files that a test may break."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from fastdesk.model.event import Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.store.protocol import Entry
from fastdesk.store.runner import ThreadRunner

MakeSaid = Callable[[int], Said]


def make_said(rev: int, text: str = "hello 你好", conversation: str = "c1", tenant: str = "demo") -> Said:
    """Return the message number `rev` of a tenant with one conversation."""
    return Said(
        TenantId(tenant), rev, 1_763_800_000_000 + rev, ConversationId(conversation), rev, f"message-{rev:08d}",
        "visitor", "v1", "小明", "text", text,
    )  # fmt: skip


@pytest.fixture
def said() -> Callable[..., Said]:
    return make_said


@pytest.fixture
def encode() -> Callable[[object], bytes]:
    return msgspec.msgpack.Encoder().encode


@pytest.fixture
async def runner() -> AsyncIterator[ThreadRunner]:
    runner = ThreadRunner(2)
    runner.bind()
    yield runner
    runner.stop()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so that other threads bring about."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.001)


class Listener:
    """Notes what a journal tells."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.batches: list[int] = []
        self.size = 0
        self.fulls: list[bool] = []
        self.reasons: list[str] = []
        self.changed: Callable[[], None] = lambda: None

    def durable(self, entries: list[Entry], size: int) -> None:
        self.entries += entries
        self.batches.append(len(entries))
        self.size += size
        self.changed()

    def full(self, is_full: bool) -> None:
        self.fulls.append(is_full)
        self.changed()

    def broken(self, reason: str) -> None:
        self.reasons.append(reason)
        self.changed()


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A real file system of 3 MB, mounted outside of pytest's own folders."""
    folder = Path(tempfile.mkdtemp())
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(folder)]
    try:
        if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
            pytest.skip("a small file system can't be mounted here")
        yield folder
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
    finally:
        folder.rmdir()
