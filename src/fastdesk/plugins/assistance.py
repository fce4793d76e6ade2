"""Wire the assistant: models, context, budget, tools, word filter, and the plug-ins through which it works."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import structlog

from fastdesk._core import BucketTable
from fastdesk.ai import (
    Assistant,
    AssistantKit,
    AssistantSettings,
    ModelSettings,
    Screened,
    Setup,
    Spent,
)
from fastdesk.ai.models import model_state
from fastdesk.ai.registry import ProviderMaker, make_provider
from fastdesk.hub.hub import Hub
from fastdesk.hub.live import Live
from fastdesk.knowledge import KnowledgeIndex
from fastdesk.model.ids import TenantId
from fastdesk.model.turn import Outcome, Turn
from fastdesk.observe.clock import Clock, Entropy
from fastdesk.observe.tasks import Tasks
from fastdesk.pipeline.words import WordFilters
from fastdesk.plugins.assistant import AssistantHandler, Volunteer
from fastdesk.plugins.budget_rows import BudgetRows
from fastdesk.plugins.contexts import Contexts
from fastdesk.plugins.copilot import CopilotPort, FindConversation
from fastdesk.plugins.handoff import HandoffSummary
from fastdesk.plugins.rules import Caller
from fastdesk.plugins.tools import Tools
from fastdesk.store.protocol import Store
from fastdesk.tenants.records import Records
from fastdesk.tenants.revs import Revs

__all__ = ["Assistance", "AssistantOptions"]

_log = structlog.get_logger("fastdesk.assistant")


def _no_key(settings: ModelSettings, tenant: str) -> str:
    return ""


def _no_address(address: str) -> bool:
    return False


class AssistantOptions(NamedTuple):
    """What the operator decides; the default has no model, so the rules answer."""

    defaults: AssistantSettings = AssistantSettings()
    key_of: Callable[[ModelSettings, str], str] = _no_key
    may_connect: Callable[[str], bool] = _no_address
    max_active: int = 64
    max_waiting: int = 1000
    make_provider: ProviderMaker = make_provider


class Assistance:
    """The parts of the assistant, made once for a desk."""

    def __init__(
        self,
        options: AssistantOptions,
        *,
        store: Store,
        records: Records,
        revs: Revs,
        hub: Hub,
        words: WordFilters,
        knowledge: Callable[[TenantId], KnowledgeIndex],
        vector_of: Callable[[str], Sequence[float] | None],
        caller: Caller,
        clock: Clock,
        entropy: Entropy,
        tasks: Tasks,
        otherwise: Callable[[Turn], Outcome],
        volunteer: Volunteer,
        note: Callable[[Live, str, str, str, dict[str, Any]], None],
        load: FindConversation,
    ) -> None:
        self._words = words
        self._clock = clock
        self._ledger = BudgetRows(store=store, revs=revs, clock=clock)
        self.assistant = Assistant(
            AssistantKit(
                clock=clock,
                entropy=entropy,
                spawn=tasks.spawn,
                screen=self.screen,
                make_buckets=BucketTable,
                ledger=self._ledger,
                key_of=options.key_of,
                warn=_warn,
                may_connect=options.may_connect,
                perform=Tools(caller).perform,
                max_active=options.max_active,
                max_waiting=options.max_waiting,
                make_provider=options.make_provider,
            )
        )
        self.contexts = Contexts(
            store=store,
            find=hub.find,
            records=records,
            knowledge=knowledge,
            vector_of=vector_of,
            settings_of=lambda tenant, site: self.handler.settings(tenant, site),
        )
        self.handler = AssistantHandler(
            assistant=self.assistant,
            defaults=options.defaults,
            records=records,
            tasks=tasks,
            contexts=self.contexts,
            otherwise=otherwise,
            volunteer=volunteer,
        )
        self.summary = HandoffSummary(find=hub.find, note=note)
        self.copilot = CopilotPort(
            assistant=self.assistant,
            setup=self.handler.setup,
            find=load,
            contexts=self.contexts,
            tasks=tasks,
            clock=clock,
            note=note,
        )

    def figures(self) -> dict[str, float]:
        """Return the assistant's figures by name, for metrics."""
        state = self.assistant.state()
        figures: dict[str, float] = {**self.assistant.counters.snapshot(), **state["pool"]}
        for spent in state["budgets"]:
            period = "day" if len(spent["period"]) > 7 else "month"
            figures[f"spent_{period}_micro"] = figures.get(f"spent_{period}_micro", 0) + spent["spent_micro"]
        for model in state["models"]:
            for name in ("calls", "opened", "refused", "open_for_ms"):
                figures[f"{model['model']}_{name}"] = model[name]
        return figures

    def models(self, setup: Setup) -> list[dict[str, object]]:
        """Return the models of a site with the state of their breakers, in the order in which they are asked."""
        return [model_state(model, self._clock.now_ns()) for model in setup.models]

    async def spent(self, tenant: TenantId) -> dict[str, int]:
        """Return what a tenant has spent on models today and this month (UTC), in millionths of the owner's currency."""
        day = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).strftime("%Y-%m-%d")
        known = {
            (spent["account"], spent["period"]): spent["spent_micro"]
            for spent in self.assistant.state()["budgets"]
        }
        spent = {}
        for name, period in (("day", day), ("month", day[:7])):
            if (tenant, period) not in known:
                row = await self._ledger.load(tenant, period)
                known[tenant, period] = row.spent_micro + row.held_micro
            spent[name] = known[tenant, period]
        return spent

    def screen(self, tenant: TenantId, text: str, side: Literal["input", "output"]) -> Screened:
        """Return what the word filter makes of a text."""
        verdict = self._words.check(tenant, text, side)
        if not verdict.hits:
            return Screened("clean", text)
        return Screened(
            verdict.level, text if verdict.masked is None else verdict.masked, verdict.reason("en")
        )


def _warn(spent: Spent) -> None:
    _log.warning("budget_nearly_used_up", **spent._asdict())
