"""The native readers of requests against the patterns and slices that they stand for."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastdesk._core import read_request_line, take_front

LINE = re.compile(rb"([A-Z-]+) (/[!-~]*) HTTP/1\.([01])\r\n")
SIGNS = b"GT-/?&=%+;#a1.HP \r\n\x00\x7f\x80\xff!~"
HEADS = st.binary(max_size=40) | st.lists(
    st.sampled_from([bytes([sign]) for sign in SIGNS]), max_size=30
).map(b"".join)
LINES = st.builds(
    lambda method, target, minor, end: method + b" /" + target + b" HTTP/1." + minor + end,
    st.sampled_from([b"GET", b"M-SEARCH", b"", b"get", b"G\x00"]),
    st.binary(max_size=12) | st.text("a/?&=%+;#~! ", max_size=12).map(str.encode),
    st.sampled_from([b"0", b"1", b"2", b"11", b""]),
    st.sampled_from([b"\r\n", b"\r\n\r\n", b"\r\nHost: x\r\n\r\n", b"\n", b"\r", b" \r\n", b""]),
)


def by_pattern(raw: bytes) -> tuple[str, str, str, bool, bool, bytes] | None:
    """Read the line slowly."""
    line = LINE.match(raw)
    if line is None:
        return None
    path, _, query = line[2].decode().partition("?")
    return (
        line[1].decode(), path, query, not any(sign in query for sign in "%+;#"), line[3] == b"1", raw[line.end() :]
    )  # fmt: skip


@given(LINES | HEADS)
@example(b"")
@example(b"GET")
@example(b"GET / HTTP/1.1")
@example(b"GET / HTTP/1.1\r")
@example(b"GET /#a?b HTTP/1.1\r\n")
@example(b"GET /%41??b%41 HTTP/1.0\r\n\r\n")
def test_a_line_is_what_the_pattern_says(raw: bytes) -> None:
    assert read_request_line(raw) == by_pattern(raw)


@given(st.binary(max_size=20), st.integers(0, 25))
def test_the_front_is_cut_off(whole: bytes, size: int) -> None:
    received = bytearray(whole)
    assert take_front(received, size) == whole[:size]
    assert received == whole[size:]


def test_only_bytes_are_read() -> None:
    for wrong in ("GET / HTTP/1.1\r\n", None, bytearray(b"GET / HTTP/1.1\r\n")):
        with pytest.raises(TypeError):
            read_request_line(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="negative"):
        take_front(bytearray(b"a"), -1)
    received = bytearray(b"abc")
    with memoryview(received), pytest.raises(BufferError):
        take_front(received, 1)
    assert received == b"abc"
