"""What the tests of the models share: the stand-in model, clocks, and a look at what was left behind."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import msgspec
import pytest
import uvloop
from benchmarks.load.stand_in_model import StandInModel

from fastdesk._core import BucketTable
from fastdesk.ai import (
    Assistant,
    AssistantKit,
    AssistantSettings,
    Line,
    MemoryLedger,
    ModelSettings,
    Question,
    Result,
    Screened,
    Setup,
    Spent,
    Window,
    ready_line,
)
from fastdesk.ai.lines import unmarked
from fastdesk.ai.provider import Completion, Failure, ModelRequest, ProviderKit, Sink
from fastdesk.model.ids import SiteId, TenantId
from fastdesk.observe.clock import Clock, SeededEntropy, SystemClock
from fastdesk.observe.tasks import Tasks


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run asynchronous tests on both loops, or in virtual time where a test file asks for that."""
    if getattr(item.getparent(pytest.Module).obj, "VIRTUAL_TIME", False):  # type: ignore[union-attr]
        return {"virtual": VirtualLoop}
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@pytest.fixture(scope="session")
def stand_in_process() -> Iterator[StandInModel]:
    with StandInModel() as model:
        yield model


@pytest.fixture
def stand_in(stand_in_process: StandInModel) -> StandInModel:
    """A healthy stand-in model with all totals at zero."""
    stand_in_process.drop_connections()
    stand_in_process.reset()
    return stand_in_process


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    """Background tasks; the test fails when one is left."""
    tasks = Tasks()
    yield tasks
    for _ in range(200):
        if not len(tasks):
            break
        await asyncio.sleep(0.005)
    left = len(tasks)
    await tasks.stop()
    assert not left, "a background task was left running"


@pytest.fixture
def kit(tasks: Tasks) -> ProviderKit:
    return ProviderKit("secret-key", SystemClock(), tasks.spawn)


class Heard:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.ends: list[Completion] = []
        self.failures: list[Failure] = []
        self.over = asyncio.Event()

    def on_text(self, text: str) -> None:
        self.texts.append(text)

    def on_end(self, completion: Completion) -> None:
        self.ends.append(completion)
        self.over.set()

    def on_failure(self, failure: Failure) -> None:
        self.failures.append(failure)
        self.over.set()

    async def wait(self) -> "Heard":
        async with asyncio.timeout(10):
            await self.over.wait()
        return self


def request(text: str = "你好", **values: Any) -> ModelRequest:
    return ModelRequest(lines=(Line("system", "Be brief."), Line("user", text)), **values)


def open_sockets() -> int:
    """How many sockets this process has open."""
    count = 0
    for number in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{number}").startswith("socket:")
        except OSError:
            continue
    return count


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time stands still while something can be done, and then jumps to the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self._seconds = 1_000.0
        select = self._selector.select  # type: ignore[attr-defined]

        def jump(timeout: float | None) -> Any:
            ready = select(0)
            if not ready and timeout:
                self._seconds += timeout
            elif not ready and timeout is None:
                raise RuntimeError("the test waits for something that will never happen")
            return ready

        self._selector.select = jump  # type: ignore[attr-defined]

    def time(self) -> float:
        return self._seconds


class LoopClock(Clock):
    """The loop's own time."""

    def now_ns(self) -> int:
        return round(asyncio.get_running_loop().time() * 1e9)

    def now_ms(self) -> int:
        return 1_795_000_000_000 + self.now_ns() // 1_000_000

    def cpu_ns(self) -> int:
        return 0  # computing takes no time here


class ScriptedCall:
    """A call of the scripted model, answered by the test."""

    def __init__(self, request: ModelRequest, sink: Sink) -> None:
        self.request = request
        self.sink = sink
        self.is_cancelled = False
        self.is_sent = True

    @property
    def asked(self) -> str:
        return unmarked(self.request.lines[-1].content)

    def cancel(self) -> None:
        self.is_cancelled = True

    def say(self, *texts: str) -> "ScriptedCall":
        for text in texts:
            self.sink.on_text(text)
        return self

    def end(self, text: str = "", **values: Any) -> None:
        self.sink.on_end(Completion(text=text, **values))

    def fail(self, kind: str = "broken", status: int = 0, retry_after_ms: int | None = None) -> None:
        self.sink.on_failure(Failure(kind, "scripted", status, retry_after_ms))  # type: ignore[arg-type]


class ScriptedModel:
    """A provider that does what the test says."""

    def __init__(self) -> None:
        self.calls: list[ScriptedCall] = []
        self.answer_with: Callable[[ScriptedCall], None] | None = None
        self.is_closed = False

    def start(self, request: ModelRequest, sink: Sink) -> ScriptedCall:
        if request.encoded:
            assert b"".join(request.encoded) + b"]" == msgspec.json.encode(request.lines)
        call = ScriptedCall(request, sink)
        self.calls.append(call)
        if self.answer_with is not None:
            self.answer_with(call)
        return call

    async def close(self) -> None:
        self.is_closed = True

    @property
    def last(self) -> ScriptedCall:
        return self.calls[-1]

    @property
    def running(self) -> list[ScriptedCall]:
        return [call for call in self.calls if not call.is_cancelled]


class Screenplay:
    """A visitor's port that keeps what it was shown."""

    def __init__(self) -> None:
        self.pieces: list[tuple[str, bool]] = []
        self.notes: list[str] = []

    def show(self, text: str, *, replace: bool = False) -> None:
        self.pieces.append((text, replace))

    def thinking(self, note: str = "") -> None:
        self.notes.append(note)

    @property
    def text(self) -> str:
        shown = ""
        for text, replace in self.pieces:
            shown = text if replace else shown + text
        return shown


class World:
    """An assistant with scripted models, `a` and `b` unless a test says otherwise."""

    def __init__(self, tasks: Tasks, **values: Any) -> None:
        self.models: dict[str, ScriptedModel] = {}
        self.said: dict[str, Any] = {}
        self.words: dict[str, str] = {}
        self.warnings: list[Spent] = []
        self.clock = LoopClock()
        self.ledger = MemoryLedger()
        self.tasks = tasks
        self.assistant = Assistant(
            AssistantKit(
                **{
                    "clock": self.clock,
                    "entropy": SeededEntropy(1),
                    "spawn": tasks.spawn,
                    "screen": self.screen,
                    "make_buckets": BucketTable,
                    "ledger": self.ledger,
                    "key_of": lambda settings, tenant: "k",
                    "warn": self.warnings.append,
                    "make_provider": self.make,
                    **values,
                }
            )
        )
        self.asked = 0

    def make(self, settings: ModelSettings, kit: ProviderKit) -> ScriptedModel:
        return self.models.setdefault(settings.model, ScriptedModel())

    def screen(self, tenant: str, text: str, side: str) -> Screened:
        for word, level in self.words.items():
            if word in text:
                return Screened(level, text.replace(word, "*" * len(word)), f"list {word}")
        return Screened("clean", text)

    def setup(
        self, *names: str, model: dict[str, Any] | None = None, site: str = "s", **values: Any
    ) -> Setup:
        models = tuple(ModelSettings(model=name, **(model or {})) for name in names or ("a", "b"))
        settings = AssistantSettings(models=models, **values)
        return self.assistant.prepare(TenantId("t"), SiteId(site), settings, own_models=False)

    def question(self, text: str = "你好", **values: Any) -> Question:
        self.asked += 1
        given = {
            "tenant": "t",
            "site": "s",
            "visitor": "v",
            "conversation": f"c{self.asked}",
            "turn": f"t{self.asked}",
        }
        return Question(**{**given, "text": text, "received_ns": self.clock.now_ns(), **values})

    def ask(
        self, setup: Setup, text: str = "你好", port: Any = None, **values: Any
    ) -> "asyncio.Future[Result]":
        question = self.question(text, **values)
        said = self.said.get(question.conversation)
        if isinstance(said, list):
            said = Window(ready_line(line.role, line.content, setup.settings.mask) for line in said)
        return self.assistant.ask(question, setup, port, said)

    def assert_idle(self) -> None:
        """Nothing is held by anyone."""
        pool = self.assistant.state()["pool"]
        assert isinstance(pool, dict)
        assert (pool["active"], pool["waiting"]) == (0, 0)
        assert not any(own.reserved for own in self.assistant._budgets._accounts.values())


@pytest.fixture
def world(tasks: Tasks) -> World:
    return World(tasks)
