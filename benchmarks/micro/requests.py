"""A message and the poll that brings its answer, by HTTP without sockets: bytes of requests in, of responses out."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from typing import Any, cast

import uvloop
from aiohttp import web

from benchmarks.load.desk import ANSWER, QUESTION
from benchmarks.micro.corridor import start_engine, visitor_token
from fastdesk.observe.clock import SystemClock
from fastdesk.transport.door import Door
from fastdesk.transport.guest import Guest
from fastdesk.transport.http.admission import Admission
from fastdesk.transport.http.front import Front
from fastdesk.transport.http.quick import QuickRoutes
from fastdesk.transport.http.visitors import VisitorRoutes

_VISITORS = 16


class _Browser:
    """The transport of one connection, and the page behind it: sends a message, polls until the answer is there, and so on."""

    def __init__(self, door: Door, number: int, token: str) -> None:
        self.rest = 0
        self._number = number
        self._sent = 0
        self._seq = 0
        self._fields = f" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        self._answer = ANSWER.encode()
        self._guest = Guest(door)
        self._guest.connection_made(cast(asyncio.Transport, self))

    def say(self) -> None:
        """Send the next message."""
        self._sent += 1
        id = f"018f3a5c-{self._number:04x}-7abc-8def-{self._sent:012x}"
        body = f'{{"t":"send","id":"{id}","text":"{QUESTION.replace("{n}", str(self._sent))}"}}'.encode()
        head = f"POST /v1/messages{self._fields}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._guest.data_received(head.encode() + body)

    def poll(self) -> None:
        """Ask for what is new."""
        self._guest.data_received(f"GET /v1/events?after={self._seq}&wait=25{self._fields}\r\n".encode())

    # The guest calls.

    def get_extra_info(self, name: str) -> Any:
        return ("127.0.0.1", 1) if name == "peername" else None

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None:
        """Nothing was held back."""

    def write(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        if not data.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"refused: {data!r}")
        if b'"events"' not in data or self._answer not in data:
            loop.call_soon(self.poll)
            return
        self._seq += 2
        self.rest -= 1
        if self.rest:
            loop.call_soon(self.say)


def requests_run() -> Callable[[int], None]:
    """Return a run in which visitors send and poll, and a rule answers."""
    loop = uvloop.new_event_loop()
    browsers = loop.run_until_complete(_start())

    async def converse(count: int) -> None:
        for browser in browsers:
            browser.rest = -(-count // _VISITORS)
            browser.say()
        while any(browser.rest for browser in browsers):
            await asyncio.sleep(0)

    def run(count: int) -> None:
        loop.run_until_complete(converse(count))

    weakref.finalize(run, loop.close)
    return run


async def _start() -> list[_Browser]:
    engine = await start_engine()
    rooms = engine.rooms
    front = Front(
        admission=Admission(gate=engine.gate, limits=rooms.limits, clock=rooms.clock),
        audit=engine.audit,
        peer_of=lambda request: "",
        durable_now=rooms.store.durable_now,
    )
    visitors = VisitorRoutes(rooms, gate=engine.gate, opening=engine.opening, pipeline=engine.pipeline)
    front.add(web.Application(), visitors.routes())
    quick = QuickRoutes(front, rooms.clock)
    door = Door(http=_no_http, endpoints={}, clock=SystemClock(), quick=quick.find)
    return [_Browser(door, number, visitor_token(engine)) for number in range(_VISITORS)]


def _no_http() -> web.RequestHandler:
    raise RuntimeError("every request of the benchmark has a quick route")
