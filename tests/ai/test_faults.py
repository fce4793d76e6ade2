"""Every fault a model can commit, over real sockets: an answer or a reason by the deadline, nothing left open, counted once."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from benchmarks.load.stand_in_behaviour import Behaviour
from benchmarks.load.stand_in_model import StandInModel

from fastdesk.ai import (
    Answer,
    Assistant,
    AssistantKit,
    AssistantSettings,
    MemoryLedger,
    ModelSettings,
    NoAnswer,
    Setup,
)
from fastdesk.ai.settings import Limits
from fastdesk.model.ids import SiteId, TenantId
from fastdesk.observe.clock import SeededEntropy, SystemClock
from fastdesk.observe.tasks import Tasks

from .conftest import Screenplay, World, open_sockets

DEADLINE_MS = 200
#: The promise: so much after the deadline, on a machine whose own timers are on time.
GRACE_MS = 20


class Pacer:
    """Measures how late the loop's bare timers are meanwhile: what is late beyond that is our own doing."""

    def __init__(self) -> None:
        self.worst_ms = 0.0
        self._expected = 0.0
        self._handle: asyncio.TimerHandle | None = None

    def __enter__(self) -> "Pacer":
        self._next()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._handle is not None
        self._handle.cancel()
        self._look()

    def _next(self) -> None:
        self._expected = time.monotonic() + 0.005
        self._handle = asyncio.get_running_loop().call_later(0.005, self._tick)

    def _look(self) -> None:
        self.worst_ms = max(self.worst_ms, (time.monotonic() - self._expected) * 1000)

    def _tick(self) -> None:
        self._look()
        self._next()


class Desk(World):
    """An assistant that talks to the stand-in model."""

    def __init__(self, tasks: Tasks, model: StandInModel, **values: Any) -> None:
        self.model = model
        super().__init__(tasks, clock=SystemClock(), make_provider=_make, **values)
        self.clock = SystemClock()  # type: ignore[assignment]

    def setup(
        self, *names: str, model: dict[str, Any] | None = None, site: str = "s", **values: Any
    ) -> Setup:
        given = {
            "base_url": self.model.base_url,
            "price_in": 1_000_000,
            "price_out": 1_000_000,
        }
        models = tuple(ModelSettings(model=name, **{**given, **(model or {})}) for name in names or ("m",))
        values = {"deadline_ms": DEADLINE_MS, "limits": Limits(visitor_requests=0), "allow": (), **values}
        settings = AssistantSettings(models=models, **values)
        return self.assistant.prepare(TenantId("t"), SiteId(site), settings, own_models=False)

    async def timed(self, setup: Setup, **values: Any) -> tuple[Answer | NoAnswer, float]:
        """Return the result and the milliseconds it took, less what the machine was late."""
        started = time.monotonic()
        with Pacer() as pacer:
            result = await self.ask(setup, **values)
        return result, (time.monotonic() - started) * 1000 - pacer.worst_ms


def _make(*arguments: Any) -> Any:
    from fastdesk.ai.registry import make_provider

    return make_provider(*arguments)


@pytest.fixture
async def desk(tasks: Tasks, stand_in: StandInModel) -> AsyncIterator[Callable[..., Desk]]:
    """Makes desks; in the end no socket, slot, or reserved money may be left."""
    before = open_sockets()
    made: list[Desk] = []

    def make(**values: Any) -> Desk:
        made.append(Desk(tasks, stand_in, **values))
        return made[-1]

    yield make
    for each in made:
        await each.assistant.close()
        each.assert_idle()
    for _ in range(200):
        if open_sockets() <= before:
            break
        await asyncio.sleep(0.005)
    assert open_sockets() <= before, "a socket was left open"


HANGS: list[dict[str, Any]] = [
    {"fault": "hang_accept"},
    {"fault": "hang_request"},
    {"fault": "hang_headers"},
    {"fault": "hang_stream", "fault_after": 0},
    {"fault": "drip", "drip_gap_ms": 10},
    {"delay_ms": 5000},
    {"delay_ms": DEADLINE_MS + 100},
]
FAILURES: list[dict[str, Any]] = [
    {"fault": "close"},
    {"fault": "reset"},
    {"fault": "garbage"},
    {"fault": "garbage_http"},
    {"fault": "html"},
    {"fault": "empty_choices"},
    {"fault": "null_content"},
    {"fault": "invalid_utf8"},
    {"fault": "huge_body"},
    {"fault": "status", "status": 500},
    {"fault": "status", "status": 503, "retry_after": "1"},
    {"fault": "status", "status": 429},
    {"fault": "status", "status": 429, "retry_after": "2"},
    {"fault": "status", "status": 401},
    {"fault": "cut", "fault_after": 0},
]


def name(fault: object) -> str:
    return "-".join(str(part) for part in fault.values()) if isinstance(fault, dict) else str(fault)


@pytest.mark.parametrize("streamed", [True, False], ids=["stream", "plain"])
@pytest.mark.parametrize("fault", HANGS, ids=name)
async def test_hang_is_late_at_the_deadline(
    desk: Callable[..., Desk], fault: dict[str, Any], streamed: bool
) -> None:
    own = desk()
    own.model.set(**fault)
    setup = own.setup(model={"stream": streamed})
    for _ in range(3):
        result, ms = await own.timed(setup)
        assert isinstance(result, NoAnswer)
        assert result.reason == "late"
        assert ms <= DEADLINE_MS + GRACE_MS
    assert own.assistant.counters.answered == 0


@pytest.mark.parametrize("streamed", [True, False], ids=["stream", "plain"])
@pytest.mark.parametrize("fault", FAILURES, ids=name)
async def test_failure_is_told_before_the_deadline(
    desk: Callable[..., Desk], fault: dict[str, Any], streamed: bool
) -> None:
    own = desk()
    own.model.set(**fault)
    setup = own.setup(model={"stream": streamed}, deadline_ms=5_000)
    port = Screenplay()
    result, _ = await own.timed(setup, port=port)
    assert isinstance(result, NoAnswer)
    assert result.reason == "failed"
    assert port.pieces == []


@pytest.mark.parametrize(
    "address", ["http://no-such-host.invalid/v1", "http://127.0.0.1:1/v1", "https://127.0.0.1:1"]
)
async def test_model_that_cannot_be_reached(desk: Callable[..., Desk], address: str) -> None:
    own = desk()
    result, ms = await own.timed(own.setup(model={"base_url": address, "connect_ms": 150}))
    assert isinstance(result, NoAnswer)
    assert result.reason in ("failed", "late")
    assert ms <= DEADLINE_MS + GRACE_MS


@pytest.mark.parametrize("after", range(1, 10))
async def test_stream_cut_after_any_chunk_is_answered_by_the_next_model(
    desk: Callable[..., Desk], after: int
) -> None:
    own = desk()
    text = "第一句。第二句！第三句？最后"
    own.model.script(
        [Behaviour(fault="cut", fault_after=after, text="错" + text, chunks=10), Behaviour(text=text)]
    )
    port = Screenplay()
    result, _ = await own.timed(own.setup("a", "b", deadline_ms=5_000), port=port)
    assert isinstance(result, Answer)
    assert (result.text, result.model) == (text, "b")
    assert text.startswith(port.text) or port.text.startswith("错")  # the final message replaces it


async def test_stream_that_stops_between_tokens(desk: Callable[..., Desk]) -> None:
    own = desk()
    own.model.set(fault="hang_stream", fault_after=3, text="一二三四五。" * 5)
    result, ms = await own.timed(own.setup(model={"gap_ms": 100}, deadline_ms=2_000))
    assert isinstance(result, NoAnswer)
    assert (result.reason, result.tokens_in > 0) == ("failed", True)
    assert ms < 1_000


async def test_answer_after_the_deadline_is_dropped_and_paid_for_once(desk: Callable[..., Desk]) -> None:
    own = desk()
    own.model.set(delay_ms=DEADLINE_MS + 300, text="太晚了。")
    port = Screenplay()
    result, _ = await own.timed(own.setup(), port=port)
    assert isinstance(result, NoAnswer)
    cost = own.assistant.counters.cost_micro
    assert cost == result.cost_micro > 0
    await asyncio.sleep(0.4)
    assert port.pieces == []
    assert (own.assistant.counters.cost_micro, own.assistant.counters.answered) == (cost, 0)


async def test_follow_up_over_the_wire(desk: Callable[..., Desk]) -> None:
    own = desk()
    own.model.set(delay_ms=DEADLINE_MS + 300, text="晚了一点。", prompt_tokens=7, completion_tokens=3)
    result, _ = await own.timed(own.setup(late="follow_up"))
    assert isinstance(result, NoAnswer)
    assert result.follow_up is not None
    answer = await result.follow_up
    assert isinstance(answer, Answer)
    assert (answer.text, answer.cost_micro, own.assistant.counters.cost_micro) == ("晚了一点。", 10, 10)
    assert own.model.counts().calls == 1


async def test_breaker_spares_a_model_that_is_down_and_finds_it_again(desk: Callable[..., Desk]) -> None:
    own = desk()
    setup = own.setup(deadline_ms=5_000)
    own.model.set(fault="status", status=500)
    for _ in range(20):
        await own.timed(setup)
    assert own.model.counts().calls == 5
    own.model.set(text="回来了。")
    recovered = time.monotonic()
    while True:
        result, _ = await own.timed(setup)
        if isinstance(result, Answer):
            break
        await asyncio.sleep(0.02)
        assert time.monotonic() - recovered < 10
    assert own.model.counts().calls == 6


async def test_retry_after_is_honoured(desk: Callable[..., Desk]) -> None:
    own = desk()
    setup = own.setup(deadline_ms=5_000)
    own.model.script([Behaviour(fault="status", status=429, retry_after="0.6")])
    started = time.monotonic()
    result: Any = None
    while not isinstance(result, Answer):
        result, _ = await own.timed(setup)
        await asyncio.sleep(0.01)
    assert time.monotonic() - started >= 0.6
    assert own.model.counts().calls == 2


@pytest.mark.slow
async def test_ten_thousand_questions_at_once_with_a_pool_of_32(desk: Callable[..., Desk]) -> None:
    own = desk(max_active=32, max_waiting=1000)
    own.model.set(delay_ms=25, text="好的。")
    setup = own.setup(model={"stream": False, "connect_ms": 9_000}, deadline_ms=60_000)
    before = open_sockets()
    futures = [
        own.ask(setup, f"问题 {number}", visitor=f"v{number}", tenant=f"t{number % 7}")
        for number in range(10_000)
    ]
    assert sum(future.done() for future in futures) == 10_000 - 32 - 1000  # refused at once, without waiting
    most = 0
    while not all(future.done() for future in futures):
        await asyncio.sleep(0.05)
        most = max(most, open_sockets() - before)
    results = [future.result() for future in futures]
    reasons = Counter(result.reason if isinstance(result, NoAnswer) else "answered" for result in results)
    assert reasons == {"busy": 10_000 - 32 - 1000, "answered": 1032}
    counts = own.model.counts()
    assert (counts.calls, counts.in_flight_peak) == (1032, 32)
    assert most <= 32
    assert counts.connections <= 32
    assert own.assistant.counters.cost_micro == sum(result.cost_micro for result in results) == 1032 * 120


@pytest.mark.slow
async def test_slow_models_do_not_slow_the_loop(desk: Callable[..., Desk]) -> None:
    """Thousands of questions that wait for a model leave the loop free for people."""
    own = desk(max_active=32, max_waiting=2000)
    own.model.set(fault="hang_request")
    setup = own.setup(deadline_ms=1500)
    futures = [own.ask(setup, f"{number}", visitor=f"v{number}") for number in range(2032)]
    laps: list[float] = []
    for _ in range(200):
        started = time.perf_counter()
        await asyncio.sleep(0)
        laps.append(time.perf_counter() - started)
    assert sorted(laps)[-3] < 0.1
    results = await asyncio.gather(*futures)
    reasons = Counter(result.reason for result in results if isinstance(result, NoAnswer))
    assert reasons["late"] >= 32
    assert reasons["late"] + reasons["failed"] == 2032  # those behind them found the breaker open


async def test_every_fault_in_a_row_and_then_health(desk: Callable[..., Desk]) -> None:
    """Whatever came before, a healthy model is used again and nothing of it sticks."""
    own = desk()
    own.model.script(
        [Behaviour(**fault) for fault in [*FAILURES, *HANGS] if fault.get("fault") != "hang_accept"]
    )
    setup = own.setup("a")
    deadline = time.monotonic() + 60
    while own.model.counts().calls < len(FAILURES) + len(HANGS) - 1:
        result, ms = await own.timed(setup)
        assert isinstance(result, NoAnswer)
        assert ms <= DEADLINE_MS + GRACE_MS
        own.assistant._models._breakers.clear()
        setup = own.setup(f"a{own.model.counts().calls}")
        assert time.monotonic() < deadline
    own.model.set(text="好了。")
    result, _ = await own.timed(own.setup("healthy", deadline_ms=5_000))
    assert isinstance(result, Answer)


async def test_budget_stops_the_calls_and_not_the_answers(desk: Callable[..., Desk]) -> None:
    from fastdesk.ai import Budget

    ledger = MemoryLedger()
    own = desk(ledger=ledger)
    own.model.set(prompt_tokens=60, completion_tokens=40, text="好。")
    setup = own.setup(budget=Budget(day=1000), deadline_ms=5_000)
    reasons = Counter()
    for _ in range(15):
        result, _ = await own.timed(setup)
        reasons[result.reason if isinstance(result, NoAnswer) else "answered"] += 1
    assert reasons == {"answered": 10, "budget": 5}
    assert own.model.counts().calls == 10
    assert [warning.spent_micro for warning in own.warnings] == [800]
    await own.assistant.close()
    assert {row.spent_micro for row in ledger.rows.values()} == {1000}


async def test_budget_holds_against_many_at_once(desk: Callable[..., Desk]) -> None:
    from fastdesk.ai import Budget

    own = desk()
    own.model.set(prompt_tokens=60, completion_tokens=40, text="好。", delay_ms=5)
    setup = own.setup(
        budget=Budget(day=20_000), model={"max_tokens": 40, "connect_ms": 9_000}, deadline_ms=60_000
    )
    results = await asyncio.gather(*(own.ask(setup, f"{number}") for number in range(400)))
    spent = sum(result.cost_micro for result in results)
    assert spent == own.model.counts().calls * 100
    assert spent <= 20_000 + 100


def test_kit_needs_no_more_than_it_says() -> None:
    """The room can be made with the seams of its kit alone."""
    kit = AssistantKit(
        SystemClock(),
        SeededEntropy(1),
        lambda work, name: asyncio.get_running_loop().create_task(work),
        lambda tenant, text, side: None,  # type: ignore[arg-type, return-value]
        lambda rate, burst, keys: None,  # type: ignore[arg-type, return-value]
        MemoryLedger(),
        lambda settings, tenant: "",
        lambda spent: None,
    )
    assert Assistant(kit).state()["models"] == []
