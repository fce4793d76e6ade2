"""What picows promises nowhere and this house relies on: a new release has to pass here before it is pinned."""

import asyncio
from importlib.metadata import version

import picows
import pytest
from picows.picows import WSProtocol
from tests.core.wire import CLOSE, PING, TEXT, UPGRADE, Line, MemoryTransport, build, closing

from fastdesk._core import WsConnection, WsProtocol


def test_the_pinned_release_is_installed() -> None:
    assert version("picows") == picows.__version__ == "2.3.1"


async def test_the_constructor_takes_exactly_what_we_give_it() -> None:
    assert Line().connection.is_open, "it takes every argument by the name we use"
    with pytest.raises(TypeError, match="exactly 15 positional arguments"):
        WSProtocol()


def test_the_parser_is_a_buffered_protocol_for_both_loops() -> None:
    assert issubclass(WsProtocol, asyncio.BufferedProtocol)
    assert not issubclass(WsProtocol, asyncio.Protocol)
    assert not hasattr(WsProtocol, "data_received")
    assert WsProtocol.__dictoffset__ == 0, "a dict per connection is not wanted"


async def test_the_sub_protocol_is_confirmed_and_none_is_not() -> None:
    line = Line()
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in line.response
    assert b"Sec-WebSocket-Protocol" not in line.response
    transport = MemoryTransport()
    protocol = WsProtocol(WsConnection(line.endpoint, "peer"), "fastdesk.v1.msgpack")
    protocol.connection_made(transport)
    buffer = memoryview(protocol.get_buffer(-1))
    buffer[: len(UPGRADE)] = UPGRADE
    protocol.buffer_updated(len(UPGRADE))
    assert b"Sec-WebSocket-Protocol: fastdesk.v1.msgpack\r\n" in transport.writes[0]


async def test_picows_writes_nothing_after_the_101() -> None:
    line = Line(on_message=lambda connection, payload, is_text: connection.send_text(payload))
    line.feed(build(TEXT, b"ours") + build(3, b"bad opcode"))
    assert len(line.transport.writes) == 1, "the parser's own CLOSE would be a second write, before ours"
    assert [opcode for opcode, _ in line.sent()] == [TEXT, CLOSE]
    await asyncio.sleep(0.02)  # picows closes the transport 10 ms later
    assert line.transport.is_closed
    assert line.transport.writes == []


async def test_the_parser_refuses_a_second_close_in_silence() -> None:
    line = Line()
    line.feed(closing(1000) + closing(1000))
    assert [opcode for opcode, _ in line.sent()] == [CLOSE]
    line.lose()
    assert line.closed == [1000]


async def test_the_first_buffer_is_small_and_grows_with_the_message() -> None:
    line = Line()
    assert len(memoryview(line.protocol.get_buffer(-1))) < 2048
    line.feed(build(TEXT, b"x" * 60_000))
    assert line.messages == [(b"x" * 60_000, True)]


async def test_a_ping_is_ours_to_answer() -> None:
    line = Line()
    line.feed(build(PING, b"1") + build(PING, b"2"))
    assert len(line.transport.writes) == 1


async def test_nothing_reaches_a_log(caplog: object) -> None:
    line = Line()
    line.feed(build(TEXT, b"\xff secret"))
    line.lose()
    assert caplog.records == []  # type: ignore[attr-defined]
