"""What is built from records is in force at once; what takes longer comes after it, and never over a newer change."""

import asyncio
import threading
from typing import Any

from msgspec import Struct

from fastdesk.model.event import Event
from fastdesk.model.ids import TenantId
from fastdesk.observe.clock import SystemClock
from fastdesk.observe.tasks import Tasks
from fastdesk.tenants.compiled import Compiled
from fastdesk.tenants.records import Kind, Records
from fastdesk.tenants.revs import Revs

TENANT = TenantId("t")


class Text(Struct, frozen=True):
    """A record with a text that changes."""

    id: str
    text: str


class Shelf:
    """Records of one kind, of which there is one."""

    def __init__(self) -> None:
        self.records = Records([Kind("text", Text)], store=self, revs=Revs({}), clock=SystemClock())
        self.write("old")

    def append(self, event: Event, origin: Any = None) -> None:
        """Keep nothing: the records are in memory."""

    @property
    def text(self) -> str:
        return self.records.all(Text, TENANT, "text")[0].text

    def write(self, text: str) -> None:
        self.records.put(TENANT, "text", Text("only", text), actor="test")


class World:
    """A thing built of the shelf's text, refined when the test lets it."""

    def __init__(self) -> None:
        self.shelf, self.may_refine = Shelf(), threading.Event()
        self.swapped: list[str] = []
        self.news = asyncio.Event()
        self.built: Compiled[str] = Compiled(
            "thing", ("text",), records=self.shelf.records, tasks=Tasks(), gather=lambda tenant: self.shelf.text,
            build=lambda gathered, before: f"{gathered} built", refine=self._refine, empty="",
        )  # fmt: skip
        self.built.watchers.append(self._note)

    def _refine(self, gathered: object, built: str) -> str:
        self.may_refine.wait(30)
        return f"{gathered} refined"

    def _note(self, tenant: TenantId) -> None:
        self.swapped.append(self.built.of(tenant))
        self.news.set()

    async def until(self, wanted: str) -> None:
        async with asyncio.timeout(30):
            while self.built.of(TENANT) != wanted:
                self.news.clear()
                await self.news.wait()


async def test_what_was_built_is_in_force_before_it_is_refined() -> None:
    world = World()
    world.shelf.write("new")
    await world.until("new built")
    world.may_refine.set()
    await world.until("new refined")
    assert world.swapped == ["new built", "new refined"]


async def test_a_change_while_it_is_refined_comes_first() -> None:
    world = World()
    world.shelf.write("one")
    await world.until("one built")
    world.shelf.write("two")
    world.may_refine.set()
    await world.until("two refined")
    assert world.swapped == ["one built", "two built", "two refined"]
