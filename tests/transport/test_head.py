"""The head of a request, without I/O."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.transport.street import upgrade

from fastdesk.protocol.codes import CODES
from fastdesk.transport.head import Head, HeadReader, Refusal

READER = HeadReader(100_000)
LINE = re.compile(rb"([A-Z-]+) +(/[!-~]*) HTTP/1\.([01])")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*")


def read(raw: bytes) -> Head | Refusal:
    return READER.read(raw + b"\r\n\r\n")


def by_grammar(raw: bytes) -> tuple[bytes, bytes, dict[bytes, list[bytes]]] | None:
    """Read a head by RFC 9112's grammar, slowly."""
    first, *lines = raw.split(b"\r\n")
    request, fields = LINE.fullmatch(first), [FIELD.fullmatch(line) for line in lines]
    if request is None or not all(fields):
        return None
    found: dict[bytes, list[bytes]] = {}
    for field in fields:
        assert field is not None
        found.setdefault(field[1].lower(), []).append(field[2])
    return request[1], request[2], found


def test_a_request_is_read() -> None:
    head = read(b"POST /v1/messages?x=/?y HTTP/1.0\r\nHost: a\r\nX-Two:  1 \r\nx-two: 2,3\r\nEmpty:")
    assert isinstance(head, Head)
    assert (head.method, head.path, head.query, head.is_http_11) == ("POST", "/v1/messages", "x=/?y", False)
    assert head.fields.values == {b"host": b"a", b"x-two": b"1, 2,3", b"empty": b""}
    assert head.tokens(b"x-two") == ["1", "2", "3"]
    assert head.value(b"nothing") == ""
    assert (head.fields.body_bytes, head.fields.is_chunked) == (0, False)


def test_a_body_is_announced_by_its_size_or_not_at_all() -> None:
    sized = read(b"POST / HTTP/1.1\r\nContent-Length: 17")
    chunked = read(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked")
    assert isinstance(sized, Head)
    assert isinstance(chunked, Head)
    assert (sized.fields.body_bytes, sized.fields.is_chunked) == (17, False)
    assert chunked.fields.is_chunked


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"GET",
        b"GET /",
        b"GET / HTTP/2.0",
        b"GET / HTTP/1.2",
        b"GET / HTTP/1.1 ",
        b"GET / http/1.1",
        b"G\x00T / HTTP/1.1",
        b"GET /a b HTTP/1.1",
        b"GET /\x01 HTTP/1.1",
        b"GET http://host:99999999/ HTTP/1.1",
        b"GET http://[::1/ HTTP/1.1",
        b"GET desk HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"CONNECT host:443 HTTP/1.1",
        b"GET / HTTP/1.1\r\nno colon",
        b"GET / HTTP/1.1\r\nspace : x",
        b"GET / HTTP/1.1\r\n folded: x",
        b"GET / HTTP/1.1\r\na: b\r\n folded",
        b"GET / HTTP/1.1\r\na: b\x00",
        b"GET / HTTP/1.1\r\na: b\nc: d",
        b"GET / HTTP/1.1\r\n: b",
        b"GET / HTTP/1.1" + b"\r\na: b" * 101,
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5",
        b"POST / HTTP/1.1\r\nContent-Length: 5, 5",
        b"POST / HTTP/1.1\r\nContent-Length: +5",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip",
    ],
)
def test_what_is_no_request_in_origin_form_is_refused(raw: bytes) -> None:
    assert read(raw) == Refusal(400, "bad_request")


def test_a_refusal_is_a_whole_response_and_its_code_is_on_the_list() -> None:
    refusal = Refusal(431, "too_large", "Too much.", (("X", "y"),))
    assert refusal.render() == (
        b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: application/problem+json\r\n"
        b"Content-Length: 42\r\nConnection: close\r\nX: y\r\n\r\n"
        b'{"code":"too_large","message":"Too much."}'
    )
    for code in ("bad_request", "upgrade_required", "overloaded", "origin_refused", "shutting_down"):
        assert Refusal(400, code).body().decode().count(CODES[code][1]) == 1


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_what_is_taken_is_what_the_grammar_says(data: st.DataObject) -> None:
    raw = bytearray(upgrade("/v1/ws?a=b", Origin="https://a.example", Content_Length="0")[:-4])
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=6))
    cut = bytes(raw).partition(b"\r\n\r\n")[0]
    head = read(cut)
    if isinstance(head, Head):
        found = by_grammar(cut)
        assert found is not None
        assert (head.method.encode(), (head.path + "?" + head.query).encode()) == (
            found[0],
            found[1] if b"?" in found[1] else found[1] + b"?",
        )
        assert head.fields.values == {name: b", ".join(values) for name, values in found[2].items()}
