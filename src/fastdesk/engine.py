"""The desk without sockets and threads: everything between a session's bytes and a committed event.

The composition root (`app`) puts a store of files behind it and the street before it; a simulation puts it on a virtual
clock, with a store in memory and a transport of its own. Wiring happens here and in `app`, nowhere else.
"""

import asyncio
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from fastdesk._core import BloomFilter
from fastdesk.desk.changes import Change
from fastdesk.desk.files import Files
from fastdesk.hooks.cards import Cards
from fastdesk.hooks.registry import Hooks
from fastdesk.hooks.spec import Handler
from fastdesk.hub.hub import Hub
from fastdesk.hub.live import Live
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Event
from fastdesk.model.file import FileLimits
from fastdesk.model.ids import TenantId
from fastdesk.model.site import Tenant
from fastdesk.model.turn import Action, Outcome, Turn
from fastdesk.observe.clock import Clock, Entropy
from fastdesk.observe.cutoff import Cutoff
from fastdesk.observe.ledger import Ledger
from fastdesk.observe.tasks import Tasks
from fastdesk.pipeline.absence import Absence
from fastdesk.pipeline.adoption import Adoption
from fastdesk.pipeline.answering import Answering
from fastdesk.pipeline.blocks import Gatekeeper
from fastdesk.pipeline.boards import Boards
from fastdesk.pipeline.commands import Commands
from fastdesk.pipeline.contacts import Contacts
from fastdesk.pipeline.forms import Forms
from fastdesk.pipeline.hours import OpeningHours
from fastdesk.pipeline.leavers import Leavers
from fastdesk.pipeline.lives import Lives
from fastdesk.pipeline.opening import Opening
from fastdesk.pipeline.phrases import Phrases
from fastdesk.pipeline.presences import Presences
from fastdesk.pipeline.repeats import Repeats
from fastdesk.pipeline.resuming import awaken, unfinished
from fastdesk.pipeline.rights import Rights
from fastdesk.pipeline.rooms import Rooms
from fastdesk.pipeline.rounds import Rounds
from fastdesk.pipeline.routing import Routing
from fastdesk.pipeline.runner import Pipeline
from fastdesk.pipeline.scribe import Scribe
from fastdesk.pipeline.sleepers import Sleepers
from fastdesk.pipeline.targets import Targets
from fastdesk.pipeline.viewing import Viewing
from fastdesk.pipeline.visitors import Visitors
from fastdesk.pipeline.words import WordFilters
from fastdesk.plugins.assistance import Assistance, AssistantOptions
from fastdesk.plugins.automation import Automation
from fastdesk.plugins.deliveries import Sender
from fastdesk.plugins.fallback import Fallback
from fastdesk.plugins.faq import Faq
from fastdesk.plugins.flows import FlowHandler
from fastdesk.plugins.human import Human
from fastdesk.plugins.kinds import all_kinds
from fastdesk.plugins.meaning import Meaning
from fastdesk.plugins.outside_bot import OutsideBot
from fastdesk.plugins.rules import Caller, Rules
from fastdesk.plugins.trial import Trials
from fastdesk.plugins.webhooks import Webhooks
from fastdesk.protocol.frames import Copilot, Presence
from fastdesk.store.files import FileFolder
from fastdesk.store.protocol import Store
from fastdesk.tenants.audit import Audit
from fastdesk.tenants.gate import Gate
from fastdesk.tenants.limits import Limits
from fastdesk.tenants.records import HOUSE, Records
from fastdesk.tenants.revs import Revs
from fastdesk.tenants.tokens import VisitorTokens

__all__ = ["Engine"]

#: Message ids of long conversations that the filter is sized for, 7 bytes each, and the share of new ones that it may take for old:
#: each of those waits until SQLite has caught up.
_EXPECTED_IDS = 1_000_000
_MISTAKEN_IDS = 1e-4


class Outside(Caller, Sender, Protocol):
    """Calls to endpoints outside: with JSON answers for rules and flows, plain for webhooks."""


class Engine:
    """All rooms of one desk, wired. Make it with a started store, then `await load()`."""

    answering: Answering

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        tasks: Tasks,
        secret: str,
        limits: Limits,
        caller: Outside,
        flush: Callable[[], Any] = lambda: None,
        own: Sequence[tuple[str, object]] = (),
        plugins: Sequence[tuple[str, object]] = (),
        cutoff: Cutoff | None = None,
        assistant: AssistantOptions | None = None,
        meaning: Meaning | None = None,
        folder: FileFolder | None = None,
        file_limits: FileLimits | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.tasks = tasks
        self.revs = Revs(store.revs())
        self.ledger = Ledger()
        self.hub = Hub()
        self.records = Records(all_kinds(), store=store, revs=self.revs, clock=clock)
        self.hours = OpeningHours(records=self.records, clock=clock)
        self.gate = Gate(self.records, visitors=VisitorTokens(secret), clock=clock, entropy=entropy)
        self.boards = Boards(records=self.records, clock=clock)
        self.viewing = Viewing(hub=self.hub, clock=clock)
        self.presences = Presences(records=self.records, clock=clock, hub=self.hub, boards=self.boards)
        self.audit = Audit(store=store, revs=self.revs, clock=clock, entropy=entropy)
        self.words = WordFilters(records=self.records, tasks=tasks)
        self.rules = Rules(
            records=self.records,
            tasks=tasks,
            clock=clock,
            caller=caller,
            is_open=self.hours.is_open,
            knows=self,
        )
        self.faq = Faq(records=self.records, tasks=tasks, meaning=meaning)
        self.flows = FlowHandler(
            records=self.records, tasks=tasks, clock=clock, caller=caller, side_answer=self._answer_aside
        )
        self.automation = Automation(
            self.rules,
            find=lambda conversation: self.hub.find(conversation.tenant, conversation.id),
            lives=self.hub.lives,
            volunteer=lambda live, handler, claim, reason: self.answering.volunteer(
                live, handler, claim, reason
            ),
            is_open=self.hours.is_open,
        )
        self.webhooks = Webhooks(
            store=store,
            records=self.records,
            revs=self.revs,
            tasks=tasks,
            clock=clock,
            entropy=entropy,
            sender=caller,
        )
        self._fallback = fallback = Fallback(self._why_not)
        self.assistance = Assistance(
            assistant or AssistantOptions(),
            store=store,
            records=self.records,
            revs=self.revs,
            hub=self.hub,
            words=self.words,
            knowledge=self.faq.index,
            vector_of=self.faq.vector_of,
            caller=caller,
            clock=clock,
            entropy=entropy,
            tasks=tasks,
            otherwise=lambda turn: fallback.answer(turn, True),
            volunteer=self._say_late,
            note=self._note,
            load=lambda tenant, conversation: self.rooms.lives.by_id(tenant, conversation),
        )
        self.targets = Targets(
            records=self.records,
            hub=self.hub,
            hours=self.hours,
            clock=clock,
            with_live=lambda tenant, id, do: self.rooms.with_live(tenant, id, do),
            tell=self._tell_target,
        )
        first = [(each.name, each) for each in (Human(self.hours.is_open_for), self.flows, self.rules)]
        last = [
            (each.name, each)
            for each in (
                OutsideBot(),
                self.faq,
                self.assistance.handler,
                fallback,
                self.assistance.summary,
                self.automation,
                self.targets,
                self.webhooks,
            )
        ]
        trusted = frozenset(name for name, _ in (*first, *own, *last))
        self.hooks = Hooks([*first, *own, *plugins, *last], clock=clock, trusted=trusted, cutoff=cutoff)
        self.trials = Trials(
            words=self.words,
            rules=self.rules,
            faq=self.faq,
            hooks=self.hooks,
            clock=clock,
            assistant=self.assistance.handler.settings,
        )
        repeats = Repeats(BloomFilter(_EXPECTED_IDS, _MISTAKEN_IDS, entropy.random_bytes(16)))
        lives = Lives(store=store, hub=self.hub, records=self.records, repeats=repeats, clock=clock, entropy=entropy)  # fmt: skip
        self.files = Files(
            folder=folder,
            limits=file_limits or FileLimits(),
            store=store,
            clock=clock,
            entropy=entropy,
            secret=secret,
            quota_of=self._quota_of,
            next_rev=self.revs.next,
        )
        scribe = Scribe(store=store, revs=self.revs, clock=clock, entropy=entropy)
        visitors = Visitors(store=store, revs=self.revs, clock=clock)
        self.rooms = Rooms(
            clock=clock,
            entropy=entropy,
            tasks=tasks,
            store=store,
            hub=self.hub,
            records=self.records,
            limits=limits,
            lives=lives,
            repeats=repeats,
            scribe=scribe,
            visitors=visitors,
            words=self.words,
            hooks=self.hooks,
            boards=self.boards,
            viewing=self.viewing,
            hours=self.hours,
            revs=self.revs,
            files=self.files,
            gatekeeper=Gatekeeper(records=self.records, hub=self.hub, clock=clock),
            forms=Forms(records=self.records, scribe=scribe, visitors=visitors, now_ms=clock.now_ms),
        )
        self.answering = Answering(
            self.rooms, ledger=self.ledger, acts={"flow": self._begin_flow, "assistant": self._ask_assistant}
        )
        self.opening = Opening(self.rooms, gate=self.gate, accept=self._accept)
        self.contacts = Contacts(self.rooms)
        self.cards = Cards(self.hooks)
        self.leavers = Leavers(self.rooms, self.answering)
        self.opening.greeters += [self.contacts.greet, self.leavers.come]
        self.commands = Commands(
            self.rooms, opening=self.opening, answering=self.answering, contacts=self.contacts
        )
        self.phrases = Phrases(self.rooms, self.commands)
        self.commands.others[Copilot] = self.assistance.copilot.run
        self.commands.others[Presence] = self.presences.on_frame
        self.commands.active = self.presences.active
        self.opening.watchers.append(self.presences.joined)
        self.sleepers = Sleepers(self.rooms)
        absence = Absence(forms=self.rooms.forms, hours=self.hours, scribe=scribe)
        scribe.followers += [self.boards.follow, self.sleepers.follow, self.targets.follow, absence.follow]
        self.routing = Routing(
            self.rooms,
            boards=self.boards,
            presences=self.presences,
            viewing=self.viewing,
            apply=self.commands.apply,
        )
        self.pipeline = Pipeline(
            self.rooms, commands=self.commands, answering=self.answering, ledger=self.ledger, audit=self.audit, flush=flush
        )  # fmt: skip
        self.rights = Rights(self.rooms, revs=self.revs, silence=self.answering.silence)
        self.rights.forgetters += [self.assistance.contexts.forget, self.routing.forget, self.leavers.forget]
        self.adoption = Adoption(
            store=store, records=self.records, revs=self.revs, gate=self.gate, build=self._build
        )
        self.rounds = Rounds(self.rooms, gate=self.gate)
        self.rounds.others += [
            self.automation.strike,
            self.webhooks.tick,
            self._remind,
            self.rights.tick,
            self.routing.round,
            self.sleepers.round,
            self.contacts.strike,
            self.targets.round,
            self.leavers.round,
        ]
        store.on_commit = self._committed

    def _committed(self, entries: Sequence[tuple[Event, Any]]) -> None:
        self.pipeline.committed(entries)
        self.webhooks.wake(entries)

    def _accept(self, session: Any, payload: bytes) -> None:
        self.pipeline.accept(session, payload)

    def _remind(self, now_ms: int) -> None:
        """Let flows go on whose visitors have let their time pass."""
        for live in self.hub.lives():
            claim = self.flows.overdue(live.conversation.flow, now_ms)
            if claim is not None and live.run is None:
                self.answering.volunteer(live, self.flows, claim, "time passed")

    def _begin_flow(self, live: Live, turn: Turn, action: Action) -> None:
        """Begin the flow that a rule names."""
        claim = (str(action.values["flow"]), dict(action.values.get("slots", {})))
        self.answering.pass_on(live, turn, self.flows, claim)

    def _ask_assistant(self, live: Live, turn: Turn, action: Action) -> None:
        """Give a turn to the assistant, as a rule wants it; without a model the fallback answers."""
        handler: Handler = self.assistance.handler
        claim: Any = self.assistance.handler.instructed(turn, str(action.values.get("instruction", "")))
        if claim is None:
            handler, claim = self._fallback, True
        self.answering.pass_on(live, turn, handler, claim)

    def _say_late(self, turn: Turn, outcome: Outcome, reason: str) -> None:
        """Say what a model answered after the rules had answered."""
        live = self.hub.find(turn.conversation.tenant, turn.conversation.id)
        if live is not None:
            self.answering.volunteer(live, self.assistance.handler, outcome, reason)

    def _tell_target(self, live: Live, change: Change, text: str, body: dict[str, Any]) -> None:
        self.rooms.scribe.change(live, change, "desk")
        self._note(live, "target", "desk", text, body)

    def _note(self, live: Live, kind: str, actor: str, text: str, body: dict[str, Any]) -> None:
        self.rooms.scribe.note(live, kind=kind, actor=actor, text=text, body=body)

    def counts(self, conversation: Conversation) -> dict[str, int]:
        """Return how many messages each side has written."""
        live = self.hub.find(conversation.tenant, conversation.id)
        if live is None:
            return {}
        visitor, agent = live.from_visitor, live.from_agents
        return {"visitor": visitor, "agent": agent, "bot": live.seq - visitor - agent}

    def intent(self, turn: Turn) -> tuple[str, float] | None:
        """Return which article a message asks for, and how sure that is."""
        return self.faq.intent(turn)

    def _why_not(self, turn: Turn) -> dict[str, Any]:
        """Return who was asked before the fallback and did not answer: rules that were looked at, the nearest article."""
        passed = self.rules.explain(turn).passed
        why: dict[str, Any] = {"rules": [[each.rule, each.reason] for each in passed]} if passed else {}
        nearest = self.faq.nearest(turn)
        if nearest is not None:
            settings = self.faq.index(turn.conversation.tenant).settings
            score = round(nearest.score, 3)
            why |= {"nearest": nearest.article, "score": score, "needed": settings.suggest_at}
        return why

    def _answer_aside(self, turn: Turn) -> Outcome | None:
        """Answer a visitor's side question in a form by rule or article, when one does at once."""
        handlers: tuple[Handler, ...] = (self.rules, self.faq)
        for handler in handlers:
            claim = handler.claim(turn)
            outcome = None if claim is None else handler.answer(turn, claim)
            if isinstance(outcome, Outcome) and outcome.replies:
                return outcome
            if inspect.iscoroutine(outcome):
                outcome.close()  # an aside is answered at once, or not at all
        return None

    def _quota_of(self, id: TenantId) -> int:
        tenant = self.records.get(Tenant, HOUSE, "tenant", id)
        return (tenant.quota_bytes if tenant is not None else 0) or self.files.limits.quota_bytes

    async def load(self) -> None:
        """Read all records and the conversations that wait, and build what is built from them."""
        for kind in self.records.kinds:
            for record in await self.store.records(kind):
                self.records.load(record.tenant, record.kind, record.id, record.body)
        await self.files.start()
        for tenant in self.records.tenants():
            await self._build(tenant.id)

    async def _build(self, tenant: TenantId) -> None:
        """Make what is made of a tenant's records, and let who waits or is answered stand on its board."""
        for built in (self.rules.books, self.words.filters, self.flows.flows, self.faq.indexes):
            await built.build_all((tenant,))
        self.webhooks.refresh(tenant)
        self.targets.refresh(tenant)
        async for row in unfinished(self.store, tenant):
            self.boards.load(row.conversation)
            self.sleepers.load(row.conversation)
            await self.targets.load(row, self.store)
        self.rooms.tasks.spawn(awaken(self.rooms, tenant), "awaken conversations")

    async def run_rounds(self) -> None:
        """Make a round every second, until cancelled."""
        while True:
            await asyncio.sleep(1)
            self.rounds.make()
