"""Where blocking work runs."""

import ctypes
import os
import struct
import sys
import threading

import pytest

from fastdesk.store.runner import InlineRunner, ThreadRunner


async def test_reads_run_beside_the_loop() -> None:
    runner = ThreadRunner(2)
    runner.bind()
    assert await runner.read(threading.get_ident) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        await runner.read(lambda: 1 // 0)
    runner.stop()


async def test_a_thread_may_be_slow_and_tells_the_loop_in_order() -> None:
    import asyncio

    runner = ThreadRunner(1)
    runner.bind()
    told: list[object] = []
    done = asyncio.Event()

    def work() -> None:
        runner.tell(told.append, os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        runner.tell(told.append, "second")
        runner.tell(done.set)

    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    runner.start("slow", work, nice=10)
    await done.wait()
    assert told == [min(before + 10, 10), "second"] or told == [10, "second"]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before, "the loop keeps its own"
    runner.join("slow")
    runner.stop()


def slice_ns() -> int:
    """Return how long the calling thread may compute before others have their turn; 0 where that is not told."""
    number = {"x86_64": 315, "aarch64": 275}.get(os.uname().machine)
    told = bytearray(48)
    buffer = (ctypes.c_char * len(told)).from_buffer(told)
    if (
        sys.platform != "linux"
        or number is None
        or ctypes.CDLL(None).syscall(number, 0, buffer, len(told), 0)
    ):
        return 0
    runtime: int = struct.unpack("=IIQiIQQQ", told)[5]
    return runtime


async def test_whoever_wakes_goes_before_a_nice_thread() -> None:
    usual = slice_ns()
    if not usual:
        pytest.skip("this kernel gives no thread a slice of its own")
    runner = ThreadRunner(1)
    runner.bind()
    found: list[int] = []
    runner.start("slow", lambda: found.append(slice_ns()), nice=10)
    runner.join("slow")
    assert found[0] > usual
    assert await runner.read(slice_ns) == usual
    runner.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has threads that give way to all others")
async def test_who_studies_gives_way_to_everybody() -> None:
    runner = ThreadRunner(1)
    runner.bind()
    assert await runner.study(lambda: os.sched_getscheduler(0)) == os.SCHED_IDLE
    assert await runner.read(lambda: os.sched_getscheduler(0)) == os.SCHED_OTHER
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
    runner.stop()


async def test_inline_everything_happens_at_once() -> None:
    runner = InlineRunner()
    runner.bind()
    told: list[str] = []
    runner.hurry(lambda: told.append("hurried"))
    runner.tell(told.append, "told")
    runner.start("background", lambda: told.append("never"))
    assert await runner.read(lambda: "read") == "read"
    assert told == ["hurried", "told"]
    runner.join("background")
    runner.stop()
