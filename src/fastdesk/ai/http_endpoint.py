"""The connections to one model endpoint: found or opened for a call, kept alive, never more than a bound.

Enters: calls that want to send. Leaves: each call is sent on a connection, or told why there is none. A
connection attempt belongs to the endpoint, not to the call that caused it: when the call is given up, the
next one finds the connection ready.
"""

import asyncio
import socket
import ssl
from collections import OrderedDict, deque
from typing import Any, Final
from urllib.parse import urlsplit

from mypy_extensions import mypyc_attr

from fastdesk.ai.http_connection import Connection, Exchange, Owner
from fastdesk.ai.provider import ProviderKit

__all__ = ["Endpoint", "Sender"]

#: A free connection older than this is not used again: home routers and load balancers forget in silence.
KEEP_ALIVE_NS: Final = 20_000_000_000
#: How long a resolved name is believed.
ADDRESS_TTL_NS: Final = 60_000_000_000


@mypyc_attr(allow_interpreted_subclasses=True)
class Sender(Exchange):
    """A call that waits for a connection."""

    def send_on(self, connection: Connection) -> None:
        """Send on this connection."""
        raise NotImplementedError

    def on_unreachable(self, detail: str) -> None:
        """Give up: no connection could be opened."""
        raise NotImplementedError


class Endpoint(Owner):
    """Keep the connections to one host.

    Args:
        url: its address; only scheme, host and port matter here.
        connect_s: how long name, connection and TLS together may take.
        max_connections: open ones and those being opened.
        kit: clock, tasks, and which network addresses may be used.
    """

    def __init__(self, url: str, *, connect_s: float, max_connections: int, kit: ProviderKit) -> None:
        parts = urlsplit(url)
        self.host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        # Loading the root certificates takes 20 ms: here, once, and not when the first visitor waits.
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._connect_s = connect_s
        self._max_connections = max_connections
        self._kit = kit
        self._clock = kit.clock
        self._free: deque[Connection] = deque()
        self._open: set[Connection] = set()
        self._opening = 0
        self._waiting: OrderedDict[Sender, None] = OrderedDict()
        self._addresses: list[str] = []
        self._addresses_until_ns = 0
        self._resolving: asyncio.Task[list[str] | OSError] | None = None
        self._closed = False

    @property
    def connections(self) -> int:
        """Connections open or being opened."""
        return len(self._open) + self._opening

    def submit(self, sender: Sender, *, fresh: bool = False) -> None:
        """Send on a free connection or the next to be free; `fresh` passes over those that are free now."""
        connection = None if fresh else self._take_free()
        if connection is not None:
            sender.send_on(connection)
            return
        if self._closed:
            sender.on_unreachable("closed")
            return
        self._waiting[sender] = None
        if self._opening < len(self._waiting) and self.connections < self._max_connections:
            self._opening += 1
            self._kit.spawn(self._connect(), "model connection")

    def withdraw(self, sender: Sender) -> None:
        """Forget a sender that waits."""
        self._waiting.pop(sender, None)

    async def close(self) -> None:
        """Close every connection, failing what waits; those still being opened close when they are."""
        self._closed = True
        while self._waiting:
            self._waiting.popitem()[0].on_unreachable("closed")
        for connection in tuple(self._open):
            connection.fail("broken")
        if self._resolving is not None:
            self._resolving.cancel()

    # Called by connections.

    def on_free(self, connection: Connection) -> None:
        """Hand the connection to who waits longest, or keep it."""
        if self._waiting:
            sender, _ = self._waiting.popitem(last=False)
            sender.send_on(connection)
            return
        now_ns = connection.free_since_ns = self._clock.now_ns()
        free = self._free
        free.append(connection)
        if now_ns - free[0].free_since_ns > KEEP_ALIVE_NS:
            free.popleft().abort()

    def on_gone(self, connection: Connection) -> None:
        """Forget a closed connection."""
        self._open.discard(connection)
        if connection in self._free:
            self._free.remove(connection)

    def _take_free(self) -> Connection | None:
        if not self._free:
            return None
        connection = self._free.pop()  # the one used last: the others may age and go
        if self._clock.now_ns() - connection.free_since_ns <= KEEP_ALIVE_NS:
            return connection
        for old in (connection, *self._free):
            old.abort()
        self._free.clear()
        return None

    # Opening.

    async def _connect(self) -> None:
        problem = ""
        limit = asyncio.timeout(None)
        loop = asyncio.get_running_loop()
        end = loop.call_later(self._connect_s, _expire, limit, loop.time() + self._connect_s)
        try:
            async with limit:
                connection = await self._reach()
        except TimeoutError:
            problem = f"no connection within {self._connect_s:g} s"
        except OSError as error:
            problem = type(error).__name__
        finally:
            end.cancel()
            self._opening -= 1
        if problem:
            if self._waiting:
                sender, _ = self._waiting.popitem(last=False)
                sender.on_unreachable(problem)
        elif self._closed:
            connection.abort()
        else:
            self._open.add(connection)
            self.on_free(connection)

    async def _reach(self) -> Connection:
        """Open a connection to the first address that answers."""
        loop = asyncio.get_running_loop()
        refused: OSError = OSError("no address")
        for address in await self._resolve():
            if not self._kit.may_connect(address):
                refused = PermissionError("this address may not be used")
                continue
            try:
                connection = Connection(self)
                protocol: Any = connection  # a protocol by its methods: the loop wants no more
                await loop.create_connection(
                    lambda protocol=protocol: protocol,
                    address,
                    self._port,
                    ssl=self._tls,
                    server_hostname=self.host if self._tls else None,
                )
            except OSError as error:
                refused = error
                self._put_last(address)
            except asyncio.CancelledError:  # it hangs: the next attempt begins with another one
                self._put_last(address)
                raise
            else:
                return connection
        raise refused

    def _put_last(self, address: str) -> None:
        if address in self._addresses:
            self._addresses.remove(address)
            self._addresses.append(address)

    async def _resolve(self) -> list[str]:
        """Return the host's addresses; ask the system once at a time, as it has few threads for that."""
        now_ns = self._clock.now_ns()
        if now_ns >= self._addresses_until_ns:
            if self._resolving is None or self._resolving.done():
                self._resolving = self._kit.spawn(self._look_up(), "model address")
            found = await asyncio.shield(self._resolving)
            if isinstance(found, OSError):
                raise found
            if set(found) != set(self._addresses):
                self._addresses = found
            self._addresses_until_ns = now_ns + ADDRESS_TTL_NS
        return list(self._addresses)

    async def _look_up(self) -> list[str] | OSError:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                self.host, self._port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            return error
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _expire(limit: asyncio.Timeout, due: float) -> None:
    """End an attempt whose time is over; as much later as this process is late itself, since it may have succeeded meanwhile."""
    now = asyncio.get_running_loop().time()
    limit.reschedule(now + (now - due))
