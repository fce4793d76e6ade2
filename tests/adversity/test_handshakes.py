"""Requests as browsers, proxies and attackers send them, raw, to a running door."""

import asyncio

import pytest
from tests.core.wire import TEXT, build
from tests.transport.street import open_street, upgrade

ON_BOTH_LOOPS = True

FIREFOX = (
    b"GET /v1/ws HTTP/1.1\r\nHost: desk.test\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0\r\n"
    b"Accept: */*\r\nAccept-Language: zh-CN,zh;q=0.8\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    b"Sec-WebSocket-Version: 13\r\nOrigin: https://shop.example\r\nSec-WebSocket-Protocol: fastdesk.v1.json\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Connection: keep-alive, Upgrade\r\nSec-Fetch-Mode: websocket\r\nPragma: no-cache\r\nUpgrade: websocket\r\n\r\n"
)
CHROMIUM = (
    b"GET /v1/ws HTTP/1.1\r\nHost: desk.test\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n"
    b"Upgrade: websocket\r\nOrigin: https://shop.example\r\nSec-WebSocket-Version: 13\r\nCookie: a=b\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)
VALID = {
    "firefox": FIREFOX,
    "chromium": CHROMIUM,
    "nginx": upgrade(Connection="upgrade", X_Real_IP="203.0.113.9"),
    "upper case": upgrade()
    .upper()
    .replace(b"/V1/WS", b"/v1/ws")
    .replace(b"DGHLIHNHBXBSZSBUB25JZQ==", b"dGhlIHNhbXBsZSBub25jZQ=="),
    "connection in two fields": upgrade(Connection="keep-alive").replace(
        b"Upgrade:", b"Connection: Upgrade\r\nUpgrade:"
    ),
    "a query": upgrade("/v1/ws?v=2"),
    "an empty line first": b"\r\n" + upgrade(),
    "8000 bytes of cookie": upgrade(Cookie="c" * 7900),
    "bytes above 127": upgrade(X_Name="caf\u00e9"),
}
INVALID = {
    "version 8": (upgrade(Sec_WebSocket_Version="8"), 426),
    "no version": (upgrade(Sec_WebSocket_Version=None), 426),
    "no key": (upgrade(Sec_WebSocket_Key=None), 400),
    "short key": (upgrade(Sec_WebSocket_Key="eA=="), 400),
    "no connection": (upgrade(Connection="close"), 400),
    "no host": (upgrade(Host=None), 400),
    "two hosts": (upgrade().replace(b"Host:", b"Host: evil\r\nHost:"), 400),
    "HTTP/1.0": (upgrade().replace(b"HTTP/1.1", b"HTTP/1.0"), 400),
    "HTTP/2.0": (upgrade().replace(b"HTTP/1.1", b"HTTP/2.0"), 400),
    "POST": (upgrade().replace(b"GET", b"POST"), 405),
    "a body": (upgrade(Content_Length="3") + b"abc", 400),
    "chunked": (upgrade(Transfer_Encoding="chunked"), 400),
    "absolute target": (upgrade("http://desk.test/v1/ws"), 400),
    "impossible port": (upgrade("http://desk.test:99999999/"), 400),
    "broken IPv6": (upgrade("http://[::1/v1/ws"), 400),
    "authority": (b"CONNECT desk.test:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "folded field": (upgrade().replace(b"Upgrade: websocket", b"Upgrade:\r\n websocket"), 400),
    "space before colon": (upgrade().replace(b"Upgrade:", b"Upgrade :"), 400),
    "null in a field": (upgrade(X_Name="a\0b"), 400),
    "a TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n", 400),
    "nine kilobytes": (upgrade(Cookie="c" * 9000), 431),
    "endless line": (b"GET /" + b"a" * 20_000, 431),
    "two hundred fields": (upgrade().replace(b"Host:", b"a: b\r\n" * 200 + b"Host:"), 400),
}


@pytest.mark.parametrize("request_bytes", VALID.values(), ids=VALID.keys())
async def test_a_valid_handshake_is_answered_with_101_and_a_working_socket(request_bytes: bytes) -> None:
    async with open_street() as street:
        for pieces in (1, 5):
            wire = await street.connect()
            size = len(request_bytes) // pieces + 1
            for at in range(0, len(request_bytes), size):
                wire.write(request_bytes[at : at + size])
                await asyncio.sleep(0.002)
            status, fields, _ = await wire.response()
            assert status == 101
            assert "sec-websocket-extensions" not in fields
            wire.write(build(TEXT, "你好 a".encode()))
            assert await wire.frame() == (TEXT, "你好 A".encode())
            await wire.close()


@pytest.mark.parametrize(("request_bytes", "expected"), INVALID.values(), ids=INVALID.keys())
async def test_an_invalid_handshake_is_answered_and_closed(request_bytes: bytes, expected: int) -> None:
    async with open_street() as street:
        wire = await street.connect()
        wire.write(request_bytes)
        status, fields, body = await wire.response()
        assert status == expected
        assert fields["connection"] == "close"
        assert body.startswith(b'{"code":')
        assert (status == 426) == (fields.get("sec-websocket-version") == "13")
        await wire.close()
        assert street.desk.open == []


@pytest.mark.parametrize(
    "second",
    [
        b"GET http://desk.test:99999999/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /hello HTTP/2.0\r\nHost: x\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
    ],
)
async def test_a_bad_request_on_a_kept_alive_connection_is_ended_too(second: bytes) -> None:
    async with open_street() as street:
        wire = await street.connect()
        wire.write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await wire.response())[0] == 200
        wire.write(second)
        assert await wire.is_over(), "answered or not, it may not hang"
        await wire.close()
