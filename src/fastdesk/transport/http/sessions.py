"""Sessions without a socket: one request that sends, one that waits."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from fastdesk.hub.live import Live
from fastdesk.hub.session import Session
from fastdesk.model.event import Said
from fastdesk.model.identity import Principal
from fastdesk.protocol.codec import JSON
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.limits import address_prefix

__all__ = ["AnswerSession", "PollSession", "PostSession"]

#: Frames that wait for a slow reader of an event stream; one that is further behind is cut and resumes.
MAX_STREAM_BACKLOG: Final = 1000


class AnswerSession(Session):
    """A session of one request: the first thing that is said to it is its answer."""

    __slots__ = ("_answer",)

    def __init__(
        self,
        principal: Principal,
        live: Live,
        address: str,
        bucket: str,
        answer: Callable[[Any], None],
    ) -> None:
        super().__init__(codec=JSON, address=address, bucket=bucket)
        self.principal = principal
        self.live = live
        self._answer: Callable[[Any], None] | None = answer

    def write(self, data: bytes) -> None:
        """Ignore frames: this session hears nothing but its acknowledgement."""

    def acknowledge(self, said: Said) -> None:
        self.tell(said)

    def refuse(self, refusal: Rejection, conversation: str | None = None) -> None:
        self.tell(refusal)

    def close(self, code: int, reason: str) -> None:
        """Ignore: there is no connection to end."""

    def tell(self, found: Any) -> None:
        """Give the one answer."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer(found)


class PostSession(AnswerSession):
    """A session of one request whose handler waits for the answer."""

    __slots__ = ("answer",)

    def __init__(self, principal: Principal, live: Live, address: str) -> None:
        self.answer: asyncio.Future[Said | Rejection] = asyncio.get_running_loop().create_future()
        super().__init__(principal, live, address, address_prefix(address), self._set)

    def _set(self, found: Said | Rejection) -> None:
        if not self.answer.done():  # its handler may have been cancelled
            self.answer.set_result(found)


class PollSession(Session):
    """A session that collects frames for one long poll or one event stream."""

    __slots__ = ("backlog", "wake")

    def __init__(self, principal: Principal, address: str) -> None:
        super().__init__(codec=JSON, address=address)
        self.principal = principal
        self.backlog: list[bytes] = []
        self.wake = asyncio.Event()

    def write(self, data: bytes) -> None:
        if len(self.backlog) >= MAX_STREAM_BACKLOG:
            self.closed = True
        else:
            self.backlog.append(data)
        self.wake.set()

    def close(self, code: int, reason: str) -> None:
        self.closed = True
        self.wake.set()

    def take(self) -> list[bytes]:
        """Return the frames since the last call."""
        frames, self.backlog = self.backlog, []
        self.wake.clear()
        return frames
