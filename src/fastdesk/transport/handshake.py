"""The WebSocket handshake (RFC 6455, section 4.2): judge a request for it. No I/O.

Enters: a `Head`. Leaves: an `Upgrade` or a `Refusal`.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import Final

import msgspec

from fastdesk.protocol.codec import SUBPROTOCOLS
from fastdesk.transport.head import Head, Refusal

__all__ = ["Handshake", "Upgrade", "is_upgrade", "judge_upgrade", "render_upgrade"]

#: What an upgrade request may say only once; a comma stands in none of them.
_ONCE: Final = (b"host", b"origin", b"sec-websocket-key")


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


def is_upgrade(head: Head) -> bool:
    """Tell whether the request asks for WebSocket, well or badly."""
    return "websocket" in (token.lower() for token in head.tokens(b"upgrade"))


def judge_upgrade(head: Head, peer: str) -> Upgrade | Refusal:
    """Check an upgrade request against RFC 6455, section 4.2.1; `peer` is the visitor's address."""
    if head.method != "GET":
        return Refusal(405, "method_not_allowed", fields=(("Allow", "GET"),))
    if head.value(b"sec-websocket-version") != "13":
        fields = (("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket"))
        return Refusal(426, "upgrade_required", fields=fields)
    if not _is_sound(head) or not _is_key(head.value(b"sec-websocket-key")):
        return Refusal(400, "bad_request")
    offered = head.tokens(b"sec-websocket-protocol")
    handshake = Handshake(
        path=head.path,
        protocol=_choose(offered),
        origin=head.value(b"origin") or None,
        host=head.value(b"host"),
        agent=head.value(b"user-agent")[:256],
        peer=peer,
    )
    return Upgrade(handshake, head.value(b"sec-websocket-key"))


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
        and not any("," in head.value(name) for name in _ONCE)
        and bool(head.value(b"host"))
        and not head.fields.is_chunked
        and not head.fields.body_bytes
        and "upgrade" in (token.lower() for token in head.tokens(b"connection"))
    )


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key.encode("ascii"), validate=True)) == 16
    except (UnicodeEncodeError, binascii.Error):
        return False


def _choose(offered: Iterable[str]) -> str:
    return next((name for name in offered if name in SUBPROTOCOLS), "")
