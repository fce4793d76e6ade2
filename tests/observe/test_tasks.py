"""Background tasks are known while they run, and do not fail in silence."""

import asyncio

from structlog.testing import capture_logs

from fastdesk.observe.tasks import Tasks


async def test_a_task_is_known_until_it_has_ended() -> None:
    tasks, gate = Tasks(), asyncio.Event()
    task = tasks.spawn(_pass(gate), "wait")
    assert (len(tasks), task.get_name()) == (1, "wait")
    gate.set()
    await task
    await asyncio.wait((asyncio.ensure_future(_pass(gate)),))
    assert len(tasks) == 0


async def test_a_failure_is_logged_under_its_name_and_leaves_the_others_alone() -> None:
    tasks, gate = Tasks(), asyncio.Event()
    other = tasks.spawn(_pass(gate), "other")
    with capture_logs() as logs:
        await asyncio.wait((tasks.spawn(_fail(), "break"),))
    assert [(each["event"], each["task"], each["error"]) for each in logs] == [
        ("task_failed", "break", "ValueError")
    ]
    assert not other.done()
    await tasks.stop()


async def test_stopping_ends_all_waits_for_them_and_is_no_failure() -> None:
    tasks, ended = Tasks(), list[str]()

    async def work(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(name)

    for name in ("one", "two"):
        tasks.spawn(work(name), name)
    await asyncio.sleep(0)
    with capture_logs() as logs:
        await tasks.stop()
    assert (sorted(ended), len(tasks), logs) == (["one", "two"], 0, [])


async def test_slow_work_leaves_the_loop_free() -> None:
    import threading

    here = threading.get_ident()
    assert await Tasks().offload(threading.get_ident) != here
    assert await Tasks().offload(divmod, 7, 2) == (3, 1)


async def _pass(gate: asyncio.Event) -> None:
    await gate.wait()


async def _fail() -> None:
    raise ValueError("broken")
