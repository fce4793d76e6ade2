"""The one port: every connection comes in here and is counted; what it asks for is told where to go.

Enters: connections. Leaves: WebSocket connections to the endpoint of their path, requests with a quick route to that
route, all others to the HTTP server (`guest` tells how one connection carries them all). The sockets are the event loop's
own (uvloop's in production): its accept neither spins nor logs at the descriptor limit, and an idle connection stays small.
"""

import asyncio
import resource
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Final, Protocol, cast

import msgspec
import structlog
from aiohttp import web

from fastdesk._core import WsConnection, WsEndpoint
from fastdesk.protocol.codes import CLOSE_RESTART
from fastdesk.transport.guest import Guest, Quick
from fastdesk.transport.handshake import Handshake, Upgrade, is_upgrade, judge_upgrade
from fastdesk.transport.head import Head, HeadReader, Refusal
from fastdesk.transport.peers import PeerTable, TrustedProxies
from fastdesk.transport.seats import seat_websocket

__all__ = ["Door", "DoorLimits"]

_log = structlog.get_logger("fastdesk.door")

_SWEEP_S: Final = 1.0
_DRAIN_STEP_S: Final = 0.05
_SPARE_DESCRIPTORS: Final = 128  # data base, logs, calls to models, refusals that linger
_MAX_LINGERING: Final = 64
_RECEIVE_BUFFER: Final = 65_536  # bounds one read, and with it the parser's buffer, which never shrinks
_HUGE_MESSAGE: Final = 1_048_576
_LAST_ANSWERS_S: Final = 5.0  # for what is on its way to the disk when the door closes
_BUSY: Final = Refusal(503, "overloaded", fields=(("Retry-After", "5"),))
_NO_UPGRADE: Final = Refusal(426, "upgrade_required", fields=(("Upgrade", "websocket"),))


class Clock(Protocol):
    """What the door needs of a clock."""

    def now_ns(self) -> int:
        """Return monotonic nanoseconds."""


class DoorLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bound the door.

    `max_connections=0` takes what the process's descriptor limit leaves, `max_connections_per_peer=0` all.
    """

    max_connections: int = 0
    max_connections_per_peer: int = 0
    max_head_bytes: int = 8_192
    head_timeout_s: float = 4.0


class Door:
    """Serve one port or several with one set of endpoints and one HTTP server.

    Args:
        http: makes the HTTP server's protocol for one connection (`AppRunner.server`, with `Answered` for its access log).
        endpoints: WebSocket endpoint by path.
        clock: monotonic time.
        limits: see `DoorLimits`.
        proxies: whose headers name the visitor's address.
        may_enter: decides about a valid handshake, by origin for instance; must not block.
        quick: returns the quick route that takes a request, None for one that the HTTP server answers.
    """

    def __init__(
        self,
        *,
        http: Callable[[], web.RequestHandler],
        endpoints: Mapping[str, WsEndpoint],
        clock: Clock,
        limits: DoorLimits | None = None,
        proxies: TrustedProxies | None = None,
        may_enter: Callable[[Handshake], bool] | None = None,
        quick: Callable[[Head], Quick | None] = lambda head: None,
    ) -> None:
        self._http = http
        self._limits = limits or DoorLimits()
        self._proxies = proxies or TrustedProxies()
        self._may_enter = may_enter
        self._peers = PeerTable(self._limits.max_connections_per_peer)
        self._servers: list[asyncio.Server] = []
        self._guests: dict[Guest, None] = {}
        self._refused = 0
        self._gone = asyncio.Event()
        self._is_draining = False
        self._timer: asyncio.TimerHandle | None = None
        self._on_websocket_gone = self._websocket_gone  # one bound method for all connections
        self.now_ns: Final = clock.now_ns
        self.quick: Final = quick
        self.read_head: Final = HeadReader().read
        self.endpoints: Final = dict(endpoints)
        self.head_timeout_ns: Final = int(self._limits.head_timeout_s * 1e9)
        self.max_head_bytes: Final = self._limits.max_head_bytes
        self.max_connections: Final = self._limits.max_connections or _descriptors_left()

    # Opening and closing.

    async def open(
        self, host: str, port: int, *, ssl_context: ssl.SSLContext | None = None, backlog: int = 4_096
    ) -> None:
        """Listen on `host` and `port` (0: any free one); call again for more addresses.

        Raises:
            OSError: the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        handshake_s = self._limits.head_timeout_s if ssl_context else None
        self._servers.append(
            await loop.create_server(
                self._welcome,
                host,
                port,
                ssl=ssl_context,
                backlog=backlog,
                ssl_handshake_timeout=handshake_s,
            )
        )
        if self._timer is None:
            self._tick(loop)

    def _welcome(self) -> asyncio.Protocol:
        # It is a protocol in all but name: compiled classes have no base that is not.
        return cast(asyncio.Protocol, Guest(self))

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Return host and port of every listening socket."""
        return [listening.getsockname()[:2] for server in self._servers for listening in server.sockets]

    async def drain(self, spread_s: float = 3.0) -> None:
        """Stop accepting, close every WebSocket with 1012 spread over `spread_s`, return when they are gone.

        Peers come back at the moment they are closed: spread out, they do not come all at once.
        """
        self._stop_listening()
        waiting = self._open_websockets()
        steps = max(1, round(spread_s / _DRAIN_STEP_S))
        for step in range(steps):
            for connection in waiting[step::steps]:
                connection.close(CLOSE_RESTART, "restart")
            await asyncio.sleep(spread_s / steps)
        await self._wait_until_none(self._count_websockets)  # bounded: the sweep cuts who does not answer

    async def close(self) -> None:
        """Stop listening and sweeping, drop every WebSocket and every guest who asks for nothing.

        What quick routes are answering is answered first; what the HTTP server answers, its owner ends.
        """
        self._stop_listening()
        for connection in self._open_websockets():
            connection.abort(CLOSE_RESTART)
        for guest in tuple(self._guests):
            guest.leave()
        await self._wait_until_none(self._count_websockets)
        try:
            async with asyncio.timeout(_LAST_ANSWERS_S):
                await self._wait_until_none(self._count_served)
        except TimeoutError:
            _log.warning("requests_cut", count=self._count_served())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _wait_until_none(self, count: Callable[[], int]) -> None:
        while count():
            self._gone.clear()
            await self._gone.wait()

    def _count_served(self) -> int:
        return sum(guest.is_served for guest in self._guests)

    def _count_websockets(self) -> int:
        return sum(len(endpoint) for endpoint in self.endpoints.values())

    def _open_websockets(self) -> list[WsConnection]:
        return [connection for endpoint in self.endpoints.values() for connection in endpoint.connections()]

    def _stop_listening(self) -> None:
        self._is_draining = True
        for server in self._servers:
            server.close()
        self._servers.clear()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(_SWEEP_S, self._tick, loop)
        self.sweep()

    def sweep(self) -> None:
        """Enforce every time limit of the street; an open door does it once a second."""
        now_ns = self.now_ns()
        for endpoint in self.endpoints.values():
            endpoint.sweep(now_ns)
        for guest in tuple(self._guests):
            guest.expire(now_ns)

    # What a guest asks.

    def admit(self, guest: Guest) -> Refusal | None:
        """Count the connection, or refuse it: too many in all, or too many of one peer."""
        self._guests[guest] = None
        if len(self._guests) + self._count_websockets() > self.max_connections:
            return _BUSY
        guest.is_proxy = self._proxies.trusts(guest.address)
        if not guest.is_proxy:  # many stand behind a proxy: counted when they are known
            guest.is_counted = self._peers.enter(guest.address)
            if not guest.is_counted:
                return _BUSY
        return None

    def may_linger(self) -> bool:
        """Tell whether one more refusal may keep its descriptor until it has arrived."""
        self._refused += 1
        return sum(guest.is_refused for guest in self._guests) <= _MAX_LINGERING

    def dismiss(self, guest: Guest) -> None:
        """Forget a connection that has ended before it was a WebSocket."""
        self._guests.pop(guest, None)
        self._gone.set()
        if guest.is_counted:
            self._peers.leave(guest.address)

    def address_of(self, guest: Guest, head: Head) -> str:
        """Return the visitor's address, from the header of a trusted proxy where there is one."""
        if not self._proxies:
            return guest.address
        return self._proxies.visitor(guest.address, [head.value(self._proxies.field.encode())])

    def serve(self, transport: asyncio.Transport) -> web.RequestHandler:
        """Return the HTTP server's side of a connection."""
        server = self._http()
        server.connection_made(transport)
        return server

    def seat(self, guest: Guest, head: Head) -> Refusal | None:
        """Give the connection, with what was received, to the WebSocket endpoint of the path."""
        if not is_upgrade(head):
            return _NO_UPGRADE
        peer = self.address_of(guest, head)
        upgrade = self._judge(head, peer)
        if isinstance(upgrade, Refusal):
            return upgrade
        if not guest.is_counted and not self._peers.enter(peer):
            return _BUSY
        del self._guests[guest]
        self._seat_websocket(guest.transport, upgrade, guest.hand_over())
        return None

    def report(self, failure: Exception) -> None:
        """Log a failure on this side; never what a peer sent."""
        _log.error("connection_failed", error=type(failure).__name__, exc_info=failure)

    # Seating.

    def _seat_websocket(self, transport: asyncio.Transport, upgrade: Upgrade, rest: bytes) -> None:
        handshake = upgrade.handshake
        endpoint = self.endpoints[handshake.path]
        if endpoint.limits.max_message_bytes < _HUGE_MESSAGE:
            descriptor = transport.get_extra_info("socket")
            descriptor.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        connection = WsConnection(endpoint, handshake.peer, handshake, self._on_websocket_gone)
        seat_websocket(transport, connection, upgrade, rest)

    def _judge(self, head: Head, peer: str) -> Upgrade | Refusal:
        if self._is_draining:
            return Refusal(503, "shutting_down", fields=(("Retry-After", "1"),))
        upgrade = judge_upgrade(head, peer)
        if isinstance(upgrade, Refusal) or self._may_enter is None or self._may_enter(upgrade.handshake):
            return upgrade
        return Refusal(403, "origin_refused")

    def _websocket_gone(self, connection: WsConnection) -> None:
        self._gone.set()
        self._peers.leave(connection.peer)

    # For others.

    def peer_of(self, request: web.BaseRequest) -> str:
        """Return the visitor's address, from the header of a trusted proxy where there is one."""
        return self._proxies.visitor(request.remote or "", request.headers.getall(self._proxies.field, []))

    def counters(self) -> dict[str, int]:
        """Return the present connections and the refusals since the start."""
        asking = sum(guest.has_asked for guest in self._guests)
        return {
            "knocking": len(self._guests) - asking,
            "http": asking,
            "websocket": self._count_websockets(),
            "refused": self._refused,
        }


def _descriptors_left() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft - _SPARE_DESCRIPTORS, soft // 2)
