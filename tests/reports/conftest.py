"""A store with roll-ups, and events as a desk writes them."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Noted, Role, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.observe.clock import SeededEntropy
from fastdesk.reports import RollUps
from fastdesk.reports.counters import COUNTERS, QUARTER, SIZES
from fastdesk.store.memory import memory_store
from fastdesk.store.sqlite import SqliteStore

TENANT = TenantId("shop")
#: Monday, 24 November 2025, 10:00 UTC.
MONDAY = 1_763_978_400_000
MINUTE = 60_000


class Talk:
    """One conversation's events, made in order; `at` is the clock."""

    revs: Iterator[int]

    def __init__(self, id: str = "c1", *, visitor: str = "v1", site: str = "shop", at: int = MONDAY) -> None:
        self.now = Conversation(
            id=ConversationId(id), tenant=TENANT, site=SiteId(site), visitor=VisitorId(visitor)
        )
        self.at = at
        self.seq = 0
        self.rev = 0
        self.events: list[Event] = []

    def after(self, minutes: float) -> "Talk":
        self.at += round(minutes * MINUTE)
        return self

    def open(self) -> "Talk":
        return self.change("visitor", what=("opened",), opened_at=self.at)

    def say(self, role: Role, sender: str = "", why: dict[str, Any] | None = None) -> "Talk":
        self.seq += 1
        self.rev += 1
        self.events.append(
            Said(TENANT, self.rev, self.at, self.now.id, self.seq, f"message-{self.seq}", role, sender or role, "",
                 "text", f"what {role} says", why=why)
        )  # fmt: skip
        return self

    def note_why(self, why: dict[str, Any], kind: str = "why") -> "Talk":
        self.rev += 1
        self.events.append(
            Noted(TENANT, self.rev, self.at, self.now.id, f"n{self.rev}", kind, "desk", "", why)
        )
        return self

    def change(
        self, actor: str, reason: str = "", what: tuple[str, ...] | None = None, **fields: Any
    ) -> "Talk":
        self.now = replace(self.now, updated_at=self.at, **fields)
        self.rev += 1
        self.events.append(Changed(TENANT, self.rev, self.at, self.now, what or tuple(fields), actor, reason))
        return self

    def queue(self, reason: str = "visitor asked for a person", actor: str = "desk") -> "Talk":
        return self.change(actor, reason, mode="queued", queued_at=self.at, handoff=reason, assignee=None)

    def take(self, agent: str) -> "Talk":
        return self.change(agent, "taken", mode="human", assignee=agent, queued_at=0)

    def resolve(self, actor: str = "a1", reason: str = "resolved") -> "Talk":
        return self.change(
            actor, reason, state="resolved", resolved_at=self.at, mode="bot", queued_at=0, handoff=""
        )

    def reopen(self) -> "Talk":
        return self.change("visitor", "visitor wrote", state="open", resolved_at=0)

    def rate(self, score: int) -> "Talk":
        self.rev += 1
        body = {"score": score, "assignee": self.now.assignee}
        self.events.append(
            Noted(TENANT, self.rev, self.at, self.now.id, f"n{self.rev}", "rating", "visitor", "", body)
        )
        return self


def in_order(*talks: Talk) -> list[Event]:
    """Return the events of several conversations as the tenant's stream has them."""
    events = [event for talk in talks for event in talk.events]
    events.sort(key=lambda event: event.at)
    return [replace(event, rev=rev) for rev, event in enumerate(events, 1)]


def sums_of(connection: Connection) -> dict[tuple[str, str, int], dict[str, int]]:
    """Return what the roll-ups hold per quarter of an hour, without zeros; hours and days must hold the same together."""
    found: dict[int, dict[tuple[str, str, int], dict[str, int]]] = {size: {} for size in SIZES}
    for _, dimension, size, bucket, key, *values in connection.exec_driver_sql("SELECT * FROM report_count"):
        counted = {name: value for name, value in zip(COUNTERS, values, strict=True) if value}
        if counted:
            found[size][dimension, key, bucket] = counted
    for size in SIZES:
        together: defaultdict[tuple[str, str, int], Counter[str]] = defaultdict(Counter)
        for (dimension, key, bucket), counted in found[QUARTER].items():
            for name, value in counted.items():
                together[dimension, key, bucket - bucket % size][name] += value
        wanted = {
            key: {name: value for name, value in sums.items() if value} for key, sums in together.items()
        }
        assert found[size] == {key: sums for key, sums in wanted.items() if sums}
    return found[QUARTER]


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    store = memory_store(SeededEntropy(1), followers=[RollUps()])
    await store.start()
    yield store
    await store.stop()
