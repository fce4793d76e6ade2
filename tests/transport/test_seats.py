"""Where connections go after the door, and what aiohttp promises nowhere but this house relies on."""

import asyncio
import logging

import aiohttp
import pytest
import websockets
from aiohttp import web
from tests.core.wire import TEXT, build
from tests.transport.street import Street, Wire, open_street, problem, upgrade

from fastdesk.transport.peers import TrustedProxies
from fastdesk.transport.seats import HttpSeat, take_over

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


async def test_a_request_that_did_not_come_through_the_door_is_not_taken_over() -> None:
    taken: list[object] = []

    async def handle(request: web.Request) -> web.Response:
        taken.append(take_over(request))
        return web.Response()

    app = web.Application()
    app.router.add_get("/", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{runner.addresses[0][1]}/") as response,
    ):
        assert response.status == 200
    await runner.cleanup()
    assert taken == [None]


async def test_the_private_parts_of_the_http_server_are_where_we_look() -> None:
    seen: list[tuple[object, object]] = []

    async def look(request: web.Request) -> web.Response:
        seen.append((request.protocol._message_tail, len(request.protocol._messages)))
        return web.Response()

    async with open_street(routes={"/look": look}) as street:
        wire = await street.connect()
        wire.write(upgrade("/look") + b"tail")
        await wire.response()
        await wire.close()
    assert seen == [(b"tail", 0)]


async def test_what_the_server_raises_ends_the_connection_and_is_reported() -> None:
    class Raising(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            raise ZeroDivisionError

    reported: list[Exception] = []
    gone: list[HttpSeat] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: HttpSeat(Raising(), "", gone.append, reported.append), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"x")
    assert await reader.read() == b""
    writer.close()
    server.close()
    while not gone:
        await asyncio.sleep(0)
    assert [type(failure) for failure in reported] == [ZeroDivisionError]


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
