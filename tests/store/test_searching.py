"""What is found is what a look at every message and note gives, in whatever steps and by whatever way it is found."""

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Noted, Said
from fastdesk.model.folding import fold
from fastdesk.model.ids import AgentId, ConversationId, SiteId, TenantId, VisitorId
from fastdesk.observe.clock import SeededEntropy
from fastdesk.store import searching
from fastdesk.store.event_bytes import SPAN_MS
from fastdesk.store.memory import memory_store
from fastdesk.store.protocol import FoundPage, SearchQuery
from fastdesk.store.searching import search
from fastdesk.store.sqlite import SqliteStore

DEMO, OTHER = TenantId("demo"), TenantId("other")
WORDS = ("退款", "茶叶", "Order", "order 4711", "１２３", "物流", "late")
CONVERSATIONS = 6
STEP_MS = 200  # so that some come in the same second, and change places


class Shelf:
    """A real SQLite store with messages and notes, and the same beside it."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.events: list[Said | Noted] = []
        self.conversations: dict[str, Conversation] = {}

    async def fill(self, number: int) -> None:
        rng, revs, seqs = random.Random(5), {DEMO: 0, OTHER: 0}, dict.fromkeys(range(CONVERSATIONS), 0)

        def next_rev(tenant: TenantId) -> int:
            revs[tenant] += 1
            return revs[tenant]

        for each in range(CONVERSATIONS):
            made = Conversation(
                id=ConversationId(f"c{each}"), tenant=DEMO, site=SiteId("s"), visitor=VisitorId(f"v{each % 3}"),
                opened_at=1, labels=("vip",) if each % 2 else (), assignee=AgentId("li") if each == 1 else None,
                mode="human" if each == 1 else "bot",
            )  # fmt: skip
            self.conversations[made.id] = made
            self.store.append(Changed(DEMO, next_rev(DEMO), 1, made, ("opened",), "x"))
        for at in range(0, number * STEP_MS, STEP_MS):
            each = rng.randrange(CONVERSATIONS)
            text = " ".join(rng.choices(WORDS, k=rng.randrange(1, 4)))
            id = ConversationId(f"c{each}")
            event: Event
            if rng.random() < 0.2:
                event = Noted(DEMO, next_rev(DEMO), at, id, f"note-{at:04d}", "note", "li", text)
            else:
                seqs[each] += 1
                event = Said(
                    DEMO, next_rev(DEMO), at, id, seqs[each], f"said-{at:04d}", "visitor", "v", "", "text", text
                )  # fmt: skip
            self.store.append(event)
            self.events.append(event)
            if rng.random() < 0.3:
                other = replace(event, tenant=OTHER, rev=next_rev(OTHER))
                self.store.append(other)
        await self.store.settle(followers=True)

    async def find(self, query: SearchQuery) -> FoundPage:
        def read(connection: Connection) -> FoundPage:
            return search(connection, DEMO, query)

        return await self.store.run(read, DEMO)

    async def find_all(self, query: SearchQuery) -> list[Event]:
        """Walk over all pages."""
        found: list[Event] = []
        cursor: str | None = None
        for _ in range(10_000):
            page = await self.find(replace(query, cursor=cursor))
            found += [each.said for each in page.items]
            cursor = page.cursor
            if cursor is None:
                return found
        raise AssertionError("the pages never end")

    def expected(self, query: SearchQuery) -> list[Event]:
        """Look at everything."""
        words = fold(query.text).split()
        return [
            event
            for event in reversed(self.events)
            if all(word in fold(event.text) for word in words) and self._passes(event, query)
        ]

    def _passes(self, event: Said | Noted, query: SearchQuery) -> bool:
        conversation = self.conversations[event.conversation]
        return (
            (query.conversation is None or event.conversation == query.conversation)
            and (query.visitor is None or conversation.visitor == query.visitor)
            and (query.label is None or query.label in conversation.labels)
            and (query.assignee is None or conversation.assignee == query.assignee)
            and (query.after is None or event.at >= query.after)
            and (query.before is None or event.at < query.before)
        )


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    store = memory_store(SeededEntropy(1))
    await store.start()
    shelf = Shelf(store)
    await shelf.fill(300)
    yield shelf
    await store.stop()


QUERIES: list[dict[str, Any]] = [
    {"text": "退款"},
    {"text": "叶"},
    {"text": "order"},
    {"text": "ORDER 退款"},
    {"text": "123"},
    {"text": "nothing like that"},
    {"text": "late", "after": 10_000, "before": 40_000},
    {"text": "退款", "label": "vip"},
    {"text": "退款", "assignee": AgentId("li")},
    {"text": "物流", "visitor": VisitorId("v2")},
    {"text": "物流", "conversation": ConversationId("c3"), "after": 20_000},
    {"text": "茶叶", "visitor": VisitorId("v1"), "label": "vip"},
]


def _at(event: Event) -> int:
    return event.at


@pytest.mark.parametrize("way", ["by conversation", "by index"])
@pytest.mark.parametrize("fields", QUERIES, ids=str)
async def test_pages_hold_what_a_look_at_everything_gives(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], way: str
) -> None:
    if way == "by index":
        monkeypatch.setattr(searching, "_FEW", 0)
    for name, size in (("_FIRST_CHUNK", 2), ("_MAX_CHUNK", 5), ("_MAX_ROWS", 2), ("_MAX_CANDIDATES", 17)):
        monkeypatch.setattr(searching, name, size)  # so that a page ends in the midst of everything
    query = SearchQuery(**fields, limit=3)
    found = await shelf.find_all(query)
    assert sorted(found, key=_at) == shelf.expected(query)[::-1]
    assert all(a.at > b.at - SPAN_MS for place, a in enumerate(found) for b in found[place:]), "newest first"


async def test_a_page_ends_where_it_was_told_to_or_where_too_much_was_looked_at(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await shelf.find(SearchQuery(text="退款", limit=3))
    assert (len(page.items), page.cursor is None) == (3, False)
    for name, size in (("_FIRST_CHUNK", 4), ("_MAX_CHUNK", 4), ("_MAX_CANDIDATES", 4)):
        monkeypatch.setattr(searching, name, size)
    page = await shelf.find(SearchQuery(text="退款", after=10**6, limit=3))
    assert page.items == []
    assert page.cursor is not None, "nothing so far, but there is more to look at"


async def test_no_words_find_nothing_and_a_wrong_cursor_is_refused(shelf: Shelf) -> None:
    assert await shelf.find(SearchQuery(text=" … ")) == FoundPage([])
    with pytest.raises(ValueError, match=r"."):
        await shelf.find(SearchQuery(text="退款", cursor="nonsense"))


async def test_what_was_erased_is_not_found(shelf: Shelf) -> None:
    before = await shelf.find_all(SearchQuery(text="退款"))
    gone = {id for id, each in shelf.conversations.items() if each.visitor == "v1"}
    rev = max(event.rev for event in shelf.events) + 1
    await shelf.store.erase(DEMO, VisitorId("v1"), rev=rev, at=1, actor="li")

    assert await shelf.find_all(SearchQuery(text="退款")) == [
        event
        for event in before
        if event.conversation not in gone  # type: ignore[union-attr]
    ]


async def test_highlights_stand_where_the_words_do(shelf: Shelf) -> None:
    for found in (await shelf.find(SearchQuery(text="order 茶叶", limit=20))).items:
        assert isinstance(found.said, Said | Noted)
        marked = {fold(found.said.text[start:end]) for start, end in found.highlights}
        assert marked == {"order", "茶叶"}
