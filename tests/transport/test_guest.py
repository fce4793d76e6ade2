"""One connection of the street, on a transport without a socket."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.wire import MemoryTransport

from fastdesk.transport.guest import Asked, Guest, Quick
from fastdesk.transport.head import Head, HeadReader, Refusal

SECOND_NS = 10**9
HELLO = b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"
OTHER = b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n"


class Server:
    """The HTTP server's side: it answers each whole request when it is told to, with the request's target."""

    def __init__(self, transport: "Transport") -> None:
        self.transport: Any = transport
        self.given = bytearray()
        self.is_lost = False

    def data_received(self, data: bytes) -> None:
        self.given += data

    def eof_received(self) -> None: ...

    def pause_writing(self) -> None: ...

    def resume_writing(self) -> None: ...

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        if self.transport is not None:
            self.transport.close()

    def has_whole_request(self) -> bool:
        head, end, body = bytes(self.given).partition(b"\r\n\r\n")
        size = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0].strip()
        return bool(end) and len(body) >= (int(size) if size.isdigit() else 0)


class Transport(MemoryTransport):
    """One whose writing side can be closed."""

    ended = False

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True


class Keeper:
    """A doorkeeper that writes everything down. `/quick` is a quick route, `/ws` an endpoint, the rest is the server's."""

    max_head_bytes = 200
    head_timeout_ns = 4 * SECOND_NS
    endpoints = frozenset({"/ws"})

    def __init__(self) -> None:
        self.time_ns = 0
        self.read_head = HeadReader(100_000).read
        self.dismissed = 0
        self.reported: list[Exception] = []
        self.has_room = True
        self.asked: list[Asked] = []
        self.answers: list[Callable[[bytes], None]] = []
        self.gone = 0
        self.seated: list[tuple[Head, bytes]] = []
        self.verdict: Refusal | Exception | None = None
        self.servers: list[Server] = []

    def admit(self, guest: Guest) -> Refusal | None:
        return None if self.has_room else Refusal(503, "overloaded")

    def may_linger(self) -> bool:
        return True

    def quick(self, head: Head) -> Quick | None:
        return self._quick if head.path == "/quick" and head.fields.is_plain else None

    def _quick(self, asked: Asked, answer: Callable[[bytes], None]) -> Callable[[], None]:
        if isinstance(self.verdict, Exception):
            raise self.verdict
        self.asked.append(asked)
        self.answers.append(answer)
        return self._leave

    def _leave(self) -> None:
        self.gone += 1

    def seat(self, guest: Guest, head: Head) -> Refusal | None:
        if self.verdict is None:
            self.seated.append((head, guest.hand_over()))
        elif isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict

    def serve(self, transport: Transport) -> Any:
        self.servers.append(Server(transport))
        return self.servers[-1]

    def address_of(self, guest: Guest, head: Head) -> str:
        return guest.address

    def dismiss(self, guest: Guest) -> None:
        self.dismissed += 1

    def now_ns(self) -> int:
        return self.time_ns

    def report(self, failure: Exception) -> None:
        self.reported.append(failure)


def guest_at(keeper: Keeper) -> tuple[Guest, Transport]:
    guest, transport = Guest(keeper), Transport()  # type: ignore[arg-type]
    guest.connection_made(transport)
    return guest, transport


def status(transport: Transport) -> int:
    assert transport.ended
    return int(b"".join(transport.writes).split(b" ")[1])


async def turn() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_the_head_is_found_however_it_is_cut(size: int) -> None:
    keeper = Keeper()
    guest, _ = guest_at(keeper)
    request = b"\r\nGET /ws HTTP/1.1\r\nHost: x\r\n\r\n"
    for at in range(0, len(request), size):
        guest.data_received(request[at : at + size])
    head, rest = keeper.seated[0]
    assert (head.path, head.value(b"host"), rest) == ("/ws", "x", b"")


def test_what_comes_behind_an_upgrade_goes_with_it() -> None:
    keeper = Keeper()
    guest, _ = guest_at(keeper)
    guest.data_received(b"GET /ws HTTP/1.1\r\nHost: x\r\n\r\nframes")
    assert keeper.seated[0][1] == b"frames"


def test_a_head_that_is_too_large_is_refused_with_and_without_an_end() -> None:
    for request in (b"GET /" + b"a" * 200, b"GET /" + b"a" * 200 + b" HTTP/1.1\r\n\r\n"):
        guest, transport = guest_at(Keeper())
        guest.data_received(request)
        assert status(transport) == 431
        assert guest.received == b""


def test_a_refusal_is_sent_once_and_what_follows_is_thrown_away() -> None:
    keeper = Keeper()
    keeper.verdict = Refusal(403, "origin_refused")
    guest, transport = guest_at(keeper)
    guest.data_received(b"GET /ws HTTP/1.1\r\n\r\n")
    guest.data_received(b"GET /ws HTTP/1.1\r\n\r\n" * 1000)
    assert status(transport) == 403
    assert len(transport.writes) == 1
    assert guest.received == b""


@pytest.mark.parametrize("path", [b"/ws", b"/quick"])
def test_a_failure_is_a_500_and_reported(path: bytes) -> None:
    keeper = Keeper()
    keeper.verdict = ZeroDivisionError()
    guest, transport = guest_at(keeper)
    guest.data_received(b"GET " + path + b" HTTP/1.1\r\n\r\n")
    assert status(transport) == 500
    assert keeper.reported == [keeper.verdict]


def test_who_may_not_come_in_is_told_at_once() -> None:
    keeper = Keeper()
    keeper.has_room = False
    guest, transport = guest_at(keeper)
    assert status(transport) == 503
    guest.data_received(HELLO)
    assert keeper.asked == []
    guest.connection_lost(None)
    assert keeper.dismissed == 1


# Answers.


async def test_requests_are_answered_one_after_the_other() -> None:
    keeper = Keeper()
    guest, transport = guest_at(keeper)
    guest.data_received(HELLO * 3)
    for number in range(3):
        assert len(keeper.asked) == number + 1, "the next one waits for the answer"
        keeper.answers[number](b"%d" % number)
        await turn()
    assert transport.writes == [b"0", b"1", b"2"]


async def test_both_kinds_of_requests_mix_on_one_connection() -> None:
    keeper = Keeper()
    guest, transport = guest_at(keeper)
    post = b"POST /other HTTP/1.1\r\nContent-Length: 4\r\n\r\n"
    guest.data_received(OTHER + HELLO + post + b"bo")
    assert bytes(keeper.servers[0].given) == OTHER
    transport.write(b"other")
    guest.answered(True)
    await turn()
    assert keeper.servers[0].is_lost
    assert not transport.is_closed
    keeper.answers[0](b"quick")
    await turn()
    assert bytes(keeper.servers[1].given) == post + b"bo"
    guest.data_received(b"dy" + OTHER)
    assert bytes(keeper.servers[1].given) == post + b"body"
    guest.answered(True)
    await turn()
    assert bytes(keeper.servers[1].given) == post + b"body" + OTHER, "the server's side stays"
    assert transport.writes == [b"other", b"quick"]


async def test_an_answer_may_come_before_the_end_of_the_body() -> None:
    keeper = Keeper()
    guest, _ = guest_at(keeper)
    guest.data_received(b"POST /other HTTP/1.1\r\nContent-Length: 6\r\n\r\nbo")
    guest.answered(True)
    guest.data_received(b"dybo" + HELLO)
    assert bytes(keeper.servers[0].given).endswith(b"\r\n\r\nbodybo")
    assert len(keeper.asked) == 1


def test_a_chunked_request_is_the_last_one() -> None:
    keeper = Keeper()
    guest, transport = guest_at(keeper)
    guest.data_received(b"POST /quick HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
    guest.data_received(b"\r\n" + HELLO)
    given = bytes(keeper.servers[0].given)
    assert b"\r\nConnection: close\r\n\r\n0\r\n\r\n" in given
    assert given.endswith(HELLO), "nobody can tell from outside where it ends"
    guest.answered(True)
    assert transport.is_closed


def test_where_the_server_ends_the_connection_nothing_more_is_asked() -> None:
    keeper = Keeper()
    guest, transport = guest_at(keeper)
    guest.data_received(OTHER + HELLO)
    guest.answered(False)
    guest.data_received(HELLO)
    assert keeper.asked == []
    assert not transport.is_closed, "the server does that when it has sent its answer"


def test_only_a_whole_body_is_handed_on() -> None:
    keeper = Keeper()
    guest, _ = guest_at(keeper)
    for part in (b"POST /quick HTTP/1.1\r\nContent-Le", b"ngth: 5\r\n\r\n", b"bo", b"dyx"):
        assert keeper.asked == []
        guest.data_received(part)
    assert keeper.asked[0].body == b"bodyx"


async def test_an_answer_that_comes_too_late_or_twice_is_not_sent() -> None:
    keeper = Keeper()
    guest, transport = guest_at(keeper)
    guest.data_received(HELLO)
    keeper.answers[0](b"once")
    keeper.answers[0](b"twice")
    guest.data_received(HELLO)
    guest.connection_lost(None)
    keeper.answers[1](b"late")
    assert transport.writes == [b"once"]
    assert (keeper.gone, keeper.dismissed) == (1, 1)


async def test_a_peer_that_does_not_read_gets_no_more_answers_and_is_cut() -> None:
    keeper = Keeper()
    guest, transport = guest_at(keeper)
    guest.data_received(HELLO * 10)
    guest.pause_writing()
    keeper.answers[0](b"first")
    await turn()
    assert len(keeper.asked) == 1
    guest.expire(30 * SECOND_NS - 1)
    assert not transport.is_aborted
    guest.resume_writing()
    await turn()
    assert len(keeper.asked) == 2
    guest.pause_writing()
    keeper.answers[1](b"second")
    guest.expire(30 * SECOND_NS)
    assert transport.is_aborted


@pytest.mark.parametrize("first", [HELLO, OTHER])
async def test_only_so_many_requests_may_wait(first: bytes) -> None:
    keeper = Keeper()
    guest, transport = guest_at(keeper)
    guest.data_received(first)
    while transport.is_reading_now:
        guest.data_received(HELLO * 100)
        assert len(guest.received) < 70_000
    if first is HELLO:
        keeper.answers[0](b"")
    else:
        guest.answered(True)
    await turn()
    assert len(keeper.asked) == (2 if first is HELLO else 1)


# Time.


def test_time_runs_out_for_the_head_and_for_reading_a_refusal() -> None:
    keeper = Keeper()
    guest, transport = guest_at(keeper)
    guest.data_received(b"GET / HT")
    guest.expire(4 * SECOND_NS - 1)
    assert transport.writes == []
    keeper.time_ns = 4 * SECOND_NS
    guest.expire(keeper.time_ns)
    assert status(transport) == 408
    guest.expire(keeper.time_ns + SECOND_NS - 1)
    assert not transport.is_aborted
    guest.expire(keeper.time_ns + SECOND_NS)
    assert transport.is_aborted


async def test_a_later_head_and_a_body_have_their_time_and_dripping_earns_none() -> None:
    for part, seconds in ((b"GET /", 4), (b"POST /quick HTTP/1.1\r\nContent-Length: 50\r\n\r\n", 15)):
        keeper = Keeper()
        guest, transport = guest_at(keeper)
        guest.data_received(HELLO)
        keeper.time_ns = 20 * SECOND_NS
        keeper.answers[0](b"")
        keeper.time_ns = 50 * SECOND_NS
        guest.data_received(part[:2])
        guest.data_received(part[2:])
        for _ in range(seconds - 1):
            keeper.time_ns += SECOND_NS
            guest.data_received(b"a")
            guest.expire(keeper.time_ns)
        assert not transport.ended
        keeper.time_ns += SECOND_NS
        guest.expire(keeper.time_ns)
        assert status(transport) == 408


async def test_nobody_is_hurried_who_waits_for_an_answer_and_an_idle_connection_ends() -> None:
    keeper = Keeper()
    guest, transport = guest_at(keeper)
    guest.data_received(HELLO)
    guest.expire(1000 * SECOND_NS)
    assert guest.is_served
    keeper.time_ns = 1000 * SECOND_NS
    keeper.answers[0](b"")
    guest.expire(1075 * SECOND_NS - 1)
    assert not transport.is_closed
    guest.expire(1075 * SECOND_NS)
    assert transport.is_closed


async def test_who_is_to_leave_gets_its_answer_first() -> None:
    for request in (HELLO, OTHER):
        keeper = Keeper()
        guest, transport = guest_at(keeper)
        guest.data_received(request + HELLO)
        guest.leave()
        assert not transport.is_closed
        if request is HELLO:
            keeper.answers[0](b"answer")
        else:
            guest.answered(True)
        assert transport.is_closed
        await turn()
        assert len(keeper.asked) == (request is HELLO)


# Whatever comes.

REQUESTS = st.one_of(
    st.just(HELLO),
    st.just(OTHER),
    st.builds(
        lambda path, body: b"POST %b HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (path, len(body), body),
        st.sampled_from([b"/quick", b"/other"]),
        st.binary(max_size=40),
    ),
)


async def play(stream: bytes, cuts: list[int], keeper: Keeper) -> tuple[Guest, Transport]:
    """Let `stream` arrive in pieces of the given sizes, then the rest; everybody answers after a turn of the loop."""
    guest, transport = guest_at(keeper)
    answered = 0
    at = 0
    while at < len(stream) or answered < len(keeper.asked):
        size = cuts.pop(0) if cuts else len(stream)
        guest.data_received(stream[at : at + size])
        at += size
        for _ in range(100):
            await turn()
            server = keeper.servers[-1] if keeper.servers else None
            if answered < len(keeper.asked):
                keeper.answers[answered](b"<" + keeper.asked[answered].body + b">")
                answered += 1
            elif server is not None and not server.is_lost and server.has_whole_request():
                transport.write(bytes(server.given))
                server.given.clear()
                guest.answered(True)
            else:
                break
    return guest, transport


@settings(max_examples=300, deadline=None)
@given(st.lists(REQUESTS, max_size=8), st.lists(st.integers(1, 60), max_size=20))
def test_every_request_is_answered_in_its_order_however_the_bytes_are_cut(
    requests: list[bytes], cuts: list[int]
) -> None:
    keeper = Keeper()
    guest, transport = asyncio.run(play(b"".join(requests), cuts, keeper))
    expected = [
        b"<" + request.partition(b"\r\n\r\n")[2] + b">" if b"/quick" in request else request
        for request in requests
    ]
    assert transport.writes == expected
    assert not keeper.reported
    assert not transport.is_closed
    assert guest.received == b""


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_no_bytes_raise_or_stay(data: st.DataObject) -> None:
    stream = bytearray(b"".join(data.draw(st.lists(REQUESTS, min_size=1, max_size=4))))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(stream)))
        part = data.draw(
            st.one_of(
                st.binary(max_size=6),
                st.sampled_from(
                    [b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"\r\n" * 3,
                     b"Content-Length: 99999\r\n", b"Upgrade: websocket\r\n", b"HTTP/1.0\r\n", b"\x00" * 300]
                ),
            )
        )  # fmt: skip
        stream[at : at + data.draw(st.integers(0, 5))] = part
    keeper = Keeper()
    cuts = data.draw(st.lists(st.integers(1, 100), max_size=10))
    guest, _ = asyncio.run(play(bytes(stream), cuts, keeper))
    assert not keeper.reported
    assert len(guest.received) < 70_000
    guest.connection_lost(None)
    assert guest.received == b""
    assert keeper.dismissed == 1
