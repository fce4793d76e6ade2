"""Where connections go after the door and come back from, and what aiohttp promises nowhere but this house relies on."""

import asyncio
import logging
from collections.abc import Callable

import aiohttp
import pytest
import websockets
from aiohttp import web
from tests.core.wire import TEXT, build
from tests.transport.street import Street, Wire, open_street, problem, upgrade

from fastdesk.observe.clock import SystemClock
from fastdesk.transport.door import Door
from fastdesk.transport.guest import Asked, Quick
from fastdesk.transport.head import Head
from fastdesk.transport.peers import TrustedProxies
from fastdesk.transport.seats import Answered

ON_BOTH_LOOPS = True

HELLO = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"


async def kept_alive(street: Street) -> Wire:
    """Open a connection that HTTP has already."""
    wire = await street.connect()
    wire.write(HELLO)
    assert (await wire.response())[0] == 200
    assert street.door.counters()["http"] == 1
    return wire


async def test_an_upgrade_on_a_kept_alive_connection_is_taken_over() -> None:
    async with open_street() as street:
        wire = await kept_alive(street)
        wire.write(upgrade(Connection="keep-alive, Upgrade", Sec_WebSocket_Protocol="fastdesk.v1.json"))
        status, fields, _ = await wire.response()
        assert (status, fields["sec-websocket-protocol"]) == (101, "fastdesk.v1.json")
        wire.write(build(TEXT, b"after"))
        assert await wire.frame() == (TEXT, b"AFTER")
        assert street.door.counters() == {"knocking": 0, "http": 0, "websocket": 1, "refused": 0}
        await wire.close()
        await street.desk.closed.get()
        assert street.door.counters()["websocket"] == 0


async def test_frames_glued_to_the_upgrade_are_not_lost() -> None:
    async with open_street() as street:
        wire = await kept_alive(street)
        wire.write(upgrade() + build(TEXT, b"one") + build(TEXT, b"two" * 10_000) + build(TEXT, b"half")[:3])
        await asyncio.sleep(0.02)
        wire.write(build(TEXT, b"half")[3:])
        assert (await wire.response())[0] == 101
        assert [await wire.frame() for _ in range(3)] == [
            (TEXT, b"ONE"),
            (TEXT, b"TWO" * 10_000),
            (TEXT, b"HALF"),
        ]
        await wire.close()


async def test_an_upgrade_behind_a_request_in_one_segment_is_taken_over() -> None:
    async with open_street() as street:
        wire = await street.connect()
        wire.write(HELLO + upgrade() + build(TEXT, b"one"))
        assert (await wire.response())[0] == 200
        assert (await wire.response())[0] == 101
        assert await wire.frame() == (TEXT, b"ONE")
        await wire.close()


async def test_a_client_library_that_reuses_its_connection_gets_its_websocket() -> None:
    async with open_street() as street, aiohttp.ClientSession(f"http://127.0.0.1:{street.port}") as http:
        async with http.get("/hello") as response:
            await response.read()
        async with http.ws_connect("/v1/ws") as socket:
            await socket.send_str("reused")
            assert await socket.receive_str() == "REUSED"
        assert street.door.counters()["refused"] == 0


async def test_a_bad_upgrade_on_a_kept_alive_connection_is_refused_and_closed() -> None:
    async with open_street(may_enter=lambda handshake: handshake.origin != "https://evil.example") as street:
        for changes, expected in (
            ({"Sec_WebSocket_Version": "8"}, (426, "upgrade_required")),
            ({"Sec_WebSocket_Key": "x"}, (400, "bad_request")),
            ({"Origin": "https://evil.example"}, (403, "origin_refused")),
        ):
            wire = await kept_alive(street)
            wire.write(upgrade(**changes))
            status, fields, body = await wire.response()
            assert (status, problem(body)) == expected
            assert fields["connection"] == "close"
            assert await wire.is_over()
            await wire.close()
            while street.door.counters()["http"]:
                await asyncio.sleep(0)


async def test_the_visitor_behind_a_proxy_is_known_after_a_take_over() -> None:
    async with open_street(proxies=TrustedProxies(["127.0.0.1"])) as street:
        wire = await kept_alive(street)
        wire.write(upgrade(X_Forwarded_For="203.0.113.9"))
        await wire.response()
        assert street.desk.open[0].peer == "203.0.113.9"
        await wire.close()


async def test_the_http_server_ends_its_side_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_street() as street:
        for _ in range(20):
            wire = await kept_alive(street)
            wire.write(upgrade() + build(TEXT, b"secret"))
            await wire.response()
            await wire.frame()
            await wire.close()
            await street.desk.closed.get()
    noise = [
        record
        for record in caplog.records
        if record.levelno >= logging.INFO or b"secret" in record.msg.encode()
    ]
    assert noise == []


async def test_a_server_without_a_door_answers_as_ever() -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/", handle)
    runner = web.AppRunner(app, access_log_class=Answered)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as http:
        for _ in range(2):
            async with http.get("/") as response:
                assert response.status == 200
    await runner.cleanup()


async def test_what_the_server_raises_ends_the_connection_and_is_reported() -> None:
    class Raising(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            raise ZeroDivisionError

    reported: list[Exception] = []
    door = Door(http=Raising, endpoints={}, clock=SystemClock())  # type: ignore[arg-type]
    door.report = reported.append  # type: ignore[method-assign]
    await door.open("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*door.addresses[0])
    writer.write(HELLO)
    assert await reader.read() == b""
    writer.close()
    assert [type(failure) for failure in reported] == [ZeroDivisionError]
    await door.close()


# Quick routes and others on one connection.


def say(head: Head) -> Quick | None:
    """Answer `/quick` with the body that was sent, in the next turn of the loop."""

    def answer(asked: Asked, send: Callable[[bytes], None]) -> None:
        response = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(asked.body), asked.body)
        asyncio.get_running_loop().call_soon(send, response)

    is_plain = head.is_http_11 and head.fields.is_plain
    return answer if head.path == "/quick" and is_plain else None


def quick(body: bytes) -> bytes:
    return b"POST /quick HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


UPLOAD = b"POST /receive HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"y" * 100_000


@pytest.mark.parametrize("is_pipelined", [True, False])
async def test_both_kinds_of_requests_mix_on_one_connection(is_pipelined: bool) -> None:
    async with open_street(quick=say) as street:
        wire = await street.connect()
        asked = [quick(b"one"), HELLO, quick(b"two"), quick(b"three"), UPLOAD, HELLO, quick(b"four"), HELLO]
        if is_pipelined:
            wire.write(b"".join(asked))
        answers = []
        for request in asked:
            if not is_pipelined:
                wire.write(request)
            answers.append((await wire.response())[2])
        hello = b'{"peer": "127.0.0.1", "query": ""}'
        assert answers == [b"one", hello, b"two", b"three", b"100000", hello, b"four", hello]
        assert street.door.counters() == {"knocking": 0, "http": 1, "websocket": 0, "refused": 0}
        await wire.close()


async def test_an_upgrade_comes_behind_both_kinds() -> None:
    async with open_street(quick=say) as street:
        wire = await street.connect()
        wire.write(quick(b"x") + HELLO + upgrade() + build(TEXT, b"one"))
        assert [(await wire.response())[0] for _ in range(3)] == [200, 200, 101]
        assert await wire.frame() == (TEXT, b"ONE")
        await wire.close()


async def test_an_unusual_form_of_a_quick_request_is_for_the_server() -> None:
    async def slow(request: web.Request) -> web.Response:
        return web.Response(text="by the server")

    async with open_street(quick=say, routes={"/quick": slow}) as street:
        for form in (b"HTTP/1.0\r\n", b"HTTP/1.1\r\nConnection: close\r\n"):
            wire = await street.connect()
            wire.write(b"GET /quick " + form + b"Host: x\r\n\r\n")
            assert (await asyncio.wait_for(wire.reader.read(), 20)).endswith(b"by the server")
            await wire.close()
        wire = await street.connect()
        wire.write(b"HEAD /quick HTTP/1.1\r\nExpect: 100-continue\r\nHost: x\r\n\r\n")
        assert (await wire.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        assert (await wire.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        wire.write(quick(b"again"))
        assert (await wire.response())[2] == b"again"
        await wire.close()


async def test_a_chunked_upload_arrives_and_ends_its_connection() -> None:
    async with open_street(quick=say) as street:
        wire = await street.connect()
        wire.write(b"POST /receive HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            wire.write(b"5\r\nabcde\r\n")
            await asyncio.sleep(0)
        wire.write(b"0\r\n\r\n")
        status, fields, body = await wire.response()
        assert (status, fields["connection"], body) == (200, "close", b"15")
        assert await wire.is_over()
        await wire.close()


async def test_an_answer_before_the_end_of_the_body_leaves_the_connection_whole() -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=413)

    async with open_street(quick=say, routes={"/early": refuse}) as street:
        wire = await street.connect()
        wire.write(b"GET /early HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + b"y" * 400)
        assert (await wire.response())[0] == 413
        wire.write(b"y" * 600 + quick(b"next"))
        assert (await wire.response())[2] == b"next"
        await wire.close()


async def test_a_quick_answer_on_its_way_is_sent_before_the_door_closes() -> None:
    async with open_street(quick=say) as street:
        wire = await street.connect()
        wire.write(quick(b"last"))
        while not street.door.counters()["http"]:
            await asyncio.sleep(0)
        await street.door.close()
        assert (await wire.response())[2] == b"last"
        assert await wire.is_over()
        await wire.close()


async def test_a_slow_reader_of_a_large_response_gets_all_of_it() -> None:
    async def large(request: web.Request) -> web.Response:
        return web.Response(body=b"y" * 5_000_000)

    async with open_street(routes={"/large": large}) as street:
        wire = await street.connect()
        wire.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.05)
        _, _, body = await wire.response()
        assert len(body) == 5_000_000
        await wire.close()


async def test_a_pipelined_request_behind_an_upgrade_is_not_swallowed() -> None:
    async with open_street() as street:
        wire = await kept_alive(street)
        wire.write(upgrade() + HELLO)
        assert (await wire.response())[0] == 101
        opcode, body = await wire.frame()  # what follows an upgrade are frames, and this is none
        assert (opcode, body[:2]) == (8, (1002).to_bytes(2, "big"))
        await wire.close()


async def test_after_a_take_over_the_websocket_is_a_full_one() -> None:
    async with open_street() as street, aiohttp.ClientSession(f"http://127.0.0.1:{street.port}") as http:
        async with http.get("/hello") as response:
            await response.read()
        async with http.ws_connect("/v1/ws", max_msg_size=0) as socket:
            for size in (1, 1000, 60_000):
                await socket.send_bytes(b"x" * size)
                assert await socket.receive_bytes() == b"X" * size
        async with websockets.connect(f"ws://127.0.0.1:{street.port}/v1/ws") as other:
            await other.send("x")
            assert await other.recv() == "X"
