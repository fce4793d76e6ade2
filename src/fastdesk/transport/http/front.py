"""Run requests that the HTTP server has through what every route has in common: admission, body, audit, problems."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import structlog
from aiohttp import web

from fastdesk.errors import Refused, StoreError
from fastdesk.pipeline.masking import mask
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.audit import Audit
from fastdesk.tenants.limits import address_prefix
from fastdesk.tenants.permissions import AUDITED, PERMISSIONS
from fastdesk.transport.head import bearer_of
from fastdesk.transport.http.admission import Admission, Turnstile, decode_body
from fastdesk.transport.http.problems import problem_of
from fastdesk.transport.http.routes import PARTIES, Answer, Call, Route, json_response, read_body

__all__ = ["Front", "refusal_of"]

_log = structlog.get_logger("fastdesk.http")

#: What agents are told of themselves and their colleagues is theirs.
_UNMASKED: Final = frozenset({"open", "agent", "agent.read"})

#: A disk that takes nothing for so long is full or broken.
STORE_DEADLINE_S: Final = 5.0


class Front:
    """The way of every request to its route's handler."""

    def __init__(
        self,
        *,
        admission: Admission,
        audit: Audit,
        peer_of: Callable[[web.Request], str],
        durable_now: Callable[[], Awaitable[None]],
    ) -> None:
        self.routes: list[Route] = []
        self.admission = admission
        self._audit = audit
        self._peer_of = peer_of
        self._durable_now = durable_now
        self.requests = 0

    def add(self, app: web.Application, routes: list[Route]) -> None:
        """Register routes; an access that is no permission is a mistake of ours."""
        for route in routes:
            assert route.access in ("open", "visitor", "agent", *PARTIES) or route.access in PERMISSIONS, (
                route.access
            )
            self.routes.append(route)
            app.router.add_route(route.method, route.path, self._serve(route))

    def _serve(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        decoder = None if route.body is None else msgspec.json.Decoder(route.body)
        turnstile = Turnstile(route, self.admission)

        async def serve(request: web.Request) -> web.StreamResponse:
            self.requests += 1
            try:
                call = await self._admit(turnstile, route.max_body, request, decoder)
                if isinstance(call, Rejection):
                    return problem_of(call).response
                answer = await route.handler(call)
                self._note(route, call)
                if route.method != "GET" and route.access not in ("open", "visitor"):
                    # What an agent is told to be done is on disk.
                    async with asyncio.timeout(STORE_DEADLINE_S):
                        await self._durable_now()
                if call.is_masked and route.access not in _UNMASKED:
                    answer = _masked(answer)
            except (web.HTTPException, asyncio.CancelledError):
                raise
            except Exception as failure:  # the border of a request: nothing inside may leak out
                return problem_of(refusal_of(failure, route)).response
            if isinstance(answer, Rejection):
                return problem_of(answer).response
            return answer if isinstance(answer, web.StreamResponse) else json_response(answer, route.status)

        return serve

    def _note(self, route: Route, call: Call) -> None:
        """Write what was done into the audit log: the method, the path, and never what the body said."""
        is_act = route.audit == "act" or (route.method != "GET" and route.access in AUDITED)
        principal = call._principal
        if principal is None or principal.kind == "visitor" or not (is_act or route.audit):
            return
        what = f"{call.request.method} {call.request.path}"
        act = "account" if route.access == "agent" else PARTIES.get(route.access, route.access)
        if is_act:
            self._audit.act(principal, act, what, call.address)
        else:
            self._audit.reading(principal, act, what, call.address)

    async def _admit(
        self,
        turnstile: Turnstile,
        max_body: int,
        request: web.Request,
        decoder: "msgspec.json.Decoder[Any] | None",
    ) -> Call | Rejection:
        address = self._peer_of(request)
        bucket = address_prefix(address)
        bearer = bearer_of(request.headers.get("Authorization", ""))
        admitted = turnstile.admit(bucket, bearer, request.query)
        if isinstance(admitted, Rejection):
            return admitted
        principal, query = admitted
        body: Any = None
        if decoder is not None:
            raw = await read_body(request, max_body)
            body = raw if isinstance(raw, Rejection) else decode_body(decoder, raw)
            if isinstance(body, Rejection):
                return body
        return Call(request, principal, body, query, address, bucket)


def refusal_of(failure: Exception, route: Route) -> Rejection | Refused:
    """Return how a failure is told; one that nobody foresaw is logged, and told without its text."""
    if isinstance(failure, Refused):
        return failure
    if isinstance(failure, StoreError | TimeoutError):
        return Rejection("retry_later")
    _log.error(
        "request_failed",
        route=route.path,
        method=route.method,
        error=type(failure).__name__,
        exc_info=failure,
    )
    return Rejection("internal")


def _masked(answer: Answer) -> Answer:
    """Hide personal data in an answer; one that was sent piece by piece has hidden its own."""
    return answer if isinstance(answer, web.StreamResponse) else mask(answer)
