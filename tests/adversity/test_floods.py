"""Peers that send too much: pings, tiny frames, fragments; measured on a server process of its own."""

import asyncio
import time

import pytest
from tests.core.wire import CLOSE, CONTINUATION, PING, TEXT, build
from tests.transport.serve import Server
from tests.transport.street import Wire, upgrade

MEBIBYTE = 1 << 20


async def enter(server: Server, path: str = "/v1/ws") -> Wire:
    wire = Wire(*await asyncio.open_connection("127.0.0.1", server.port))
    wire.write(upgrade(path))
    assert (await wire.response())[0] == 101
    return wire


async def pour(wire: Wire, data: bytes) -> None:
    """Write 20 MB, or until the server has had enough."""
    try:
        for _ in range(20_000_000 // len(data)):
            wire.write(data)
            await asyncio.wait_for(wire.writer.drain(), 20)
    except ConnectionError:
        pass


@pytest.mark.parametrize(
    ("name", "flood"),
    [
        ("pings", build(PING, b"p" * 125) * 100),
        ("pongs", build(10, b"p" * 125) * 100),
        ("empty fragments", build(TEXT, b"", fin=False) + build(CONTINUATION, b"", fin=False) * 100),
        ("a frame without end", b"\x82\xff" + (1 << 40).to_bytes(8, "big") + b"mask" + b"x" * 60_000),
    ],
)
async def test_a_flood_is_cut_and_costs_no_memory(name: str, flood: bytes) -> None:
    with Server() as server:
        honest = await enter(server)
        honest.write(build(TEXT, b"hello"))
        await honest.frame()
        quiet = server.descriptors
        attackers = [await enter(server) for _ in range(10)]
        before, start = server.resident_bytes, time.monotonic()
        for wire in attackers:
            wire.writer.transport.pause_reading()
        await asyncio.gather(*(pour(wire, flood) for wire in attackers))
        while server.descriptors > quiet:
            await asyncio.sleep(0.01)
        assert time.monotonic() - start < 10, "every attacker is cut"
        assert server.resident_bytes - before < 2 * MEBIBYTE * len(attackers)
        honest.write(build(TEXT, b"still here"))
        assert await honest.frame() == (TEXT, b"STILL HERE")
        for wire in [honest, *attackers]:
            await wire.close()
    assert server.log == ""


async def test_pings_within_the_budget_are_all_answered() -> None:
    with Server() as server:
        wire = await enter(server)
        wire.write(build(PING, b"x") * 100)
        assert [await wire.frame() for _ in range(100)] == [(10, b"x")] * 100
        wire.write(build(PING, b"x") * 200)
        seen = [await wire.frame()]
        while seen[-1][0] != CLOSE:
            seen.append(await wire.frame())
        assert len(seen) <= 101, "one more budget at most, when a second has just passed"
        assert seen[-1][1][:2] == (1008).to_bytes(2, "big")
        await wire.close()


async def test_tiny_messages_at_line_rate_do_not_stop_others_nor_grow_memory() -> None:
    with Server() as server:
        honest, attacker = await enter(server), await enter(server)
        before = server.resident_bytes
        stop = time.monotonic() + 2

        async def attack() -> None:
            while time.monotonic() < stop:
                attacker.write(build(TEXT, b"") * 5000)
                await attacker.writer.drain()

        async def swallow() -> None:
            while await attacker.reader.read(1 << 16):
                pass

        tasks = [asyncio.ensure_future(attack()), asyncio.ensure_future(swallow())]
        slowest = 0.0
        while time.monotonic() < stop:
            start = time.monotonic()
            honest.write(build(TEXT, b"x"))
            await honest.frame()
            slowest = max(slowest, time.monotonic() - start)
        await tasks[0]
        tasks[1].cancel()
        assert slowest < 1.0
        assert server.resident_bytes - before < 2 * MEBIBYTE
        await honest.close()
        await attacker.close()
