"""Modules that say `ON_BOTH_LOOPS = True` run their async tests on uvloop and on asyncio's own loop."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvloop


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Callable[[], Any]]:
    factories: dict[str, Callable[[], Any]] = {"uvloop": uvloop.new_event_loop}
    if getattr(getattr(item, "module", None), "ON_BOTH_LOOPS", False):
        factories["asyncio"] = asyncio.new_event_loop
    return factories
