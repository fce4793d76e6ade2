"""One port for WebSocket and HTTP, with real sockets, on both loops."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import aiohttp
import pytest
import websockets
from tests.core.wire import CLOSE, TEXT, build, closing
from tests.transport.street import ACCEPT, Desk, FakeClock, open_street, problem, upgrade

from fastdesk.transport.door import Door, DoorLimits
from fastdesk.transport.handshake import Handshake
from fastdesk.transport.peers import TrustedProxies

ON_BOTH_LOOPS = True


async def test_both_kinds_of_visitor_use_one_port() -> None:
    async with open_street() as street:
        async with websockets.connect(f"ws://127.0.0.1:{street.port}/v1/ws") as socket:
            await socket.send("hello")
            assert await socket.recv() == "HELLO"
            await socket.send(b"x" * 60_000)
            assert await socket.recv() == b"X" * 60_000
            await (await socket.ping())
        assert await street.desk.closed.get() == 1000
        async with aiohttp.ClientSession(f"http://127.0.0.1:{street.port}") as http:
            async with http.get("/hello?a=1") as response:
                assert await response.json() == {"peer": "127.0.0.1", "query": "a=1"}
            async with http.post("/receive", data=b"x" * 700_000) as response:
                assert await response.text() == "700000"
            async with http.get("/nothing") as response:
                assert response.status == 404


async def test_a_handshake_in_three_segments_with_the_first_frame_glued_to_it() -> None:
    async with open_street() as street:
        wire = await street.connect()
        request = upgrade() + build(TEXT, b"glued") + build(TEXT, b"half")[:5]
        for part in (request[:7], request[7:100], request[100:]):
            wire.write(part)
            await asyncio.sleep(0.01)
        status, fields, _ = await wire.response()
        assert (status, fields["sec-websocket-accept"].encode()) == (101, ACCEPT)
        assert await wire.frame() == (TEXT, b"GLUED")
        wire.write(build(TEXT, b"half")[5:])
        assert await wire.frame() == (TEXT, b"HALF")
        await wire.close()


async def test_many_frames_glued_to_the_handshake_all_arrive() -> None:
    async with open_street() as street:
        wire = await street.connect()
        wire.write(upgrade() + b"".join(build(TEXT, b"%05d" % i) for i in range(3000)))
        await wire.response()
        for i in range(3000):
            assert await wire.frame() == (TEXT, b"%05d" % i)
        await wire.close()


@pytest.mark.parametrize(
    ("offer", "chosen"),
    [
        ("fastdesk.v1.msgpack", "fastdesk.v1.msgpack"),
        ("other, fastdesk.v1.json, fastdesk.v1.msgpack", "fastdesk.v1.json"),
        ("other", None),
        (None, None),
    ],
)
async def test_the_sub_protocol_is_negotiated(offer: str | None, chosen: str | None) -> None:
    async with open_street() as street:
        wire = await street.connect()
        wire.write(upgrade(Sec_WebSocket_Protocol=offer, Origin="https://shop.example", User_Agent="test/1"))
        status, fields, _ = await wire.response()
        assert status == 101
        assert fields.get("sec-websocket-protocol") == chosen
        (connection,) = street.desk.open
        assert connection.handshake == Handshake(
            path="/v1/ws",
            protocol=chosen or "",
            origin="https://shop.example",
            host="desk.test",
            agent="test/1",
            peer="127.0.0.1",
        )
        await wire.close()


async def test_an_origin_that_may_not_enter_is_refused() -> None:
    async with open_street(may_enter=lambda handshake: handshake.origin == "https://good.example") as street:
        status, _, body = await street.ask(upgrade(Origin="https://evil.example"))
        assert (status, problem(body)) == (403, "origin_refused")
        wire = await street.websocket(Origin="https://good.example")
        await wire.close()


async def test_a_failing_decision_is_a_500_that_says_nothing() -> None:
    def decide(handshake: Handshake) -> bool:
        raise ValueError("dsn=secret")

    async with open_street(may_enter=decide) as street:
        status, _, body = await street.ask(upgrade())
        assert (status, problem(body)) == (500, "internal")
        assert b"secret" not in body


async def test_an_upgrade_to_an_unknown_path_is_for_http_to_answer() -> None:
    async with open_street() as street:
        status, _, _ = await street.ask(upgrade("/v1/nothing"))
        assert status == 404


async def test_a_plain_request_to_an_endpoint_is_told_to_upgrade() -> None:
    async with open_street() as street:
        status, fields, body = await street.ask(b"GET /v1/ws HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (status, fields["upgrade"], problem(body)) == (426, "websocket", "upgrade_required")


async def test_the_echo_takes_messages_of_many_megabytes() -> None:
    async with open_street() as street:
        url = f"ws://127.0.0.1:{street.port}/v1/echo"
        async with websockets.connect(url, max_size=None, compression=None) as socket:
            payload = bytes(range(256)) * 64 * 1024
            await socket.send(payload)
            assert await socket.recv() == payload


# Who is there.


async def test_a_trusted_proxy_names_the_visitor() -> None:
    async with open_street(proxies=TrustedProxies(["127.0.0.0/8"])) as street:
        wire = await street.websocket(X_Forwarded_For="203.0.113.9, 198.51.100.4, 127.0.0.3")
        assert street.desk.open[0].peer == "198.51.100.4"
        _, _, body = await street.ask(
            b"GET /hello HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.5\r\nConnection: close\r\n\r\n"
        )
        assert b'"198.51.100.5"' in body
        await wire.close()


async def test_the_header_of_anybody_else_is_not_believed() -> None:
    async with open_street() as street:
        wire = await street.websocket(X_Forwarded_For="203.0.113.9")
        assert street.desk.open[0].peer == "127.0.0.1"
        await wire.close()


# Limits.


async def test_too_many_connections_get_a_clear_refusal_and_room_again_later() -> None:
    async with open_street(limits=DoorLimits(max_connections=3)) as street:
        wires = [await street.websocket(), await street.websocket(), await street.connect()]
        wires[2].write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        await wires[2].response()
        status, fields, body = await street.ask(upgrade())
        assert (status, fields["retry-after"], problem(body)) == (503, "5", "overloaded")
        wires[0].write(build(TEXT, b"still here"))
        assert await wires[0].frame() == (TEXT, b"STILL HERE")
        await wires[2].close()
        await wires[0].close()
        await street.desk.closed.get()
        while street.door.counters()["http"]:
            await asyncio.sleep(0)
        await (await street.websocket()).close()
        await wires[1].close()


async def test_one_peer_has_only_so_many_connections() -> None:
    async with open_street(limits=DoorLimits(max_connections_per_peer=2)) as street:
        wires = [await street.websocket(), await street.connect()]
        wires[1].write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        await wires[1].response()
        assert (await street.ask(upgrade()))[0] == 503
        for wire in wires:
            await wire.close()
        while any(count for name, count in street.door.counters().items() if name != "refused"):
            await asyncio.sleep(0)
        await (await street.websocket()).close()


async def test_behind_a_proxy_each_visitor_has_so_many_connections() -> None:
    limits = DoorLimits(max_connections_per_peer=1)
    async with open_street(limits=limits, proxies=TrustedProxies(["127.0.0.1"])) as street:
        first = await street.websocket(X_Forwarded_For="2001:db8::1")
        second = await street.websocket(X_Forwarded_For="2001:db8:0:1::1")
        status, _, _ = await street.ask(upgrade(X_Forwarded_For="2001:db8::ffff"))
        assert status == 503, "the same /64"
        await first.close()
        await street.desk.closed.get()
        await (await street.websocket(X_Forwarded_For="2001:db8::ffff")).close()
        await second.close()


async def test_who_says_nothing_is_let_go_and_who_stops_halfway_is_told() -> None:
    clock = FakeClock()
    async with open_street(clock=clock, limits=DoorLimits(head_timeout_s=4)) as street:
        silent, slow = await street.connect(), await street.connect()
        slow.write(b"GET /hello HTTP/1.1\r\nHost")
        while street.door.counters()["knocking"] < 2:
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        clock.ns += 3_900_000_000
        street.door.sweep()
        assert street.door.counters()["knocking"] == 2
        clock.ns += 200_000_000
        street.door.sweep()
        assert await silent.reader.read() == b""
        status, _, _ = await slow.response()
        assert status == 408
        clock.ns += 1_000_000_000
        street.door.sweep()
        assert await slow.is_over()
        while street.door.counters()["knocking"]:
            await asyncio.sleep(0)
        for wire in (silent, slow):
            await wire.close()


async def test_the_sweep_minds_the_endpoints() -> None:
    clock = FakeClock()
    async with open_street(clock=clock) as street:
        wire = await street.websocket()
        for _ in range(13):
            clock.ns += 5_000_000_000
            street.door.sweep()
        assert await street.desk.closed.get() == 1006
        assert await wire.is_over()
        await wire.close()


def test_the_descriptor_limit_bounds_the_connections() -> None:
    door = Door(http=asyncio.Protocol, endpoints={}, clock=FakeClock())
    assert 0 < door.max_connections < 1 << 20


# Going.


async def test_a_drain_closes_all_with_1012_and_takes_nobody_in() -> None:
    async with open_street() as street:
        wires = [await street.websocket() for _ in range(8)]
        kept = await street.connect()
        kept.write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        await kept.response()
        drain = asyncio.ensure_future(street.door.drain(0.2))
        for wire in wires:
            opcode, body = await wire.frame()
            assert (opcode, body[:2]) == (CLOSE, (1012).to_bytes(2, "big"))
            wire.write(closing(1012))
            assert await wire.is_over()
            await wire.close()
        await drain
        assert [street.desk.closed.get_nowait() for _ in wires] == [1012] * 8
        with pytest.raises(ConnectionRefusedError):
            await street.connect()
        kept.write(upgrade())
        status, _, body = await kept.response()
        assert (status, problem(body)) == (503, "shutting_down")
        await kept.close()


async def test_a_drain_cuts_who_does_not_answer() -> None:
    clock = FakeClock()
    async with open_street(clock=clock) as street:
        wire = await street.websocket()
        drain = asyncio.ensure_future(street.door.drain(0.01))
        await wire.frame()
        clock.ns += 5_000_000_000
        street.door.sweep()
        await drain
        await wire.close()


async def test_closing_drops_everybody() -> None:
    async with open_street() as street:
        wires = [await street.websocket(), await street.connect()]
        await street.door.close()
        assert [await wire.is_over() for wire in wires] == [True, True]
        for wire in wires:
            await wire.close()


# TLS.


async def test_tls_carries_both(tmp_path: Path) -> None:
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(
        [*make, "-keyout", str(key), "-out", str(certificate), *subject], check=True, capture_output=True
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    trust = ssl.create_default_context(cafile=certificate)
    async with open_street(ssl_context=context) as street:
        url = f"wss://127.0.0.1:{street.port}/v1/ws"
        async with websockets.connect(url, ssl=trust) as socket:
            await socket.send("x" * 50_000)
            assert await socket.recv() == "X" * 50_000
        url = f"https://127.0.0.1:{street.port}/hello"
        async with aiohttp.ClientSession() as http, http.get(url, ssl=trust) as response:
            assert response.status == 200


async def test_a_desk_that_fails_is_reported_and_the_next_visitor_is_served() -> None:
    class Broken(Desk):
        def on_message(self, connection: object, payload: bytes, is_text: bool) -> None:
            raise ZeroDivisionError

    async with open_street(desk=Broken()) as street:
        wire = await street.websocket()
        wire.write(build(TEXT, b"x"))
        assert await wire.frame() == (CLOSE, (1011).to_bytes(2, "big"))
        await wire.close()
        assert await street.desk.closed.get() == 1011
        assert [type(error) for error in street.desk.errors] == [ZeroDivisionError]
        await (await street.websocket()).close()
