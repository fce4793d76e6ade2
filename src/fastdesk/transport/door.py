"""The one port: every connection comes in here, is counted, sniffed and given to WebSocket or HTTP.

Enters: connections. Leaves: WebSocket connections to the endpoint of their path, all others to the HTTP
server. The sockets are the event loop's own (uvloop's in production): its accept neither spins nor logs at
the descriptor limit, and an idle connection stays small.
"""

import asyncio
import resource
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import msgspec
import structlog
from aiohttp import HttpVersion11, web

from fastdesk._core import WsConnection, WsEndpoint
from fastdesk.protocol.codes import CLOSE_RESTART
from fastdesk.transport.handshake import Handshake, Head, Refusal, Upgrade, is_upgrade, judge_upgrade
from fastdesk.transport.knock import Knock
from fastdesk.transport.peers import PeerTable, TrustedProxies
from fastdesk.transport.seats import HttpSeat, seat_websocket, take_over

__all__ = ["Door", "DoorLimits"]

_log = structlog.get_logger("fastdesk.door")

_SWEEP_S: Final = 1.0
_DRAIN_STEP_S: Final = 0.05
_SPARE_DESCRIPTORS: Final = 128  # data base, logs, calls to models, refusals that linger
_MAX_LINGERING: Final = 64
_RECEIVE_BUFFER: Final = 65_536  # bounds one read, and with it the parser's buffer, which never shrinks
_HUGE_MESSAGE: Final = 1_048_576
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
        http: makes the HTTP server's protocol for one connection (`AppRunner.server`).
        endpoints: WebSocket endpoint by path.
        clock: monotonic time.
        limits: see `DoorLimits`.
        proxies: whose headers name the visitor's address.
        may_enter: decides about a valid handshake, by origin for instance; must not block.
    """

    def __init__(
        self,
        *,
        http: Callable[[], asyncio.Protocol],
        endpoints: Mapping[str, WsEndpoint],
        clock: Clock,
        limits: DoorLimits | None = None,
        proxies: TrustedProxies | None = None,
        may_enter: Callable[[Handshake], bool] | None = None,
    ) -> None:
        self._http = http
        self._endpoints = dict(endpoints)
        self._limits = limits or DoorLimits()
        self._proxies = proxies or TrustedProxies()
        self._may_enter = may_enter
        self._peers = PeerTable(self._limits.max_connections_per_peer)
        self._servers: list[asyncio.Server] = []
        self._knocks: dict[Knock, None] = {}
        self._https = 0
        self._refused = 0
        self._gone = asyncio.Event()
        self._is_draining = False
        self._timer: asyncio.TimerHandle | None = None
        self._on_websocket_gone = self._websocket_gone  # one bound method for all connections
        self.now_ns: Final = clock.now_ns
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
                lambda: Knock(self),
                host,
                port,
                ssl=ssl_context,
                backlog=backlog,
                ssl_handshake_timeout=handshake_s,
            )
        )
        if self._timer is None:
            self._tick(loop)

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
        await self._wait_until_gone()  # bounded: the sweep cuts who does not answer

    async def close(self) -> None:
        """Stop listening and sweeping, drop every connection but HTTP's, which their owner ends."""
        self._stop_listening()
        for connection in self._open_websockets():
            connection.abort(CLOSE_RESTART)
        for knock in tuple(self._knocks):
            knock.transport.abort()
        await self._wait_until_gone()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _wait_until_gone(self) -> None:
        while self._count_websockets():
            self._gone.clear()
            await self._gone.wait()

    def _count_websockets(self) -> int:
        return sum(len(endpoint) for endpoint in self._endpoints.values())

    def _open_websockets(self) -> list[WsConnection]:
        return [connection for endpoint in self._endpoints.values() for connection in endpoint.connections()]

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
        for endpoint in self._endpoints.values():
            endpoint.sweep(now_ns)
        for knock in tuple(self._knocks):
            knock.expire(now_ns, int(self._limits.head_timeout_s * 1e9))

    # What a knock asks.

    def admit(self, knock: Knock) -> Refusal | None:
        """Count the connection, or refuse it: too many in all, or too many of one peer."""
        self._knocks[knock] = None
        if len(self._knocks) + self._https + self._count_websockets() > self.max_connections:
            return _BUSY
        if not self._proxies.trusts(knock.address):  # many stand behind a proxy: counted when they are known
            knock.is_counted = self._peers.enter(knock.address)
            if not knock.is_counted:
                return _BUSY
        return None

    def may_linger(self) -> bool:
        """Tell whether one more refusal may keep its descriptor until it has arrived."""
        self._refused += 1
        return sum(knock.is_refused for knock in self._knocks) <= _MAX_LINGERING

    def dismiss(self, knock: Knock) -> None:
        """Forget a connection that was never seated."""
        self._knocks.pop(knock, None)
        if knock.is_counted:
            self._peers.leave(knock.address)

    def seat(self, knock: Knock, head: Head, rest: bytes) -> Refusal | None:
        """Give the connection to its endpoint when it asks for one, else to the HTTP server."""
        if head.path not in self._endpoints or not is_upgrade(head):
            self._seat_http(knock)
            return None
        peer = self._proxies.visitor(knock.address, head.values(self._proxies.field))
        upgrade = self._judge(head, peer)
        if isinstance(upgrade, Refusal):
            return upgrade
        if not knock.is_counted and not self._peers.enter(peer):
            return _BUSY
        del self._knocks[knock]
        self._seat_websocket(knock.transport, upgrade, rest)
        return None

    def report(self, failure: Exception) -> None:
        """Log a failure on this side; never what a peer sent."""
        _log.error("connection_failed", error=type(failure).__name__, exc_info=failure)

    # Seating.

    def _seat_http(self, knock: Knock) -> None:
        seat = HttpSeat(self._http(), knock.address if knock.is_counted else "", self._http_gone, self.report)
        del self._knocks[knock]
        self._https += 1
        knock.transport.set_protocol(seat)
        seat.connection_made(knock.transport)
        seat.data_received(bytes(knock.received))

    def _seat_websocket(self, transport: asyncio.Transport, upgrade: Upgrade, rest: bytes) -> None:
        handshake = upgrade.handshake
        endpoint = self._endpoints[handshake.path]
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

    def _http_gone(self, seat: HttpSeat) -> None:
        self._https -= 1
        if seat.address:
            self._peers.leave(seat.address)

    def _websocket_gone(self, connection: WsConnection) -> None:
        self._gone.set()
        self._peers.leave(connection.peer)

    # For the HTTP server's handlers.

    def peer_of(self, request: web.BaseRequest) -> str:
        """Return the visitor's address, from the header of a trusted proxy where there is one."""
        return self._proxies.visitor(request.remote or "", request.headers.getall(self._proxies.field, []))

    async def handle_upgrade(self, request: web.Request) -> web.StreamResponse:
        """Answer an endpoint's path on a connection that HTTP has already: proxies keep and reuse
        connections.

        It is taken over cleanly, or the request is refused and the connection closed.
        """
        fields = {name.lower(): request.headers.getall(name) for name in request.headers}
        head = Head(request.method, request.path, request.version == HttpVersion11, fields)
        upgrade = self._judge(head, self.peer_of(request)) if is_upgrade(head) else _NO_UPGRADE
        if isinstance(upgrade, Refusal):
            return _as_response(upgrade)
        taken = take_over(request)
        if taken is None:
            return _as_response(_NO_UPGRADE)
        transport, rest = taken
        if self._peers.enter(upgrade.handshake.peer):
            self._seat_websocket(transport, upgrade, rest)
            transport.resume_reading()
        else:
            transport.write(_BUSY.render())
            transport.close()
        return web.Response(status=101)  # for the access log only: the HTTP server has no connection any more

    def counters(self) -> dict[str, int]:
        """Return the present connections and the refusals since the start."""
        return {
            "knocking": len(self._knocks),
            "http": self._https,
            "websocket": self._count_websockets(),
            "refused": self._refused,
        }


def _descriptors_left() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft - _SPARE_DESCRIPTORS, soft // 2)


def _as_response(refusal: Refusal) -> web.Response:
    response = web.Response(
        status=refusal.status,
        body=refusal.body(),
        headers=dict(refusal.fields),
        content_type="application/problem+json",
    )
    response.force_close()
    return response
