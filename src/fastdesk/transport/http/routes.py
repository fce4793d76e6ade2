"""Declare routes, and what their handlers get and give."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import msgspec
from aiohttp import web

from fastdesk.protocol.codes import Rejection
from fastdesk.transport.http.ask import Answer, Ask, Call, QuickHandler, wait_for_answer

__all__ = [
    "PARTIES", "Answer", "Ask", "Call", "Query", "QuickHandler", "Route", "json_response", "read_body", "wait_for_answer",
]  # fmt: skip

_encoder = msgspec.json.Encoder()

MAX_BODY: Final = 1 << 20
#: A body that has not arrived by then fails: aiohttp would wait for ever (a malformed chunk in a later segment).
BODY_DEADLINE_S: Final = 15.0

#: Accesses of visitors and of agents alike: what agents and keys need for them.
PARTIES: Final = {"known": "conversation.write", "party": "conversation.read"}


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
    handler: Callable[[Call], Awaitable[Answer]]
    #: The way of a visitor's requests that come by the thousand: answers in place, or through a callback, without a task.
    quick: QuickHandler | None = None
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
