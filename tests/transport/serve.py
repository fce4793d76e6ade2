"""A door in a process of its own, for tests that need the server's memory, processor time or descriptors.

Run as a script it prints the port and serves until its standard input ends. `Server` starts it.
"""

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web
from tests.transport.street import Desk, open_street

from fastdesk.transport.door import DoorLimits

ROOT = Path(__file__).resolve().parents[2]


async def serve(limits: DoorLimits) -> None:
    grabbed: list[int] = []

    async def grab(request: web.Request) -> web.Response:
        """Take every descriptor but so many."""
        try:
            while True:
                grabbed.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            for _ in range(int(request.query["leave"])):
                os.close(grabbed.pop())
        return web.Response()

    async def release(request: web.Request) -> web.Response:
        while grabbed:
            os.close(grabbed.pop())
        return web.Response()

    desk = Desk(is_forgetful=True)
    async with open_street(desk=desk, limits=limits, routes={"/grab": grab, "/release": release}) as street:
        print(street.port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


class Server:
    """The script, running. Use as a context manager."""

    def __init__(self, *, loop: str = "uvloop", descriptors: int = 0, **limits: Any) -> None:
        command = [sys.executable, __file__, "--loop", loop, "--descriptors", str(descriptors)]
        for name, value in limits.items():
            command += ["--limit", f"{name}={value}"]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
        # A pipe that nobody reads would stop a talkative server.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=self._errors, env=environment, cwd=ROOT
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.log = ""

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)
        with self._errors:
            self._errors.seek(0)
            self.log = self._errors.read().decode()

    @property
    def resident_bytes(self) -> int:
        fields = Path(f"/proc/{self._process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    @property
    def processor_s(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--loop", choices=["uvloop", "asyncio"], default="uvloop")
    parser.add_argument("--descriptors", type=int, default=0)
    parser.add_argument("--limit", action="append", default=[])
    arguments = parser.parse_args()
    if arguments.descriptors:
        resource.setrlimit(resource.RLIMIT_NOFILE, (arguments.descriptors, arguments.descriptors))
    limits: dict[str, Any] = {}
    for limit in arguments.limit:
        name, _, value = limit.partition("=")
        limits[name] = float(value) if "." in value else int(value)
    factory = uvloop.new_event_loop if arguments.loop == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve(DoorLimits(**limits)))


if __name__ == "__main__":
    main()
