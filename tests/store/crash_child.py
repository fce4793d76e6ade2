"""A desk that is going to be killed: appends without end and prints what was acknowledged.

Usage: python crash_child.py DATA GENERATION
"""

import asyncio
import os
import sys
from pathlib import Path

import structlog

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.observe.clock import SystemEntropy
from fastdesk.store import Entry, StoreSettings, embedded_store

TENANT = TenantId("demo")


async def main(data: Path, generation: str) -> None:
    # Small segments and a small lag, so that every kill meets rotation, trimming and projection.
    store = embedded_store(StoreSettings(data=data, segment_bytes=20_000), SystemEntropy())
    await store.start()

    def on_commit(entries: list[Entry]) -> None:
        lines = [f"{event.rev} {event.id}\n" for event, _ in entries if isinstance(event, Said)]
        os.write(1, "".join(lines).encode())

    store.on_commit = on_commit
    rev = store.revs().get(TENANT, 0)
    seqs: dict[str, int] = {}
    conversation = ConversationId(f"c-{generation}")
    rev += 1
    now = Conversation(id=conversation, tenant=TENANT, site=SiteId("s"), visitor=VisitorId("v"))
    store.append(Changed(TENANT, rev, rev, now, ("opened",), "v"))
    while True:
        for _ in range(17):
            rev += 1
            seq = seqs[conversation] = seqs.get(conversation, 0) + 1
            id = f"{generation}-{rev:08d}"
            store.append(
                Said(TENANT, rev, rev, conversation, seq, id, "visitor", "v", "n", "text", "你好" * 10)
            )
        await asyncio.sleep(0)
        while not store.accepting:
            await asyncio.sleep(0.001)


structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
