"""Peers that do not read: no byte is corrupted, no memory grows, nobody else notices."""

import asyncio
import socket

import pytest
from tests.core.wire import TEXT, build
from tests.transport.street import Desk, FakeClock, Wire, open_street, upgrade

from fastdesk._core import WsConnection, WsLimits

ON_BOTH_LOOPS = True

FRAMES = 1500
SIZE = 20_000


def content(i: int) -> bytes:
    """Make the i-th message, with a header of its own.

    Above 8 KiB picows' own send hands out views of a buffer that it uses again: these frames would be torn.
    """
    size = 70_000 if i % 50 == 49 else SIZE + i
    return (b"%05d" % i + bytes([i % 251]) * size)[:size]


@pytest.mark.parametrize("together", [1, 7])
async def test_no_frame_is_torn_under_back_pressure(together: int) -> None:
    async with open_street(ws_limits=WsLimits(max_pending_bytes=4 * FRAMES * SIZE)) as street:
        wire = await street.websocket()
        (connection,) = street.desk.open
        for i in range(FRAMES):
            connection.send_binary(content(i))
            if i % together == 0:
                connection.endpoint.flush_dirty()
        connection.endpoint.flush_dirty()
        assert connection.pending_bytes > FRAMES * SIZE / 2, "the peer must not have read yet"
        for i in range(FRAMES):
            assert await wire.frame() == (2, content(i)), f"frame {i}"
        await wire.close()


async def test_a_replay_is_paced_by_what_the_peer_takes() -> None:
    class Replay(Desk):
        sent = 0
        highest = 0

        def on_open(self, connection: WsConnection) -> None:
            super().on_open(connection)
            self.go_on(connection)

        def go_on(self, connection: WsConnection) -> None:
            while self.sent < FRAMES and connection.is_writable:
                connection.send_binary(content(self.sent))
                self.sent += 1
                self.highest = max(self.highest, connection.pending_bytes)

        on_writable = go_on

    desk = Replay()
    async with open_street(desk=desk) as street:
        wire = await street.websocket()
        for i in range(FRAMES):
            assert await wire.frame() == (2, content(i))
        assert desk.highest < 200_000
        await wire.close()


async def test_who_does_not_read_is_cut_and_the_others_get_all() -> None:
    async with open_street() as street:
        lazy = [await street.websocket() for _ in range(30)]
        for wire in lazy:
            wire.writer.transport.pause_reading()
            wire.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        keen = await street.websocket()
        for i in range(800):
            for connection in tuple(street.desk.open):
                connection.send_binary(content(i))
                assert connection.pending_bytes <= connection.endpoint.limits.max_pending_bytes
            assert await keen.frame() == (2, content(i))
        assert [await street.desk.closed.get() for _ in lazy] == [1013] * len(lazy)
        assert len(street.desk.open) == 1
        assert street.desk.errors == []
        for wire in [*lazy, keen]:
            await wire.close()


async def test_who_takes_nothing_for_too_long_is_cut_though_little_is_pending() -> None:
    clock = FakeClock()
    async with open_street(clock=clock, ws_limits=WsLimits(max_pending_bytes=64_000_000)) as street:
        wire = await street.websocket()
        wire.writer.transport.pause_reading()
        (connection,) = street.desk.open
        while connection.is_writable:
            connection.send_binary(content(0) * 10)
            connection.endpoint.flush_dirty()
        for _ in range(2):
            clock.ns += 4_000_000_000
            street.door.sweep()
        assert await street.desk.closed.get() == 1013
        await wire.close()


async def test_nothing_is_taken_from_who_does_not_read() -> None:
    async with open_street(ws_limits=WsLimits(max_pending_bytes=64_000_000)) as street:
        wire = await street.websocket()
        wire.writer.transport.pause_reading()
        question = build(TEXT, b"q" * 60_000)
        for _ in range(2000):
            wire.write(question)
        (connection,) = street.desk.open
        while connection.is_writable:
            await asyncio.sleep(0)
        taken = len(street.desk.messages)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(street.desk.messages) == taken < 2000
        wire.writer.transport.resume_reading()
        for _ in range(2000):
            assert await wire.frame() == (TEXT, b"Q" * 60_000)
        await wire.close()


async def test_a_reader_that_leaves_in_the_middle_leaves_nothing_behind() -> None:
    async with open_street() as street:
        for _ in range(20):
            wire = Wire(*await asyncio.open_connection("127.0.0.1", street.port))
            wire.write(upgrade())
            await wire.response()
            (connection,) = street.desk.open
            connection.send_binary(content(1) * 10)
            wire.writer.transport.abort()
            await street.desk.closed.get()
            connection.send_binary(b"too late")
        assert street.door.counters()["websocket"] == 0
