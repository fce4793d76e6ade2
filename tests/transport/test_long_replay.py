"""What somebody missed is more than a connection holds: it is sent as fast as it is read, and all of it arrives."""

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets
from tests.running import RunningDesk

MESSAGES = 400
TEXT = "很长的一句话。" * 500  # 10 KB: all of them are far more than socket buffers and the desk's own hold


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    data: Path = tmp_path_factory.mktemp("desk") / "data"
    running = RunningDesk(data, LIMITS="off").start()
    yield running
    running.close()


def _connect(desk: RunningDesk, *, slow: bool = False) -> Any:
    peer = socket.create_connection(("127.0.0.1", desk.port))
    if slow:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    return websockets.connect(
        desk.socket_url, sock=peer, subprotocols=["fastdesk.v1.json"], max_queue=4, max_size=None
    )  # type: ignore[list-item]


async def _hello(peer: Any, token: str, **more: Any) -> dict[str, Any]:
    await peer.send(json.dumps({"t": "hello", "token": token, **more}))
    return await _next(peer, "welcome")


async def _next(peer: Any, *kinds: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(peer.recv(), 30))
        if frame["t"] in kinds:
            return frame


@pytest.fixture(scope="module")
def told(desk: RunningDesk) -> dict[str, Any]:
    """A visitor with a long conversation."""
    visitor = desk.visitor()

    async def tell() -> None:
        async with _connect(desk) as peer:
            await _hello(peer, visitor["token"])
            await peer.send(json.dumps({"t": "human"}))  # nobody answers, so that the numbers are our own
            for number in range(MESSAGES):
                await peer.send(
                    json.dumps({"t": "send", "id": f"message-{number}", "text": f"{number} {TEXT}"})
                )
                await _next(peer, "ack")

    asyncio.run(tell())
    return visitor


async def test_a_visitor_who_reads_slowly_gets_all_that_was_missed(
    desk: RunningDesk, told: dict[str, Any]
) -> None:
    async with _connect(desk, slow=True) as peer:
        assert (await _hello(peer, told["token"], after=0))["seq"] == MESSAGES
        await peer.send(json.dumps({"t": "send", "id": "meanwhile", "text": "said while the old was coming"}))
        await asyncio.sleep(0.5)  # the desk fills what there is to fill
        seqs = [(await _next(peer, "message"))["seq"] for _ in range(MESSAGES)]
        assert seqs == list(range(1, MESSAGES + 1))
        assert (await _next(peer, "ack"))["seq"] == MESSAGES + 1


async def test_an_agent_who_reads_slowly_gets_all_that_was_missed(
    desk: RunningDesk, told: dict[str, Any]
) -> None:
    async with _connect(desk, slow=True) as peer:
        await _hello(peer, desk.token)
        await peer.send(json.dumps({"t": "watch", "conversation": told["conversation"], "after": 0}))
        await asyncio.sleep(0.5)
        seqs = [(await _next(peer, "message"))["seq"] for _ in range(MESSAGES)]
        assert seqs == list(range(1, MESSAGES + 1))
