"""What the desk must know of before anybody connects: who waits, who is answered by whom, who sleeps until when."""

from collections.abc import AsyncIterator
from typing import Final

from msgspec.structs import replace

from fastdesk.model.ids import TenantId
from fastdesk.store.protocol import ConversationQuery, ConversationRow, Store

__all__ = ["unfinished"]

_PAGE: Final = 200
_QUERIES: Final = (
    ConversationQuery(mode="queued", states=("open",), limit=_PAGE),
    ConversationQuery(mode="human", states=("open",), limit=_PAGE),
    ConversationQuery(states=("snoozed",), limit=_PAGE),
)


async def unfinished(store: Store, tenant: TenantId) -> AsyncIterator[ConversationRow]:
    """Iterate over the stored conversations of a tenant that people have to do with."""
    for query in _QUERIES:
        cursor: str | None = None
        while True:
            page = await store.conversations(tenant, replace(query, cursor=cursor))
            for row in page.items:
                yield row
            cursor = page.cursor
            if cursor is None:
                break
