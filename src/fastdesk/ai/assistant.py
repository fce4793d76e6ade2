"""The room's front: questions in, answers or reasons out; always in time, never more than is allowed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from fastdesk.ai.answer import NoAnswer, Question, Result, Screen
from fastdesk.ai.asking import Asking, Deadlines
from fastdesk.ai.budget import Budgets, Ledger, Spent
from fastdesk.ai.cache import AnswerCache, cache_key
from fastdesk.ai.copilot import CopilotAsk, copilot_prompt
from fastdesk.ai.counters import Counters
from fastdesk.ai.limits import Buckets, RateLimits
from fastdesk.ai.lines import Window
from fastdesk.ai.models import Model, Models
from fastdesk.ai.pool import Pool
from fastdesk.ai.provider import ProviderKit, Spawn, any_address
from fastdesk.ai.registry import ProviderMaker, make_provider
from fastdesk.ai.run import Run
from fastdesk.ai.run_kit import RunKit
from fastdesk.ai.settings import AssistantSettings, ModelSettings
from fastdesk.ai.setup import Setup
from fastdesk.ai.tool_round import Perform
from fastdesk.model.ids import SiteId, TenantId
from fastdesk.model.turn import Port
from fastdesk.observe.clock import Clock, Entropy

__all__ = ["Assistant", "AssistantKit", "Said"]

_MS: Final = 1_000_000
#: An agent who asked for help waits longer than a visitor.
COPILOT_DEADLINE_MS: Final = 15_000

#: What was said so far: at once from memory, where there is anything, or later from the store.
Said = Window | Awaitable[Window] | None


class AssistantKit(NamedTuple):
    """What the assistant needs from the rest of the house.

    `key_of` finds the secret that a model's settings name, for the operator ("") or a tenant; `may_connect`
    judges the network addresses of models that tenants brought; `perform` does what a tool says; `warn`
    hears of budgets that are nearly used up.
    """

    clock: Clock
    entropy: Entropy
    spawn: Spawn
    screen: Screen
    make_buckets: Callable[[float, int, int], Buckets]
    ledger: Ledger
    key_of: Callable[[ModelSettings, str], str]
    warn: Callable[[Spent], None]
    may_connect: Callable[[str], bool] = any_address
    perform: Perform | None = None
    make_provider: ProviderMaker = make_provider
    max_active: int = 64
    max_waiting: int = 1000


class Assistant:
    """Answer questions with models. One for each process; used in the loop only."""

    def __init__(self, kit: AssistantKit) -> None:
        self.counters = Counters()
        self._kit = kit
        # Read for each question, and fields of a tuple by name are slow.
        self._clock = kit.clock
        self._screen = kit.screen
        self._pool = Pool(kit.max_active, kit.max_waiting)
        self._budgets = Budgets(kit.ledger, kit.spawn, kit.warn)
        self._cache = AnswerCache()
        self._deadlines = Deadlines()
        self._setups: dict[tuple[TenantId, SiteId], Setup] = {}
        self._models = Models(kit.key_of, self._kit_for, kit.make_provider)
        self._runs = RunKit(
            clock=kit.clock,
            entropy=kit.entropy,
            spawn=kit.spawn,
            pool=self._pool,
            limits=RateLimits(kit.make_buckets),
            budgets=self._budgets,
            counters=self.counters,
            screen=kit.screen,
            perform=kit.perform,
        )

    def prepare(
        self, tenant: TenantId, site: SiteId, settings: AssistantSettings, *, own_models: bool
    ) -> Setup:
        """Make ready what answering for a site takes; to be called again when its settings change.

        Args:
            own_models: the tenant chose the models, so only its own keys and public addresses may be used.

        Raises:
            ConfigError: a key or a provider cannot be found; the site's former setup stays.
        """
        owner = tenant if own_models else ""
        models = tuple(self._models.find(model, owner) for model in settings.models)
        setup = Setup(settings, models)
        former = self._setups.get((tenant, site))
        self._setups[tenant, site] = setup
        if former is not None:
            self._cache.forget(tenant)
            used = {model for each in self._setups.values() for model in each.models}
            self._kit.spawn(_close(self._models.drop_others(used)), "close unused models")
        return setup

    def ask(
        self, question: Question, setup: Setup, port: Port | None = None, said: Said = None
    ) -> "asyncio.Future[Result]":
        """Return the answer as a future; cancel it when nobody wants the answer any more. See `begin`."""
        answer, tell = _promise()
        asking = self.begin(question, setup, tell, port, said)
        answer.add_done_callback(lambda answer: asking.cancel() if answer.cancelled() else None)
        return answer

    def begin(
        self,
        question: Question,
        setup: Setup,
        then: Callable[[Result], None],
        port: Port | None = None,
        said: Said = None,
    ) -> Asking:
        """Answer a question; `then` is told when the deadline passes without a first token, at the latest.

        Cancel what is returned when nobody wants the answer any more: the visitor left, a person took over,
        a newer message came. `then` may be called before this returns.
        """
        settings = setup.settings
        asking = self._new_asking(then, port, follows_up=settings.late == "follow_up")
        if not setup.models:
            asking.tell(NoAnswer(reason="unset"))
            return asking
        screened = self._screen(question.tenant, question.text, "input")
        if screened.is_stopped:
            asking.tell(
                NoAnswer(reason="blocked", detail=f"input {screened.level} {screened.reason}".strip())
            )
            return asking
        now_ns = self._clock.now_ns()
        left_ns = settings.deadline_ms * _MS - (now_ns - question.received_ns)
        if left_ns <= 0 and settings.late == "drop":
            asking.tell(NoAnswer(reason="late", detail="late before it was asked"))
            return asking
        self._deadlines.expect(asking, left_ns, settings.deadline_ms)
        if said is None or isinstance(said, Window):
            self._start(asking, question, setup, screened.text, said, now_ns)
        else:
            self._kit.spawn(self._load(asking, question, setup, screened.text, said), "context of a question")
        return asking

    def copilot(
        self, ask: CopilotAsk, question: Question, setup: Setup, port: Port
    ) -> "asyncio.Future[Result]":
        """Help an agent; `question` says for which conversation, with the agent's id as its visitor."""
        answer, tell = _promise()
        asking = self._new_asking(tell, port, follows_up=False)
        answer.add_done_callback(lambda answer: asking.cancel() if answer.cancelled() else None)
        if not setup.models:
            asking.tell(NoAnswer(reason="unset"))
            return answer
        settings = replace(setup.settings, deadline_ms=COPILOT_DEADLINE_MS, allow=(), cache_s=0, late="drop")
        self._deadlines.expect(asking, COPILOT_DEADLINE_MS * _MS, COPILOT_DEADLINE_MS)
        run = Run(self._runs, Setup(settings, setup.models), question, copilot_prompt(ask, settings))
        run.join(asking)
        run.start(self._clock.now_ns())
        return answer

    def forget(self, tenant: TenantId) -> None:
        """Drop a tenant's cached answers: what they were made from has changed."""
        self._cache.forget(tenant)

    def state(self) -> dict[str, Any]:
        """Return pool, models with their breakers, and budgets as they stand, for metrics and the API."""
        return {
            "pool": self._pool.snapshot(),
            "models": self._models.snapshot(self._clock.now_ns()),
            "budgets": [spent._asdict() for spent in self._budgets.spent()],
            "counters": self.counters.snapshot(),
        }

    async def close(self) -> None:
        """Close all connections and write the last rows of the budget."""
        await _close(self._models.drop_others(set()))
        await self._budgets.close()

    def _new_asking(self, then: Callable[[Result], None], port: Port | None, *, follows_up: bool) -> Asking:
        self.counters.asked += 1
        return Asking(then, port=port, follows_up=follows_up, counters=self.counters)

    async def _load(
        self,
        asking: Asking,
        question: Question,
        setup: Setup,
        text: str,
        said: Awaitable[Window],
    ) -> None:
        """Wait for the context; when it is not there by the deadline, the question has its result already."""
        lines = await said
        if not asking.is_over:
            self._start(asking, question, setup, text, lines, self._clock.now_ns())

    def _start(
        self,
        asking: Asking,
        question: Question,
        setup: Setup,
        text: str,
        said: Window | None,
        now_ns: int,
    ) -> None:
        prompt = setup.writer.write(
            text,
            said=said,
            passages=question.passages,
            variables=question.variables,
            language=question.language,
            instruction=question.instruction,
            asked=question.line if text is question.text else None,
        )
        key = cache_key(setup, question, prompt) if setup.settings.cache_s else None
        if key is not None and self._find(asking, question, key, now_ns):
            return
        run = Run(self._runs, setup, question, prompt)
        run.join(asking)
        if key is not None:
            self._cache.keep(key, run, tenant=question.tenant, ttl_s=setup.settings.cache_s, now_ns=now_ns)
        run.start(now_ns)

    def _find(self, asking: Asking, question: Question, key: bytes, now_ns: int) -> bool:
        """Answer from an equal question, asked before or being asked; return whether there is one."""
        known = self._cache.find(key, now_ns)
        if known is not None:
            self.counters.cached += 1
            answer = known.unpaid()
            answer.first_ms = answer.total_ms = (now_ns - question.received_ns) // _MS
            answer.is_cached, answer.is_streamed = True, False
            asking.tell(answer)
            return True
        running = self._cache.running(key)
        if running is not None:
            self.counters.shared += 1
            running.join(asking)
            return True
        return False

    def _kit_for(self, key: str, is_tenants: bool) -> ProviderKit:
        kit = self._kit
        return ProviderKit(key, kit.clock, kit.spawn, kit.may_connect if is_tenants else any_address)


async def _close(models: list[Model]) -> None:
    for model in models:
        await model.provider.close()


def _promise() -> "tuple[asyncio.Future[Result], Callable[[Result], None]]":
    """Return a future, and what gives it its result unless it was cancelled."""
    answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

    def tell(result: Result) -> None:
        if not answer.done():
            answer.set_result(result)

    return answer, tell
