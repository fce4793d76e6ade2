"""Peers that begin and never finish: each is cut in its time, and an honest one is served all the while."""

import asyncio
import time

import pytest
from tests.core.wire import PING, TEXT, build
from tests.transport.serve import Server
from tests.transport.street import FakeClock, Wire, open_street, upgrade

ON_BOTH_LOOPS = True

HALF_HEADS = {
    "nothing at all": b"",
    "one byte": b"G",
    "half a request line": b"GET /v1/ws HT",
    "half a head": upgrade()[:60],
    "a head without its last byte": upgrade()[:-1],
}


@pytest.mark.parametrize("half", HALF_HEADS.values(), ids=HALF_HEADS.keys())
async def test_half_a_head_is_cut_in_five_seconds(half: bytes) -> None:
    clock = FakeClock()
    async with open_street(clock=clock) as street:
        wires = [await street.connect() for _ in range(50)]
        for wire in wires:
            wire.write(half)
        while street.door.counters()["knocking"] < len(wires):
            await asyncio.sleep(0)
        for _ in range(5):
            clock.ns += 1_000_000_000
            street.door.sweep()
            for wire in wires:
                wire.write(b"x")  # dripping earns no time
            await asyncio.sleep(0.01)
        for wire in wires:
            assert await wire.is_over()
            await wire.close()


async def test_half_a_frame_is_cut_in_thirty_seconds() -> None:
    clock = FakeClock()
    async with open_street(clock=clock) as street:
        wire = await street.websocket()
        frame = build(TEXT, b"a" * 200)
        elapsed = 0
        while street.desk.open:
            wire.write(frame[elapsed : elapsed + 1])
            await asyncio.sleep(0.01)
            clock.ns += 1_000_000_000
            elapsed += 1
            street.door.sweep()
            if elapsed >= 28:
                assert await wire.frame() == (PING, b""), "asked whether it is still there"
                assert (await wire.frame())[1][:2] == (1008).to_bytes(2, "big")
                clock.ns += 2_000_000_000
                street.door.sweep()
                await street.desk.closed.get()
        assert 28 <= elapsed <= 30
        assert street.desk.messages == []
        await wire.close()


@pytest.mark.slow
@pytest.mark.asyncio(loop_factories=["uvloop"])
async def test_two_thousand_of_them_do_not_keep_an_honest_visitor_out() -> None:
    with Server(head_timeout_s=4.0) as server:
        quiet = server.descriptors

        async def dial() -> Wire:
            return Wire(*await asyncio.open_connection("127.0.0.1", server.port))

        start = time.monotonic()
        loris = [await dial() for _ in range(2000)]
        halves = list(HALF_HEADS.values())
        for i, wire in enumerate(loris):
            wire.write(halves[i % len(halves)])
        slowest = 0.0
        while server.descriptors > quiet:
            before = time.monotonic()
            honest = await dial()
            honest.write(upgrade() + build(TEXT, b"hello"))
            assert (await honest.response())[0] == 101
            assert await honest.frame() == (TEXT, b"HELLO")
            slowest = max(slowest, time.monotonic() - before)
            await honest.close()
            await asyncio.sleep(0.05)
            assert time.monotonic() - start < 20
        assert slowest < 1.0
        for wire in loris:
            await wire.close()
    assert server.log == ""
