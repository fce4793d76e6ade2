"""Where the store's blocking work runs: threads in a desk, inline in a simulation."""

import asyncio
import ctypes
import os
import struct
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, Protocol, TypeVar

__all__ = ["InlineRunner", "Runner", "ThreadRunner"]

T = TypeVar("T")


class Runner(Protocol):
    """Run blocking work beside the loop."""

    inline: bool
    """True when work runs in the caller's thread, so that nothing goes on in the background."""

    def bind(self) -> None:
        """Take the running loop as the one to `tell`."""

    def tell(self, callback: Callable[..., None], *arguments: object) -> None:
        """Call `callback` in the loop, from any thread; calls keep their order."""

    async def read(self, work: Callable[[], T]) -> T:
        """Run `work` in a reader thread."""

    async def study(self, work: Callable[[], T]) -> T:
        """Run `work` that may take long, behind all others: one at a time."""

    def hurry(self, work: Callable[[], None]) -> None:
        """Run `work` soon, at normal priority, one at a time."""

    def start(self, name: str, work: Callable[[], None], *, nice: int = 0) -> None:
        """Run `work` in a thread of its own until it returns."""

    def join(self, name: str) -> None:
        """Wait until the thread `name` has ended."""

    def stop(self) -> None:
        """Wait until all of it has ended."""


class ThreadRunner:
    """Run work in threads.

    The priority of a thread can be lowered by anybody but raised only by root. So nothing is ever raised:
    urgent work runs in another thread (`hurry`), which the callers' own locks keep apart from the slow one.
    """

    inline = False

    def __init__(self, readers: int) -> None:
        self._readers = ThreadPoolExecutor(readers, "fastdesk-read")
        self._student = ThreadPoolExecutor(1, "fastdesk-study", _be_last)
        self._urgent = ThreadPoolExecutor(1, "fastdesk-hurry")
        self._threads: dict[str, threading.Thread] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self) -> None:
        self._loop = asyncio.get_running_loop()

    def tell(self, callback: Callable[..., None], *arguments: object) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(callback, *arguments)

    async def read(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def study(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._student, work)

    def hurry(self, work: Callable[[], None]) -> None:
        self._urgent.submit(work)

    def start(self, name: str, work: Callable[[], None], *, nice: int = 0) -> None:
        def run() -> None:
            if nice:
                _be_nice(nice)
            work()

        thread = threading.Thread(target=run, name=f"fastdesk-{name}", daemon=True)
        self._threads[name] = thread
        thread.start()

    def join(self, name: str) -> None:
        self._threads[name].join()

    def stop(self) -> None:
        for thread in self._threads.values():
            thread.join()
        self._readers.shutdown()
        self._student.shutdown()
        self._urgent.shutdown()


def _be_nice(nice: int) -> None:
    """Let the calling thread stand back; a sandbox may forbid it, then it competes on equal terms."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
    number = _SCHED_SETATTR.get(os.uname().machine) if sys.platform == "linux" else None
    if number is not None:
        # size, SCHED_OTHER, flags, nice, priority, runtime (the slice), deadline, period; see sched_setattr(2)
        ctypes.CDLL(None).syscall(number, 0, struct.pack("=IIQiIQQQ", 48, 0, 0, nice, 0, _SLICE_NS, 0, 0), 0)


def _be_last() -> None:
    """Let the calling thread give way at once to every other one; a sandbox may forbid it.

    Measured with `report-million`, in turns: the 99th percentile of the chat is 1.00 times that without reports; with a low
    priority it was 1.55 times. On a processor that is busy all the time a report then takes long.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


#: Since Linux 6.6 a thread that wakes waits until the running one's slice is used up, however nice that is: up to the next tick,
#: 4 ms. Since 6.12 it does not when its own slice is the shorter one, so nice threads ask for a longer one than anybody has by
#: default. Older kernels take no notice.
_SLICE_NS: Final = 10_000_000
#: The system call's number, for which the C library has had no name until lately.
_SCHED_SETATTR: Final = {"x86_64": 314, "aarch64": 274}


class InlineRunner:
    """Run everything at once in the caller's thread; background threads don't exist."""

    inline = True

    def bind(self) -> None:
        pass

    def tell(self, callback: Callable[..., None], *arguments: object) -> None:
        callback(*arguments)

    async def read(self, work: Callable[[], T]) -> T:
        return work()

    async def study(self, work: Callable[[], T]) -> T:
        return work()

    def hurry(self, work: Callable[[], None]) -> None:
        work()

    def start(self, name: str, work: Callable[[], None], *, nice: int = 0) -> None:
        pass

    def join(self, name: str) -> None:
        pass

    def stop(self) -> None:
        pass
