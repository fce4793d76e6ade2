"""Start a server in its own process on its own core, wait until it answers, stop it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

_STOP_TIMEOUT_S = 20.0


class ServerFailed(Exception):
    """A server did not start, or has ended; the message has the last lines of its log."""


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A pinned server process; use it as a context manager.

    Args:
        command: its command line.
        log: file that takes what it prints.
        is_ready: called again and again until it returns True.
        core: the core it is pinned to; None leaves it free.
        environment: added to this process's, in which every FASTDESK_ name is dropped.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        is_ready: Callable[[], bool],
        *,
        core: int | None = None,
        environment: Mapping[str, str] | None = None,
        start_timeout_s: float = 120.0,
    ) -> None:
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        self._command = [*pinned, *command]
        self._log = log
        self._is_ready = is_ready
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FASTDESK_")}
        self._environment = {**inherited, **(environment or {})}
        self._start_timeout_s = start_timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self.ready_after_s = 0.0

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server is not running"
        return self._process.pid

    def start(self) -> Self:
        """Start the process and return when it is ready; `ready_after_s` then says how long that took."""
        started = time.perf_counter()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        while not self._is_ready():
            if self._process.poll() is not None:
                raise ServerFailed(
                    f"ended with status {self._process.returncode} at start: {self.last_lines()}"
                )
            if time.perf_counter() - started > self._start_timeout_s:
                self.stop()
                raise ServerFailed(f"not ready within {self._start_timeout_s:.0f} s: {self.last_lines()}")
            time.sleep(0.005)
        self.ready_after_s = time.perf_counter() - started
        return self

    def stop(self) -> None:
        """End the process: SIGTERM, and SIGKILL when that is not heard."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def memory_bytes(self) -> int:
        """Return the process's memory, shared pages by their share (PSS)."""
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
        return 0

    def last_lines(self, count: int = 5) -> str:
        """Return the end of the log."""
        return " | ".join(self._log.read_text("utf-8", "replace").splitlines()[-count:])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def accepts_connections(port: int) -> bool:
    """Whether something listens on the port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
