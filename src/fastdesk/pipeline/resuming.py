"""What the desk must know of before anybody connects: who waits, who is answered by whom, who sleeps until when."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from msgspec.structs import replace

from fastdesk.model.ids import TenantId
from fastdesk.pipeline.lives import REST_S
from fastdesk.pipeline.rooms import Rooms
from fastdesk.store.protocol import ConversationQuery, ConversationRow, Store

__all__ = ["awaken", "unfinished"]

#: Open conversations of a tenant that are taken into memory after a start: within a minute, beside the chats.
MAX_AWAKE: Final = 2_000
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


async def awaken(rooms: Rooms, tenant: TenantId) -> None:
    """Take the newest open conversations into memory: times of silence, schedules, flows and closing go on over a start."""
    query, left = ConversationQuery(states=("open",), limit=_PAGE), MAX_AWAKE
    while left > 0:
        page = await rooms.store.conversations(tenant, query)
        for row in page.items:
            await rooms.lives.by_id(tenant, row.conversation.id)
            await asyncio.sleep(REST_S)
        left -= len(page.items)
        if page.cursor is None:
            return
        query = replace(query, cursor=page.cursor)
