"""A process at its limit of descriptors: nothing spins, nobody inside notices, and room is found again.

On uvloop only, the loop of production: asyncio's own accept logs thousands of lines a second here (CPython 3.11).
"""

import asyncio
import time

from tests.core.wire import TEXT, build
from tests.transport.serve import Server
from tests.transport.street import Wire, problem, upgrade


async def dial(server: Server) -> Wire:
    return Wire(*await asyncio.open_connection("127.0.0.1", server.port))


async def enter(server: Server) -> Wire:
    wire = await dial(server)
    wire.write(upgrade())
    assert (await wire.response())[0] == 101
    return wire


async def answers(wire: Wire) -> bool:
    wire.write(build(TEXT, b"ping"))
    return await wire.frame() == (TEXT, b"PING")


async def processor_share(server: Server, seconds: float = 1.0) -> float:
    before, start = server.processor_s, time.monotonic()
    await asyncio.sleep(seconds)
    return (server.processor_s - before) / (time.monotonic() - start)


async def test_more_than_fit_are_refused_and_room_is_found_again() -> None:
    with Server(descriptors=200) as server:
        inside = [await enter(server) for _ in range(20)]
        crowd = [await dial(server) for _ in range(400)]
        for wire in crowd:
            wire.write(upgrade())
        refused = 0
        for wire in crowd:
            try:
                status, _, body = await wire.response()
            except (asyncio.IncompleteReadError, ConnectionError):
                refused += 1
                continue
            if status == 503:
                assert problem(body) == "overloaded"
                refused += 1
        assert 0 < refused < 400
        assert await processor_share(server) < 0.3
        assert all([await answers(wire) for wire in inside])
        for wire in crowd:
            await wire.close()
        while server.descriptors > 60:
            await asyncio.sleep(0.01)
        fresh = await enter(server)
        assert await answers(fresh)
        for wire in [*inside, fresh]:
            await wire.close()
    assert server.log.count("\n") < 20


async def test_a_process_without_a_descriptor_left_does_not_spin() -> None:
    with Server(descriptors=200) as server:
        inside, master = await enter(server), await dial(server)
        master.write(b"GET /grab?leave=2 HTTP/1.1\r\nHost: x\r\n\r\n")
        await master.response()
        outside = [await dial(server) for _ in range(50)]
        for wire in outside:
            wire.write(upgrade())
        assert await processor_share(server, 2.0) < 0.3
        assert await answers(inside)
        master.write(b"GET /release HTTP/1.1\r\nHost: x\r\n\r\n")
        await master.response()
        for wire in outside:
            await wire.close()
        fresh = await asyncio.wait_for(enter(server), 10)
        assert await answers(fresh)
        for wire in (inside, master, fresh):
            await wire.close()
    assert server.log.count("\n") < 20
