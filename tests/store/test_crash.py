"""A desk that is killed many times loses nothing that it acknowledged, and keeps nothing twice."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fastdesk.model.event import Changed, Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.observe.clock import SeededEntropy
from fastdesk.store import StoreSettings, embedded_store

CHILD = Path(__file__).with_name("crash_child.py")
ROUNDS = int(os.environ.get("CRASH_ROUNDS", "8"))
TENANT = TenantId("demo")


def run_and_kill(data: Path, generation: int, after_lines: int) -> dict[int, str]:
    """Start a desk, kill it once it has acknowledged some messages; return all it acknowledged by rev."""
    command = [sys.executable, str(CHILD), str(data), str(generation)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stderr is not None
    watchdog = threading.Timer(60, child.kill)
    watchdog.start()
    acknowledged: dict[int, str] = {}
    for line in child.stdout:
        if not line.endswith(b"\n"):
            break  # the kill came in the middle of the print
        rev, id = line.decode().split()
        acknowledged[int(rev)] = id
        if len(acknowledged) == after_lines:
            child.kill()
    errors = child.stderr.read().decode()
    child.stdout.close()
    child.stderr.close()
    child.wait()
    watchdog.cancel()
    assert len(acknowledged) >= after_lines, errors
    return acknowledged


@pytest.mark.slow
async def test_kills_lose_nothing_acknowledged_and_repeat_nothing(tmp_path: Path) -> None:
    seed = int(os.environ.get("CRASH_SEED", "1"))
    chance = random.Random(seed)
    acknowledged: dict[int, str] = {}
    for generation in range(ROUNDS):
        fresh = run_and_kill(tmp_path, generation, chance.choice([1, 20, 300, 2000, 5000]))
        assert not fresh.keys() & acknowledged.keys(), f"a rev was given twice, seed {seed}"
        acknowledged |= fresh
    store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1))
    await store.start()
    events = await store.since(TENANT, 0, 10_000_000)
    assert [event.rev for event in events] == list(range(1, len(events) + 1)), f"seed {seed}"
    said = {event.rev: event.id for event in events if isinstance(event, Said)}
    assert acknowledged.items() <= said.items(), f"seed {seed}"
    assert len(set(said.values())) == len(said)
    for generation in range(ROUNDS):
        conversation = ConversationId(f"c-{generation}")
        of_this = [
            event for event in events if isinstance(event, Said) and event.conversation == conversation
        ]
        assert await store.said(TENANT, conversation, 0, 10_000_000) == of_this
        row = await store.conversation_row(TENANT, conversation)
        assert row is not None
        assert (row.last_seq, row.unread) == (len(of_this), len(of_this)), "each was projected exactly once"
    assert sum(isinstance(event, Changed) for event in events) == ROUNDS
    await store.stop()
