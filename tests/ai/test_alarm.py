"""One timer for many: each is woken at its time, whoever comes and goes between."""

import asyncio

from fastdesk.ai import alarm as alarm_room
from fastdesk.ai.alarm import Alarm

VIRTUAL_TIME = True


class Sleeper(alarm_room.Sleeper):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class Woken:
    """Remembers who was woken when, in tenths of a second from the start."""

    def __init__(self) -> None:
        self.began = asyncio.get_running_loop().time()
        self.order: list[tuple[str, int]] = []

    def __call__(self, sleeper: Sleeper) -> None:
        sleeper.is_waiting = False
        self.order.append((sleeper.name, round((asyncio.get_running_loop().time() - self.began) * 10)))


async def test_each_is_woken_at_its_time() -> None:
    woken = Woken()
    alarm = Alarm(woken)
    for number in range(5):
        alarm.add(woken.began + 1 + number / 10, Sleeper(str(number)))
    await asyncio.sleep(10)
    assert woken.order == [("0", 10), ("1", 11), ("2", 12), ("3", 13), ("4", 14)]


async def test_who_waits_no_more_is_left_alone_and_not_kept() -> None:
    woken = Woken()
    alarm = Alarm(woken)
    sleepers = [Sleeper(str(number)) for number in range(1000)]
    for number, sleeper in enumerate(sleepers):
        alarm.add(woken.began + 1 + number / 1000, sleeper)
        sleeper.is_waiting = number == 999
    assert len(alarm._sleepers) == 1
    await asyncio.sleep(10)
    assert woken.order == [("999", 20)]


async def test_order_of_times_and_order_of_coming_may_differ() -> None:
    woken = Woken()
    alarm = Alarm(woken)
    for name, tenths in (("b", 20), ("a", 10), ("c", 30), ("d", 5)):
        alarm.add(woken.began + tenths / 10, Sleeper(name))
    await asyncio.sleep(10)
    assert woken.order == [("d", 5), ("a", 10), ("b", 20), ("c", 30)]


async def test_nearly_in_order_is_one_timer_for_all() -> None:
    woken = Woken()
    alarm = Alarm(woken)
    alarm.add(woken.began + 1, Sleeper("first"))
    timers = len(asyncio.get_running_loop()._scheduled)  # type: ignore[attr-defined]
    for number in range(320):
        late = number ^ 31  # blocks of 32 come in reverse
        alarm.add(woken.began + 2 + late / 10, Sleeper(str(late)))
    assert len(asyncio.get_running_loop()._scheduled) == timers  # type: ignore[attr-defined]
    await asyncio.sleep(100)
    assert woken.order == [("first", 10), *((str(number), 20 + number) for number in range(320))]


async def test_one_that_fails_takes_no_other_along() -> None:
    woken = Woken()

    def wake(sleeper: Sleeper) -> None:
        if sleeper.name == "0":
            raise RuntimeError("out of order")
        woken(sleeper)

    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, context: failures.append(context["exception"])
    )
    alarm = Alarm(wake)
    for number in range(3):
        alarm.add(woken.began + 1, Sleeper(str(number)))
    await asyncio.sleep(2)
    alarm.add(woken.began + 3, Sleeper("3"))
    await asyncio.sleep(2)
    assert woken.order == [("1", 10), ("2", 10), ("3", 30)]
    assert len(failures) == 1


async def test_woken_ones_may_wait_again() -> None:
    began = asyncio.get_running_loop().time()
    times: list[int] = []

    def wake(sleeper: Sleeper) -> None:
        now = asyncio.get_running_loop().time()
        times.append(round((now - began) * 10))
        if len(times) < 4:
            alarm.add(now + 1, sleeper)

    alarm = Alarm(wake)
    alarm.add(began + 1, Sleeper("x"))
    await asyncio.sleep(10)
    assert times == [10, 20, 30, 40]
