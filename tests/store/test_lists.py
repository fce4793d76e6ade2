"""Lists and counts are what a look at every conversation gives, by whatever way they are found."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, event

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Put, Said
from fastdesk.model.ids import AgentId, ConversationId, SiteId, TeamId, TenantId, VisitorId
from fastdesk.store import lists
from fastdesk.store.batch import Batch
from fastdesk.store.database import Database
from fastdesk.store.event_bytes import encode_event
from fastdesk.store.feed import Feed
from fastdesk.store.projections import Conversations
from fastdesk.store.projections import Visitors as VisitorRows
from fastdesk.store.protocol import ConversationQuery

DEMO, OTHER = TenantId("demo"), TenantId("other")
STATES = ("open", "pending", "snoozed", "resolved")
MODES = ("bot", "queued", "human")


class World:
    """Conversations that change at random, in a data base and beside it."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.random = random.Random(seed)
        self.now: dict[str, Conversation] = {}
        self.active: dict[str, int] = {}
        self.clock = 0

    def change(self, number: int) -> None:
        rng, id = self.random, f"c{number}"
        self.clock += 1
        at = self.now[id].opened_at if id in self.now else self.clock
        now = Conversation(
            id=ConversationId(id), tenant=DEMO, site=SiteId("s"), visitor=VisitorId(f"v{number % 7}"), opened_at=at,
            state=rng.choice(STATES), mode=rng.choice(MODES),  # type: ignore[arg-type]
            assignee=rng.choice((None, None, AgentId("a"), AgentId("b"))),
            team=rng.choice((None, TeamId("t"), TeamId("u"))),
            labels=tuple(rng.sample(("x", "y", "z"), rng.randrange(3))), priority=rng.choice(("low", "high")),
            mentioned=(AgentId("m"),) if rng.random() < 0.3 else (),
        )  # fmt: skip
        self.now[id] = now
        self.active.setdefault(id, at)
        self._apply(Changed(DEMO, self.clock, self.clock, now, (), "x"))

    def say(self, number: int) -> None:
        id = f"c{number}"
        if id in self.now:
            self.clock += 1
            self.active[id] = self.clock
            said = Said(
                DEMO,
                self.clock,
                self.clock,
                ConversationId(id),
                self.clock,
                "m",
                "visitor",
                "v",
                "",
                "text",
                "x",
            )
            self._apply(said)

    def remove(self, number: int) -> None:
        id = f"c{number}"
        if self.now.pop(id, None) is not None:
            del self.active[id]
            with self.database.write() as connection:
                for table, column in (("conversation_label", "conversation"), ("conversation", "id")):
                    connection.exec_driver_sql(f"DELETE FROM {table} WHERE {column} = ?", (id,))

    def _apply(self, happened: Changed | Said) -> None:
        with self.database.write() as connection:
            Conversations().apply(connection, Feed(Batch([self.clock], [encode_event(happened)])))

    def expected(self, query: ConversationQuery) -> list[str]:
        return [
            each.id
            for each in sorted(
                self.now.values(), key=lambda each: (self.active[each.id], each.id), reverse=True
            )
            if (not query.states or each.state in query.states)
            and (query.mode is None or each.mode == query.mode)
            and (query.assignee is None or each.assignee == query.assignee)
            and (not query.unassigned or each.assignee is None)
            and (query.team is None or each.team == query.team)
            and (query.priority is None or each.priority == query.priority)
            and (query.mentioned is None or query.mentioned in each.mentioned)
            and (query.label is None or query.label in each.labels)
            and (query.visitor is None or each.visitor == query.visitor)
        ]


@pytest.fixture(params=[0, 3, 10_000], ids=["walks", "both", "look-ups"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(lists, "_FEW", request.param)
    return int(request.param)


@pytest.fixture
def world(few: int) -> Iterator[World]:
    database = Database.memory()
    world = World(database, seed=few)
    for _ in range(400):
        number = world.random.randrange(40)
        world.random.choice((world.change, world.change, world.say, world.remove))(number)
    yield world
    database.close()


def queries() -> Iterator[ConversationQuery]:
    for states in ((), ("open",), ("pending", "resolved")):
        for fields in (
            {}, {"mode": "queued"}, {"assignee": AgentId("a")}, {"assignee": AgentId("nobody")}, {"unassigned": True},
            {"team": TeamId("t")}, {"label": "x"}, {"label": "nothing"}, {"label": "y", "team": TeamId("u")},
            {"assignee": AgentId("b"), "label": "z"}, {"visitor": VisitorId("v3")},
            {"visitor": VisitorId("v3"), "label": "x"}, {"priority": "high"}, {"mentioned": AgentId("m")},
            {"mentioned": AgentId("m"), "label": "x"}, {"mentioned": AgentId("m"), "visitor": VisitorId("v3")},
        ):  # fmt: skip
            yield ConversationQuery(states=states, **fields)  # type: ignore[arg-type]


def test_lists_are_in_order_and_complete_over_all_pages(world: World) -> None:
    for query in queries():
        found: list[str] = []
        part: ConversationQuery | None = replace(query, limit=4)
        while part is not None:
            page = world.database.read(lambda c, q=part: lists.conversations(c, DEMO, q))
            found += [row.conversation.id for row in page.items]
            part = replace(part, cursor=page.cursor) if page.cursor is not None else None
        assert found == world.expected(query), query
        assert world.database.read(lambda c, q=query: lists.count(c, DEMO, q)) == len(found)
        ids = world.database.read(lambda c, q=query: lists.few(c, DEMO, q, 1000))
        assert sorted(ids or ()) == sorted(found)
        assert world.database.read(lambda c, q=query: lists.conversations(c, OTHER, q)).items == []


def test_lists_name_their_visitors(world: World) -> None:
    bodies = {
        "v0": b'{"site": "s", "name": "Ada", "fields": {"name": "somebody else"}}',
        "v1": b'{"site": "s", "fields": {"name": "Lin"}}',
        "v2": b'{"site": "s", "fields": {"name": 7}}',
        "v3": b"broken",
        "v4": b'{"site": "s"}',
    }
    put = [Put(DEMO, n, 0, "visitor", id, body, "x") for n, (id, body) in enumerate(bodies.items(), 1)]
    with world.database.write() as connection:
        VisitorRows().apply(connection, Feed(Batch([0] * len(put), list(map(encode_event, put)))))
    page = world.database.read(lambda c: lists.conversations(c, DEMO, ConversationQuery(limit=100)))
    names = {row.conversation.visitor: row.visitor_name for row in page.items}
    assert {name for visitor, name in names.items() if visitor not in ("v0", "v1")} == {""}
    assert (names["v0"], names["v1"]) == ("Ada", "Lin")


def test_counts_are_what_a_recount_gives(world: World) -> None:
    counts = world.database.read(lambda c: lists.counts(c, DEMO))
    whole = list(world.now.values())
    live = [each for each in whole if each.state != "resolved"]
    assert counts.states == Counter(each.state for each in whole)
    assert counts.modes == Counter(each.mode for each in live)
    assert counts.assignees == Counter(each.assignee for each in live if each.assignee)
    assert counts.teams == Counter(each.team for each in live if each.team)
    assert counts.labels == Counter(label for each in live for label in each.labels)
    assert counts.mentions == Counter(agent for each in live for agent in each.mentioned)
    assert counts.unassigned == sum(each.assignee is None for each in live)


@pytest.mark.parametrize(
    ("few", "query", "index"),
    [
        (0, ConversationQuery(), "conversation_active (tenant=? AND state=? AND mode=?)"),
        (0, ConversationQuery(assignee=AgentId("a")), "conversation_active (tenant=? AND state=? AND mode=?)"),
        (9, ConversationQuery(assignee=AgentId("a")), "conversation_assignee (tenant=? AND assignee=? AND state=?"),
        (9, ConversationQuery(team=TeamId("t")), "conversation_team (tenant=? AND team=? AND state=? AND mode=?)"),
        (0, ConversationQuery(label="x"), "autoindex_conversation_label_1 (tenant=? AND label=? AND conversation=?)"),
        (9, ConversationQuery(label="x"), "autoindex_conversation_label_1 (tenant=? AND label=?)"),
        (0, ConversationQuery(visitor=VisitorId("v3")), "conversation_visitor (tenant=? AND visitor=?)"),
    ],
    indirect=["few"],
)  # fmt: skip
def test_every_list_goes_by_an_index(world: World, query: ConversationQuery, index: str) -> None:
    found = _plans(world.database, lambda c: lists.conversations(c, DEMO, query))
    assert any(index in step for step in found), found
    assert not any(step.startswith("SCAN conversation") for step in found), found


def test_counts_are_not_counted(world: World) -> None:
    found = _plans(world.database, lambda c: lists.counts(c, DEMO))
    assert not any("conversation_active" in step or "SCAN conversation " in step for step in found), found


def _plans(database: Database, read: Callable[[Connection], Any]) -> list[str]:
    executed: list[tuple[str, Any]] = []

    def run(connection: Connection) -> list[str]:
        note = lambda *call: executed.append((call[2], call[3]))  # noqa: E731 - SQLAlchemy wants it removed again
        event.listen(connection, "before_cursor_execute", note)
        read(connection)
        event.remove(connection, "before_cursor_execute", note)
        return [
            row[3]
            for statement, parameters in executed
            for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
        ]

    return database.read(run)
