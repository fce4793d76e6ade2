"""The native reader of plain responses against httptools, which reads them all."""

import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastdesk._core import plain_body


class Heard:
    """What a parser has told of one response."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.on_body = self.pieces.append
        self.ends = 0

    def on_message_complete(self) -> None:
        self.ends += 1


def by_parser(raw: bytes) -> bytes | None:
    """Read slowly; None for what is not one whole answer with status 200 that leaves the connection open."""
    heard = Heard()
    parser = httptools.HttpResponseParser(heard)
    try:
        parser.feed_data(raw)
        # Behind the answer, another one begins: nothing of the first was still awaited.
        parser.feed_data(b"HTTP/1.1 204 None\r\n\r\n")
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return None
    body = b"".join(heard.pieces)
    return body if heard.ends == 2 and parser.should_keep_alive() else None


FIELDS = [
    b"Content-Type: application/json",
    b"content-length: 2",
    b"Content-Length:2",
    b"CONTENT-LENGTH:   2",
    b"content-length: 2 ",
    b"content-length: 02",
    b"content-length: +2",
    b"content-length: 2, 2",
    b"content-length: 3",
    b"content-length: 0",
    b"content-length:",
    b"content-length : 2",
    b"content-length: 99999999999999999999",
    b"connection: keep-alive",
    b"Connection: Keep-Alive",
    b"connection: close",
    b"connection: upgrade",
    b"connection: keep-alive, x",
    b"connection:",
    b"proxy-connection: close",
    b"transfer-encoding: chunked",
    b"Transfer-Encoding: identity",
    b"upgrade: h2c",
    b"x:",
    b"x: a\tb",
    b"x: \x80",
    b"x: \x00",
    b"x y: z",
    b"x@: z",
    b": z",
    b" folded",
    b"",
    b"\r",
]
STARTS = [
    b"HTTP/1.1 200 OK", b"HTTP/1.1 200 ", b"HTTP/1.1 200", b"HTTP/1.1 204 No", b"HTTP/1.1 304 Not", b"HTTP/1.0 200 OK",
    b"HTTP/1.1 100 Go", b"http/1.1 200 OK", b"HTTP/1.1  200 OK", b"HTTP/1.1 2000 OK", b"HTTP/1.1 200 \xff",
]  # fmt: skip
HEADS = st.builds(
    lambda start, fields, ends, body: start + ends + b"".join(field + ends for field in fields) + ends + body,
    st.sampled_from(STARTS) | st.just(STARTS[0]),
    st.lists(st.sampled_from(FIELDS), max_size=4),
    st.sampled_from([b"\n", b"\r"]) | st.just(b"\r\n"),
    st.sampled_from([b"{}", b"", b"{", b"{}{}", b"\r\n", b"\x00\xff", b"0\r\n\r\n"]),
)
PLAIN = b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 2\r\nConnection: keep-alive\r\n\r\n{}"


@given(HEADS)
@example(PLAIN)
@example(PLAIN + b"x")
def test_a_plain_answer_is_what_the_parser_reads(raw: bytes) -> None:
    body = plain_body(raw)
    if body is not None:
        assert body == by_parser(raw)


@given(st.integers(0, len(PLAIN)), st.binary(max_size=2), st.integers(0, 2))
def test_a_changed_answer_is_what_the_parser_reads(place: int, piece: bytes, keep: int) -> None:
    raw = PLAIN[:place] + piece + PLAIN[place + keep :]
    body = plain_body(raw)
    if body is not None:
        assert body == by_parser(raw)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n",
        b'HTTP/1.1 200 \r\nContent-Length:2\r\nConnection: Keep-Alive\r\nx-y-1: a;b="c"\r\n',
        b"HTTP/1.1 200 Fine, thanks\r\nserver: uvicorn\r\nCONTENT-LENGTH:  2\r\ncontent-type: application/json\r\n",
    ],
)
def test_what_is_plain_is_read(head: bytes) -> None:
    whole = head + b"\r\n{}"
    assert plain_body(whole) == by_parser(whole) == b"{}"
    for keep in range(len(whole)):
        assert plain_body(whole[:keep]) is None


def test_only_bytes_are_read() -> None:
    for wrong in (PLAIN.decode(), bytearray(PLAIN), None):
        with pytest.raises(TypeError):
            plain_body(wrong)  # type: ignore[arg-type]
