"""Each tenant's texts are checked against its own lists, as they are now."""

import asyncio
from typing import Any

import pytest

from fastdesk.model.ids import TenantId
from fastdesk.model.word import Word, WordList, WordListId
from fastdesk.observe.clock import SystemClock
from fastdesk.observe.tasks import Tasks
from fastdesk.pipeline.words import WordFilters
from fastdesk.tenants.records import Kind, Records
from fastdesk.tenants.revs import Revs

SHOP, OTHER = TenantId("shop"), TenantId("other")


class World:
    """Word lists in records, and the filters that are built of them."""

    def __init__(self) -> None:
        self.records = Records([Kind("words", WordList)], store=self, revs=Revs({}), clock=SystemClock())
        self.words = WordFilters(records=self.records, tasks=Tasks())
        self.news = asyncio.Event()
        self.words.filters.watchers.append(lambda tenant: self.news.set())

    def append(self, event: Any, origin: Any = None) -> None:
        """Keep nothing: the records are in memory."""

    def write(self, tenant: TenantId, id: str, *words: str, **fields: Any) -> None:
        made = WordList(id=WordListId(id), words=tuple(map(Word, words)), **fields)
        self.records.put(tenant, "words", made, actor="test")

    async def until(self, tenant: TenantId, text: str, level: str) -> None:
        async with asyncio.timeout(30):
            while self.words.check(tenant, text, "input").level != level:
                self.news.clear()
                await self.news.wait()


@pytest.fixture
async def world() -> World:
    return World()


async def test_a_list_holds_for_its_own_tenant_only(world: World) -> None:
    world.write(SHOP, "ads", "spam")
    world.write(OTHER, "ads", "eggs")
    await world.words.filters.build_all([SHOP, OTHER])
    levels = [
        world.words.check(tenant, text, "input").level
        for tenant in (SHOP, OTHER)
        for text in ("spam", "eggs")
    ]
    assert levels == ["block", "clean", "clean", "block"]


async def test_a_change_is_in_force_without_a_restart_and_so_is_its_removal(world: World) -> None:
    assert world.words.check(SHOP, "spam", "input").is_clean
    world.write(SHOP, "ads", "spam", level="mask")
    await world.until(SHOP, "spam", "mask")
    world.write(SHOP, "ads", "spam", level="block")
    await world.until(SHOP, "spam", "block")
    world.records.remove(SHOP, "words", "ads", actor="test")
    await world.until(SHOP, "spam", "clean")


async def test_a_list_may_hold_for_one_side_and_the_most_severe_of_all_counts(world: World) -> None:
    world.write(SHOP, "mild", "spam", level="flag")
    world.write(SHOP, "strict", "spam", level="block", sides=("output",))
    await world.words.filters.build_all([SHOP])
    assert world.words.check(SHOP, "spam", "input").level == "flag"
    assert world.words.check(SHOP, "spam", "output").level == "block"


async def test_a_stored_word_that_can_never_be_found_does_not_disarm_the_rest(world: World) -> None:
    world.write(SHOP, "ads", "\u200b", "spam")
    world.write(SHOP, "off", "eggs", enabled=False)
    await world.words.filters.build_all([SHOP])
    assert world.words.check(SHOP, "spam", "input").level == "block"
    assert world.words.check(SHOP, "eggs", "input").is_clean
