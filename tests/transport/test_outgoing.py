"""Calls to addresses that owners name never reach a private one, are bounded, and never raise."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fastdesk.model.ids import TenantId
from fastdesk.model.rule import Http
from fastdesk.transport import outgoing as room
from fastdesk.transport.outgoing import MAX_ANSWER, Outgoing, is_public

Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[TestServer]]

LOOPBACK = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0", "0.0.0.0",
    "127.127.127.127", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]",
    "[2002:7f00:1::]", "localhost", "LOCALHOST", "localhost.", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.255", "169.254.169.254",
    "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "3232235521", "0xc0a80001", "0300.0250.0.1", "[64:ff9b:1::1]",
]  # fmt: skip
FORMS = ["http://{}:{}/", "https://{}:{}/a?b=c", "http://{}.:{}/", "http://{}:{}/#x"]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serve what a test wants on this machine."""
    servers: list[TestServer] = []

    async def make(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> TestServer:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handler)
        servers.append(TestServer(app, host="127.0.0.1"))
        await servers[-1].start_server()
        return servers[-1]

    yield make
    for server in servers:
        await server.close()


@pytest.fixture
async def outside() -> AsyncIterator[Outgoing]:
    """Return the way out as it is by default."""
    caller = Outgoing(allow_private=False)
    yield caller
    await caller.stop()


@pytest.fixture
async def inside() -> AsyncIterator[Outgoing]:
    """Return the way out of an operator who allows private addresses."""
    caller = Outgoing(allow_private=True)
    yield caller
    await caller.stop()


async def test_no_spelling_of_a_private_address_is_called(outside: Outgoing) -> None:
    """A hundred and more targets; the listener they aim at hears nothing."""
    heard = 0

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard += 1
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    targets = [form.format(host, port) for form in FORMS for host in LOOPBACK]

    async def call(url: str) -> str:
        return (await outside.send("GET", url, headers={}, body=None, timeout_ms=2000))[2]

    errors = await asyncio.gather(*map(call, targets))
    assert set(errors) <= {"private_address", "refused", "unreachable", "timeout"}, set(errors)
    server.close()
    assert heard == 0


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://x/",
        "ftp://x/",
        "http://",
        "http://user:word@example.com/",
        "//example.com",
        "http://[",
        "nonsense",
    ],
)
async def test_what_is_no_address_is_refused(outside: Outgoing, url: str) -> None:
    assert (await outside.send("GET", url, headers={}, body=None, timeout_ms=500))[2] == "refused"


async def test_name_that_turns_private_gains_nothing(
    outside: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is looked up once, and that one is checked and called."""
    answers = ["93.184.216.34", "127.0.0.1"]
    loop = asyncio.get_running_loop()

    async def resolve(host: str, port: int, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    monkeypatch.setattr(
        type(loop), "getaddrinfo", lambda self, host, port, **more: resolve(host, port, **more), raising=False
    )
    resolver = room._PublicResolver()
    first = await resolver.resolve("rebind.example", 80)
    assert [each["host"] for each in first] == ["93.184.216.34"]
    with pytest.raises(room.PrivateAddress):
        await resolver.resolve("rebind.example", 80)


async def test_redirects_are_checked_like_the_first_address(
    outside: Outgoing, inside: Outgoing, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def redirect(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("http://10.0.0.7/latest/meta-data")

    url = str((await serve(redirect)).make_url("/"))
    status, _, error = await inside.send("GET", url, headers={}, body=None, timeout_ms=2000)
    assert (status, error) == (302, "")  # calls of rules do not follow
    monkeypatch.setattr(room, "is_public", lambda address: address == "127.0.0.1")  # as if the first one were
    assert (await outside.fetch(url)).error == "private_address"


async def test_answers_are_bounded_also_when_they_are_packed(inside: Outgoing, serve: Serve) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        content = b" " * (MAX_ANSWER + 1)
        if request.path == "/bomb":
            packed = gzip.compress(b" " * (64 << 20))
            return web.Response(body=packed, headers={"Content-Encoding": "gzip"})
        if request.path == "/packed":
            return web.Response(body=gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"})
        return web.Response(body=content)

    server = await serve(answer)
    for path in ("/large", "/bomb"):
        assert (await inside.send("GET", str(server.make_url(path)), headers={}, body=None, timeout_ms=5000))[
            2
        ] == "too_large"
    got = await inside.call(TenantId("t"), Http(url=str(server.make_url("/packed"))))
    assert got.body == {"a": 1}


async def test_slow_answer_is_cut(inside: Outgoing, serve: Serve) -> None:
    gone = asyncio.Event()

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 30)
        finally:
            gone.set()
        return response

    server = await serve(drip)
    assert (await inside.send("GET", str(server.make_url("/")), headers={}, body=None, timeout_ms=200))[
        2
    ] == "timeout"


@pytest.mark.parametrize(
    ("address", "public"),
    [("1.1.1.1", True), ("2606:4700::1111", True), ("::ffff:10.0.0.1", False), ("x", False)],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public
