"""WebSocket connections on a transport without a socket: every rule, every limit, no clock."""

import gc
import weakref
from typing import Any

import pytest
from tests.core.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Line, build, closing, split

from fastdesk._core import WsConnection, WsLimits


def close_frame(code: int) -> tuple[int, bytes]:
    return CLOSE, code.to_bytes(2, "big")


def closed_with(line: Line) -> int:
    """Return the code of the one CLOSE frame that was written, after nothing else."""
    ((opcode, body),) = line.sent()
    assert opcode == CLOSE
    return int.from_bytes(body[:2], "big")


# Messages.


async def test_open_is_called_once_after_the_101() -> None:
    line = Line()
    assert line.response.startswith(b"HTTP/1.1 101 ")
    assert line.opened == 1
    assert line.connection.is_open
    assert line.endpoint.connections() == [line.connection]


@pytest.mark.parametrize(
    "payload", [b"", b"x", "你好".encode(), b"y" * 125, b"y" * 126, b"z" * 65_535, b"z" * 65_536]
)
async def test_a_message_arrives_whole(payload: bytes) -> None:
    line = Line()
    line.feed(build(TEXT, payload) + build(BINARY, payload))
    assert line.messages == [(payload, True), (payload, False)]
    assert line.messages[0][1] is True


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 100_000])
async def test_a_sent_message_is_one_well_formed_frame(size: int) -> None:
    line = Line()
    line.connection.send_text(b"t" * size)
    line.connection.send_binary(b"b" * size)
    line.endpoint.flush_dirty()
    assert line.sent() == [(TEXT, b"t" * size), (BINARY, b"b" * size)]


async def test_a_message_split_at_every_byte_arrives_once() -> None:
    line = Line()
    stream = (
        build(TEXT, "héllo".encode())
        + build(TEXT, b"a", fin=False)
        + build(PING, b"p")
        + build(CONTINUATION, b"b")
    )
    for i in range(len(stream)):
        line.feed(stream[i : i + 1])
    assert line.messages == [("héllo".encode(), True), (b"ab", True)]
    assert line.sent() == [(PONG, b"p")]


async def test_replies_to_several_frames_of_one_read_are_one_write() -> None:
    line = Line(on_message=lambda connection, payload, is_text: connection.send_text(payload))
    line.feed(b"".join(build(TEXT, b"%d" % i) for i in range(16)))
    assert len(line.transport.writes) == 1
    assert line.scheduled == [], "nothing is left for the next turn"
    assert line.sent() == [(TEXT, b"%d" % i) for i in range(16)]


async def test_sends_from_elsewhere_are_one_write_at_the_next_turn() -> None:
    line = Line()
    for i in range(5):
        line.connection.send_text(b"%d" % i)
    assert line.transport.writes == []
    (flush,) = line.scheduled
    assert flush() == 1
    assert len(line.transport.writes) == 1
    assert line.sent() == [(TEXT, b"%d" % i) for i in range(5)]
    line.connection.send_text(b"again")
    assert len(line.scheduled) == 2, "scheduled anew"


async def test_a_flush_by_hand_leaves_nothing_to_the_scheduled_one() -> None:
    line = Line()
    line.connection.send_text(b"now")
    assert line.endpoint.flush_dirty() == 1
    assert line.scheduled.pop()() == 0
    assert line.sent() == [(TEXT, b"now")]


async def test_frames_sent_before_and_during_a_read_stay_in_order() -> None:
    line = Line(on_message=lambda connection, payload, is_text: connection.send_text(payload))
    line.connection.send_text(b"before")
    line.feed(build(TEXT, b"during"))
    line.endpoint.flush_dirty()
    assert line.sent() == [(TEXT, b"before"), (TEXT, b"during")]


async def test_a_payload_must_be_bytes() -> None:
    line = Line()
    for wrong in (None, "text", bytearray(b"x")):
        with pytest.raises(TypeError):
            line.connection.send_text(wrong)  # type: ignore[arg-type]


# Rules of the protocol.

BROKEN = {
    "reserved bit 1": (build(TEXT, b"x", rsv=4), 1002),
    "reserved bit 2": (build(BINARY, b"x", rsv=2), 1002),
    "reserved bit 3 of a ping": (build(PING, b"x", rsv=1), 1002),
    "unmasked": (build(TEXT, b"x", mask=b""), 1002),
    "opcode 3": (build(3, b"x"), 1002),
    "opcode 11": (build(11, b"x"), 1002),
    "continuation of nothing": (build(CONTINUATION, b"x"), 1002),
    "message inside a message": (build(TEXT, b"x", fin=False) + build(TEXT, b"y"), 1002),
    "fragmented ping": (build(PING, b"x", fin=False), 1002),
    "long ping": (build(PING, b"x" * 126), 1002),
    "16-bit length for 5 bytes": (b"\x81\xfe\x00\x05" + b"\0" * 9, 1002),
    "64-bit length for 5 bytes": (b"\x81\xff" + b"\0" * 7 + b"\x05" + b"\0" * 9, 1002),
    "length with the highest bit": (b"\x81\xff\x80" + b"\0" * 7 + b"\0" * 9, 1002),
    "text that is not UTF-8": (build(TEXT, b"\xc0\x80"), 1007),
    "text that ends within a character": (build(TEXT, "é".encode()[:1]), 1007),
    "fragment that is not UTF-8": (build(TEXT, b"\xff", fin=False), 1007),
    "surrogate across fragments": (build(TEXT, b"\xed", fin=False) + build(CONTINUATION, b"\xa0\x80"), 1007),
    "frame too big": (build(BINARY, b"x" * 1001), 1009),
    "message too big": (build(BINARY, b"x" * 600, fin=False) + build(CONTINUATION, b"x" * 401), 1009),
    "too many fragments": (build(TEXT, fin=False) + build(CONTINUATION, fin=False) * 3, 1009),
    "close with one byte": (build(CLOSE, b"\x03"), 1002),
    "close with bad reason": (closing(1000, b"\xff"), 1007),
    **{
        f"close {code}": (closing(code), 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535)
    },
}


@pytest.mark.parametrize(("stream", "code"), BROKEN.values(), ids=BROKEN.keys())
async def test_a_broken_rule_closes_with_its_code(stream: bytes, code: int) -> None:
    line = Line(WsLimits(max_message_bytes=1000, max_fragments=3))
    line.feed(stream)
    assert closed_with(line) == code
    assert not line.connection.is_open
    assert line.messages == []
    assert line.endpoint.counters()["refused"] == 1
    line.lose()
    assert line.closed == [code]
    assert line.errors == []


@pytest.mark.parametrize(("stream", "code"), BROKEN.values(), ids=BROKEN.keys())
async def test_a_good_message_before_a_broken_rule_is_still_answered(stream: bytes, code: int) -> None:
    line = Line(
        WsLimits(max_message_bytes=1000, max_fragments=3),
        on_message=lambda connection, payload, is_text: connection.send_text(payload),
    )
    line.feed(build(TEXT, b"good") + stream)
    (first, (opcode, body)) = line.sent()
    assert first == (TEXT, b"good")
    assert (opcode, int.from_bytes(body[:2], "big")) == (CLOSE, code)


async def test_nothing_is_delivered_after_a_broken_rule() -> None:
    line = Line()
    line.feed(build(CONTINUATION, b"x"))
    line.feed(build(TEXT, b"later") + build(PING))
    assert line.messages == []
    assert closed_with(line) == 1002


async def test_the_rest_of_a_refused_frame_is_not_delivered() -> None:
    line = Line(WsLimits(max_message_bytes=65_536))
    stream = build(TEXT, b"x" * 200_000)
    line.feed(stream[:2000])
    assert closed_with(line) == 1009
    line.feed(stream[2000:] + build(TEXT, b"later"))
    assert line.messages == []
    assert line.sent() == []


async def test_a_ping_is_answered_with_its_payload() -> None:
    line = Line()
    line.feed(build(PING, b"") + build(PING, b"p" * 125) + build(PONG, b"unasked"))
    assert line.sent() == [(PONG, b""), (PONG, b"p" * 125)]


async def test_control_frames_have_a_budget_that_each_sweep_renews() -> None:
    line = Line(WsLimits(control_frames_per_s=10))
    line.feed(build(PING) * 5 + build(PONG) * 5)
    assert len(line.sent()) == 5
    line.pass_time(1)
    line.feed(build(PING) * 10)
    assert len(line.sent()) == 10
    line.feed(build(PING))
    assert closed_with(line) == 1008
    assert line.transport.is_closed


# The end.


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1014, 3000, 4999])
async def test_a_close_is_answered_with_the_same_code(code: int) -> None:
    line = Line()
    line.feed(build(TEXT, b"last") + closing(code, "tschüs".encode()) + build(TEXT, b"too late"))
    assert line.messages == [(b"last", True)]
    assert line.sent() == [close_frame(code)]
    assert line.transport.is_closed
    line.lose()
    assert line.closed == [code]


async def test_an_empty_close_is_answered_with_1000_and_reported_as_1005() -> None:
    line = Line()
    line.feed(build(CLOSE))
    assert line.sent() == [close_frame(1000)]
    line.lose()
    assert line.closed == [1005]


async def test_our_close_comes_after_what_was_sent_and_waits_for_the_answer() -> None:
    line = Line()
    line.connection.send_text(b"bye")
    line.connection.close(1012, "restart")
    line.connection.close(1000)
    line.connection.send_text(b"dropped")
    assert line.sent() == [(TEXT, b"bye"), (CLOSE, (1012).to_bytes(2, "big") + b"restart")]
    assert not line.transport.is_closed
    line.feed(build(TEXT, b"ignored") + closing(1012))
    assert line.transport.is_closed
    assert line.messages == []
    line.lose()
    assert line.closed == [1012]


async def test_a_peer_that_never_answers_close_is_cut() -> None:
    line = Line(WsLimits(close_timeout_s=2))
    line.connection.close()
    line.pass_time(1)
    assert not line.transport.is_aborted
    line.pass_time(1)
    assert line.transport.is_aborted


async def test_a_long_reason_is_cut_between_characters() -> None:
    line = Line()
    line.connection.close(1000, "é" * 100)
    ((_, body),) = line.sent()
    assert body[2:].decode() == "é" * 61


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
async def test_a_code_that_may_not_be_sent_is_an_error(code: int) -> None:
    line = Line()
    with pytest.raises(ValueError, match=str(code)):
        line.connection.close(code)
    assert line.connection.is_open


async def test_a_lost_connection_is_reported_once_as_1006() -> None:
    line = Line()
    line.lose()
    line.connection.send_text(b"x")
    line.connection.close()
    line.connection.abort()
    line.endpoint.flush_dirty()
    assert line.closed == [1006]
    assert line.gone == 1
    assert line.connection.context is None
    assert line.endpoint.connections() == []
    assert line.connection.pending_bytes == 0


async def test_abort_drops_what_is_pending() -> None:
    line = Line()
    line.connection.send_text(b"x")
    line.connection.abort()
    line.endpoint.flush_dirty()
    assert line.transport.is_aborted
    assert line.sent() == []
    assert line.closed == [], "never inside another call"
    line.lose()
    assert line.closed == [1006]


async def test_closing_from_within_a_message_stops_the_rest_of_the_read() -> None:
    seen: list[bytes] = []

    def on_message(connection: WsConnection, payload: bytes, is_text: bool) -> None:
        seen.append(payload)
        connection.send_text(b"no more")
        connection.close(1008)

    line = Line(on_message=on_message)
    line.feed(build(TEXT, b"1") + build(TEXT, b"2"))
    assert seen == [b"1"]
    assert line.sent() == [(TEXT, b"no more"), close_frame(1008)]


# Failures on this side.


def fail(*_: Any) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("name", ["on_message", "on_open", "on_close"])
async def test_a_failing_callable_is_reported_once_and_closes_with_1011(name: str) -> None:
    line = Line(**{name: fail})
    line.feed(build(TEXT, b"1") + build(TEXT, b"2"))
    if name != "on_close":
        assert closed_with(line) == 1011
        line.lose()
        assert line.closed == [1011]
    else:
        line.lose()
    assert [type(error) for error in line.errors] == [ZeroDivisionError]
    assert line.gone == 1
    assert line.endpoint.counters()["callback_errors"] == 1


async def test_a_failing_on_error_is_dropped() -> None:
    line = Line(on_message=fail, on_error=fail)
    line.feed(build(TEXT, b"1"))
    assert closed_with(line) == 1011


async def test_a_failing_on_writable_is_reported() -> None:
    line = Line(on_writable=fail)
    line.protocol.pause_writing()
    line.protocol.resume_writing()
    assert len(line.errors) == 1
    assert closed_with(line) == 1011


async def test_a_message_that_cannot_be_sent_by_its_type_is_a_failure_of_this_side() -> None:
    line = Line(on_message=lambda connection, payload, is_text: connection.send_text("not bytes"))
    line.feed(build(TEXT, b"1"))
    assert isinstance(line.errors[0], TypeError)
    assert closed_with(line) == 1011


# A peer that does not read.


async def test_too_much_pending_cuts_the_peer_and_calls_nothing() -> None:
    line = Line(WsLimits(max_pending_bytes=10_000))
    line.transport.is_blocked = True
    for _ in range(20):
        line.connection.send_text(b"x" * 1000)
        line.endpoint.flush_dirty()
        assert line.connection.pending_bytes <= 10_000
    assert line.transport.is_aborted
    assert line.closed == []
    assert line.endpoint.counters()["cut_slow"] == 1
    line.lose()
    assert line.closed == [1013]


async def test_a_peer_that_reads_may_be_sent_any_amount() -> None:
    line = Line(WsLimits(max_pending_bytes=10_000))
    for _ in range(100):
        line.connection.send_text(b"x" * 5000)
    line.endpoint.flush_dirty()
    assert len(line.sent()) == 100


async def test_many_replies_in_one_read_are_not_taken_for_a_slow_peer() -> None:
    line = Line(WsLimits(max_pending_bytes=10_000), on_message=lambda c, p, t: c.send_text(b"r" * 3000))
    line.feed(build(TEXT, b"q") * 20)
    assert len(line.sent()) == 20


async def test_a_frame_larger_than_the_cap_cannot_be_sent() -> None:
    line = Line(WsLimits(max_pending_bytes=10_000))
    line.connection.send_text(b"x" * 10_001)
    assert line.transport.is_aborted


async def test_nothing_is_read_from_a_peer_that_does_not_read() -> None:
    writable: list[WsConnection] = []
    line = Line(on_writable=writable.append)
    line.protocol.pause_writing()
    assert not line.transport.is_reading_now
    assert not line.connection.is_writable
    line.protocol.resume_writing()
    assert line.transport.is_reading_now
    assert line.connection.is_writable
    assert writable == [line.connection]


async def test_much_in_hand_is_sent_piece_by_piece() -> None:
    left = 1_000_000

    def go_on(connection: WsConnection) -> None:
        nonlocal left
        while left and connection.is_writable:
            connection.send_text(b"r" * 1000)
            left -= 1000

    line = Line(on_message=lambda connection, payload, is_text: go_on(connection), on_writable=go_on)
    line.feed(build(TEXT, b"replay"))
    pieces = [line.sent()]
    while line.scheduled:
        line.scheduled.pop(0)()
        pieces.append(line.sent())
    assert left == 0
    assert sum(len(piece) for piece in pieces) == 1000
    assert max(len(piece) for piece in pieces) < 70


async def test_a_peer_that_takes_too_little_for_too_long_is_cut() -> None:
    line = Line(WsLimits(write_stall_s=8))
    line.protocol.pause_writing()
    line.pass_time(5)
    line.protocol.resume_writing()
    line.protocol.pause_writing()
    line.pass_time(7)
    assert not line.transport.is_aborted
    line.pass_time(1)
    assert line.transport.is_aborted
    line.lose()
    assert line.closed == [1013]


# Time.


async def test_half_a_frame_is_closed_in_time() -> None:
    line = Line(WsLimits(message_timeout_s=28))
    line.feed(build(TEXT, b"whole") + build(TEXT, b"half")[:7])
    line.pass_time(27)
    assert line.connection.is_open
    line.pass_time(1)
    assert dict(line.sent())[CLOSE][:2] == (1008).to_bytes(2, "big")
    assert line.endpoint.counters()["cut_late"] == 1


async def test_dripping_does_not_renew_the_time_of_a_frame() -> None:
    line = Line(WsLimits(message_timeout_s=10))
    for byte in build(TEXT, b"drip drop drip drop"):
        line.feed(bytes([byte]))
        line.pass_time(1)
    assert not line.connection.is_open
    assert line.messages == []


async def test_complete_frames_renew_the_time_of_a_frame() -> None:
    line = Line(WsLimits(message_timeout_s=10))
    stream = build(TEXT, b"x") * 30
    for at in range(0, len(stream), 3):
        line.feed(stream[at : at + 3])
        line.pass_time(1)
    assert line.connection.is_open
    assert len(line.messages) == 30


async def test_a_message_of_many_fragments_is_closed_in_time() -> None:
    line = Line(WsLimits(message_timeout_s=10))
    line.feed(build(TEXT, b"a", fin=False))
    for _ in range(9):
        line.pass_time(1)
        line.feed(build(CONTINUATION, b"a", fin=False))
    assert line.connection.is_open
    line.pass_time(1)
    assert not line.connection.is_open


async def test_a_finished_message_leaves_no_deadline() -> None:
    line = Line(WsLimits(message_timeout_s=10))
    line.feed(build(TEXT, b"a", fin=False) + build(CONTINUATION, b"b"))
    line.feed(build(TEXT, b"half")[:3])
    line.feed(build(TEXT, b"half")[3:])
    line.pass_time(24)
    assert line.connection.is_open


async def test_a_connection_nobody_claims_is_closed() -> None:
    line = Line(WsLimits(unclaimed_s=9), claim=False)
    line.pass_time(8)
    assert line.connection.is_open
    line.pass_time(1)
    assert closed_with(line) == 1008


async def test_an_unclaimed_connection_may_stay_for_ever_with_zero() -> None:
    line = Line(WsLimits(unclaimed_s=0), claim=False)
    line.pass_time(20)
    assert line.connection.is_open


async def test_a_silent_peer_is_pinged_once_then_cut() -> None:
    line = Line(WsLimits(ping_after_s=25, silence_s=60))
    line.pass_time(24)
    assert line.sent() == []
    line.pass_time(35)
    assert line.sent() == [(PING, b"")]
    line.pass_time(1)
    assert line.transport.is_aborted
    line.lose()
    assert line.closed == [1006]
    assert line.endpoint.counters()["cut_silent"] == 1


async def test_a_peer_that_answers_pings_stays() -> None:
    line = Line(WsLimits(ping_after_s=25, silence_s=60))
    for _ in range(10):
        line.pass_time(26)
        assert line.sent() == [(PING, b"")]
        line.feed(build(PONG))
    assert line.connection.is_open


async def test_a_machine_that_slept_times_nobody_out() -> None:
    line = Line(WsLimits(ping_after_s=25, silence_s=60))
    line.now_ns += 3600 * 10**9
    line.endpoint.sweep(line.now_ns)
    line.endpoint.sweep(line.now_ns - 7200 * 10**9)
    assert line.connection.is_open
    assert line.sent() == []


# Memory.


async def test_a_finished_connection_leaves_nothing_behind() -> None:
    ghosts = []
    for _ in range(200):
        line = Line()
        line.feed(build(TEXT, b"x" * 1000, fin=False) + build(TEXT, b"x"))
        line.connection.send_text(b"y" * 1000)
        line.lose()
        ghosts.append(weakref.ref(line.connection))
    del line
    gc.collect()
    assert [ghost() for ghost in ghosts if ghost() is not None] == []


async def test_an_idle_connection_holds_no_buffers() -> None:
    line = Line()
    line.feed(build(TEXT, b"x" * 60_000, fin=False) + build(CONTINUATION, b"y"))
    line.connection.send_text(b"z" * 60_000)
    line.endpoint.flush_dirty()
    assert line.connection.pending_bytes == 0
    assert WsConnection.__basicsize__ <= 256


async def test_memory_that_runs_out_costs_one_connection_at_most() -> None:
    testing = pytest.importorskip("_testcapi")
    stream = build(TEXT, b"a") + build(TEXT, b"b", fin=False) + build(PING) + build(CONTINUATION, b"c" * 900)
    endings = set()
    for n in range(60):
        line = Line(on_message=lambda connection, payload, is_text: connection.send_text(payload))
        buffer = memoryview(line.protocol.get_buffer(-1))
        buffer[: len(stream)] = stream
        arrive, size = line.protocol.buffer_updated, len(stream)
        testing.set_nomemory(n, n + 1)
        try:
            arrive(size)
        except MemoryError:
            endings.add("raised")  # the loop ends the connection
        finally:
            testing.remove_mem_hooks()
        line.sent()
        line.feed(closing(1000))
        line.lose()
        assert len(line.closed) == 1
        endings.update(line.closed)
    assert endings <= {1000, 1011, "raised"}
    assert 1011 in endings


async def test_counters_count() -> None:
    line = Line(on_message=lambda connection, payload, is_text: connection.send_text(b"12345"))
    line.feed(build(TEXT, b"123") * 4)
    counters = line.endpoint.counters()
    written = b"".join(line.transport.writes)
    assert (counters["messages_in"], counters["bytes_in"]) == (4, 12)
    assert (counters["messages_out"], counters["bytes_out"], counters["writes"]) == (4, len(written), 1)
    assert len(split(written)) == 4
