"""Calls to endpoints that owners name in rules, flows and webhooks: bounded, and never to private addresses unasked.

The address is checked after resolution and the connection goes to the very address that was checked, so a name that
resolves to something else the second time gains nothing. Redirects are not followed.
"""

import asyncio
import ipaddress
import json
import socket
import zlib
from collections.abc import AsyncGenerator
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from fastdesk import __version__
from fastdesk.article_intake import Page
from fastdesk.errors import ModelError
from fastdesk.model.call import CallAnswer
from fastdesk.model.ids import TenantId
from fastdesk.model.rule import Http

__all__ = ["Outgoing", "is_public"]

MAX_ANSWER: Final = 1 << 20
MAX_AT_ONCE: Final = 64
#: Answers that are read while they are written, beside those calls.
MAX_STREAMS: Final = 256
#: A page that is read into the knowledge base: how large, how long, how many redirects (each is checked like the first).
MAX_PAGE: Final = 16 << 20
PAGE_TIMEOUT_MS: Final = 20_000
MAX_REDIRECTS: Final = 5


class _Got(NamedTuple):
    status: int
    content: bytes
    error: str
    location: str = ""
    media: str = ""


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the public internet; IPv4 in IPv6 clothes is undressed first."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None)
    return (mapped or parsed).is_global and not parsed.is_multicast


class _PublicResolver(AbstractResolver):
    """Resolve names to public addresses only."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of `host`; raises OSError when none of them is public."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        results = [
            ResolveResult(
                hostname=host,
                host=str(name[0]),
                port=port,
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, _, proto, _, name in found
        ]
        if not results or not all(is_public(result["host"]) for result in results):
            raise PrivateAddress(host)
        return results

    async def close(self) -> None:
        """Hold nothing."""


class PrivateAddress(OSError):
    """A name leads to an address that owners' calls may not reach."""


class Outgoing:
    """Call endpoints over HTTP, at most `MAX_AT_ONCE` at a time."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None
        self._places = asyncio.Semaphore(MAX_AT_ONCE)
        self._streams = asyncio.Semaphore(MAX_STREAMS)

    async def call(self, tenant: TenantId, request: Http) -> CallAnswer:
        """Return the decoded JSON answer, or why there is none; never raises."""
        status, content, error = await self.send(
            request.method,
            request.url,
            headers=dict(request.headers),
            body=request.body,
            timeout_ms=request.timeout_ms,
        )
        if error:
            return CallAnswer(status=status, error=error)
        try:
            return CallAnswer(status=status, body=json.loads(content))
        except (ValueError, RecursionError):
            return CallAnswer(status=status, error="not_json")

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        body: Any,
        timeout_ms: int,
        most: int = MAX_ANSWER,
    ) -> tuple[int, bytes, str]:
        """Return (status, content, "") or (0 or status, b"", error); the error is one of `CallAnswer`."""
        got = await self._ask(method, url, headers, body, timeout_ms, most)
        return got.status, got.content, got.error

    async def fetch(self, url: str) -> Page:
        """Return the page at an address, following redirects; never raises."""
        headers = {
            "User-Agent": f"fastdesk/{__version__}",
            "Accept": "text/html,application/pdf,application/xml;q=0.9,*/*;q=0.5",
        }
        for _ in range(MAX_REDIRECTS + 1):
            got = await self._ask("GET", url, headers, None, PAGE_TIMEOUT_MS, MAX_PAGE)
            if got.error or got.status not in (301, 302, 303, 307, 308) or not got.location:
                return Page(url=url, status=got.status, content=got.content, media=got.media, error=got.error)
            try:
                url = urljoin(url, got.location)
            except ValueError:
                return Page(url=url, error="refused")
        return Page(url=url, error="redirects")

    async def stream(
        self, url: str, *, headers: dict[str, str], body: dict[str, Any], total_ms: int
    ) -> AsyncGenerator[bytes, None]:
        """Post JSON and yield the answer as it comes, `total_ms` and `MAX_PAGE` bytes at most.

        Raises:
            ModelError: the address is refused, nobody answers, or the status is not 200.
        """
        refusal = self._refusal(url)
        if refusal:
            raise ModelError(f"The address cannot be called: {refusal}.", kind="connect")
        content, size = json.dumps(body).encode(), 0
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", **headers}
        try:
            async with (
                asyncio.timeout(total_ms / 1000),
                self._streams,
                self._open().post(url, data=content, headers=headers, allow_redirects=False) as response,
            ):
                if response.status != 200:
                    raise ModelError(f"It answered {response.status}.", kind="status", status=response.status)
                async for part in response.content.iter_any():
                    size += len(part)
                    if size > MAX_PAGE:
                        raise ModelError("The answer is too large.", kind="too_large")
                    yield part
        except TimeoutError as late:
            raise ModelError("The answer took too long.", kind="timeout") from late
        except (aiohttp.ClientError, OSError, ValueError) as failure:
            raise ModelError("Nobody answers there.", kind="connect") from failure

    def _refusal(self, url: str) -> str:
        """Say why an address may not be called, "" when it may."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return "refused"
        if parts.scheme not in ("http", "https") or not host or parts.username is not None:
            return "refused"
        if not self._allow_private and _is_literal(host) and not is_public(host.strip("[]")):
            return "private_address"
        return ""

    async def _ask(
        self, method: str, url: str, headers: dict[str, str], body: Any, timeout_ms: int, most: int
    ) -> _Got:
        refusal = self._refusal(url)
        if refusal:
            return _Got(0, b"", refusal)
        try:
            async with asyncio.timeout(timeout_ms / 1000), self._places:
                return await self._send(method, url, headers, body, most)
        except TimeoutError:
            return _Got(0, b"", "timeout")
        except PrivateAddress:
            return _Got(0, b"", "private_address")
        except aiohttp.ClientConnectorError as failure:
            is_private = isinstance(failure.os_error, PrivateAddress)
            return _Got(0, b"", "private_address" if is_private else "unreachable")
        except (aiohttp.ClientError, OSError, ValueError):
            return _Got(0, b"", "unreachable")

    async def _send(self, method: str, url: str, headers: dict[str, str], body: Any, most: int) -> _Got:
        session = self._open()
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        if content is not None:
            headers = {"Content-Type": "application/json", **headers}
        headers = {"Accept-Encoding": "identity", **headers}
        async with session.request(
            method, url, headers=headers, data=content, allow_redirects=False
        ) as response:
            parts, size = [], 0
            async for part in response.content.iter_any():
                size += len(part)
                if size > most:
                    return _Got(response.status, b"", "too_large")
                parts.append(part)
            location, media = response.headers.get("Location", ""), response.headers.get("Content-Type", "")
            packing = response.headers.get("Content-Encoding", "").lower()
            answer = _unpack(b"".join(parts), packing, most)
            if answer is None:
                return _Got(response.status, b"", "too_large" if packing in _PACKINGS else "unreachable")
            return _Got(response.status, answer, "", location, media)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = None if self._allow_private else _PublicResolver()
            connector = aiohttp.TCPConnector(
                resolver=resolver, limit=MAX_AT_ONCE + MAX_STREAMS, ttl_dns_cache=0, use_dns_cache=False
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
            )
        return self._session

    async def stop(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


_PACKINGS = ("gzip", "x-gzip", "deflate")


def _unpack(content: bytes, packing: str, most: int) -> bytes | None:
    """Unpack an answer that was packed unasked, up to `most` bytes; None when it is larger or cannot be unpacked."""
    if packing in ("", "identity"):
        return content
    if packing not in _PACKINGS:
        return None
    unpacker = zlib.decompressobj(47)  # gzip or zlib, as the content says
    try:
        answer = unpacker.decompress(content, most)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else answer


def _is_literal(host: str) -> bool:
    """Tell whether a host is an address in any spelling that the resolver would take without asking anybody."""
    try:
        socket.inet_aton(host)
    except OSError:
        return ":" in host
    return True
