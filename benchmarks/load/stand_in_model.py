"""A stand-in for a language model: OpenAI-compatible chat completions with programmable delay and faults.

Start it by hand with ``python -m benchmarks.load.stand_in_model --help``, or from a test::

    with StandInModel(delay_ms=25) as model:
        settings = {"FASTDESK_AI_BASE_URL": model.base_url, "FASTDESK_AI_API_KEY": "any"}
        model.set(fault="status", status=429, retry_after="2")
        ...
        assert model.counts().calls == 1

It runs in its own process, so that it cannot stop with the loop under test, and is steered over a second
port, which answers also while the first one hangs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
import uvloop

from benchmarks.load.stand_in_behaviour import Behaviour, Counts, Recorded
from benchmarks.load.stand_in_protocol import Model, ModelProtocol

_ROOT = Path(__file__).resolve().parents[2]
_START_TIMEOUT_S = 20
_CONTROL_TIMEOUT_S = 10


class StandInModel:
    """A stand-in model in a process of its own; use it as a context manager, or `start` and `stop` it.

    Args:
        core: pin the process to this core; None leaves it where the system puts it.
        seed: of the distributed delay.
        behaviour: fields of `Behaviour` for the calls after the start.
    """

    def __init__(self, *, core: int | None = None, seed: int = 1, port: int = 0, **behaviour: Any) -> None:
        self._arguments = [f"--port={port}", f"--seed={seed}"]
        self._core = core
        self._behaviour = behaviour
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._control_port = 0

    @property
    def base_url(self) -> str:
        """What `FASTDESK_AI_BASE_URL` and the SDK's `base_url` want."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the stand-in model is not running"
        return self._process.pid

    def start(self) -> Self:
        """Start the process and return when it accepts calls."""
        command = [sys.executable, "-m", "benchmarks.load.stand_in_model", *self._arguments]
        if self._core is not None:
            command = ["taskset", "-c", str(self._core), *command]
        self._process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        line = self._process.stdout.readline().split()
        if len(line) != 2:
            self.stop()
            raise RuntimeError("the stand-in model did not start; its own message is above")
        self.port, self._control_port = int(line[0]), int(line[1])
        if self._behaviour:
            self.set(**self._behaviour)
        return self

    def stop(self) -> None:
        """End the process; open connections are reset."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def set(self, **behaviour: Any) -> None:
        """Answer all further calls as `Behaviour(**behaviour)` says; fields not named take their default."""
        self._control("POST", "behaviour", Behaviour(**behaviour))

    def script(self, steps: Sequence[Behaviour]) -> None:
        """Answer the next calls with one step each, and the calls after them as `set` said."""
        self._control("POST", "script", list(steps))

    def reset(self) -> None:
        """Become healthy and set all totals to zero."""
        self._control("POST", "reset", None)

    def drop_connections(self) -> None:
        """Reset every open connection."""
        self._control("POST", "drop", None)

    def counts(self) -> Counts:
        """Return the totals so far."""
        return msgspec.json.decode(self._control("GET", "counts"), type=Counts)

    def requests(self) -> list[Recorded]:
        """Return the last 1,000 requests that arrived while `record` was set, oldest first."""
        return msgspec.json.decode(self._control("GET", "requests"), type=list[Recorded])

    def _control(self, method: str, path: str, body: Any = None) -> bytes:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._control_port}/{path}",
            method=method,
            data=msgspec.json.encode(body) if method == "POST" else None,
        )
        with urllib.request.urlopen(request, timeout=_CONTROL_TIMEOUT_S) as response:
            return bytes(response.read())


# The process.


class _Listener:
    """Accepts by hand, so that it can stop accepting while the kernel goes on completing connections."""

    def __init__(self, model: Model, port: int) -> None:
        self._model = model
        self._socket = socket.create_server(("127.0.0.1", port), backlog=4096)
        self._socket.setblocking(False)
        self._accepting = False
        self._pending: set[asyncio.Task[Any]] = set()
        self.port = self._socket.getsockname()[1]

    def accept(self, wanted: bool) -> None:
        """Begin or stop accepting; connections that waited are then accepted first."""
        if wanted != self._accepting:
            self._accepting = wanted
            loop = self._model.loop
            if wanted:
                loop.add_reader(self._socket, self._on_readable)
            else:
                loop.remove_reader(self._socket)

    def _on_readable(self) -> None:
        model = self._model
        while True:
            try:
                accepted, _ = self._socket.accept()
            except BlockingIOError:
                return
            accepted.setblocking(False)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = model.loop.create_task(
                model.loop.connect_accepted_socket(lambda: ModelProtocol(model), accepted)
            )
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)


class _ControlProtocol(asyncio.Protocol):
    """One steering request per connection."""

    def __init__(self, model: Model, listener: _Listener) -> None:
        self._model = model
        self._listener = listener
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, received: bytes) -> None:
        self._received += received
        head, separator, body = self._received.partition(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        if not separator or len(body) < length:
            return
        path = head.split(b" ")[1].decode()
        answer = self._steer(path, body)
        self._transport.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + answer)
        self._transport.close()

    def _steer(self, path: str, body: bytes) -> bytes:
        model = self._model
        match path:
            case "/behaviour":
                model.behaviour = msgspec.json.decode(body, type=Behaviour)
                self._listener.accept(model.behaviour.fault != "hang_accept")
            case "/script":
                model.script.extend(msgspec.json.decode(body, type=list[Behaviour]))
            case "/reset":
                model.reset()
                self._listener.accept(True)
            case "/drop":
                for connection in list(model.connections):
                    connection.abort()
            case "/counts":
                return msgspec.json.encode(model.counts)
            case "/requests":
                return msgspec.json.encode(list(model.recorded))
        return b"{}"


async def _serve(port: int, control_port: int, seed: int, behaviour: Behaviour) -> None:
    loop = asyncio.get_running_loop()
    model = Model(loop, seed)
    model.behaviour = behaviour
    listener = _Listener(model, port)
    listener.accept(behaviour.fault != "hang_accept")
    control = await loop.create_server(lambda: _ControlProtocol(model, listener), "127.0.0.1", control_port)
    print(listener.port, control.sockets[0].getsockname()[1], flush=True)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    parent = os.getppid()
    while not stopped.is_set() and os.getppid() == parent:
        # A stand-in whose starter was killed must not stay behind.
        try:
            await asyncio.wait_for(stopped.wait(), 5)
        except TimeoutError:
            continue


def main() -> None:
    """Serve until a signal; print the two ports."""
    parser = argparse.ArgumentParser(
        description="Serve OpenAI-compatible chat completions with a programmable delay and faults. "
        "Prints '<port> <control port>'. Steer it with POST /behaviour, /script, /reset, /drop and "
        "GET /counts, /requests on the control port.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose (default)")
    parser.add_argument("--control-port", type=int, default=0, help="0 lets the system choose (default)")
    parser.add_argument("--seed", type=int, default=1, help="of the distributed delay")
    parser.add_argument(
        "--behaviour",
        default="{}",
        help='JSON, for example \'{"delay_ms": 25, "chunk_gap_ms": 5}\'',
    )
    chosen = parser.parse_args()
    behaviour = msgspec.json.decode(chosen.behaviour, type=Behaviour)
    uvloop.run(_serve(chosen.port, chosen.control_port, chosen.seed, behaviour))


if __name__ == "__main__":
    main()
