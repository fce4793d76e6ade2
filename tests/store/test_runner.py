"""Where blocking work runs."""

import os
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
