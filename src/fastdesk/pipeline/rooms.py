"""What the corridor needs of the rooms beside it, handed over once by the composition root."""

from collections.abc import Callable
from typing import Any

from fastdesk.desk.files import Files
from fastdesk.hooks.registry import Hooks
from fastdesk.hub.hub import Hub, status_frame
from fastdesk.hub.live import Live
from fastdesk.model.agent import Agent
from fastdesk.model.conversation import Conversation
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.model.site import Site
from fastdesk.observe.clock import Clock, Entropy
from fastdesk.observe.tasks import Tasks
from fastdesk.pipeline.blocks import Gatekeeper
from fastdesk.pipeline.boards import Boards
from fastdesk.pipeline.forms import Forms
from fastdesk.pipeline.hours import OpeningHours
from fastdesk.pipeline.lives import Lives
from fastdesk.pipeline.repeats import Repeats
from fastdesk.pipeline.scribe import Scribe
from fastdesk.pipeline.sites import site_view
from fastdesk.pipeline.viewing import Viewing
from fastdesk.pipeline.visitors import Visitors
from fastdesk.pipeline.words import WordFilters
from fastdesk.protocol.frames import Status
from fastdesk.store.protocol import Store
from fastdesk.tenants.limits import Limits
from fastdesk.tenants.records import Records
from fastdesk.tenants.revs import Revs

__all__ = ["Rooms"]


class Rooms:
    """The dependencies of the pipeline, by name."""

    def __init__(
        self,
        *,
        clock: Clock,
        entropy: Entropy,
        tasks: Tasks,
        store: Store,
        hub: Hub,
        records: Records,
        limits: Limits,
        lives: Lives,
        repeats: Repeats,
        scribe: Scribe,
        visitors: Visitors,
        words: WordFilters,
        hooks: Hooks,
        boards: Boards,
        viewing: Viewing,
        hours: OpeningHours,
        revs: Revs,
        files: Files,
        forms: Forms,
        gatekeeper: Gatekeeper,
    ) -> None:
        self.clock = clock
        self.entropy = entropy
        self.tasks = tasks
        self.store = store
        self.hub = hub
        self.records = records
        self.limits = limits
        self.lives = lives
        self.repeats = repeats
        self.scribe = scribe
        self.visitors = visitors
        self.words = words
        self.hooks = hooks
        self.boards = boards
        self.viewing = viewing
        self.hours = hours
        self.files = files
        self.forms = forms
        self.gatekeeper = gatekeeper
        self._revs = revs
        self.durable: dict[TenantId, int] = {}

    @property
    def epoch(self) -> str:
        """Return the name of this continuity of numbers; another one makes clients start afresh."""
        return self.store.epoch

    def durable_rev(self, tenant: TenantId) -> int:
        """Return the number of the tenant's last event on disk."""
        known = self.durable.get(tenant)
        return self._revs.highest(tenant) if known is None else known

    def with_live(self, tenant: TenantId, id: ConversationId, do: Callable[[Live], None]) -> None:
        """Do something with a conversation: now, or once it has been read; nothing when it is gone."""
        live = self.hub.find(tenant, id)
        if live is not None:
            do(live)
        else:
            self.tasks.spawn(self._with_loaded(tenant, id, do), "load conversation")

    async def _with_loaded(self, tenant: TenantId, id: ConversationId, do: Callable[[Live], None]) -> None:
        live = await self.lives.by_id(tenant, id)
        if live is not None:
            do(live)

    def site_view(self, tenant: TenantId, site: Site) -> dict[str, Any]:
        """Return what a visitor's widget may know of its site, now."""
        return site_view(
            site,
            is_open=self.hours.is_open(tenant, site),
            next_open_ms=self.hours.next_open_ms(tenant, site),
            files=self.files.limits,
            forms=self.forms.of_site(tenant, site),
        )

    def status(self, conversation: Conversation) -> Status:
        """Return what a visitor may know of the state of its conversation."""
        agent = self.records.get(Agent, conversation.tenant, "agent", conversation.assignee or "")
        return status_frame(
            conversation, agent.name if agent is not None else "", self.boards.place(conversation)
        )
