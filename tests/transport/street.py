"""A door on a free port with an HTTP server and two endpoints behind it, and raw connections to it."""

import asyncio
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import web
from tests.core.wire import split

from fastdesk._core import WsConnection, WsEndpoint, WsLimits
from fastdesk.observe.clock import SystemClock
from fastdesk.transport.door import Door, DoorLimits
from fastdesk.transport.echo import echo_endpoint
from fastdesk.transport.guest import Quick
from fastdesk.transport.handshake import Handshake
from fastdesk.transport.head import Head
from fastdesk.transport.peers import TrustedProxies
from fastdesk.transport.seats import Answered

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
DOOR = web.AppKey("door", Door)
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def upgrade(path: str = "/v1/ws", **changes: str | None) -> bytes:
    """Write an upgrade request; a keyword names a field with `_` for `-`, None leaves it out."""
    fields: dict[str, str | None] = {
        "Host": "desk.test",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    }
    names = {name.lower().replace("-", "_"): name for name in fields}
    for name, value in changes.items():
        fields[names.get(name, name.replace("_", "-"))] = value
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines]).encode() + b"\r\n\r\n"


class FakeClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.ns = 10**12

    def now_ns(self) -> int:
        return self.ns


class Desk:
    """The functions behind `/v1/ws`: claim, remember, answer each message with itself in capitals."""

    def __init__(self, *, is_forgetful: bool = False) -> None:
        self.messages: list[tuple[bytes, bool]] | deque[tuple[bytes, bool]] = (
            deque(maxlen=1) if is_forgetful else []
        )
        self.open: list[WsConnection] = []
        self.closed: asyncio.Queue[int] = asyncio.Queue()
        self.errors: list[Exception] = []

    def on_open(self, connection: WsConnection) -> None:
        connection.context = self
        self.open.append(connection)

    def on_message(self, connection: WsConnection, payload: bytes, is_text: bool) -> None:
        self.messages.append((payload, is_text))
        (connection.send_text if is_text else connection.send_binary)(payload.upper())

    def on_close(self, connection: WsConnection, code: int) -> None:
        self.open.remove(connection)
        self.closed.put_nowait(code)

    def on_error(self, connection: WsConnection, failure: Exception) -> None:
        self.errors.append(failure)

    def on_writable(self, connection: WsConnection) -> None: ...


class Street:
    """What a test sees of a running door."""

    def __init__(self, door: Door, desk: Desk) -> None:
        self.door = door
        self.desk = desk
        self.host, self.port = door.addresses[0]

    async def connect(self, tls: ssl.SSLContext | None = None) -> "Wire":
        reader, writer = await asyncio.open_connection(self.host, self.port, ssl=tls)
        return Wire(reader, writer)

    async def ask(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send `request` on a connection of its own and read one response until the end."""
        wire = await self.connect()
        wire.write(request)
        answer = await wire.response()
        await wire.close()
        return answer

    async def websocket(self, path: str = "/v1/ws", **changes: str | None) -> "Wire":
        wire = await self.connect()
        wire.write(upgrade(path, **changes))
        status, fields, _ = await wire.response()
        assert status == 101, fields
        return wire


class Wire:
    """A raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def response(self) -> tuple[int, dict[str, str], bytes]:
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await self.reader.readexactly(int(fields.get("content-length", "0")))
        return int(first.split(" ")[1]), fields, body

    async def frame(self) -> tuple[int, bytes]:
        """Read one frame of the server."""
        head = await asyncio.wait_for(self.reader.readexactly(2), 20)
        if head[1] == 126:
            head += await self.reader.readexactly(2)
            size = int.from_bytes(head[2:], "big")
        elif head[1] == 127:
            head += await self.reader.readexactly(8)
            size = int.from_bytes(head[2:], "big")
        else:
            size = head[1]
        ((opcode, payload),) = split(head + await self.reader.readexactly(size))
        return opcode, payload

    async def is_over(self) -> bool:
        """Read to the end; tell whether there was one, be it an orderly one or a reset."""
        try:
            while await asyncio.wait_for(self.reader.read(65_536), 20):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await self.writer.wait_closed()


async def hello(request: web.Request) -> web.Response:
    return web.json_response({"peer": request.app[DOOR].peer_of(request), "query": request.query_string})


async def receive(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await request.read())))


@asynccontextmanager
async def open_street(
    *,
    ws_limits: WsLimits | None = None,
    limits: DoorLimits | None = None,
    proxies: TrustedProxies | None = None,
    may_enter: Callable[[Handshake], bool] | None = None,
    ssl_context: ssl.SSLContext | None = None,
    clock: Any = None,
    desk: Desk | None = None,
    routes: Mapping[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] | None = None,
    quick: Callable[[Head], Quick | None] = lambda head: None,
) -> AsyncIterator[Street]:
    """Run a door until the block ends."""
    loop = asyncio.get_running_loop()
    desk = desk or Desk()
    app = web.Application(client_max_size=1 << 24)
    runner = web.AppRunner(app, access_log_class=Answered, shutdown_timeout=1)
    endpoint = WsEndpoint(
        on_message=desk.on_message,
        on_open=desk.on_open,
        on_close=desk.on_close,
        on_error=desk.on_error,
        on_writable=desk.on_writable,
        call_soon=loop.call_soon,
        limits=ws_limits or WsLimits(),
    )
    door = Door(
        http=lambda: runner.server(),  # type: ignore[misc, arg-type, return-value]
        endpoints={"/v1/ws": endpoint, "/v1/echo": echo_endpoint(loop.call_soon)},
        clock=clock or SystemClock(),
        limits=limits,
        proxies=proxies,
        may_enter=may_enter,
        quick=quick,
    )
    app[DOOR] = door
    app.router.add_get("/hello", hello)
    app.router.add_post("/receive", receive)
    for path, handler in (routes or {}).items():
        app.router.add_get(path, handler)
    await runner.setup()
    await door.open("127.0.0.1", 0, ssl_context=ssl_context)
    try:
        yield Street(door, desk)
    finally:
        await door.close()
        await runner.cleanup()


def problem(body: bytes) -> str:
    """Return the code of a problem document."""
    document = json.loads(body)
    assert set(document) == {"code", "message"}
    return str(document["code"])
