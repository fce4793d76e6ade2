"""A connection that has not said what it wants yet, on a transport without a socket."""

import pytest
from tests.core.wire import MemoryTransport

from fastdesk.transport.handshake import Head, Refusal
from fastdesk.transport.knock import Knock

SECOND_NS = 10**9


class Keeper:
    """A doorkeeper that writes everything down."""

    max_head_bytes = 100

    def __init__(self) -> None:
        self.time_ns = 0
        self.seated: list[tuple[Head, bytes]] = []
        self.dismissed = 0
        self.reported: list[Exception] = []
        self.answer: Refusal | Exception | None = None
        self.has_room = True

    def admit(self, knock: Knock) -> Refusal | None:
        return None if self.has_room else Refusal(503, "overloaded")

    def may_linger(self) -> bool:
        return True

    def seat(self, knock: Knock, head: Head, rest: bytes) -> Refusal | None:
        self.seated.append((head, rest))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def dismiss(self, knock: Knock) -> None:
        self.dismissed += 1

    def now_ns(self) -> int:
        return self.time_ns

    def report(self, failure: Exception) -> None:
        self.reported.append(failure)


class Transport(MemoryTransport):
    """One whose writing side can be closed."""

    ended = False

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True


def knock_at(keeper: Keeper) -> tuple[Knock, Transport]:
    knock, transport = Knock(keeper), Transport()
    knock.connection_made(transport)
    return knock, transport


def status(transport: Transport) -> int:
    assert transport.ended
    return int(b"".join(transport.writes).split(b" ")[1])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_the_head_is_found_however_it_is_cut(size: int) -> None:
    keeper = Keeper()
    knock, _ = knock_at(keeper)
    request = b"\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\nrest"
    for at in range(0, len(request), size):
        if not keeper.seated:
            knock.data_received(request[at : at + size])
    head, rest = keeper.seated[0]
    assert (head.path, head.value("host")) == ("/a", "x")
    assert b"rest".startswith(rest)
    assert rest == b"rest" or size < 1000


def test_a_head_that_is_too_large_is_refused_with_and_without_an_end() -> None:
    for request in (b"GET /" + b"a" * 100, b"GET /" + b"a" * 100 + b" HTTP/1.1\r\n\r\n"):
        keeper = Keeper()
        knock, transport = knock_at(keeper)
        knock.data_received(request)
        assert status(transport) == 431
        assert keeper.seated == []
        assert knock.received == b""


def test_a_refusal_is_sent_once_and_what_follows_is_thrown_away() -> None:
    keeper = Keeper()
    keeper.answer = Refusal(403, "origin_refused")
    knock, transport = knock_at(keeper)
    knock.data_received(b"GET / HTTP/1.1\r\n\r\n")
    knock.data_received(b"GET / HTTP/1.1\r\n\r\n" * 1000)
    assert status(transport) == 403
    assert len(keeper.seated) == len(transport.writes) == 1
    assert knock.received == b""


def test_a_failure_is_a_500_and_reported() -> None:
    keeper = Keeper()
    keeper.answer = ZeroDivisionError()
    knock, transport = knock_at(keeper)
    knock.data_received(b"GET / HTTP/1.1\r\n\r\n")
    assert status(transport) == 500
    assert keeper.reported == [keeper.answer]


def test_who_may_not_come_in_is_told_at_once() -> None:
    keeper = Keeper()
    keeper.has_room = False
    knock, transport = knock_at(keeper)
    assert status(transport) == 503
    knock.data_received(b"GET / HTTP/1.1\r\n\r\n")
    assert keeper.seated == []
    knock.connection_lost(None)
    assert keeper.dismissed == 1


def test_time_runs_out_for_the_head_and_for_reading_a_refusal() -> None:
    keeper = Keeper()
    knock, transport = knock_at(keeper)
    knock.data_received(b"GET / HT")
    knock.expire(4 * SECOND_NS - 1, 4 * SECOND_NS)
    assert transport.writes == []
    keeper.time_ns = 4 * SECOND_NS
    knock.expire(keeper.time_ns, 4 * SECOND_NS)
    assert status(transport) == 408
    knock.expire(keeper.time_ns + SECOND_NS - 1, 4 * SECOND_NS)
    assert not transport.is_aborted
    knock.expire(keeper.time_ns + SECOND_NS, 4 * SECOND_NS)
    assert transport.is_aborted
