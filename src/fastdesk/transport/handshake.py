"""The head of a connection's first request: read it, decide between WebSocket, HTTP and a refusal. No I/O.

Enters: the bytes up to the empty line. Leaves: a `Head`, an `Upgrade` (RFC 6455, section 4.2) or a `Refusal`.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

import msgspec

from fastdesk.protocol.codec import SUBPROTOCOLS
from fastdesk.protocol.codes import CODES

__all__ = [
    "Handshake",
    "Head",
    "Refusal",
    "Upgrade",
    "is_upgrade",
    "judge_upgrade",
    "parse_head",
    "render_upgrade",
]

# Origin form only: an absolute target with an impossible port is never answered behind this door.
_REQUEST_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (/[!-~\x80-\xff]*) HTTP/1\.([01])")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*")
_MAX_FIELDS: Final = 100
_ONCE: Final = ("host", "origin", "sec-websocket-key", "sec-websocket-version", "content-length")


class Head(msgspec.Struct, frozen=True):
    """A request line and its fields: the values of each in order, the names in lower case."""

    method: str
    path: str
    is_http_11: bool
    fields: dict[str, list[str]]

    def values(self, name: str) -> list[str]:
        """Return every value of the field `name`, in order."""
        return self.fields.get(name, [])

    def value(self, name: str) -> str:
        """Return the first value of the field `name`, or nothing."""
        values = self.fields.get(name)
        return values[0] if values else ""

    def tokens(self, name: str) -> list[str]:
        """Return the comma-separated parts of the field `name`."""
        return [part.strip() for value in self.values(name) for part in value.split(",") if part.strip()]


class Handshake(msgspec.Struct, frozen=True):
    """What a WebSocket connection said about itself before it was let in.

    `protocol` is the negotiated sub-protocol, "" when the peer named none; `origin` is None outside of
    browsers.
    """

    path: str
    protocol: str
    origin: str | None
    host: str
    agent: str
    peer: str


class Upgrade(msgspec.Struct, frozen=True):
    """A valid upgrade request."""

    handshake: Handshake
    key: str


class Refusal(msgspec.Struct, frozen=True):
    """A fixed answer that ends the connection; nothing of the request is repeated in it."""

    status: int
    code: str
    message: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    def body(self) -> bytes:
        """Return the problem document."""
        return msgspec.json.encode({"code": self.code, "message": self.message or CODES[self.code][1]})

    def render(self) -> bytes:
        """Return the whole response."""
        body = self.body()
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            "Content-Type: application/problem+json",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *(f"{name}: {value}" for name, value in self.fields),
        ]
        return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


def parse_head(raw: bytes) -> Head | Refusal:
    """Read a request's head, without the empty line; 400 for anything but HTTP/1.0 or 1.1 in origin form."""
    first, *lines = raw.split(b"\r\n")
    request = _REQUEST_LINE.fullmatch(first)
    if request is None or len(lines) > _MAX_FIELDS:
        return Refusal(400, "bad_request")
    fields: dict[str, list[str]] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            return Refusal(400, "bad_request")
        fields.setdefault(field[1].decode("ascii").lower(), []).append(field[2].decode("latin-1"))
    method, target, minor = request.groups()
    path = target.decode("latin-1").partition("?")[0]
    return Head(method.decode("ascii"), path, minor == b"1", fields)


def is_upgrade(head: Head) -> bool:
    """Tell whether the request asks for WebSocket, well or badly."""
    return "websocket" in (token.lower() for token in head.tokens("upgrade"))


def judge_upgrade(head: Head, peer: str) -> Upgrade | Refusal:
    """Check an upgrade request against RFC 6455, section 4.2.1; `peer` is the visitor's address."""
    if head.method != "GET":
        return Refusal(405, "method_not_allowed", fields=(("Allow", "GET"),))
    if head.value("sec-websocket-version") != "13":
        fields = (("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket"))
        return Refusal(426, "upgrade_required", fields=fields)
    if not _is_sound(head) or not _is_key(head.value("sec-websocket-key")):
        return Refusal(400, "bad_request")
    offered = head.tokens("sec-websocket-protocol")
    handshake = Handshake(
        path=head.path,
        protocol=_choose(offered),
        origin=head.value("origin") or None,
        host=head.value("host"),
        agent=head.value("user-agent")[:256],
        peer=peer,
    )
    return Upgrade(handshake, head.value("sec-websocket-key"))


def render_upgrade(upgrade: Upgrade) -> bytes:
    """Return the request in the one form that the frame parser takes, whatever the peer's looked like."""
    return (
        "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {upgrade.key}\r\n\r\n"
    ).encode("ascii")


def _is_sound(head: Head) -> bool:
    """HTTP/1.1, with a host, without a body, nothing said twice, and the connection is to be upgraded."""
    return (
        head.is_http_11
        and all(len(head.values(name)) <= 1 for name in _ONCE)
        and bool(head.value("host"))
        and not head.values("transfer-encoding")
        and not head.value("content-length").strip("0")
        and "upgrade" in (token.lower() for token in head.tokens("connection"))
    )


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key.encode("ascii"), validate=True)) == 16
    except (UnicodeEncodeError, binascii.Error):
        return False


def _choose(offered: Iterable[str]) -> str:
    return next((name for name in offered if name in SUBPROTOCOLS), "")
