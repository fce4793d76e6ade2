"""A store with history: start-up over a million messages, the rate over ten million, and a long steady load."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from zlib import crc32

from benchmarks.load import seed
from benchmarks.load.bench import ROOT, Bench
from benchmarks.load.desk import Desk
from benchmarks.load.results import Row, spread
from benchmarks.load.scenarios import Scenario, less, more
from benchmarks.load.text_scenarios import chat
from fastdesk.reports import RollUps
from fastdesk.store.search import SearchIndex

_CONNECTIONS, _DEPTH = 64, 16
_LONG_S = 30


def seeded(bench: Bench, messages: int, open_conversations: int = 0) -> Path:
    """Return a data folder with so many old messages and open conversations; used again while it would be made the same."""
    made_of = " ".join((str(crc32(Path(seed.__file__).read_bytes())), SearchIndex.version, RollUps.version))
    folder = bench.folder.parent / f"seeded-{messages}-{open_conversations}"
    whole = folder / "whole"
    if not whole.exists() or whole.read_text() != made_of:
        shutil.rmtree(folder, ignore_errors=True)
        with Desk(folder, core=None):
            bench.note("first start")
        command = [sys.executable, "-m", "benchmarks.load.seed", str(folder / "data"), str(messages)]
        command += ["--open", str(open_conversations)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as seeding:
            assert seeding.stdout is not None
            for share in seeding.stdout:
                bench.note(f"writing {messages:,} messages", float(share))
        if seeding.returncode:
            raise RuntimeError("the store could not be filled; the reason is above")
        whole.write_text(made_of)
    return folder


def _start_million(bench: Bench, row: Row) -> None:
    folder = seeded(bench, 1_000_000)
    bench.stop_desk()
    times = []
    for _ in range(bench.method.repetitions):
        with Desk(folder, core=bench.method.server_core) as desk:
            times.append(desk.server.ready_after_s)
    row.load = "1,000,000 messages"
    row.goals = [less("ready after", "s", statistics.median(times), 1.5, 0.5)]


def _ten_million(bench: Bench, row: Row) -> None:
    """Alternate between a desk with ten million messages and one with none, so that both meet the same machine.

    A copy of the history, as what visitors write now would be there at the next run: open conversations without end.
    """
    bench.stop_desk()
    folder = bench.folder / "full"
    bench.note("copying ten million messages")
    shutil.copytree(seeded(bench, 10_000_000), folder)
    os.sync()  # or the disk would still be writing it meanwhile
    core = bench.method.server_core
    empty_row = Row(key="empty", group="store", title="")
    with (
        Desk(folder, core=core) as full,
        Desk(bench.folder / "empty", core=core) as empty,
    ):
        full.add_rule()
        empty.add_rule()
        full_rates: list[float] = []
        empty_rates: list[float] = []
        for _ in range(bench.method.repetitions):
            for desk, into, rates in ((empty, empty_row, empty_rates), (full, row, full_rates)):
                chat(bench, into, desk, _CONNECTIONS, _DEPTH, repetitions=1)
                assert into.rate is not None
                rates.append(into.rate.median)
                bench.rest(desk)
    row.rate, row.load = spread(full_rates), f"{_CONNECTIONS} × {_DEPTH}, 10,000,000 messages"
    row.facts["rate of the empty store"] = round(statistics.median(empty_rates))
    ratio = statistics.median(full_rates) / statistics.median(empty_rates)
    row.goals = [more("rate over the empty store's", "×", ratio, 0.9, 1.0)]


def _long(bench: Bench, row: Row) -> None:
    """Load for long enough that what stands behind the acknowledgement, the readable store, must keep up."""
    desk = bench.desk()
    chat(bench, row, desk, _CONNECTIONS, 1, seconds=_LONG_S / bench.method.repetitions)
    started = time.monotonic()
    behind = bench.rest(desk)
    row.facts["events not yet in SQLite at the end"] = behind
    row.facts["caught up, index and reports too, after s"] = round(time.monotonic() - started, 1)


SCENARIOS = (
    Scenario("long", "store", "Plain text for 30 s, 64 connections", _long),
    Scenario("start-million", "store", "Ready after start, a million messages", _start_million),
    Scenario("ten-million", "store", "Plain text over ten million messages", _ten_million),
)
