"""Bring conversations into memory, from the store or newly made; whoever asks for the same one at the same time gets the same."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from fastdesk.hub.hub import Hub
from fastdesk.hub.live import RECENT, Live
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Said
from fastdesk.model.ids import ConversationId, TenantId, VisitorId
from fastdesk.model.site import Site
from fastdesk.model.visitor import Visitor
from fastdesk.observe.clock import Clock, Entropy, new_id
from fastdesk.pipeline.repeats import KEEP, Repeats
from fastdesk.store.protocol import Store
from fastdesk.tenants.records import Records

__all__ = ["REST_S", "Lives"]

#: Messages that a resume reads at once; more come in further steps.
PAGE = 500
#: Between two that are read one after the other because the desk itself wants them: each takes some 3 ms of a core, and without a
#: rest the first reports after a start took ten times as long as later ones.
REST_S = 0.02
#: How often one visitor may have been merged into the next.
MAX_MERGES = 20

_visitor_decoder = msgspec.json.Decoder(Visitor)


class Lives:
    """Find, load and make live conversations."""

    def __init__(
        self, *, store: Store, hub: Hub, records: Records, repeats: Repeats, clock: Clock, entropy: Entropy
    ) -> None:
        self._store = store
        self._hub = hub
        self._records = records
        self._repeats = repeats
        self._clock = clock
        self._entropy = entropy
        self._loading: dict[tuple[str, ...], asyncio.Future[Live | None]] = {}
        records.watch("site", self._follow_sites)

    async def by_id(self, tenant: TenantId, conversation: str) -> Live | None:
        """Return a conversation of `tenant`, None when it has no such one."""
        live = self._hub.find(tenant, conversation)
        if live is not None:
            return live
        id = ConversationId(conversation)
        return await self._once((tenant, id), lambda: self._load(tenant, id))

    async def of_visitor(self, visitor: Visitor, site: Site) -> Live:
        """Return a visitor's current conversation: the live one, the last stored one, or a new one."""
        live = self._hub.current(visitor.tenant, visitor.site, visitor.id)
        if live is None:
            key = (visitor.tenant, visitor.site, visitor.id)
            live = await self._once(key, lambda: self._load_latest(visitor, site))
        assert live is not None
        return live

    def make(self, visitor: Visitor, site: Site) -> Live:
        """Make a new conversation in memory; it is stored with its first message."""
        conversation = Conversation(
            id=ConversationId(new_id(self._clock.now_ms(), self._entropy)),
            tenant=visitor.tenant,
            site=site.id,
            visitor=visitor.id,
            team=site.team,
            language=visitor.language,
        )
        sent = self._repeats.table(conversation.tenant, conversation.id)
        live = Live(conversation, visitor, site, seq=0, is_opened=False, sent=sent)
        self._hub.add(live)
        return live

    def _follow_sites(self, tenant: TenantId) -> None:
        """Let conversations in memory know their sites as they are written now."""
        for live in self._hub.lives():
            if live.conversation.tenant == tenant:
                live.site = self._records.site(tenant, live.conversation.site) or live.site

    async def known_visitor(self, tenant: TenantId, id: str) -> Visitor | None:
        """Return a stored visitor; of one that was merged into another, that other."""
        for _ in range(MAX_MERGES):
            body = await self._store.visitor(tenant, VisitorId(id))
            visitor = None if body is None else _visitor_decoder.decode(body)
            if visitor is None or visitor.merged_into is None:
                return visitor
            id = visitor.merged_into
        return None

    async def _once(self, key: tuple[str, ...], load: Callable[[], Awaitable[Live | None]]) -> Live | None:
        running = self._loading.get(key)
        if running is not None:
            return await asyncio.shield(running)
        future = self._loading[key] = asyncio.get_running_loop().create_future()
        try:
            live = await load()
        except BaseException as failure:
            future.set_exception(failure)
            future.exception()  # whoever waits raises it; nobody waiting is no fault
            raise
        else:
            future.set_result(live)
            return live
        finally:
            del self._loading[key]

    async def _load_latest(self, visitor: Visitor, site: Site) -> Live:
        conversation = await self._store.latest_conversation(visitor.tenant, visitor.site, visitor.id)
        live = None
        if conversation is not None:
            live = self._hub.find(visitor.tenant, conversation.id) or await self._wake(
                conversation, visitor, site
            )
        return self._hub.current(visitor.tenant, visitor.site, visitor.id) or live or self.make(visitor, site)

    async def _load(self, tenant: TenantId, id: ConversationId) -> Live | None:
        conversation = await self._store.conversation(tenant, id)
        if conversation is None:
            return None
        site = self._records.site(tenant, conversation.site) or Site(id=conversation.site)
        visitor = await self.known_visitor(tenant, conversation.visitor)
        if visitor is None:
            visitor = Visitor(id=conversation.visitor, tenant=tenant, site=conversation.site)
        newest = await self._store.latest_conversation(tenant, conversation.site, conversation.visitor)
        is_newest = newest is None or newest.id == id
        return await self._wake(conversation, visitor, site, is_newest=is_newest)

    async def _wake(
        self, conversation: Conversation, visitor: Visitor, site: Site, *, is_newest: bool = True
    ) -> Live:
        """Read the ids and the newest messages of a stored conversation, and take it into memory."""
        latest = await self._store.last_said(conversation.tenant, conversation.id, KEEP)
        older = []
        if latest and latest[0].seq > 1:
            older = await self._read_older(conversation, latest[0].seq)
        existing = self._hub.find(conversation.tenant, conversation.id)
        if existing is not None:  # somebody else was faster while we read
            return existing
        seq = latest[-1].seq if latest else 0
        sent = self._repeats.table(conversation.tenant, conversation.id)
        live = Live(conversation, visitor, site, seq=seq, is_opened=True, sent=sent)
        self._repeats.take_in(live, older + latest)
        for said in latest[-RECENT:]:
            live.remember(said)
        current = self._hub.current(conversation.tenant, conversation.site, conversation.visitor)
        self._hub.add(live, is_current=is_newest and current is None)
        return live

    async def _read_older(self, conversation: Conversation, before: int) -> list[Said]:
        older: list[Said] = []
        while not older or older[-1].seq < before - 1:
            page = await self._store.said(
                conversation.tenant, conversation.id, older[-1].seq if older else 0, PAGE
            )
            if not page:
                break
            older += [said for said in page if said.seq < before]
            if page[-1].seq >= before:
                break
        return older
