"""A network in memory: frames take their time, connections break in mid-flight, nothing overtakes within one connection."""

import asyncio
import random
from collections.abc import Callable

from fastdesk.hub.session import Session
from fastdesk.protocol.codec import JSON, MSGPACK
from fastdesk.tenants.limits import address_prefix


class Link(Session):
    """The desk's end of one simulated connection, and the wire to the peer's."""

    __slots__ = ("_chance", "_due_down", "_due_up", "_loop", "_to_desk", "_to_peer", "is_cut", "on_gone")

    def __init__(
        self,
        chance: random.Random,
        *,
        to_desk: Callable[["Link", bytes], None],
        to_peer: Callable[[bytes], None],
        on_gone: Callable[["Link"], None],
    ) -> None:
        super().__init__(
            codec=chance.choice((JSON, MSGPACK)), address="10.0.0.1", bucket=address_prefix("10.0.0.1")
        )
        self._chance = chance
        self._loop = asyncio.get_running_loop()
        self._to_desk = to_desk
        self._to_peer = to_peer
        self.on_gone = on_gone
        self._due_up = self._due_down = self._loop.time()
        self.is_cut = False

    # The desk's side.

    def write(self, data: bytes) -> None:
        # A little later each time: timers of the same moment keep no order.
        self._due_down = max(self._due_down + 1e-9, self._loop.time() + self._chance.expovariate(200))
        self._loop.call_at(self._due_down, self._arrive_down, data)

    def close(self, code: int, reason: str) -> None:
        self._loop.call_soon(self.cut)

    # The peer's side.

    def send(self, frame: object) -> None:  # both ends speak through this object: frames go down …
        self.write(self.codec.encode(frame))  # type: ignore[arg-type]

    def send_up(self, data: bytes) -> None:  # … and bytes go up
        self._due_up = max(self._due_up + 1e-9, self._loop.time() + self._chance.expovariate(200))
        self._loop.call_at(self._due_up, self._arrive_up, data)

    def cut(self) -> None:
        """Break the connection: what is under way is lost, the desk notices a moment later."""
        if not self.is_cut:
            self.is_cut = True
            self._loop.call_later(self._chance.expovariate(100), self._notice)

    def _notice(self) -> None:
        if not self.closed:
            self.closed = True
            self.on_gone(self)

    def _arrive_up(self, data: bytes) -> None:
        if not self.is_cut and not self.closed:
            self._to_desk(self, data)

    def _arrive_down(self, data: bytes) -> None:
        if not self.is_cut:
            self._to_peer(data)
