"""WebSocket frames as a peer would write and read them, and a transport without a socket."""

import asyncio
import itertools
from typing import Any

from fastdesk._core import WsConnection, WsEndpoint, WsLimits, WsProtocol

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

UPGRADE = (
    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def build(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes = b"\x37\xfa\x21\x3d"
) -> bytes:
    """Build one frame of a peer; an empty `mask` leaves it unmasked."""
    size = len(payload)
    bit = 0x80 if mask else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if size < 126:
        head += bytes([bit | size])
    elif size < 65_536:
        head += bytes([bit | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([bit | 127]) + size.to_bytes(8, "big")
    return (
        head
        + mask
        + (bytes(a ^ b for a, b in zip(payload, itertools.cycle(mask), strict=False)) if mask else payload)
    )


def closing(code: int, reason: bytes = b"") -> bytes:
    """Build a CLOSE frame of a peer."""
    return build(CLOSE, code.to_bytes(2, "big") + reason)


def split(stream: bytes) -> list[tuple[int, bytes]]:
    """Take the frames of a server apart: unmasked, unfragmented, no reserved bits, nothing left over."""
    frames = []
    while stream:
        assert stream[0] & 0xF0 == 0x80, "FIN alone"
        size, start = stream[1], 2
        if size == 126:
            size, start = int.from_bytes(stream[2:4], "big"), 4
            assert size >= 126
        elif size == 127:
            size, start = int.from_bytes(stream[2:10], "big"), 10
            assert size >= 65_536
        assert size < 1 << 40
        assert len(stream) >= start + size, "whole frames only"
        frames.append((stream[0] & 15, stream[start : start + size]))
        stream = stream[start + size :]
    return frames


class _Socket:
    """As much of a socket as picows touches."""

    def fileno(self) -> int:
        return -1

    def setsockopt(self, *_: Any) -> None: ...

    def getsockopt(self, *_: Any) -> int:
        return 0


class MemoryTransport(asyncio.Transport):
    """Keep what is written; a reader that does not read is `blocked`."""

    def __init__(self) -> None:
        super().__init__({"socket": _Socket()})
        self.writes: list[bytes] = []
        self.blocked = 0
        self.is_blocked = False
        self.is_closed = False
        self.is_aborted = False
        self.is_reading_now = True
        self.is_broken = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_aborted, "written after abort"
        if self.is_broken:
            raise OSError("broken")
        self.writes.append(bytes(data))
        if self.is_blocked:
            self.blocked += len(data)

    def get_write_buffer_size(self) -> int:
        return self.blocked

    def pause_reading(self) -> None:
        self.is_reading_now = False

    def resume_reading(self) -> None:
        self.is_reading_now = True

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True


class Line:
    """One connection on a memory transport, with everything that was called."""

    def __init__(
        self,
        limits: WsLimits | None = None,
        *,
        claim: bool = True,
        beside: "Line | None" = None,
        **callbacks: Any,
    ) -> None:
        """Open a connection on an endpoint of its own, or on that of the line `beside` it."""
        self.messages: list[tuple[bytes, bool]] = []
        self.opened = 0
        self.closed: list[int] = []
        self.errors: list[Exception] = []
        self.scheduled: list[Any] = []
        self.gone = 0
        self._claim = claim
        functions = {
            "on_message": self._on_message,
            "on_open": self._on_open,
            "on_close": lambda connection, code: self.closed.append(code),
            "on_error": lambda connection, failure: self.errors.append(failure),
            "call_soon": self.scheduled.append,
            **callbacks,
        }
        self.now_ns = 10**15
        self.endpoint = beside.endpoint if beside else WsEndpoint(limits=limits, **functions)
        if beside is None:
            self.endpoint.sweep(self.now_ns)
        self.connection = WsConnection(self.endpoint, "192.0.2.7", None, self._on_gone)
        self.transport = MemoryTransport()
        self.protocol = WsProtocol(self.connection)
        self.protocol.connection_made(self.transport)
        self.feed(UPGRADE)
        self.response = self.transport.writes.pop(0)

    def _on_message(self, connection: WsConnection, payload: bytes, is_text: bool) -> None:
        self.messages.append((payload, is_text))

    def _on_open(self, connection: WsConnection) -> None:
        self.opened += 1
        if self._claim:
            connection.context = self

    def _on_gone(self, connection: WsConnection) -> None:
        self.gone += 1

    def feed(self, received: bytes) -> None:
        """Let the peer's bytes arrive: one read, when they fit into the parser's buffer."""
        view = memoryview(received)
        while view:
            buffer = memoryview(self.protocol.get_buffer(-1))
            size = min(len(buffer), len(view))
            buffer[:size] = view[:size]
            self.protocol.buffer_updated(size)
            view = view[size:]

    def sent(self) -> list[tuple[int, bytes]]:
        """Take the frames that were written since the last call."""
        stream = b"".join(self.transport.writes)
        self.transport.writes.clear()
        return split(stream)

    def lose(self) -> None:
        """The transport is gone."""
        self.protocol.connection_lost(None)

    def pass_time(self, seconds: float, step_s: float = 1.0) -> None:
        """Sweep every `step_s` for `seconds`."""
        for _ in range(round(seconds / step_s)):
            self.now_ns += int(step_s * 1e9)
            self.endpoint.sweep(self.now_ns)
