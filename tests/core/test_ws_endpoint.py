"""Limits and the shared side of WebSocket connections."""

from typing import Any

import pytest
from tests.core.wire import PING, TEXT, Line, build

from fastdesk._core import WsConnection, WsEndpoint, WsLimits


def ignore(*_: Any) -> None: ...


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_message_bytes": 0},
        {"max_fragments": 0},
        {"max_pending_bytes": -1},
        {"control_frames_per_s": 0},
        {"message_timeout_s": 0},
        {"write_stall_s": -1},
        {"close_timeout_s": 0},
        {"unclaimed_s": -1},
        {"ping_after_s": 0},
        {"ping_after_s": 60, "silence_s": 60},
    ],
)
def test_a_limit_out_of_range_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"limit|silence_s"):
        WsLimits(**wrong)


def test_limits_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        WsLimits().max_message_bytes = 1  # type: ignore[misc]


def test_an_endpoint_needs_its_functions() -> None:
    with pytest.raises(TypeError):
        WsEndpoint(on_message=None, on_open=ignore, on_close=ignore, on_error=ignore, call_soon=ignore)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        WsConnection(None, "peer")  # type: ignore[arg-type]


async def test_a_send_to_many_is_flushed_for_all_with_one_write_each() -> None:
    line = Line()
    lines = [line, Line(beside=line), Line(beside=line)]
    for i in range(4):
        for each in line.endpoint.connections():
            each.send_text(b"%d" % i)
    assert line.endpoint.flush_dirty() == 3
    assert line.endpoint.flush_dirty() == 0
    assert [len(each.transport.writes) for each in lines] == [1, 1, 1]
    assert lines[2].sent() == [(TEXT, b"0"), (TEXT, b"1"), (TEXT, b"2"), (TEXT, b"3")]


async def test_a_message_that_goes_to_others_is_written_at_the_next_turn() -> None:
    def to_all(connection: WsConnection, payload: bytes, is_text: bool) -> None:
        for each in connection.endpoint.connections():
            each.send_text(payload)

    line = Line(on_message=to_all)
    other = Line(beside=line)
    line.feed(build(TEXT, b"1") + build(TEXT, b"2"))
    assert line.sent() == [(TEXT, b"1"), (TEXT, b"2")]
    assert other.transport.writes == []
    (flush,) = line.scheduled
    flush()
    assert len(other.transport.writes) == 1
    assert other.sent() == [(TEXT, b"1"), (TEXT, b"2")]


async def test_a_transport_that_fails_is_reported_and_the_others_are_written() -> None:
    line = Line()
    other = Line(beside=line)
    line.connection.send_text(b"x")
    other.connection.send_text(b"y")
    line.transport.is_broken = True
    line.endpoint.flush_dirty()
    assert [type(error) for error in line.errors] == [OSError]
    assert line.transport.is_aborted
    assert other.sent() == [(TEXT, b"y")]
    line.lose()
    assert line.closed == [1011]


async def test_a_failure_during_the_sweep_spares_the_others() -> None:
    line = Line(WsLimits(ping_after_s=1))
    other = Line(beside=line)
    line.transport.is_broken = True
    line.pass_time(1)
    assert line.transport.is_aborted
    assert other.sent() == [(PING, b"")]


async def test_a_connection_may_go_while_others_are_sent_to() -> None:
    line = Line()
    other = Line(beside=line)
    for each in (line, other):
        each.connection.send_text(b"x")
    line.lose()
    line.endpoint.flush_dirty()
    assert other.sent() == [(TEXT, b"x")]
    assert line.transport.writes == []


async def test_the_length_counts_open_connections() -> None:
    line = Line()
    other = Line(beside=line)
    assert len(line.endpoint) == 2
    assert line.endpoint.connections() == [line.connection, other.connection]
    line.lose()
    assert len(line.endpoint) == 1
