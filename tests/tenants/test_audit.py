"""The audit log says who did what, and is read from the newest entry on."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fastdesk.model.audit import AuditEntry
from fastdesk.model.event import Noted
from fastdesk.model.identity import Principal
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.observe.clock import Clock as BaseClock
from fastdesk.observe.clock import SeededEntropy
from fastdesk.store import SqliteStore, memory_store
from fastdesk.tenants.audit import Audit, AuditQuery
from fastdesk.tenants.revs import Revs

SHOP, OTHER = TenantId("shop"), TenantId("other")
LI = Principal(kind="agent", tenant=SHOP, id="a1", name="Li")
WANG = Principal(kind="agent", tenant=SHOP, id="a2", name="Wang")
STRANGER = Principal(kind="agent", tenant=OTHER, id="a1", name="Li")
TEN_MINUTES = 600_000


class Clock(BaseClock):
    def __init__(self) -> None:
        self.ms = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.ms

    def now_ns(self) -> int:
        return self.ms * 1_000_000

    def cpu_ns(self) -> int:
        return 0


class Book:
    """A log on a store in memory, at a time that a test sets."""

    def __init__(self, store: SqliteStore) -> None:
        self.clock = Clock()
        self.log = Audit(store=store, revs=Revs({}), clock=self.clock, entropy=SeededEntropy(1))

    async def entries(self, tenant: TenantId = SHOP, **query: Any) -> list[AuditEntry]:
        """Return all entries that a query wants, page after page."""
        found: list[AuditEntry] = []
        cursor = None
        while True:
            page = await self.log.page(tenant, AuditQuery(**query, cursor=cursor))
            found += page.items
            cursor = page.cursor
            if cursor is None:
                return found


@pytest.fixture
async def book() -> AsyncIterator[Book]:
    store = memory_store(SeededEntropy(1))
    await store.start()
    yield Book(store)
    await store.stop()


async def test_reading_the_same_again_counts_anew_after_ten_minutes_or_for_somebody_else(book: Book) -> None:
    for who, address, later in (
        (LI, "here", 0), (LI, "here", TEN_MINUTES - 3), (WANG, "here", 1), (LI, "there", 1), (LI, "here", 1),
    ):  # fmt: skip
        book.clock.ms += later
        book.log.reading(who, "visitor.read", "visitor v1", address)
    seen = [(entry.name, entry.address) for entry in reversed(await book.entries())]
    assert seen == [("Li", "here"), ("Wang", "here"), ("Li", "there"), ("Li", "here")]


async def test_filters_and_pages_give_what_a_look_at_every_entry_gives(book: Book) -> None:
    begin = book.clock.ms
    for number in range(23):
        book.clock.ms += 1
        book.log.act(
            (LI, WANG)[number % 2], ("rule.write", "site.write")[number % 3 == 0], f"rule {number % 5}", ""
        )
    book.log.act(STRANGER, "rule.write", "rule 1", "")
    every = await book.entries()
    assert len(every) == 23
    assert every == sorted(every, key=lambda entry: entry.at, reverse=True)
    for wanted in (
        {"actor": "a2"},
        {"act": "site.write"},
        {"what": "rule 1"},
        {"actor": "a1", "what": "rule 4"},
    ):
        plain = [
            entry for entry in every if all(getattr(entry, name) == value for name, value in wanted.items())
        ]
        assert await book.entries(**wanted, limit=3) == plain, wanted
    between = await book.entries(after=begin + 5, before=begin + 9, limit=1)
    assert [entry.at - begin for entry in between] == [8, 7, 6, 5]


async def test_a_refused_sign_in_names_whom_it_was_tried_for_and_nobody_as_who_did_it(book: Book) -> None:
    book.log.sign_in(SHOP, "a1", "Li", "192.0.2.1", refused=True)
    book.clock.ms += 1
    book.log.sign_in(SHOP, "a1", "Li", "192.0.2.1", refused=False)
    after, before = await book.entries()
    assert (before.act, before.what, before.actor, before.name) == ("sign_in.refused", "agent a1", "", "")
    assert (after.act, after.what, after.actor, after.name) == ("sign_in", "agent a1", "a1", "Li")
    assert before.address == after.address == "192.0.2.1"


async def test_only_what_the_word_filter_refused_is_told_and_without_the_text(book: Book) -> None:
    for actor, level in (("word filter", "block"), ("word filter", "mask"), ("a1", "block")):
        body = {"level": level, "side": "input", "words": ["ads: spam"]}
        book.log.filtered(Noted(SHOP, 1, 1, ConversationId("c1"), "n", "why", actor, "buy my spam now", body))
    (entry,) = await book.entries()
    assert (entry.act, entry.what) == ("word_filter.blocked", "input of conversation c1: word list ads: spam")


async def test_what_it_was_done_to_is_cut_to_a_line(book: Book) -> None:
    book.log.act(LI, "rule.write", "x" * 1000, "")
    assert [len(entry.what) for entry in await book.entries()] == [300]
