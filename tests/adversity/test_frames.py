"""Frames that were bent, torn and glued: whatever comes, the listener stays in one of its states and answers the next."""

import asyncio
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Line, build, closing
from tests.transport.street import open_street

from fastdesk._core import WsConnection, WsLimits

LIMITS = WsLimits(max_message_bytes=3000, max_fragments=6, control_frames_per_s=20, max_pending_bytes=20_000)

SEEDS = [
    build(TEXT, b"hello"),
    build(TEXT, "你好，世界 🌍".encode()),
    build(BINARY, bytes(range(256))),
    build(TEXT, b"x" * 2999),
    build(TEXT, b""),
    build(TEXT, "é".encode()[:1], fin=False) + build(CONTINUATION, "é".encode()[1:]),
    build(BINARY, b"a", fin=False)
    + build(PING, b"p")
    + build(CONTINUATION, b"", fin=False)
    + build(CONTINUATION, b"c"),
    build(PING, b"p" * 125) + build(PONG),
    closing(1000, "tschüs".encode()),
    build(CLOSE),
    b"\x81\xff\x7f" + b"\xff" * 7 + b"mask" + b"body",
    b"\x82\xfe\xff\xff" + b"\0\0\0\0" + b"z" * 500,
]


def bend(chance: random.Random) -> bytes:
    """Make a stream of valid frames and spoil some of it."""
    stream = bytearray(b"".join(chance.choices(SEEDS, k=chance.randint(1, 6))))
    for _ in range(chance.randint(0, 5)):
        at = chance.randrange(len(stream) + 1)
        match chance.randrange(6):
            case 0 if at < len(stream):
                stream[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(stream):
                stream[at] = chance.randrange(256)
            case 2:
                del stream[at : at + chance.randint(1, 20)]
            case 3:
                stream[at:at] = chance.choice(SEEDS)
            case 4:
                stream[at:at] = chance.randbytes(chance.randint(1, 12))
            case _:
                stream[at:at] = stream[: chance.randint(0, 40)]
    return bytes(stream)


def survives(stream: bytes, chance: random.Random) -> None:
    """Feed `stream` in arbitrary pieces and hold the listener to everything it promises."""

    def answer(connection: WsConnection, payload: bytes, is_text: bool) -> None:
        assert len(payload) <= LIMITS.max_message_bytes
        if is_text:
            payload.decode()
        connection.send_text(payload)

    line = Line(LIMITS, on_message=answer)
    at = 0
    while at < len(stream):
        size = chance.choice([1, 2, 3, 7, 50, 1000, len(stream)])
        line.feed(stream[at : at + size])
        at += size
        if chance.random() < 0.05:
            line.pass_time(chance.choice([1, 9, 26]))
    sent = line.sent()
    kinds = [opcode for opcode, _ in sent]
    assert kinds.count(CLOSE) <= 1
    assert CLOSE not in kinds[:-1], "nothing follows CLOSE"
    assert line.errors == []
    assert line.connection.is_open == (CLOSE not in kinds and not line.transport.is_aborted)
    line.lose()
    assert len(line.closed) == line.gone == 1
    assert len(line.endpoint) == 0
    if CLOSE in kinds and len(sent[-1][1]) >= 2:
        code = int.from_bytes(sent[-1][1][:2], "big")
        assert 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999
        assert line.closed[0] in (code, 1005)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_bent_frames_leave_a_sound_listener(chance: random.Random) -> None:
    async def run() -> None:
        survives(bend(chance), chance)

    asyncio.run(run())


@pytest.mark.slow
async def test_many_more_bent_frames() -> None:
    for seed in range(10_000):
        chance = random.Random(seed)
        try:
            survives(bend(chance), chance)
        except BaseException:
            print("seed", seed)
            raise


async def test_a_running_door_answers_the_next_visitor_whatever_the_last_one_sent() -> None:
    async with open_street() as street:
        honest = await street.websocket()
        for seed in range(300):
            wire = await street.websocket()
            wire.write(bend(random.Random(seed)))
            wire.writer.write_eof()
            assert await wire.is_over()
            await wire.close()
            honest.write(build(TEXT, b"%d" % seed))
            assert await honest.frame() == (TEXT, b"%d" % seed)
        await honest.close()
        for _ in range(301):
            await street.desk.closed.get()
        assert street.desk.errors == []
        assert street.door.counters()["websocket"] == 0
