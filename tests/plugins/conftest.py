"""Desks for the tests of plug-ins."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvloop
from tests.ai.conftest import VirtualLoop
from tests.plugins.assistant_world import Desk


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run asynchronous tests in virtual time where a test file asks for that."""
    if getattr(item.getparent(pytest.Module).obj, "VIRTUAL_TIME", False):  # type: ignore[union-attr]
        return {"virtual": VirtualLoop}
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def open_desk() -> AsyncIterator[Callable[..., Awaitable[Desk]]]:
    """Open desks with an assistant of the given settings."""
    opened: list[Desk] = []

    async def make(**settings: Any) -> Desk:
        opened.append(await Desk(**settings).start())
        return opened[-1]

    yield make
    for desk in opened:
        await desk.stop()
