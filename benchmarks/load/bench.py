"""The runner: pins, measures, calibrates against the C echo, shows progress, and never counts a wrong run."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from benchmarks.compare.contestants import C_ECHO, Contestant
from benchmarks.load.desk import QUESTION, Desk
from benchmarks.load.native import generator_command, read_result
from benchmarks.load.results import Row, fill_from_repetitions
from benchmarks.load.server import Server, accepts_connections, free_port

ROOT = Path(__file__).resolve().parents[2]
#: So long nothing moves in a store that is at rest, and so long one may take to come to it.
_QUIET_S, _REST_TIMEOUT_S = 0.8, 600


class Method(msgspec.Struct, kw_only=True):
    """How long and where everything is measured."""

    server_core: int = 0
    generator_core: int = 1
    warm_up_s: float = 1.0
    seconds: float = 2.0
    repetitions: int = 3
    quick: bool = False
    data_root: Path | None = None
    """Where data folders are made; a disk, not memory. The build folder when None."""


class Echo(msgspec.Struct, frozen=True):
    """The bare C echo under one load."""

    rate: float
    cpu_us: float


class Bench:
    """State of one run; use it as a context manager."""

    def __init__(self, method: Method, console: Console) -> None:
        self.method = method
        self.console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            refresh_per_second=2,  # the display shares a core with the generator
            transient=True,
        )
        self._task: TaskID | None = None
        self._echoes: dict[tuple[int, int], Echo] = {}
        self._desk: Desk | None = None
        self._desk_key: tuple[str, ...] = ()
        root = method.data_root or ROOT / "build" / "benchmarks"
        root.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="run-", dir=root))

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_desk()
        self._progress.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # What a reader sees while it runs.

    @contextmanager
    def showing(self, title: str) -> Iterator[None]:
        """Show a line with a bar for as long as the block runs."""
        self._task = self._progress.add_task(title, total=None, note="")
        try:
            yield
        finally:
            self._progress.remove_task(self._task)
            self._task = None

    def note(self, text: str, done: float | None = None) -> None:
        """Say what is going on just now; `done` of 1.0 moves the bar."""
        if self._task is not None:
            self._progress.update(
                self._task, note=text, total=1.0 if done is not None else None, completed=done or 0
            )

    # Servers.

    def desk(self, durability: str = "fsync", **settings: str) -> Desk:
        """Return a running desk with these settings and the bench rule; the one before is stopped."""
        key = (durability, *(f"{name}={value}" for name, value in sorted(settings.items())))
        if self._desk is not None and self._desk_key == key:
            self.rest(self._desk)
            return self._desk
        self.stop_desk()
        self.note("starting the desk")
        folder = Path(tempfile.mkdtemp(prefix="desk-", dir=self.folder))
        desk = Desk(folder, core=self.method.server_core, durability=durability, settings=settings).start()
        self._desk, self._desk_key = desk, key
        desk.add_rule()
        return desk

    def rest(self, desk: Desk) -> int:
        """Wait until SQLite has all that the journal has, and search index and reports, too; return by how many events it was behind.

        What is still done for one measurement would be counted in the next one, of whichever desk on this core.
        """
        first = last = desk.stands()
        until = time.monotonic() + _REST_TIMEOUT_S
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < _QUIET_S and time.monotonic() < until:
            self.note("the store catches up")
            time.sleep(0.1)
            now = desk.stands()
            if now != last:
                last, quiet_since = now, time.monotonic()
        return last["fed"] - first["fed"]

    def stop_desk(self) -> None:
        """Stop the desk and throw its data away."""
        if self._desk is not None:
            self._desk.stop()
            shutil.rmtree(self._desk.folder, ignore_errors=True)
            self._desk = None

    @contextmanager
    def contestant(self, contestant: Contestant) -> Iterator[tuple[Server, int, str]]:
        """Run a bare echo server on the server's core; gives process, port and version."""
        command, version = contestant.prepare()
        port = free_port()
        log = self.folder / f"{contestant.name}.log"
        with Server(
            [*command, str(port)],
            log,
            lambda: accepts_connections(port),
            core=self.method.server_core,
            environment=contestant.environment,
        ) as server:
            yield server, port, version

    # Measurements.

    def generate(self, mode: str, port: int, server_pid: int, **options: Any) -> dict[str, Any]:
        """Run the generator on its core and return its report.

        Raises:
            WrongAnswer: an answer was lost, wrong, duplicate or out of order.
        """
        method = self.method
        chosen = {
            "warm_up": method.warm_up_s,
            "seconds": method.seconds,
            "repetitions": method.repetitions,
            "core": method.generator_core,
            "server_pid": server_pid,
            **options,
        }
        lasts_s = chosen["warm_up"] + chosen["seconds"] * chosen["repetitions"] + 0.5
        command = generator_command(mode, port, **chosen)
        started = time.monotonic()
        with (self.folder / "generated.json").open("w+b") as output:
            process = subprocess.Popen(command, stdout=output)
            while process.poll() is None:
                self.note("measuring", min(1.0, (time.monotonic() - started) / lasts_s))
                time.sleep(0.2)
            output.seek(0)
            return read_result(output.read())

    def echo(self, connections: int, depth: int) -> Echo:
        """Return the bare C echo under this load, measured once in each run."""
        if (connections, depth) not in self._echoes:
            self.note("calibrating with the C echo")
            with self.contestant(C_ECHO) as (server, port, _):
                row = Row(key="echo", group="echo", title="")
                fill_from_repetitions(row, self.generate_echo(server, port, connections, depth))
            assert row.rate is not None
            assert row.server_cpu_us is not None
            self._echoes[connections, depth] = Echo(row.rate.median, row.server_cpu_us.median)
        return self._echoes[connections, depth]

    def generate_echo(self, server: Server, port: int, connections: int, depth: int) -> dict[str, Any]:
        """Run the generator against a bare echo server."""
        return self.generate("echo", port, server.pid, connections=connections, depth=depth, text=QUESTION)

    def compare_with_echo(self, row: Row, connections: int, depth: int) -> None:
        """Put the C echo under the same load into the row."""
        echo = self.echo(connections, depth)
        row.echo_rate, row.echo_cpu_us = echo.rate, echo.cpu_us
