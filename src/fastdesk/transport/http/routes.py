"""Declare routes, and what their handlers get and give."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import msgspec
from aiohttp import web

from fastdesk.model.identity import Principal
from fastdesk.pipeline.masking import must_mask
from fastdesk.protocol.codes import Rejection

__all__ = [
    "PARTIES", "Answer", "Ask", "Call", "Query", "QuickHandler", "Route", "json_response", "read_body", "wait_for_answer",
]  # fmt: skip

_encoder = msgspec.json.Encoder()

MAX_BODY: Final = 1 << 20
#: A body that has not arrived by then fails: aiohttp would wait for ever (a malformed chunk in a later segment).
BODY_DEADLINE_S: Final = 15.0

#: Accesses of visitors and of agents alike: what agents and keys need for them.
PARTIES: Final = {"known": "conversation.write", "party": "conversation.read"}

Answer = Any


class Query(msgspec.Struct, frozen=True):
    """A parameter of the query string, for checking and for the OpenAPI page."""

    name: str
    type: type = str
    default: Any = None
    about: str = ""
    least: int = 0
    most: int = 2**53


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One route. `access` is "open", "known" (a visitor, or agents and keys that may answer), "party" (or that may read), "visitor",
    "agent" (any sign-in or key), or the name of a permission.

    The handler returns a struct or plain data (sent as JSON), None (204), or a ready `web.StreamResponse`.
    """

    method: str
    path: str
    handler: Callable[["Call"], Awaitable[Answer]]
    #: The way of a visitor's requests that come by the thousand: answers in place, or through a callback, without a task.
    quick: "QuickHandler | None" = None
    access: str
    summary: str
    tag: str = ""
    body: Any = None
    answer: Any = None
    query: tuple[Query, ...] = ()
    #: Headers that say something about the body, for the OpenAPI page; the handler reads them.
    headers: tuple[Query, ...] = ()
    status: int = 200
    max_body: int = MAX_BODY
    raw_body: bool = False
    #: The raw body is a record of the answer's shape, in no short form.
    exact_body: bool = False
    #: What the raw body and the answer are, where they are not JSON: "yaml" or a media type.
    takes: str = ""
    gives: str = ""
    #: Whether asking stands in the audit log: as an act by default for all that writes with a permission of `AUDITED`.
    audit: Literal["", "act", "reading"] = ""


class Ask:
    """One request that is allowed: who asks, from where, and the checked body and query.

    `bucket` is the address prefix that its tokens are taken from.
    """

    __slots__ = ("_principal", "address", "body", "bucket", "query")

    def __init__(
        self, principal: Principal | None, body: Any, query: dict[str, Any], address: str, bucket: str
    ) -> None:
        self._principal = principal
        self.body = body
        self.query = query
        self.address = address
        self.bucket = bucket

    @property
    def principal(self) -> Principal:
        """Return who asks; only routes with access other than "open" may ask."""
        assert self._principal is not None
        return self._principal

    @property
    def is_masked(self) -> bool:
        """Tell whether personal data is hidden from who asks."""
        return self._principal is not None and must_mask(self._principal)


class Call(Ask):
    """A request that the HTTP server has."""

    __slots__ = ("request",)

    def __init__(
        self,
        request: web.Request,
        principal: Principal | None,
        body: Any,
        query: dict[str, Any],
        address: str,
        bucket: str = "",
    ) -> None:
        super().__init__(principal, body, query, address, bucket)
        self.request = request

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return self.request.match_info[name]


#: Calls the function once with the answer or a refusal, now or later. Returns what is to be called when nobody waits any more.
QuickHandler = Callable[[Ask, Callable[[Answer | Rejection], None]], Callable[[], None] | None]


async def wait_for_answer(quick: QuickHandler, ask: Ask) -> Answer | Rejection:
    """Return what a quick handler answers."""
    answer: asyncio.Future[Answer | Rejection] = asyncio.get_running_loop().create_future()
    gone = quick(ask, lambda found: None if answer.done() else answer.set_result(found))
    try:
        return await answer
    finally:
        if gone is not None:
            gone()


async def read_body(request: web.Request, most: int) -> bytes | Rejection:
    """Read a body of at most `most` bytes within its deadline."""
    if (request.content_length or 0) > most:
        return Rejection("too_large", f"At most {most} bytes are possible.")
    try:
        async with asyncio.timeout(BODY_DEADLINE_S):
            parts, size = [], 0
            async for part in request.content.iter_any():
                size += len(part)
                if size > most:
                    return Rejection("too_large", f"At most {most} bytes are possible.")
                parts.append(part)
            return b"".join(parts)
    except TimeoutError:
        request.protocol.force_close()
        return Rejection("bad_request", "The body did not arrive in time.")
    except (web.RequestPayloadError, ConnectionError, ValueError):
        return Rejection("bad_request", "The body is broken off or malformed.")


def json_response(answer: Any, status: int = 200) -> web.Response:
    """Return `answer` as JSON, nothing (204) for None."""
    if answer is None:
        return web.Response(status=204)
    return web.Response(status=status, body=_encoder.encode(answer), content_type="application/json")
