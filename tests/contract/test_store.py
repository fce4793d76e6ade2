"""What every store must do, whatever it is made of."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.exc import DBAPIError

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Noted, Put, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.observe.clock import SeededEntropy
from fastdesk.store import (
    ConversationQuery,
    MemoryDisk,
    SearchQuery,
    SqliteStore,
    StoreSettings,
    VisitorQuery,
    embedded_store,
    memory_store,
    reads,
)

DEMO = TenantId("demo")
OTHER = TenantId("other")
SITE = SiteId("site")
START_MS = 1_763_800_000_000


class Desk:
    """Makes events with dense revs and seqs."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.revs: dict[TenantId, int] = dict(store.revs())
        self.seqs: dict[str, int] = {}

    def _rev(self, tenant: TenantId) -> int:
        self.revs[tenant] = self.revs.get(tenant, 0) + 1
        return self.revs[tenant]

    def say(
        self,
        conversation: str,
        text: str = "hello",
        *,
        tenant: TenantId = DEMO,
        role: str = "visitor",
        id: str = "",
    ) -> Said:
        seq = self.seqs[conversation] = self.seqs.get(conversation, 0) + 1
        rev = self._rev(tenant)
        event = Said(
            tenant, rev, START_MS + rev, ConversationId(conversation), seq, id or f"m{rev:08d}", role,  # type: ignore[arg-type]
            f"{role}-{conversation}", "小明", "text", text, {"rev": rev}, None,
        )  # fmt: skip
        self.store.append(event)
        return event

    def note(self, conversation: str, text: str, *, tenant: TenantId = DEMO) -> Noted:
        rev = self._rev(tenant)
        event = Noted(
            tenant,
            rev,
            START_MS + rev,
            ConversationId(conversation),
            f"n{rev}",
            "note",
            "agent-1",
            text,
            {"a": [1]},
        )
        self.store.append(event)
        return event

    def change(self, conversation: str, *, tenant: TenantId = DEMO, **fields: object) -> Changed:
        rev = self._rev(tenant)
        values: dict[str, object] = {
            "visitor": f"visitor-{conversation}",
            "site": SITE,
            "opened_at": START_MS + rev,
        }
        now = Conversation(id=ConversationId(conversation), tenant=tenant, **(values | fields))  # type: ignore[arg-type]
        event = Changed(tenant, rev, START_MS + rev, now, tuple(fields), "agent-1")
        self.store.append(event)
        return event

    def put(self, kind: str, id: str, body: object, *, tenant: TenantId = DEMO) -> Put:
        rev = self._rev(tenant)
        encoded = None if body is None else msgspec.json.encode(body)
        event = Put(tenant, rev, START_MS + rev, kind, id, encoded, "agent-1", "why")
        self.store.append(event)
        return event


class Backend:
    """Opens the same store again and again."""

    def __init__(self, make: Callable[[], SqliteStore]) -> None:
        self._make = make
        self.open: list[SqliteStore] = []

    async def start(self) -> Desk:
        store = self._make()
        await store.start()
        self.open.append(store)
        return Desk(store)

    async def stop(self, desk: Desk) -> None:
        self.open.remove(desk.store)
        await desk.store.stop()


@pytest.fixture(params=["files", "memory"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    disk = MemoryDisk()

    def make() -> SqliteStore:
        entropy = SeededEntropy(len(list(tmp_path.iterdir())))
        if request.param == "memory":
            return memory_store(entropy, disk=disk)
        return embedded_store(StoreSettings(data=tmp_path / "data"), entropy)

    backend = Backend(make)
    yield backend
    for store in backend.open:
        await store.stop()


@pytest.fixture
async def desk(backend: Backend) -> Desk:
    return await backend.start()


async def test_committed_events_come_back_in_order_with_their_origins(desk: Desk) -> None:
    seen: list[tuple[Event, object]] = []
    desk.store.on_commit = seen.extend
    events: list[Event] = [
        desk.change("c1"),
        desk.say("c1"),
        desk.note("c1", "x"),
        desk.put("site", "s", {"id": "s"}),
    ]
    last = Put(DEMO, 5, START_MS, "site", "s", None, "agent-1")
    desk.store.append(last, origin := object())
    await desk.store.settle()
    assert seen == [*((event, None) for event in events), (last, origin)]
    assert seen[-1][1] is origin


async def test_everything_is_found_again_after_a_restart(backend: Backend) -> None:
    desk = await backend.start()
    events = [
        desk.change("c1"),
        desk.say("c1", '退款 😀\n"quoted"'),
        desk.note("c1", "备注"),
        desk.put("rule", "r", {"id": "r"}),
    ]
    epoch = desk.store.epoch
    await backend.stop(desk)
    desk = await backend.start()
    assert await desk.store.since(DEMO, 0, 100) == events
    assert desk.store.revs() == {DEMO: 4}
    assert desk.store.epoch == epoch


async def test_reads_see_what_was_just_appended(desk: Desk) -> None:
    desk.change("c1")
    said = desk.say("c1")
    conversation = ConversationId("c1")
    assert await desk.store.said(DEMO, conversation) == [said]
    second = desk.say("c1", role="bot")
    assert await desk.store.last_said(DEMO, conversation, 1) == [second]
    assert await desk.store.find_said(DEMO, conversation, second.sender, second.id) == second
    assert (await desk.store.latest_conversation(DEMO, SITE, VisitorId("visitor-c1"))).id == "c1"  # type: ignore[union-attr]


@pytest.mark.parametrize(("after", "limit"), [(0, 3), (0, 99), (4, 3), (4, 99), (9, 5), (10, 5), (99, 5)])
async def test_said_returns_what_follows_a_seq(desk: Desk, after: int, limit: int) -> None:
    desk.change("c1")
    events = []
    for number in range(10):
        events.append(desk.say("c1", f"text {number}"))
        desk.note("c1", "between")
        desk.say("c2")
    found = await desk.store.said(DEMO, ConversationId("c1"), after, limit)
    assert found == events[after : after + limit]


async def test_find_said_tells_senders_and_conversations_apart(desk: Desk) -> None:
    first = desk.say("c1", id="same-id-1")
    desk.say("c1", role="bot", id="same-id-1")
    desk.say("c2", id="same-id-1")
    conversation = ConversationId("c1")
    assert await desk.store.find_said(DEMO, conversation, first.sender, "same-id-1") == first
    assert await desk.store.find_said(DEMO, conversation, first.sender, "same-id-2") is None
    assert await desk.store.find_said(OTHER, conversation, first.sender, "same-id-1") is None


async def test_history_has_every_kind_of_event(desk: Desk) -> None:
    events = [
        desk.change("c1"),
        desk.say("c1"),
        desk.note("c1", "n"),
        desk.say("c1"),
        desk.change("c1", state="resolved"),
    ]
    desk.say("c2")
    conversation = ConversationId("c1")
    assert await desk.store.history(DEMO, conversation, None, 3) == events[2:]
    assert await desk.store.history(DEMO, conversation, events[2].rev, 10) == events[:2]


async def test_tenants_do_not_see_each_other(desk: Desk) -> None:
    desk.change("c1")
    desk.say("c1")
    desk.put("visitor", "v", {"id": "v", "identity": "i", "site": "site"})
    desk.put("site", "s", {"id": "s"})
    conversation = ConversationId("c1")
    store = desk.store
    assert await store.conversation(OTHER, conversation) is None
    assert await store.said(OTHER, conversation) == []
    assert await store.history(OTHER, conversation, None, 9) == []
    assert await store.since(OTHER, 0, 9) == []
    assert await store.visitor(OTHER, VisitorId("v")) is None
    assert await store.visitors_by_identity(OTHER, SITE, "i") == []
    assert (await store.visitors(OTHER, VisitorQuery())).items == []
    assert await store.records("site", OTHER) == []
    assert (await store.conversations(OTHER, ConversationQuery())).items == []
    assert (await store.counts(OTHER)).states == {}


async def test_records_are_the_last_put_of_each_id_in_order_of_their_making(desk: Desk) -> None:
    desk.put("site", "b", {"v": 1})
    desk.put("site", "a", {"v": 1})
    desk.put("site", "gone", {"v": 1})
    desk.put("rule", "r", {"v": 1})
    await desk.store.settle()
    desk.put("site", "b", {"v": 2})
    desk.put("site", "gone", None)
    desk.put("site", "x", {"v": 1}, tenant=OTHER)
    found = await desk.store.records("site", DEMO)
    assert [(record.id, record.body) for record in found] == [("b", b'{"v":2}'), ("a", b'{"v":1}')]
    assert [(record.tenant, record.id) for record in await desk.store.records("site")] == [
        (DEMO, "b"), (DEMO, "a"), (OTHER, "x"),
    ]  # fmt: skip


async def test_visitors_are_found_by_identity_and_name(desk: Desk) -> None:
    for number in range(5):
        body = {
            "site": "site",
            "identity": f"shop-{number % 2}",
            "name": f"Ann {number}",
            "last_seen": number,
        }
        desk.put("visitor", f"v{number}", {"id": f"v{number}", **body})
    desk.put("visitor", "v4", None)
    ids = [
        msgspec.json.decode(body)["id"]
        for body in await desk.store.visitors_by_identity(DEMO, SITE, "shop-0")
    ]
    assert ids == ["v2", "v0"]
    page = await desk.store.visitors(DEMO, VisitorQuery(text="ann", limit=3))
    assert [msgspec.json.decode(body)["id"] for body in page.items] == ["v3", "v2", "v1"]
    page = await desk.store.visitors(DEMO, VisitorQuery(text="ann", limit=3, cursor=page.cursor))
    assert [msgspec.json.decode(body)["id"] for body in page.items] == ["v0"]
    assert page.cursor is None
    assert (await desk.store.visitors(DEMO, VisitorQuery(text="a%"))).items == []


async def test_words_of_visitors_are_looked_for_in_so_many_records_at_a_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "_LOOKED_THROUGH", 2)
    for number in range(6):
        fields = {"plan": "Gold" if number % 4 == 0 else "free"}
        body = {"id": f"v{number}", "site": "site", "last_seen": number, "fields": fields}
        desk.put("visitor", f"v{number}", body)
    pages, query = [], VisitorQuery(words=("gold",))
    while True:
        page = await desk.store.visitors(DEMO, query)
        pages.append([msgspec.json.decode(body)["id"] for body in page.items])
        if page.cursor is None:
            break
        query = VisitorQuery(words=("gold",), cursor=page.cursor)
    assert pages == [["v4"], [], ["v0"], []]


async def test_conversations_are_paged_and_filtered(desk: Desk) -> None:
    for number in range(7):
        desk.change(
            f"c{number}",
            state="resolved" if number == 3 else "open",
            assignee="ann" if number % 2 else None,
            labels=("vip",) if number in (1, 2) else (),
        )
    desk.say("c0", "newest")
    store = desk.store

    async def ids(**fields: object) -> list[str]:
        page = await store.conversations(DEMO, ConversationQuery(**fields))  # type: ignore[arg-type]
        return [row.conversation.id for row in page.items]

    assert await ids() == ["c0", "c6", "c5", "c4", "c3", "c2", "c1"]
    assert await ids(states=("open",), assignee="ann") == ["c5", "c1"]
    assert await ids(unassigned=True, limit=2) == ["c0", "c6"]
    assert await ids(label="vip") == ["c2", "c1"]
    assert await ids(visitor="visitor-c4") == ["c4"]
    since = next(row.last_at for row in (await store.conversations(DEMO, ConversationQuery())).items[2:3])
    assert await ids(silent_since=since) == ["c4", "c3", "c2", "c1"]
    assert await ids(silent_since=since, states=("open",), limit=2) == ["c4", "c2"]
    assert await store.count(DEMO, ConversationQuery(silent_since=since)) == 4
    page = await store.conversations(DEMO, ConversationQuery(limit=3))
    assert page.items[0].last_text == "newest"
    rest = await store.conversations(DEMO, ConversationQuery(limit=9, cursor=page.cursor))
    assert [row.conversation.id for row in rest.items] == ["c4", "c3", "c2", "c1"]
    desk.change("c1", labels=())
    assert await ids(label="vip") == ["c2"]


async def test_counts_follow_every_change(desk: Desk) -> None:
    desk.change("c1", team="sales")
    desk.change("c2", assignee="ann", labels=("vip",))
    desk.change("c3", state="resolved", assignee="ann")
    counts = await desk.store.counts(DEMO)
    assert counts.states == {"open": 2, "resolved": 1}
    assert counts.assignees == {"ann": 1}
    assert counts.teams == {"sales": 1}
    assert counts.labels == {"vip": 1}
    assert counts.unassigned == 1
    desk.change("c1", assignee="ann", mode="human")
    counts = await desk.store.counts(DEMO)
    assert (counts.assignees, counts.modes, counts.unassigned) == ({"ann": 2}, {"bot": 1, "human": 1}, 0)


@pytest.mark.parametrize("settle", [False, True])
async def test_unread_counts_the_visitors_messages_behind_the_agents_read_mark(
    desk: Desk, settle: bool
) -> None:
    async def unread() -> int:
        row = await desk.store.conversation_row(DEMO, ConversationId("c1"))
        assert row is not None
        return row.unread

    desk.change("c1")
    desk.say("c1")
    desk.say("c1", role="bot")
    desk.say("c1")
    if settle:
        assert await unread() == 2
    desk.change("c1", agent_read=3)
    if settle:
        assert await unread() == 0
    desk.say("c1")
    assert await unread() == 1


async def test_an_event_that_cannot_be_encoded_is_refused_and_leaves_nothing(desk: Desk) -> None:
    with pytest.raises(TypeError):
        desk.store.append(
            Said(DEMO, 1, 1, ConversationId("c"), 1, "i", "bot", "b", "b", "text", "t", {"x": object()})
        )
    with pytest.raises(UnicodeEncodeError):
        desk.store.append(Said(DEMO, 1, 1, ConversationId("c"), 1, "i", "bot", "b", "b", "text", "\ud800"))
    event = Said(DEMO, 1, 1, ConversationId("c"), 1, "i", "bot", "b", "b", "text", "fine")
    await desk.store.commit(event)
    assert await desk.store.since(DEMO, 0, 9) == [event]


async def test_a_tenant_can_have_a_data_base_of_its_own(backend: Backend) -> None:
    desk = await backend.start()
    house = TenantId("-")
    desk.put("tenant", "own", {"id": "own", "isolation": "database"}, tenant=house)
    own = TenantId("own")
    desk.change("c1", tenant=own)
    said = desk.say("c1", tenant=own)
    desk.put("site", "s", {"id": "s"}, tenant=own)
    desk.say("c2")
    assert await desk.store.said(own, ConversationId("c1")) == [said]
    tenants = "SELECT DISTINCT tenant FROM event ORDER BY tenant"
    assert await desk.store.run(lambda c: c.exec_driver_sql(tenants).scalars().all()) == ["-", "demo"]
    assert await desk.store.run(lambda c: c.exec_driver_sql(tenants).scalars().all(), own) == ["own"]
    assert [record.id for record in await desk.store.records("site")] == ["s"]
    await backend.stop(desk)
    desk = await backend.start()
    assert desk.store.revs() == {house: 1, own: 3, DEMO: 1}
    assert await desk.store.said(own, ConversationId("c1")) == [said]


async def test_figures_tell_what_waits(desk: Desk) -> None:
    await desk.store.settle()
    assert desk.store.figures() == {
        "events": 0,
        "pending_bytes": 0,
        "events_not_in_sqlite": 0,
        "accepting": 1,
    }
    desk.say("c1")
    assert desk.store.figures()["pending_bytes"] > 50
    await desk.store.settle()
    expected = {"events": 1, "pending_bytes": 0, "events_not_in_sqlite": 0, "accepting": 1}
    async with asyncio.timeout(10):  # the figures follow a moment after the events
        while desk.store.figures() != expected:
            await asyncio.sleep(0)


async def test_run_cannot_write(desk: Desk) -> None:
    desk.say("c1")
    with pytest.raises(DBAPIError, match="readonly"):
        await desk.store.run(lambda c: c.exec_driver_sql("DELETE FROM event"))
    assert len(await desk.store.since(DEMO, 0, 9)) == 1


async def found_texts(desk: Desk, text: str, **fields: object) -> list[str]:
    await desk.store.settle(followers=True)
    page = await desk.store.search(DEMO, SearchQuery(text=text, **fields))  # type: ignore[arg-type]
    return [found.said.text for found in page.items]


async def test_search_finds_any_part_of_a_chinese_text_and_beginnings_of_words(desk: Desk) -> None:
    desk.change("c1")
    desk.say("c1", "我想申请退款，订单 20251122")
    desk.say("c1", "退货和退款的区别？")
    desk.note("c1", "Refunded twice: ＡＢＣ-12")
    desk.say("c1", "款退", tenant=OTHER)
    assert await found_texts(desk, "退款") == ["退货和退款的区别？", "我想申请退款，订单 20251122"]
    assert await found_texts(desk, "申请退") == ["我想申请退款，订单 20251122"]
    assert await found_texts(desk, "款 退货") == ["退货和退款的区别？"]
    assert await found_texts(desk, "款退") == []
    assert await found_texts(desk, "refund") == ["Refunded twice: ＡＢＣ-12"]
    assert await found_texts(desk, "abc 12") == ["Refunded twice: ＡＢＣ-12"]
    assert await found_texts(desk, "20251122 想") == ["我想申请退款，订单 20251122"]
    assert await found_texts(desk, '。！" OR *') == []
    assert await found_texts(desk, "") == []


async def test_search_tells_where_the_words_stand(desk: Desk) -> None:
    desk.change("c1")
    desk.say("c1", "Straße: İ REFUND 退款, refund")
    await desk.store.settle(followers=True)
    page = await desk.store.search(DEMO, SearchQuery(text="退款 refund"))
    found = page.items[0]
    text = "Straße: İ REFUND 退款, refund"
    assert [text[start:end] for start, end in found.highlights] == ["REFUND", "退款", "refund"]


async def test_search_is_paged_and_filtered(desk: Desk) -> None:
    for number in range(6):
        desk.change(
            f"c{number}", assignee="ann" if number % 2 else "bob", labels=("vip",) if number == 2 else ()
        )
        desk.say(f"c{number}", f"apple {number}")
        desk.say(f"c{number}", f"pear {number}")
    assert await found_texts(desk, "apple", assignee="ann") == ["apple 5", "apple 3", "apple 1"]
    assert await found_texts(desk, "apple", label="vip") == ["apple 2"]
    assert await found_texts(desk, "apple", conversation="c4") == ["apple 4"]
    assert await found_texts(desk, "pear", visitor="visitor-c3") == ["pear 3"]
    assert await found_texts(desk, "pear", after=START_MS + 16) == ["pear 5"]
    assert await found_texts(desk, "pear", before=START_MS + 4) == ["pear 0"]
    seen: list[str] = []
    cursor = None
    while True:
        page = await desk.store.search(DEMO, SearchQuery(text="apple", limit=4, cursor=cursor))
        seen += [found.said.text for found in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == [f"apple {number}" for number in (5, 4, 3, 2, 1, 0)]


async def test_erasing_a_visitor_removes_their_conversations_and_nothing_else(backend: Backend) -> None:
    desk = await backend.start()
    desk.put("visitor", "visitor-c1", {"id": "visitor-c1", "name": "Canary"})
    desk.change("c1", labels=("vip",))
    desk.say("c1", "canary 金丝雀")
    desk.note("c1", "canary note")
    kept = [desk.change("c2"), desk.say("c2", "canary kept")]
    store = desk.store
    rev = desk.revs[DEMO] + 1
    await store.erase(
        DEMO, VisitorId("visitor-c1"), rev=rev, at=START_MS, actor="owner", reason="asked for it"
    )
    desk.revs[DEMO] = rev
    after = desk.say("c2", "later")

    async def check(store: SqliteStore) -> None:
        events = await store.since(DEMO, 0, 99)
        assert [event for event in events if not isinstance(event, Put)] == [*kept, after]
        assert [event.kind for event in events if isinstance(event, Put)] == ["erasure"]
        assert await store.conversation(DEMO, ConversationId("c1")) is None
        assert await store.visitor(DEMO, VisitorId("visitor-c1")) is None
        assert (await store.conversations(DEMO, ConversationQuery(label="vip"))).items == []
        assert await found_texts(Desk(store), "canary") == ["canary kept"]

    await check(store)
    await backend.stop(desk)
    await check((await backend.start()).store)


async def test_forgetting_removes_what_is_older(desk: Desk) -> None:
    desk.put("rule", "r", {"id": "r"})
    desk.put("visitor", "visitor-c1", {"id": "visitor-c1", "last_seen": START_MS + 2})
    desk.put("visitor", "visitor-c2", {"id": "visitor-c2", "last_seen": START_MS + 2})
    desk.change("c1")
    desk.say("c1", "old one")
    opened = desk.change("c2")
    desk.say("c2", "old two")
    boundary = START_MS + desk.revs[DEMO] + 1
    kept = desk.say("c2", "new two")
    rev = desk.revs[DEMO] + 1
    await desk.store.forget_before(DEMO, boundary, rev=rev, at=boundary, actor="desk")
    events = await desk.store.since(DEMO, 0, 99)
    assert [type(event).__name__ for event in events] == ["Put", "Put", "Changed", "Said", "Put"]
    assert [event.id for event in events if isinstance(event, Put)][:2] == ["r", "visitor-c2"]
    assert await desk.store.said(DEMO, ConversationId("c2")) == [kept]
    # The opening is reached through what was emptied.
    assert await desk.store.history(DEMO, ConversationId("c2"), None, 9) == [opened, kept]
    assert await desk.store.conversation(DEMO, ConversationId("c1")) is None
    assert await desk.store.conversation(DEMO, ConversationId("c2")) is not None
    assert await desk.store.visitor(DEMO, VisitorId("visitor-c1")) is None
    assert await desk.store.visitor(DEMO, VisitorId("visitor-c2")) is not None
    assert await found_texts(desk, "old") == []
    assert await found_texts(desk, "new") == ["new two"]
