"""Visitors as the desk's people see them: found, changed, merged by hand, invited to a talk, seen on the site."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from fastdesk.desk import changes, contacts
from fastdesk.desk.changes import Change
from fastdesk.desk.invitations import Looking, choose
from fastdesk.errors import Refused
from fastdesk.hub.live import Live
from fastdesk.model.conversation import Conversation
from fastdesk.model.identity import Principal
from fastdesk.model.ids import TenantId
from fastdesk.model.invitation import Invitation
from fastdesk.model.site import Site
from fastdesk.model.visitor import Visitor
from fastdesk.pipeline.following import follow
from fastdesk.pipeline.reply import pick_text
from fastdesk.pipeline.rooms import Rooms
from fastdesk.protocol.frames import PageFrame
from fastdesk.store.protocol import ConversationQuery
from fastdesk.tenants.permissions import may

__all__ = ["Contacts"]

#: Conversations that are moved in one read when two visitors become one.
PAGE = 200


class Contacts:
    """Work on visitors. What is connected is changed in memory, too."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        #: Visitors who look at a page and have said nothing, since when: whom an invitation may reach.
        self._silent: dict[Live, int] = {}

    # Finding and changing.

    async def find(self, tenant: TenantId, id: str) -> Visitor:
        """Return a visitor, connected or stored. Raises Refused when there is none."""
        live = next(self._lives_of(tenant, id), None)
        visitor = live.visitor if live is not None else await self._rooms.lives.known_visitor(tenant, id)
        if visitor is None:
            raise Refused("not_found", "There is no such visitor.")
        return visitor

    async def change(self, tenant: TenantId, id: str, actor: str, **fields: Any) -> Visitor:
        """Change fields of a visitor; `attributes` replace the ones before."""
        visitor = replace(await self.find(tenant, id), **fields)
        self._save(visitor, actor, "changed")
        return visitor

    def _lives_of(self, tenant: TenantId, id: str) -> Iterator[Live]:
        for live in self._rooms.hub.lives():
            if live.visitor.id == id and live.conversation.tenant == tenant:
                yield live

    def _save(self, visitor: Visitor, actor: str, reason: str) -> None:
        for live in self._lives_of(visitor.tenant, visitor.id):
            live.visitor = visitor
        self._rooms.visitors.save(visitor, actor=actor, reason=reason)

    # Merging.

    async def merge(self, tenant: TenantId, id: str, other_id: str, actor: str, *, is_sure: bool) -> Visitor:
        """Put the record and all conversations of another visitor to this one; its tokens lead here from now on.

        Two visitors whose identities were proven to differ are put together only by who is sure.
        """
        kept, other = await self.find(tenant, id), await self.find(tenant, other_id)
        if kept.id == other.id:
            raise Refused("invalid", "A visitor cannot be merged with itself.")
        if kept.site != other.site:
            raise Refused("invalid", "Only visitors of one site can be merged.")
        if kept.identity and other.identity and kept.identity != other.identity and not is_sure:
            hint = "Send sure: true when they are the same person all the same."
            raise Refused("conflict", "Both have proven who they are, and differ.", hint=hint)
        merged = contacts.merge(kept, other)
        self._save(merged, actor, f"merged with {other.id}")
        empty = Visitor(
            id=other.id, tenant=tenant, site=other.site, identity=other.identity, merged_into=merged.id,
            first_seen=other.first_seen, last_seen=other.last_seen,
        )  # fmt: skip
        self._rooms.visitors.save(empty, actor=actor, reason=f"merged into {merged.id}")
        await self._move_conversations(other, merged, actor)
        return merged

    async def _move_conversations(self, other: Visitor, merged: Visitor, actor: str) -> None:
        rooms = self._rooms
        for live in tuple(self._lives_of(merged.tenant, other.id)):
            self._move(live, merged, actor)
        query = ConversationQuery(visitor=other.id, limit=PAGE)
        while True:
            page = await rooms.store.conversations(merged.tenant, query)
            for row in page.items:
                if row.conversation.visitor == other.id:
                    loaded = await rooms.lives.by_id(merged.tenant, row.conversation.id)
                    if loaded is not None and loaded.conversation.visitor == other.id:
                        self._move(loaded, merged, actor)
            if page.cursor is None:
                return
            query = replace(query, cursor=page.cursor)

    def _move(self, live: Live, merged: Visitor, actor: str) -> None:
        former = live.conversation.visitor
        moved = replace(live.conversation, visitor=merged.id, updated_at=self._rooms.clock.now_ms())
        live.visitor = merged
        if live.is_opened:
            self._rooms.scribe.change(live, Change(moved, ("visitor",), "merged"), actor)
        else:
            live.conversation = moved
        self._rooms.hub.adopt(live, former)
        for session in live.visitors:
            if session.principal is not None:
                session.admit(replace(session.principal, id=merged.id))

    # On the site.

    def present(self, tenant: TenantId, site: str | None) -> list[Live]:
        """Return the conversations of visitors who are on the sites now, the last to come first."""
        here = [
            live
            for live in self._rooms.hub.lives()
            if live.visitors and live.conversation.tenant == tenant and site in (None, live.site.id)
        ]
        here.sort(key=lambda live: live.visitor.last_seen, reverse=True)
        return here

    def see_page(self, live: Live, url: str, title: str, referrer: str) -> None:
        """Take in that a visitor has opened a page; agents who watch are told."""
        rooms, now_ms = self._rooms, self._rooms.clock.now_ms()
        seen = contacts.see_page(live.visitor, url, title, referrer, now_ms)
        if seen is live.visitor:
            return
        live.visitor = seen
        if live.is_opened:
            rooms.visitors.save(seen, reason="page")
        rooms.hub.send(live.agents, PageFrame(live.conversation.id, url, title, now_ms))
        self.greet(live)

    # Invitations.

    def greet(self, live: Live) -> None:
        """Consider a visitor who has come to a page for an invitation."""
        if not self._has_talk(live) and self._rules(live):
            self._silent[live] = self._rooms.clock.now_ms()

    def strike(self, now_ms: int) -> None:
        """Invite whom a rule wants invited by now; called once a second."""
        for live, since in tuple(self._silent.items()):
            if not live.visitors or self._has_talk(live):
                del self._silent[live]
                continue
            chosen = choose(self._rules(live), self._looking(live, since), now_ms)
            if chosen is not None:
                del self._silent[live]
                text = pick_text(chosen.text, live.visitor.language or live.site.locale or "zh")
                self._invite(live, text, actor="desk", rule=chosen.id)

    async def invite(self, tenant: TenantId, id: str, text: str, agent: Principal) -> Conversation:
        """Invite a visitor who is on the site now, by an agent's hand; the agent has the conversation then."""
        live = next((each for each in self._lives_of(tenant, id) if each.visitors), None)
        if live is None:
            await self.find(tenant, id)
            raise Refused("conflict", "This visitor is not on the site now.")
        if live.conversation.mode == "human" and live.conversation.assignee not in (None, agent.id):
            raise Refused("conflict", "Somebody else talks with this visitor.")
        full = self._rooms.boards.refuse_full(tenant, agent.id, live.conversation.id)
        if full is not None and not may(agent, "conversation.supervise"):
            raise Refused(full.code, full.sentence)
        self._silent.pop(live, None)
        return self._invite(live, text, actor=agent.id, name=agent.name).conversation

    def _invite(self, live: Live, text: str, *, actor: str, name: str = "", rule: str = "") -> Live:
        """Store the words as the conversation's next message; they open it where nothing was said yet."""
        rooms, now_ms = self._rooms, self._rooms.clock.now_ms()
        live = follow(rooms, live)
        live.visitor = replace(live.visitor, invited_at=now_ms)
        rooms.visitors.save(live.visitor, actor=actor, reason="invited")
        if not live.is_opened:
            live.is_opened = True
            rooms.scribe.change(live, changes.open_conversation(live.conversation, now_ms), actor)
        elif (reopened := changes.reopen(live.conversation, now_ms)) is not None:
            rooms.scribe.change(live, reopened, actor)
        extra: dict[str, Any] = {"invitation": rule or True}
        if rule:
            bot = pick_text(
                live.site.texts.bot_name,
                live.visitor.language,
                pick_text(live.site.name, live.visitor.language),
            )
            rooms.scribe.say(live, role="bot", sender="desk", name=bot, text=text, extra=extra)
            return live
        answered = changes.answer_by_agent(live.conversation, actor, now_ms)
        if answered is not None:
            rooms.scribe.change(live, answered, actor)
        rooms.scribe.say(live, role="agent", sender=actor, name=name, text=text, extra=extra)
        for session in rooms.hub.agent_sessions(live.conversation.tenant, actor):
            rooms.hub.watch(session, live)
        return live

    def _has_talk(self, live: Live) -> bool:
        return live.is_opened and live.conversation.state != "resolved"

    def _rules(self, live: Live) -> list[Invitation]:
        return self._rooms.records.all(Invitation, live.conversation.tenant, "invitation")

    def _looking(self, live: Live, since: int) -> Looking:
        visitor = live.visitor
        site: Site = live.site
        return Looking(
            site=site.id,
            url=visitor.trail[-1].url if visitor.trail else "",
            since=since,
            is_returning=live.is_opened or bool(visitor.last_agent),
            is_open=self._rooms.hours.is_open(live.conversation.tenant, site),
            invited_at=visitor.invited_at,
        )
