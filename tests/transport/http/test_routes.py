"""Bodies are read whole, within their bounds and their time, whatever a peer sends; answers are JSON or nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from fastdesk.protocol.codes import Rejection
from fastdesk.transport.http import routes
from fastdesk.transport.http.routes import json_response, read_body

MOST = 1000


class Street:
    """A real server that reads bodies, and raw connections to it."""

    def __init__(self) -> None:
        self.read: asyncio.Queue[bytes | Rejection] = asyncio.Queue()
        self.port = 0

    async def take(self, request: web.Request) -> web.Response:
        self.read.put_nowait(await read_body(request, MOST))
        return web.Response(text="read")

    async def send(self, head: str, *pieces: bytes, end: bool = True) -> bytes | Rejection:
        """Send a request by its raw bytes; return what was read of its body."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"POST / HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if end:
            writer.write_eof()
        async with asyncio.timeout(60):
            read = await self.read.get()
        writer.close()
        return read


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    street = Street()
    app = web.Application(client_max_size=0)
    app.router.add_post("/", street.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    street.port = runner.addresses[0][1]
    yield street
    await runner.cleanup()


def chunk(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


@pytest.mark.parametrize("size", [0, 1, MOST])
async def test_a_body_within_its_bounds_is_read_whole(street: Street, size: int) -> None:
    body = b"x" * size
    assert await street.send(f"Content-Length: {size}", body) == body
    pieces = [chunk(body[at : at + 100]) for at in range(0, size, 100)]
    assert await street.send("Transfer-Encoding: chunked", *pieces, b"0\r\n\r\n") == body


async def test_a_body_that_says_it_is_too_long_is_not_waited_for(street: Street) -> None:
    read = await street.send(f"Content-Length: {MOST + 1}", end=False)
    assert isinstance(read, Rejection)
    assert read.code == "too_large"
    assert str(MOST) in read.sentence


async def test_a_body_that_grows_too_long_is_left(street: Street) -> None:
    read = await street.send("Transfer-Encoding: chunked", *[chunk(b"x" * 600)] * 2, end=False)
    assert isinstance(read, Rejection)
    assert read.code == "too_large"


async def test_a_body_that_does_not_come_in_time_is_refused(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "BODY_DEADLINE_S", 0.1)
    read = await street.send("Content-Length: 10", b"half", end=False)
    assert isinstance(read, Rejection)
    assert read.code == "bad_request"
    assert "in time" in read.sentence


def test_an_answer_is_json_and_none_is_no_content() -> None:
    answer = json_response({"text": "退款"}, 201)
    assert (answer.status, answer.content_type) == (201, "application/json")
    assert answer.body == '{"text":"退款"}'.encode()
    assert (json_response(None).status, json_response(None).body) == (204, None)
