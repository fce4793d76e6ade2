"""The head of the first request, without I/O."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.transport.street import upgrade

from fastdesk.protocol.codes import CODES
from fastdesk.transport.handshake import (
    Head,
    Refusal,
    Upgrade,
    is_upgrade,
    judge_upgrade,
    parse_head,
    render_upgrade,
)

PEER = "192.0.2.1"


def judge(request: bytes) -> Upgrade | Refusal:
    head = parse_head(request.removesuffix(b"\r\n\r\n"))
    assert isinstance(head, Head)
    assert is_upgrade(head)
    return judge_upgrade(head, PEER)


def test_a_request_is_read() -> None:
    head = parse_head(b"POST /v1/messages?x=/?y HTTP/1.0\r\nHost: a\r\nX-Two:  1 \r\nx-two: 2,3\r\nEmpty:")
    fields = {"host": ["a"], "x-two": ["1", "2,3"], "empty": [""]}
    assert head == Head("POST", "/v1/messages", False, fields)
    assert head.tokens("x-two") == ["1", "2", "3"]
    assert head.value("nothing") == ""


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"GET",
        b"GET /",
        b"GET / HTTP/2.0",
        b"GET / HTTP/1.2",
        b"GET / HTTP/1.1 ",
        b"GET  / HTTP/1.1",
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
    ],
)
def test_what_is_no_request_in_origin_form_is_refused(raw: bytes) -> None:
    assert parse_head(raw) == Refusal(400, "bad_request")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "UPGRADE,keep-alive"},
        {"Upgrade": "WebSocket"},
        {"Upgrade": "h2c, websocket"},
        {"Content-Length": "0"},
        {"Origin": "null"},
        {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"},
    ],
)
def test_every_valid_form_is_let_in(changes: dict[str, str]) -> None:
    assert isinstance(judge(upgrade(**changes)), Upgrade)


def test_names_and_connections_may_be_written_in_any_way() -> None:
    request = upgrade(Connection="keep-alive").replace(
        b"Upgrade: websocket", b"uPGRADE: websocket\r\nconnection: upgrade"
    )
    assert isinstance(judge(request), Upgrade)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (upgrade(Sec_WebSocket_Version="8"), 426),
        (upgrade(Sec_WebSocket_Version=None), 426),
        (upgrade(Sec_WebSocket_Version="13, 8"), 426),
        (upgrade(Sec_WebSocket_Key=None), 400),
        (upgrade(Sec_WebSocket_Key="short"), 400),
        (upgrade(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ"), 400),
        (upgrade(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZT0="), 400),
        (upgrade(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25j\xe9Q=="), 400),
        (upgrade(Connection="keep-alive"), 400),
        (upgrade(Connection=None), 400),
        (upgrade(Host=None), 400),
        (upgrade(Content_Length="5"), 400),
        (upgrade(Transfer_Encoding="chunked"), 400),
        (upgrade().replace(b"HTTP/1.1", b"HTTP/1.0"), 400),
        (upgrade().replace(b"GET", b"POST"), 405),
        *(
            (upgrade().replace(b"Host", name + b": a\r\n" + name + b": a\r\nHost"), 400)
            for name in (b"Origin", b"Sec-WebSocket-Key", b"Host", b"Content-Length")
        ),
        (upgrade().replace(b"Host", b"Sec-WebSocket-Version: 13\r\nHost"), 400),
    ],
)
def test_every_invalid_form_is_refused(request_bytes: bytes, status: int) -> None:
    refusal = judge(request_bytes)
    assert isinstance(refusal, Refusal)
    assert refusal.status == status
    assert (refusal.status == 426) == (("Sec-WebSocket-Version", "13") in refusal.fields)


def test_a_request_without_the_word_is_no_upgrade() -> None:
    for request in (upgrade(Upgrade=None), upgrade(Upgrade="h2c")):
        head = parse_head(request.removesuffix(b"\r\n\r\n"))
        assert isinstance(head, Head)
        assert not is_upgrade(head)


def test_what_the_parser_sees_is_always_the_same() -> None:
    verdict = judge(upgrade(Connection="keep-alive, Upgrade", Cookie="a=b", Sec_WebSocket_Protocol="x"))
    assert isinstance(verdict, Upgrade)
    assert b"Cookie" not in render_upgrade(verdict)
    assert render_upgrade(verdict).count(b"\r\n") == 6


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
def test_no_bytes_raise(data: st.DataObject) -> None:
    raw = bytearray(upgrade(Origin="https://a.example", Sec_WebSocket_Protocol="fastdesk.v1.json")[:-4])
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=6))
    head = parse_head(bytes(raw))
    if isinstance(head, Head):
        verdict = judge_upgrade(head, PEER)
        if isinstance(verdict, Upgrade):
            assert is_upgrade(parse_head(render_upgrade(verdict)[:-4]))  # type: ignore[arg-type]
