"""The money holds: across restarts, kills at any moment, many calls at once, and a ledger that fails."""

import asyncio
import random
from collections.abc import Callable

import pytest

from fastdesk.ai.budget import Budgets, MemoryLedger, Reservation, Row, Spent
from fastdesk.ai.settings import Budget
from fastdesk.errors import StoreError
from fastdesk.observe.tasks import Tasks

DAY_MS = 86_400_000
NOW_MS = 1_795_000_000_000  # 2026-11-18
TODAY, MONTH = "2026-11-18", "2026-11"


class Buyer:
    def __init__(self) -> None:
        self.answer: asyncio.Future[Reservation | None] = asyncio.get_running_loop().create_future()

    def on_budget(self, reservation: Reservation | None) -> None:
        if not self.answer.done():
            self.answer.set_result(reservation)


class Shop:
    """A tenant that spends; `restart` forgets everything that was not durable."""

    def __init__(self, ledger: MemoryLedger, tasks: Tasks, budget: Budget) -> None:
        self.ledger = ledger
        self.tasks = tasks
        self.budget = budget
        self.warnings: list[Spent] = []
        self.restart()

    def restart(self) -> None:
        self.budgets = Budgets(self.ledger, self.tasks.spawn, self.warnings.append)

    async def reserve(self, amount: int, now_ms: int = NOW_MS) -> Reservation | None:
        buyer = Buyer()
        answer = self.budgets.reserve("t", self.budget, amount, now_ms, buyer)
        if answer == "wait":
            return await buyer.answer
        return answer if isinstance(answer, Reservation) else None

    async def spend(self, amount: int, cost: int | None = None, now_ms: int = NOW_MS) -> bool:
        reservation = await self.reserve(amount, now_ms)
        if reservation is None:
            return False
        reservation.settle(amount if cost is None else cost)
        return True


@pytest.fixture
def shop(tasks: Tasks) -> Callable[..., Shop]:
    return lambda **limits: Shop(MemoryLedger(), tasks, Budget(**limits))


async def test_no_budget_asks_nobody(shop: Callable[..., Shop]) -> None:
    own = shop()
    assert await own.spend(10**12)
    assert not own.ledger.rows
    assert not own.budgets.spent()


async def test_limit_is_reached_and_passed_by_one_call_at_most(shop: Callable[..., Shop]) -> None:
    own = shop(day=100)
    spent = 0
    while await own.spend(30):
        spent += 30
    assert spent == 120
    await own.budgets.close()
    assert own.ledger.rows == {("t", TODAY): Row(120, 0)}


async def test_true_cost_counts_not_the_reserved_one(shop: Callable[..., Shop]) -> None:
    own = shop(day=100)
    assert [await own.spend(90, cost=10) for _ in range(11)] == [True] * 10 + [False]


async def test_calls_under_way_count_until_they_are_settled(shop: Callable[..., Shop]) -> None:
    own = shop(day=100)
    first, second = await own.reserve(60), await own.reserve(60)
    assert first is not None
    assert second is not None
    assert await own.reserve(1) is None
    second.settle(0)
    second.settle(0)
    assert await own.reserve(1) is not None


async def test_month_and_day_both_hold_and_a_new_day_begins_at_zero(shop: Callable[..., Shop]) -> None:
    own = shop(day=50, month=80)
    assert [await own.spend(25) for _ in range(3)] == [True, True, False]
    await own.budgets.close()
    assert [await own.spend(25, now_ms=NOW_MS + DAY_MS) for _ in range(3)] == [True, True, False]
    assert {entry.period for entry in own.budgets.spent()} == {"2026-11-19", MONTH}
    assert await own.spend(25, now_ms=NOW_MS + 20 * DAY_MS)


async def test_kill_while_nothing_is_under_way_loses_nothing(shop: Callable[..., Shop]) -> None:
    own = shop(day=100)
    for _ in range(3):
        assert await own.spend(40, cost=7)
        await own.budgets.close()
    own.restart()
    assert await own.spend(1)
    assert own.budgets.spent() == [Spent("t", TODAY, 22, 100)]


async def test_kill_during_a_call_counts_what_it_may_have_cost(shop: Callable[..., Shop]) -> None:
    own = shop(day=100)
    assert await own.reserve(40) is not None
    own.restart()
    assert await own.spend(1)
    assert own.budgets.spent()[0].spent_micro == 41


@pytest.mark.parametrize("seed", range(20))
async def test_kills_at_any_moment_never_pass_the_limit_by_more_than_one_call(
    shop: Callable[..., Shop], seed: int
) -> None:
    chance = random.Random(seed)
    own = shop(day=5000)
    truly_spent = 0
    for _ in range(40):
        own.restart()

        async def call() -> None:
            nonlocal truly_spent
            reservation = await own.reserve(100)
            if reservation is not None:
                truly_spent += (cost := chance.randint(1, 100))  # the model has been called, whatever comes
                await asyncio.sleep(0)
                if chance.random() < 0.8:
                    reservation.settle(cost)

        calls = [asyncio.ensure_future(call()) for _ in range(chance.randint(1, 20))]
        for _ in range(chance.randint(0, 12)):
            await asyncio.sleep(0)
        for running in calls:
            running.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await own.tasks.stop()
        assert truly_spent <= 5000 + 100
    assert truly_spent > 500  # and the budget was not given away either


async def test_busy_tenant_does_not_write_per_call(shop: Callable[..., Shop]) -> None:
    own = shop(day=10**9)
    writes = 0
    save = own.ledger.save

    async def slow_save(account: str, period: str, row: Row) -> None:
        nonlocal writes
        writes += 1
        for _ in range(50):
            await asyncio.sleep(0)
        await save(account, period, row)

    own.ledger.save = slow_save  # type: ignore[method-assign]

    async def caller() -> None:
        for _ in range(200):
            assert await own.spend(100, cost=50)
            await asyncio.sleep(0)

    await asyncio.gather(*(caller() for _ in range(20)))
    await own.budgets.close()
    assert own.ledger.rows["t", TODAY] == Row(20 * 200 * 50, 0)
    assert writes < 1000


async def test_ledger_that_fails_refuses_instead_of_spending(tasks: Tasks) -> None:
    class Broken(MemoryLedger):
        fails = True

        async def save(self, account: str, period: str, row: Row) -> None:
            if self.fails:
                raise StoreError("the disk is full")
            await super().save(account, period, row)

    ledger = Broken()
    own = Shop(ledger, tasks, Budget(day=100))
    assert not await own.spend(1)
    ledger.fails = False
    assert await own.spend(1)


async def test_owner_is_warned_once_at_80_percent(shop: Callable[..., Shop]) -> None:
    own = shop(day=100)
    for _ in range(9):
        await own.spend(10)
    assert own.warnings == [Spent("t", TODAY, 80, 100)]
    await own.budgets.close()
    own.restart()
    await own.spend(10)
    assert len(own.warnings) == 1
