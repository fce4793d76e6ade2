"""Connections on which nothing happens: what each of them costs, over a real desk."""

import asyncio
import json
from pathlib import Path

from tests.running import RunningDesk
from websockets.asyncio.client import ClientConnection, connect

#: What one idle visitor may cost; ten thousand of them are 160 MB. The benchmark `idle-10000` measures the figure itself.
MOST_BYTES = 16 * 1024
WARM, COUNT = 100, 500


def resident(pid: int) -> int:
    """Return the memory of a process that is in use, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


async def test_an_idle_visitor_costs_little_memory(own_desk: RunningDesk) -> None:
    opened: list[ClientConnection] = []

    async def come(number: int) -> None:
        for _ in range(number):
            socket = await connect(own_desk.socket_url, max_queue=1, compression=None, ping_interval=None)
            opened.append(socket)
            await socket.send(json.dumps({"t": "hello", "token": tokens.pop()}))
            assert json.loads(await socket.recv())["t"] == "welcome"

    tokens = [(await asyncio.to_thread(own_desk.visitor))["token"] for _ in range(WARM + COUNT)]
    try:
        await come(WARM)
        before = resident(own_desk.pid)
        await come(COUNT)
        each = (resident(own_desk.pid) - before) / COUNT
        assert each <= MOST_BYTES
    finally:
        await asyncio.gather(*(socket.close() for socket in opened))
