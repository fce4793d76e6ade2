"""One connection, fed bytes by hand: whatever a server sends, each exchange ends once and nothing reaches the next one."""

import asyncio

import pytest

from fastdesk.ai import http_connection as connection_room
from fastdesk.ai.http_connection import MAX_ANSWER_BYTES, Connection, Exchange
from fastdesk.errors import ModelFault

VIRTUAL_TIME = True

GOOD = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


class Wire:
    """A transport that keeps what was written."""

    def __init__(self) -> None:
        self.written = b""
        self.is_aborted = False

    def write(self, piece: bytes) -> None:
        self.written += piece

    def abort(self) -> None:
        self.is_aborted = True

    def is_closing(self) -> bool:
        return self.is_aborted


class Owner(connection_room.Owner):
    def __init__(self) -> None:
        self.free: list[Connection] = []
        self.gone: list[Connection] = []

    def on_free(self, connection: Connection) -> None:
        self.free.append(connection)

    def on_gone(self, connection: Connection) -> None:
        self.gone.append(connection)


class Talk(Exchange):
    """An exchange that keeps what it hears; `enough` is the body after which it wants no more."""

    def __init__(self, enough: bytes = b"\0") -> None:
        self.enough = enough
        self.body = b""
        self.ends: list[str] = []

    def on_body(self, piece: bytes, status: int) -> bool:
        assert not self.ends
        self.body += piece
        return self.enough in self.body

    def on_whole(self, status: int, head: bytes) -> None:
        assert head.startswith(b"HTTP/1.1 ")
        self.ends.append(f"whole {status}")

    def on_lost(self, kind: ModelFault, untouched: bool) -> None:
        self.ends.append(f"{kind} untouched" if untouched else kind)


class Line:
    """A connection with its surroundings."""

    def __init__(self) -> None:
        self.owner = Owner()
        self.wire = Wire()
        self.connection = Connection(self.owner)
        self.connection.connection_made(self.wire)  # type: ignore[arg-type]

    def ask(self, talk: Talk | None = None) -> Talk:
        talk = talk or Talk()
        self.connection.send(b"POST", talk)
        return talk

    def receive(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.connection.data_received(piece)

    @property
    def is_reusable(self) -> bool:
        return self.owner.free == [self.connection] and not self.wire.is_aborted


@pytest.fixture
async def line() -> Line:
    return Line()


@pytest.mark.parametrize("answer", [GOOD, CHUNKED, b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\n" + GOOD])
async def test_answer_cut_anywhere_is_whole_and_frees_the_connection(answer: bytes) -> None:
    for at in range(1, len(answer)):
        line = Line()
        talk = line.ask()
        line.receive(answer[:at], answer[at:])
        assert (talk.body, talk.ends, line.is_reusable) == (b"hello", ["whole 200"], True), at


async def test_connection_carries_one_exchange_after_another(line: Line) -> None:
    for number in range(1, 4):
        talk = line.ask()
        line.receive(GOOD)
        assert talk.ends == ["whole 200"]
        assert line.connection.carried == number
        line.owner.free.clear()


async def test_plain_and_other_answers_follow_each_other(line: Line) -> None:
    plain, other = (GOOD,), (GOOD[:9], GOOD[9:])
    for pieces in (plain, other, plain, (CHUNKED,), plain, plain, (CHUNKED[:40], CHUNKED[40:]), other, plain):
        talk = line.ask()
        line.receive(*pieces)
        assert (talk.body, talk.ends, line.is_reusable) == (b"hello", ["whole 200"], True)
        line.owner.free.clear()


async def test_exchange_may_give_up_while_it_reads_a_plain_answer(line: Line) -> None:
    talk = line.ask()

    def give_up(piece: bytes, status: int) -> bool:
        line.connection.abort()
        return False

    talk.on_body = give_up  # type: ignore[method-assign]
    line.receive(GOOD)
    assert (talk.ends, line.owner.free) == ([], [])


async def test_server_that_says_close_is_believed(line: Line) -> None:
    talk = line.ask()
    line.receive(GOOD.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
    assert talk.ends == ["whole 200"]
    assert line.wire.is_aborted


async def test_body_without_length_ends_with_the_connection(line: Line) -> None:
    talk = line.ask()
    line.receive(b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo")
    line.connection.connection_lost(None)
    assert (talk.body, talk.ends) == (b"hello", ["whole 200"])


@pytest.mark.parametrize("answer", [GOOD, CHUNKED])
async def test_connection_that_ends_early_is_broken(answer: bytes) -> None:
    for at in range(len(answer)):
        line = Line()
        talk = line.ask()
        line.receive(*[answer[:at]] if at else [])
        line.connection.connection_lost(None)
        assert talk.ends == (["broken"] if at else ["broken untouched"])
        assert line.owner.gone == [line.connection]


@pytest.mark.parametrize(
    "behind",
    [
        b"x",
        b"HTTP/1.1 200 OK\r\n",
        GOOD,
        GOOD[:20],
        b"\x00\xff",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nleftovers",
    ],
)
async def test_what_comes_behind_an_answer_never_meets_the_next_question(line: Line, behind: bytes) -> None:
    talk = line.ask()
    line.receive(GOOD + behind)
    assert (talk.body, talk.ends) == (b"hello", ["whole 200"])
    assert not line.is_reusable


async def test_words_on_a_free_connection_close_it(line: Line) -> None:
    line.ask()
    line.receive(GOOD)
    line.receive(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    assert line.wire.is_aborted


@pytest.mark.parametrize(
    "words",
    [
        b"\x16\x03\x01",
        b"not http\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    ],
)
async def test_words_that_are_no_answer_are_garbage(line: Line, words: bytes) -> None:
    talk = line.ask()
    line.receive(words)
    line.connection.connection_lost(None)
    assert talk.ends in (["garbage"], ["broken"])
    assert not line.owner.free


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\nx-long: ", b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n"]
)
async def test_answer_beyond_the_cap_is_cut_off(line: Line, start: bytes) -> None:
    talk = line.ask()
    line.receive(start)
    for _ in range(MAX_ANSWER_BYTES // 1000 + 1):
        if talk.ends:
            break
        line.receive(b"y" * 1000)
    assert talk.ends in (["too_large"], ["garbage"])
    assert line.wire.is_aborted
    assert len(talk.body) <= MAX_ANSWER_BYTES


async def test_satisfied_exchange_ends_at_once_and_the_rest_is_drained(line: Line) -> None:
    talk = line.ask(Talk(enough=b"hello"))
    line.receive(CHUNKED[:-5])
    assert talk.ends == ["whole 200"]
    assert not line.owner.free
    line.receive(CHUNKED[-5:])
    assert line.is_reusable


async def test_drain_has_an_end(line: Line) -> None:
    talk = line.ask(Talk(enough=b"hello"))
    line.receive(CHUNKED[:-5])
    await asyncio.sleep(1.1)
    assert line.wire.is_aborted
    assert talk.ends == ["whole 200"]


async def test_aborted_exchange_hears_nothing(line: Line) -> None:
    talk = line.ask()
    line.receive(GOOD[:-2])
    line.connection.abort()
    line.connection.connection_lost(None)
    assert talk.ends == []


async def test_refusal_brings_its_head(line: Line) -> None:
    heads: list[bytes] = []
    talk = line.ask()
    talk.on_whole = lambda status, head: heads.append(head)  # type: ignore[method-assign]
    line.receive(b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\ncontent-length: 2\r\n\r\n{}")
    assert b"Retry-After: 7" in heads[0]
