"""What the tests of the models share: the stand-in model, clocks, and a look at what was left behind."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import uvloop
from benchmarks.load.stand_in_model import StandInModel

from fastdesk.ai.provider import Completion, Failure, Line, ModelRequest, ProviderKit
from fastdesk.observe.clock import SystemClock
from fastdesk.observe.tasks import Tasks


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run every asynchronous test of this room on both loops."""
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
