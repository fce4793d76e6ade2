"""Watch the response targets: warn when one is close, and say when it was missed.

Enters: changes and messages of conversations that people have, and the clock once a second. Leaves: a change of the
conversation's `late`, which rules on `target` react to, and a note for agents.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from msgspec.structs import replace

from fastdesk.desk.agenda import Agenda
from fastdesk.desk.changes import Change
from fastdesk.desk.hours import Schedule
from fastdesk.desk.targets import Deadline, deadlines, pick_target
from fastdesk.hub.hub import Hub
from fastdesk.hub.live import Live
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.model.site import Site
from fastdesk.model.target import Target
from fastdesk.observe.clock import Clock
from fastdesk.pipeline.hours import OpeningHours
from fastdesk.store.protocol import ConversationRow
from fastdesk.tenants.records import Records

__all__ = ["TARGETED", "Targets"]

#: Begins the reason of a change by which a target warns or is missed; target, answer and state follow.
TARGETED = "target:"

#: Messages that are looked through at the start for the first one that nobody has answered.
LOOK_BACK = 200

_Key = tuple[TenantId, ConversationId, str]
_MARKS = tuple(f"{answer}:{state}" for answer in ("first", "next", "resolve") for state in ("warn", "breach"))
_TEXTS = {
    ("zh", "warn"): "响应时限将到：{name}（{answer}）",
    ("zh", "breach"): "已超过响应时限：{name}（{answer}）",
    ("en", "warn"): "A response target is close: {name} ({answer})",
    ("en", "breach"): "A response target was missed: {name} ({answer})",
}
_ANSWERS = {
    "zh": {"first": "首次回复", "next": "后续回复", "resolve": "解决"},
    "en": {"first": "first answer", "next": "next answer", "resolve": "resolution"},
}


class Reads(Protocol):
    """What a start reads of the store."""

    async def last_said(self, tenant: TenantId, conversation: ConversationId, limit: int) -> list[Said]:
        """Return the newest messages, by seq."""


class Targets:
    """Keep the deadlines of the conversations that people have.

    Args:
        with_live: do something with a conversation once it is in memory.
        tell: write the change of a conversation, and a note with this text and body.
    """

    name = "targets"

    def __init__(
        self,
        *,
        records: Records,
        hub: Hub,
        hours: OpeningHours,
        clock: Clock,
        with_live: Callable[[TenantId, ConversationId, Callable[[Live], None]], None],
        tell: Callable[[Live, Change, str, dict[str, Any]], None],
    ) -> None:
        self._records = records
        self._hub = hub
        self._hours = hours
        self._clock = clock
        self._with_live = with_live
        self._tell = tell
        self._agenda: Agenda[_Key] = Agenda()
        #: Tenants with targets: the messages of all others cost one look-up here.
        self._promised: set[TenantId] = set()
        records.watch("target", self._renew)
        records.watch("hours", self._renew)

    def follow(self, live: Live, before: Conversation) -> None:
        """Follow a change of a conversation; called for every change that is written."""
        if before.mode != "bot" or live.conversation.mode != "bot":
            self._reckon(live.conversation, live.site, _waits_since(live))

    def on_stored(self, said: Said) -> None:
        """Follow what visitors and agents say."""
        if said.tenant not in self._promised or said.role not in ("visitor", "agent"):
            return
        live = self._hub.find(said.tenant, said.conversation)
        if live is not None and live.conversation.mode != "bot":
            self._reckon(live.conversation, live.site, _waits_since(live))

    async def load(self, row: ConversationRow, store: Reads) -> None:
        """Take in a stored conversation at the start."""
        conversation, waits_since = row.conversation, 0
        if conversation.tenant not in self._promised or conversation.mode == "bot":
            return
        if row.last_role == "visitor":
            latest = await store.last_said(conversation.tenant, conversation.id, LOOK_BACK)
            waits_since = _first_unanswered(latest)
        site = self._records.site(conversation.tenant, conversation.site)
        self._reckon(conversation, site or Site(id=conversation.site), waits_since)

    def round(self, now_ms: int) -> None:
        """Tell of what is due."""
        for tenant, id, mark in self._agenda.due(now_ms):
            self._with_live(tenant, id, partial(self._strike, mark))

    def of(self, live: Live) -> tuple[Target | None, list[Deadline]]:
        """Return the target of a conversation and the deadlines ahead."""
        conversation = live.conversation
        target = pick_target(self._targets(conversation.tenant), conversation)
        if target is None:
            return None, []
        schedule = self._schedule(target, conversation, live.site)
        return target, list(deadlines(target, conversation, schedule, _waits_since(live)))

    def _targets(self, tenant: TenantId) -> list[Target]:
        return self._records.all(Target, tenant, "target")

    def _schedule(self, target: Target, conversation: Conversation, site: Site) -> Schedule:
        hours = self._hours
        if target.hours is not None:
            return hours.schedule(conversation.tenant, target.hours)
        return hours.of(conversation, site)

    def _reckon(self, conversation: Conversation, site: Site, waits_since: int) -> None:
        targets = self._targets(conversation.tenant)
        target = pick_target(targets, conversation) if targets else None
        ahead: dict[str, int] = {}
        if target is not None:
            schedule = self._schedule(target, conversation, site)
            ahead = {each.mark: each.at_ms for each in deadlines(target, conversation, schedule, waits_since)}
        for mark in _MARKS:
            key = (conversation.tenant, conversation.id, mark)
            if mark in ahead:
                self._agenda.set(key, ahead[mark])
            else:
                self._agenda.strike(key)

    def _strike(self, mark: str, live: Live) -> None:
        """Tell of one deadline, unless what it was for has happened or has been put off."""
        now_ms, conversation = self._clock.now_ms(), live.conversation
        target, ahead = self.of(live)
        if target is None or not any(each.mark == mark and each.at_ms <= now_ms for each in ahead):
            return
        answer, _, state = mark.partition(":")
        change = Change(
            replace(conversation, late=(*conversation.late, mark), updated_at=now_ms),
            ("late",),
            f"{TARGETED}{target.id}:{mark}",
        )
        language = "zh" if (live.site.locale or "zh").startswith("zh") else "en"
        text = _TEXTS[language, state].format(
            name=target.name or target.id, answer=_ANSWERS[language][answer]
        )
        body: dict[str, Any] = {"target": target.id, "answer": answer, "state": state}
        self._tell(live, change, text, body)

    def refresh(self, tenant: TenantId) -> None:
        """Take note of whether a tenant has targets."""
        if self._targets(tenant):
            self._promised.add(tenant)
        else:
            self._promised.discard(tenant)

    def _renew(self, tenant: TenantId) -> None:
        self.refresh(tenant)
        for live in self._hub.lives():
            if live.conversation.tenant == tenant and live.conversation.mode != "bot":
                self._reckon(live.conversation, live.site, _waits_since(live))


def _waits_since(live: Live) -> int:
    return _first_unanswered(live.recent or ())


def _first_unanswered(messages: Sequence[Said]) -> int:
    """Return when the first of the visitor's messages came that nobody has answered; 0 when there is none."""
    since = 0
    for said in reversed(messages):
        if said.role == "agent":
            break
        if said.role == "visitor":
            since = said.at
    return since
