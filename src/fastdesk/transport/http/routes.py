"""Declare routes, and run a request through what every route has in common: identity, permission, limits, body, problems."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import msgspec
import structlog
from aiohttp import web

from fastdesk.errors import Refused, StoreError
from fastdesk.model.identity import Principal
from fastdesk.observe.clock import Clock
from fastdesk.pipeline.masking import is_personal, mask, must_mask
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.audit import Audit
from fastdesk.tenants.gate import Gate
from fastdesk.tenants.limits import Limits, address_prefix
from fastdesk.tenants.permissions import AUDITED, PERMISSIONS, may
from fastdesk.transport.http.problems import problem, problem_of

__all__ = ["Call", "Front", "Query", "Route", "json_response"]

_log = structlog.get_logger("fastdesk.http")
_encoder = msgspec.json.Encoder()

MAX_BODY: Final = 1 << 20
#: A body that has not arrived by then fails: aiohttp would wait for ever (a malformed chunk in a later segment).
BODY_DEADLINE_S: Final = 15.0

#: Accesses of visitors and of agents alike: what agents and keys need for them.
_PARTIES: Final = {"known": "conversation.write", "party": "conversation.read"}

#: What agents are told of themselves and their colleagues is theirs.
_UNMASKED: Final = frozenset({"open", "agent", "agent.read"})

#: A disk that takes nothing for so long is full or broken.
STORE_DEADLINE_S: Final = 5.0

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


class Call:
    """One request that is allowed: who asks, and the checked body and query."""

    __slots__ = ("_principal", "address", "body", "query", "request")

    def __init__(
        self,
        request: web.Request,
        principal: Principal | None,
        body: Any,
        query: dict[str, Any],
        address: str,
    ) -> None:
        self.request = request
        self._principal = principal
        self.body = body
        self.query = query
        self.address = address

    @property
    def principal(self) -> Principal:
        """Return who asks; only routes with access other than "open" may ask."""
        assert self._principal is not None
        return self._principal

    @property
    def is_masked(self) -> bool:
        """Tell whether personal data is hidden from who asks."""
        return self._principal is not None and must_mask(self._principal)

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return self.request.match_info[name]


class Front:
    """The way of every request to its route's handler."""

    def __init__(
        self,
        *,
        gate: Gate,
        limits: Limits,
        clock: Clock,
        audit: Audit,
        peer_of: Callable[[web.Request], str],
        durable_now: Callable[[], Awaitable[None]],
    ) -> None:
        self.routes: list[Route] = []
        self._gate = gate
        self._limits = limits
        self._clock = clock
        self._audit = audit
        self._peer_of = peer_of
        self._durable_now = durable_now
        self.requests = 0

    def add(self, app: web.Application, routes: list[Route]) -> None:
        """Register routes; an access that is no permission is a mistake of ours."""
        for route in routes:
            assert route.access in ("open", "visitor", "agent", *_PARTIES) or route.access in PERMISSIONS, (
                route.access
            )
            self.routes.append(route)
            app.router.add_route(route.method, route.path, self._serve(route))

    def _serve(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        decoder = None if route.body is None else msgspec.json.Decoder(route.body)

        async def serve(request: web.Request) -> web.StreamResponse:
            self.requests += 1
            try:
                call = await self._admit(route, request, decoder)
                if isinstance(call, Rejection):
                    return problem_of(call)
                answer = await route.handler(call)
                self._note(route, call)
                if route.method != "GET" and route.access not in ("open", "visitor"):
                    # What an agent is told to be done is on disk.
                    async with asyncio.timeout(STORE_DEADLINE_S):
                        await self._durable_now()
                if call.is_masked and route.access not in _UNMASKED:
                    answer = _masked(answer)
            except Refused as refusal:
                return problem_of(refusal)
            except (StoreError, TimeoutError):
                return problem("retry_later")
            except (web.HTTPException, asyncio.CancelledError):
                raise
            except Exception as failure:  # the border of a request: nothing inside may leak out
                _log.error(
                    "request_failed",
                    route=route.path,
                    method=route.method,
                    error=type(failure).__name__,
                    exc_info=failure,
                )
                return problem("internal")
            return answer if isinstance(answer, web.StreamResponse) else json_response(answer, route.status)

        return serve

    def _note(self, route: Route, call: Call) -> None:
        """Write what was done into the audit log: the method, the path, and never what the body said."""
        is_act = route.audit == "act" or (route.method != "GET" and route.access in AUDITED)
        principal = call._principal
        if principal is None or principal.kind == "visitor" or not (is_act or route.audit):
            return
        what = f"{call.request.method} {call.request.path}"
        act = "account" if route.access == "agent" else _PARTIES.get(route.access, route.access)
        if is_act:
            self._audit.act(principal, act, what, call.address)
        else:
            self._audit.reading(principal, act, what, call.address)

    async def _admit(
        self, route: Route, request: web.Request, decoder: "msgspec.json.Decoder[Any] | None"
    ) -> Call | Rejection:
        address = self._peer_of(request)
        wait_ns = self._limits.take_address(address_prefix(address), self._clock.now_ns())
        if wait_ns:
            return Rejection("rate_limited", retry_after_ms=-(-wait_ns // 1_000_000))
        principal = self._identify(route, request)
        if isinstance(principal, Rejection):
            return principal
        query = _read_query(route, request)
        if isinstance(query, Rejection):
            return query
        if principal is not None and must_mask(principal) and any(map(_is_personal, query.values())):
            # Whether a number is here must not be found out by asking for it.
            return Rejection("forbidden", "This needs the permission visitor.unmasked.")
        body: Any = None
        if decoder is not None:
            raw = await read_body(request, route.max_body)
            if isinstance(raw, Rejection):
                return raw
            try:
                body = decoder.decode(raw)
            except msgspec.ValidationError as fault:
                return Rejection("invalid", _without_values(str(fault)))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                return Rejection("bad_request", "The body is not JSON.")
        return Call(request, principal, body, query, address)

    def _identify(self, route: Route, request: web.Request) -> Principal | Rejection | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if route.access == "open" and not token:
            return None
        if scheme.lower() != "bearer" or not token:
            return None if route.access == "open" else Rejection("unauthenticated")
        principal = self._gate.principal_of(token.strip(), self._clock.now_ms())
        if route.access == "open":
            return None if isinstance(principal, Rejection) else principal
        if isinstance(principal, Rejection):
            return principal
        if route.access == "visitor":
            return (
                principal
                if principal.kind == "visitor"
                else Rejection("forbidden", "This address is for visitors.")
            )
        if principal.kind == "visitor":
            if route.access in _PARTIES:
                return principal
            return Rejection("forbidden", "This address is for agents.")
        needed = _PARTIES.get(route.access, route.access)
        if needed != "agent" and not may(principal, needed):
            return Rejection("forbidden", f"This needs the permission {needed}.")
        return principal


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


def _read_query(route: Route, request: web.Request) -> dict[str, Any] | Rejection:
    values: dict[str, Any] = {}
    for wanted in route.query:
        text = request.query.get(wanted.name)
        if text is None:
            values[wanted.name] = wanted.default
        elif wanted.type is int:
            if (
                not text.isascii()
                or not text.isdigit()
                or len(text) > 16
                or not wanted.least <= int(text) <= wanted.most
            ):
                return Rejection(
                    "invalid", f"{wanted.name} is a number from {wanted.least} to {wanted.most}."
                )
            values[wanted.name] = int(text)
        elif wanted.type is bool:
            values[wanted.name] = text in ("1", "true", "yes")
        else:
            values[wanted.name] = text[:500]
    return values


def _without_values(explanation: str) -> str:
    head, quote, rest = explanation.partition("'")
    return (
        explanation if not quote or "Invalid value" not in head else head.rstrip() + rest.rpartition("'")[2]
    )


def _is_personal(value: Any) -> bool:
    return isinstance(value, str) and is_personal(value)


def _masked(answer: Answer) -> Answer:
    """Hide personal data in an answer; one that was sent piece by piece has hidden its own."""
    return answer if isinstance(answer, web.StreamResponse) else mask(answer)


def json_response(answer: Any, status: int = 200) -> web.Response:
    """Return `answer` as JSON, nothing (204) for None."""
    if answer is None:
        return web.Response(status=204)
    return web.Response(status=status, body=_encoder.encode(answer), content_type="application/json")
