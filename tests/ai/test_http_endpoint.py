"""Connections to a host over real sockets: reused, bounded, opened once for those who wait, and never left behind."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from fastdesk.ai import http_endpoint as endpoint_room
from fastdesk.ai.http_connection import Connection
from fastdesk.ai.http_endpoint import Endpoint
from fastdesk.ai.provider import ProviderKit
from fastdesk.errors import ModelFault
from fastdesk.observe.clock import Clock as BaseClock
from fastdesk.observe.tasks import Tasks

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Server:
    """Answers every request when told to."""

    def __init__(self) -> None:
        self.accepted = 0
        self.writers: list[asyncio.StreamWriter] = []
        self.answers = asyncio.Event()
        self.answers.set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.writers.append(writer)
        try:
            while await reader.read(100):
                await self.answers.wait()
                writer.write(ANSWER)
        except OSError:
            pass
        finally:
            writer.close()

    async def stop(self) -> None:
        for writer in self.writers:
            writer.close()
        self._server.close()
        await self._server.wait_closed()


class Sender(endpoint_room.Sender):
    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.result = ""
        self.connection: Connection | None = None

    def send_on(self, connection: Connection) -> None:
        self.connection = connection
        connection.send(b"GET", self)

    def on_unreachable(self, detail: str) -> None:
        self.result = f"unreachable {detail}"
        self.over.set()

    def on_body(self, piece: bytes, status: int) -> bool:
        return False

    def on_whole(self, status: int, head: bytes) -> None:
        self.result = str(status)
        self.over.set()

    def on_lost(self, kind: ModelFault, untouched: bool) -> None:
        self.result = kind
        self.over.set()

    async def wait(self) -> str:
        async with asyncio.timeout(10):
            await self.over.wait()
        return self.result


class Clock(BaseClock):
    def __init__(self) -> None:
        self.ns = 0

    def now_ns(self) -> int:
        return self.ns

    def now_ms(self) -> int:
        return 0


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def endpoint(server: Server, tasks: Tasks, clock: Clock) -> AsyncIterator[Endpoint]:
    made = Endpoint(
        f"http://127.0.0.1:{server.port}/v1",
        connect_s=5,
        max_connections=3,
        kit=ProviderKit("", clock, tasks.spawn),
    )
    yield made
    await made.close()


def submit(endpoint: Endpoint) -> Sender:
    sender = Sender()
    endpoint.submit(sender)
    return sender


async def test_connection_is_used_again(endpoint: Endpoint, server: Server) -> None:
    for _ in range(5):
        assert await submit(endpoint).wait() == "200"
    assert server.accepted == endpoint.connections == 1


async def test_never_more_than_the_bound_and_everyone_is_served(endpoint: Endpoint, server: Server) -> None:
    server.answers.clear()
    senders = [submit(endpoint) for _ in range(10)]
    while server.accepted < 3:
        await asyncio.sleep(0.001)
    assert endpoint.connections == 3
    server.answers.set()
    assert [await sender.wait() for sender in senders] == ["200"] * 10
    assert server.accepted == 3


async def test_connection_opened_for_one_who_left_serves_the_next(endpoint: Endpoint, server: Server) -> None:
    first = submit(endpoint)
    endpoint.withdraw(first)
    second = submit(endpoint)
    assert await second.wait() == "200"
    assert server.accepted == 1
    assert first.result == ""


async def test_old_connection_is_not_trusted(endpoint: Endpoint, server: Server, clock: Clock) -> None:
    await submit(endpoint).wait()
    clock.ns += 21_000_000_000
    assert await submit(endpoint).wait() == "200"
    assert server.accepted == 2


async def test_fresh_passes_over_the_free_ones(endpoint: Endpoint, server: Server) -> None:
    await submit(endpoint).wait()
    sender = Sender()
    endpoint.submit(sender, fresh=True)
    assert await sender.wait() == "200"
    assert server.accepted == 2


async def test_address_that_may_not_be_used(server: Server, tasks: Tasks, clock: Clock) -> None:
    asked: list[str] = []

    def refuse(address: str) -> bool:
        asked.append(address)
        return False

    endpoint = Endpoint(
        f"http://localhost:{server.port}",
        connect_s=5,
        max_connections=3,
        kit=ProviderKit("", clock, tasks.spawn, refuse),
    )
    assert await submit(endpoint).wait() == "unreachable PermissionError"
    assert "127.0.0.1" in asked
    assert server.accepted == 0


async def test_each_failed_attempt_tells_one_who_waits(tasks: Tasks, clock: Clock) -> None:
    endpoint = Endpoint(
        "http://127.0.0.1:1", connect_s=5, max_connections=2, kit=ProviderKit("", clock, tasks.spawn)
    )
    first, second = submit(endpoint), submit(endpoint)
    assert (await first.wait()).startswith("unreachable")
    assert (await second.wait()).startswith("unreachable")
    assert endpoint.connections == 0


async def test_connection_made_while_this_process_stood_still_counts(
    server: Server, tasks: Tasks, clock: Clock
) -> None:
    """The limit passes while nothing runs here; the connection was made in time all the same."""
    kit = ProviderKit("", clock, tasks.spawn)
    endpoint = Endpoint(f"http://127.0.0.1:{server.port}", connect_s=0.2, max_connections=3, kit=kit)
    assert await submit(endpoint).wait() == "200"  # the address is known from here on
    sender = Sender()
    endpoint.submit(sender, fresh=True)
    await asyncio.sleep(0)
    time.sleep(0.3)
    assert await sender.wait() == "200"
    await endpoint.close()


async def test_closing_fails_what_is_under_way(endpoint: Endpoint, server: Server) -> None:
    server.answers.clear()
    senders = [submit(endpoint) for _ in range(5)]
    while server.accepted < 3:
        await asyncio.sleep(0.001)
    await endpoint.close()
    assert sorted([await sender.wait() for sender in senders]) == ["broken"] * 3 + ["unreachable closed"] * 2
    assert await submit(endpoint).wait() == "unreachable closed"
    server.answers.set()
