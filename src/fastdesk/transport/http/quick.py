"""Requests with a quick route, answered where their bytes are read, without the HTTP server.

Enters: a whole request of a guest. Leaves: one call with the bytes of its response. Only the plain form of a request is taken:
HTTP/1.1, a small body with its size, nothing encoded, nothing expected. Whatever is said in another way goes to the HTTP
server and its handler, which lead to the same route, the same checks and the same quick handler.
"""

from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

import msgspec

from fastdesk.errors import Refused
from fastdesk.observe.clock import Clock
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.limits import address_prefix
from fastdesk.transport.guest import Asked, Quick
from fastdesk.transport.head import Head
from fastdesk.transport.http.admission import Turnstile, decode_body
from fastdesk.transport.http.front import Front, refusal_of
from fastdesk.transport.http.problems import MEDIA_TYPE, problem_of
from fastdesk.transport.http.routes import Ask, Route

__all__ = ["QuickRoutes"]

#: Larger bodies are read by the HTTP server, piece by piece; a message has 16 KiB at most, its `extra` may be larger.
MAX_BODY: Final = 32_768

_SECOND_NS: Final = 1_000_000_000
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
_encoder: Final = msgspec.json.Encoder()


class QuickRoutes:
    """Find the quick route of a request and let it answer."""

    def __init__(self, front: Front, clock: Clock) -> None:
        self._front = front
        self._clock = clock
        self._routes = {
            (route.method, route.path): self._serve(route)
            for route in front.routes
            if route.quick is not None
        }
        self._bucket_of = lru_cache(4096)(address_prefix)
        #: How responses of JSON begin, up to the size, by status; their date is a second old at most.
        self._starts: dict[int, bytes] = {}
        self._starts_until_ns = 0

    def find(self, head: Head) -> Quick | None:
        """Return the quick route of a request in plain form."""
        quick = self._routes.get((head.method, head.path))
        fields = head.fields
        if (
            quick is None
            or not (head.is_http_11 and head.is_plain and fields.is_plain)
            or fields.body_bytes > MAX_BODY
            or fields.wants_stream
        ):
            return None
        return quick

    def _serve(self, route: Route) -> Quick:
        front, handler = self._front, route.quick
        assert handler is not None
        assert route.access == "visitor", "what agents do is noted, masked and flushed by the front"
        decoder = None if route.body is None else msgspec.json.Decoder(route.body)
        turnstile, status = Turnstile(route, front.admission), route.status

        def serve(asked: Asked, send: Callable[[bytes], None]) -> Callable[[], None] | None:
            def answer(found: Any | Rejection | Refused) -> None:
                send(self._render(found, status))

            front.requests += 1
            try:
                ask = self._admit(turnstile, decoder, asked)
                if isinstance(ask, Ask):
                    return handler(ask, answer)
                answer(ask)
            except Exception as failure:  # the border of a request: nothing inside may leak out
                answer(refusal_of(failure, route))
            return None

        return serve

    def _admit(
        self, turnstile: Turnstile, decoder: "msgspec.json.Decoder[Any] | None", asked: Asked
    ) -> Ask | Rejection:
        head = asked.head
        bucket = self._bucket_of(asked.address)
        admitted = turnstile.admit(bucket, head.fields.bearer, _read_query(head.query))
        if not isinstance(admitted, tuple):
            return admitted
        body = None if decoder is None else decode_body(decoder, asked.body)
        if type(body) is Rejection:
            return body
        return Ask(admitted[0], body, admitted[1], asked.address, bucket)

    def _render(self, found: Any | Rejection | Refused, status: int) -> bytes:
        """Return the whole response to a request."""
        if type(found) is Rejection or isinstance(found, Refused):
            problem = problem_of(found)
            more = "".join(f"{name}: {value}\r\n" for name, value in problem.fields.items())
            start, body = _start(problem.status, MEDIA_TYPE, self._clock.now_ms(), more), problem.body
        else:
            start, body = self._good_start(status), _encoder.encode(found)
        return b"%b%d\r\n\r\n%b" % (start, len(body), body)

    def _good_start(self, status: int) -> bytes:
        now_ns = self._clock.now_ns()
        if now_ns >= self._starts_until_ns:
            self._starts.clear()
            self._starts_until_ns = now_ns + _SECOND_NS
        start = self._starts.get(status)
        if start is None:
            start = self._starts[status] = _start(status, "application/json", self._clock.now_ms())
        return start


def _start(status: int, media_type: str, now_ms: int, more: str = "") -> bytes:
    """Return the lines of a response up to the size of its body."""
    date = formatdate(now_ms // 1000, usegmt=True)
    lines = f"HTTP/1.1 {status} {_PHRASES[status]}\r\nContent-Type: {media_type}\r\nDate: {date}\r\n{more}"
    return f"{lines}Content-Length: ".encode("ascii")


def _read_query(query: str) -> dict[str, str]:
    """Read a query string in which nothing is encoded; of a repeated name the first value counts."""
    values: dict[str, str] = {}
    if not query:
        return values
    for part in query.split("&"):
        name, _, value = part.partition("=")
        values.setdefault(name, value)
    return values
