"""Sessions on real WebSockets: the first frame is hello, kinds of frames don't mix, and a slow reader is waited for."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from tests.core.wire import BINARY, CLOSE, TEXT, build
from tests.pipeline.conftest import Floor
from tests.plugins.assistant_world import SECRET, SITE, TENANT
from tests.transport.street import Wire, open_street

from fastdesk._core import WsConnection
from fastdesk.tenants.tokens import VisitorTokens
from fastdesk.transport.websocket import WebSockets

MUCH = b"x" * 10_000


class Sockets:
    """The desk's sockets, which may be compiled; keeps the connections and tells of their ends."""

    def __init__(self, floor: Floor) -> None:
        self._sockets = WebSockets(pipeline=floor.engine.pipeline, opening=floor.engine.opening)
        self.connections: list[WsConnection] = []
        self.ended: asyncio.Queue[Any] = asyncio.Queue()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sockets, name)

    def on_open(self, connection: WsConnection) -> None:
        self.connections.append(connection)

    def on_close(self, connection: WsConnection, code: int) -> None:
        session = connection.context
        self._sockets.on_close(connection, code)
        self.ended.put_nowait(session)


class Line:
    """A visitor's connection to the floor."""

    def __init__(self, wire: Wire, floor: Floor, sockets: Sockets) -> None:
        self.wire = wire
        self.floor = floor
        self.sockets = sockets

    @property
    def session(self) -> Any:
        return self.sockets.connections[-1].context

    def send(self, **frame: Any) -> None:
        self.wire.write(build(TEXT, json.dumps(frame).encode()))

    async def next(self, *kinds: str) -> Any:
        while True:
            code, payload = await self.wire.frame()
            assert code == TEXT, payload
            frame = json.loads(payload)
            if frame["t"] in kinds:
                return frame

    def hello(self) -> dict[str, Any]:
        token = VisitorTokens(SECRET).issue(TENANT, SITE, "visitor-1", now_ms=self.floor.clock.now_ms())
        return {"t": "hello", "token": token, "after": 0}

    @property
    def is_writable(self) -> bool:
        return self.sockets.connections[-1].is_writable

    async def fill(self) -> int:
        """Let the desk write until no more is taken, and return how much that was, in frames."""
        written = turns = 0
        while turns < 20:  # of the loop, in which nothing has moved
            turns += 1
            while self.is_writable:
                self.session.write(MUCH)
                written, turns = written + 1, 0
            await asyncio.sleep(0)
        return written

    async def enter(self) -> None:
        self.send(**self.hello())
        await self.next("welcome")


Connect = Callable[..., Awaitable[Line]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Connect to a floor's door; the lines are closed at the end."""
    floor, lines = Floor(models=()), []
    await floor.start()
    sockets: Any = Sockets(floor)

    async def make(**fields: str) -> Line:
        lines.append(Line(await street.websocket(**fields), floor, sockets))
        return lines[-1]

    async with open_street(desk=sockets) as street:
        yield make
        for line in lines:
            await line.wire.close()
    await floor.stop()


async def test_the_first_frame_must_be_hello(connect: Connect) -> None:
    line = await connect()
    line.send(t="send", id="message-1", text="let me in")
    assert (await line.next("error"))["code"] == "hello_first"
    assert line.session is None, "a stranger is not claimed, so the listener cuts it in time"
    await line.enter()
    assert line.session.principal.id == "visitor-1"
    line.send(t="send", id="message-1", text="hello")
    assert (await line.next("ack"))["id"] == "message-1"


async def test_who_has_no_good_token_is_cut(connect: Connect) -> None:
    line = await connect()
    line.send(t="hello", token="made up")
    assert (await line.next("error"))["code"] == "unauthenticated"
    code, payload = await line.wire.frame()
    assert (code, int.from_bytes(payload[:2], "big")) == (CLOSE, 1008)


@pytest.mark.parametrize("is_welcome", [False, True])
async def test_json_is_not_taken_from_binary_frames(connect: Connect, is_welcome: bool) -> None:
    line = await connect()
    if is_welcome:
        await line.enter()
    line.wire.write(build(BINARY, json.dumps(line.hello()).encode()))
    refusal = await line.next("error")
    assert (refusal["code"], refusal["message"]) == ("bad_frame", "fastdesk.v1.json uses text frames.")
    assert (line.session is not None) == is_welcome


async def test_the_sub_protocol_says_how_frames_are_written(connect: Connect) -> None:
    line = await connect(Sec_WebSocket_Protocol="fastdesk.v1.msgpack")
    line.wire.write(build(TEXT, json.dumps(line.hello()).encode()))
    code, payload = await line.wire.frame()
    assert (code, msgspec.msgpack.decode(payload)["code"]) == (BINARY, "bad_frame")
    line.wire.write(build(BINARY, msgspec.msgpack.encode(line.hello())))
    code, payload = await line.wire.frame()
    assert (code, msgspec.msgpack.decode(payload)["t"]) == (BINARY, "welcome")


async def test_much_is_written_as_fast_as_it_is_read(connect: Connect) -> None:
    line = await connect()
    await line.enter()
    session = line.session
    await session.until_writable()  # there is room: nothing to wait for
    written = await line.fill()
    waiting = asyncio.ensure_future(session.until_writable())
    await asyncio.sleep(0)
    assert not waiting.done()
    while written:
        written -= (await line.wire.frame())[1] == MUCH
    await asyncio.wait_for(waiting, 20)
    assert line.is_writable


async def test_who_leaves_wakes_whoever_waits_to_write(connect: Connect) -> None:
    line = await connect()
    await line.enter()
    session, live = line.session, line.session.live
    await line.fill()
    waiting = asyncio.ensure_future(session.until_writable())
    await asyncio.sleep(0)
    assert not waiting.done()
    line.wire.writer.transport.abort()
    assert await line.sockets.ended.get() is session
    await asyncio.wait_for(waiting, 20)
    assert session.closed
    assert live.visitors == [], "nothing more is sent to it"


async def test_strangers_that_leave_are_forgotten(connect: Connect) -> None:
    line = await connect()
    line.send(t="typing", on=True)
    await line.next("error")
    assert len(line.sockets._strangers) == 1
    line.wire.writer.transport.abort()
    await line.sockets.ended.get()
    assert not line.sockets._strangers
