"""The WebSocket handshake, without I/O."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.transport.street import upgrade

from fastdesk.transport.handshake import Upgrade, is_upgrade, judge_upgrade, render_upgrade
from fastdesk.transport.head import Head, HeadReader, Refusal

READER = HeadReader()
PEER = "192.0.2.1"


def judge(request: bytes) -> Upgrade | Refusal:
    head = READER.read(request)
    assert isinstance(head, Head)
    assert is_upgrade(head)
    return judge_upgrade(head, PEER)


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
            for name in (b"Origin", b"Sec-WebSocket-Key", b"Host")
        ),
        (upgrade().replace(b"Host", b"Sec-WebSocket-Version: 13\r\nHost"), 426),
    ],
)
def test_every_invalid_form_is_refused(request_bytes: bytes, status: int) -> None:
    refusal = judge(request_bytes)
    assert isinstance(refusal, Refusal)
    assert refusal.status == status
    assert (refusal.status == 426) == (("Sec-WebSocket-Version", "13") in refusal.fields)


def test_a_request_without_the_word_is_no_upgrade() -> None:
    for request in (upgrade(Upgrade=None), upgrade(Upgrade="h2c")):
        head = READER.read(request)
        assert isinstance(head, Head)
        assert not is_upgrade(head)


def test_what_the_parser_sees_is_always_the_same() -> None:
    verdict = judge(upgrade(Connection="keep-alive, Upgrade", Cookie="a=b", Sec_WebSocket_Protocol="x"))
    assert isinstance(verdict, Upgrade)
    assert b"Cookie" not in render_upgrade(verdict)
    assert render_upgrade(verdict).count(b"\r\n") == 6


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_no_bytes_raise(data: st.DataObject) -> None:
    raw = bytearray(upgrade(Origin="https://a.example", Sec_WebSocket_Protocol="fastdesk.v1.json")[:-4])
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=6))
    head = READER.read(bytes(raw).partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    if isinstance(head, Head):
        verdict = judge_upgrade(head, PEER)
        if isinstance(verdict, Upgrade):
            assert is_upgrade(READER.read(render_upgrade(verdict)))  # type: ignore[arg-type]
