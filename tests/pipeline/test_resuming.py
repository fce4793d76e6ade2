"""After a start the desk knows of everything that people have to do with, however much that is."""

from typing import Any

import pytest
from tests.plugins.assistant_world import TENANT

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed
from fastdesk.model.ids import ConversationId, SiteId, VisitorId
from fastdesk.observe.clock import SeededEntropy
from fastdesk.pipeline import resuming
from fastdesk.pipeline.resuming import unfinished
from fastdesk.store.memory import memory_store


def conversation(number: int, **fields: Any) -> Conversation:
    return Conversation(
        id=ConversationId(f"c{number:04d}"), tenant=TENANT, site=SiteId("s"), visitor=VisitorId(f"v{number}"),
        opened_at=number + 1, **fields,
    )  # fmt: skip


WANTED = (
    {"mode": "queued"},
    {"mode": "human"},
    {"mode": "bot", "state": "snoozed"},
    {"mode": "human", "state": "snoozed"},
)
OTHERS = ({"mode": "bot"}, {"state": "resolved"}, {"mode": "bot", "state": "resolved", "assignee": "li"})


@pytest.mark.parametrize("page", [1, 3, 200])
async def test_each_is_found_once_over_any_number_of_pages(
    page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = tuple(resuming.replace(query, limit=page) for query in resuming._QUERIES)
    monkeypatch.setattr(resuming, "_QUERIES", queries)
    store = memory_store(SeededEntropy(1))
    await store.start()
    for number in range(35):
        fields = (*WANTED, *OTHERS)[number % 7]
        event = Changed(TENANT, number + 1, number, conversation(number, **fields), ("opened",), "x")
        store.append(event)
    await store.settle()
    found = [row.conversation.id async for row in unfinished(store, TENANT)]
    assert sorted(found) == [f"c{number:04d}" for number in range(35) if number % 7 < len(WANTED)]
    assert [row async for row in unfinished(store, "another")] == []  # type: ignore[arg-type]
    await store.stop()
