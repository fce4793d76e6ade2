"""Background tasks that can be found, waited for and that never fail in silence."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog

__all__ = ["Tasks"]

T = TypeVar("T")

_log = structlog.get_logger("fastdesk.tasks")


class Tasks:
    """Own the background tasks of one desk: spawn them, log their failures, cancel them at the end."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` in the current loop until it ends; an exception is logged under `name`, never lost."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            _log.error("task_failed", task=task.get_name(), error=type(failure).__name__, exc_info=failure)

    async def offload(self, work: Callable[..., T], *args: Any) -> T:
        """Run something slow in a thread; a simulation runs it in place."""
        return await asyncio.to_thread(work, *args)

    async def stop(self) -> None:
        """Cancel what still runs and wait until it has ended."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
