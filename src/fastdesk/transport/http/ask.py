"""One request that is allowed, as its handler gets it."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from fastdesk.model.identity import Principal
from fastdesk.pipeline.masking import must_mask
from fastdesk.protocol.codes import Rejection

__all__ = ["Answer", "Ask", "Call", "QuickHandler", "wait_for_answer"]

Answer = Any


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
