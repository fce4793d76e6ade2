"""What a tenant may spend on models per day and month: a limit that holds across restarts and SIGKILL.

Money is in millionths of the owner's currency. Every call reserves its highest possible cost before it is
made and settles its true cost after it. A call is let through while what is spent and reserved stays below
the limit; so only one call can reach beyond it.

Theory of operation. The ledger keeps one row per account and period: `spent`, and `held`, which is what may
have been spent since the row was written. A reservation counts only once a row that covers it is durable.
Rows are written one at a time: a row covers everything reserved by then and, while calls keep coming, as
much again as came during the last write, so that a busy tenant does not wait for the disk. A row written
when nothing is under way holds nothing. After a crash `held` counts as spent: the estimate errs on the side
of the owner's purse, by the calls under way at most in a quiet desk.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, NamedTuple, Protocol

from fastdesk.ai.provider import Spawn
from fastdesk.ai.settings import Budget

__all__ = ["FREE", "Budgets", "Buyer", "Ledger", "MemoryLedger", "Reservation", "Row", "Spent"]

#: Share of a limit at which its owner is warned.
WARN_PERCENT = 80


class Row(NamedTuple):
    """What the ledger keeps of one account and period."""

    spent_micro: int = 0
    held_micro: int = 0


class Ledger(Protocol):
    """Where rows survive. An account is a tenant's id, a period is `2026-11-22` or `2026-11` (UTC)."""

    async def load(self, account: str, period: str) -> Row:
        """Return the row, zeros when there is none."""

    async def save(self, account: str, period: str, row: Row) -> None:
        """Replace the row; it is durable when this returns."""


class MemoryLedger:
    """A ledger that forgets when the process ends: for tests, and for desks without budgets."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Row] = {}

    async def load(self, account: str, period: str) -> Row:
        """Return the row."""
        return self.rows.get((account, period), Row())

    async def save(self, account: str, period: str, row: Row) -> None:
        """Replace the row."""
        self.rows[account, period] = row


class Buyer(Protocol):
    """Whoever waits for a reservation."""

    def on_budget(self, reservation: "Reservation | None") -> None:
        """Your reservation is durable; None when there is no money left for it, or it cannot be written down."""


class Spent(NamedTuple):
    """The state of one account in one period."""

    account: str
    period: str
    spent_micro: int
    limit_micro: int


class _Account:
    def __init__(self, name: str, period: str) -> None:
        self.name = name
        self.period = period
        self.limit = 0
        self.spent = 0
        self.reserved = 0
        #: Reserved since the row at hand began to be written.
        self.arrived = 0
        #: The sum that the durable row covers, -1 until it has been read; and that of the row being written.
        self.covered = -1
        self.writing: int | None = None
        self.is_dirty = False
        self.is_warned = False
        self.task: asyncio.Task[None] | None = None
        self.waiting: list[tuple[int, Buyer, Callable[[], None]]] = []

    def is_used_up(self) -> bool:
        return self.covered >= 0 and self.spent + self.reserved >= self.limit

    def covers(self, amount: int) -> bool:
        covered = self.covered if self.writing is None else min(self.covered, self.writing)
        return self.spent + self.reserved + amount <= covered

    def to_cover(self) -> int:
        """Return the sum that the next row must cover."""
        now = self.spent + self.reserved
        wanted = self.arrived + sum(amount for amount, _, _ in self.waiting)
        first = self.waiting[0][0] if self.waiting else 0
        return now + min(wanted, max(self.limit - now, first)) if self.reserved or self.waiting else now


class Reservation:
    """Money put aside for one call, in some accounts.

    Args:
        on_spent: told each account that has changed.
    """

    __slots__ = ("_accounts", "_amount", "_on_spent")

    def __init__(
        self, accounts: tuple[_Account, ...], amount: int, on_spent: Callable[[_Account], None]
    ) -> None:
        self._accounts = accounts
        self._amount = amount
        self._on_spent = on_spent

    def settle(self, cost_micro: int) -> None:
        """Put the true cost in the place of the reserved one; the second time does nothing."""
        accounts, self._accounts = self._accounts, ()
        for account in accounts:
            account.reserved -= self._amount
            account.spent += cost_micro
            self._on_spent(account)


#: What is put aside where there is no limit: nothing.
FREE = Reservation((), 0, lambda account: None)


class Budgets:
    """Keep the accounts of all tenants.

    Args:
        ledger: where the rows survive.
        spawn: starts the tasks that write them.
        warn: told once per account and period, when 80 % of the limit are spent.
    """

    def __init__(self, ledger: Ledger, spawn: Spawn, warn: Callable[[Spent], None]) -> None:
        self._ledger = ledger
        self._spawn = spawn
        self._warn = warn
        self._accounts: dict[tuple[str, str], _Account] = {}

    def reserve(
        self, tenant: str, budget: Budget, amount_micro: int, now_ms: int, buyer: Buyer
    ) -> Reservation | Literal["wait", "used_up"]:
        """Put money aside; on "wait", `on_budget` follows."""
        if not budget.day and not budget.month:
            return FREE
        accounts = self._open(tenant, budget, now_ms)
        if any(account.is_used_up() for account in accounts):
            return "used_up"
        for account in accounts:
            if not account.covers(amount_micro):

                def again() -> None:
                    answer = self.reserve(tenant, budget, amount_micro, now_ms, buyer)
                    if answer != "wait":
                        buyer.on_budget(answer if isinstance(answer, Reservation) else None)

                account.waiting.append((amount_micro, buyer, again))
                self._write(account)
                return "wait"
        for account in accounts:
            account.reserved += amount_micro
            account.arrived += amount_micro
        return Reservation(accounts, amount_micro, self._on_spent)

    def spent(self) -> list[Spent]:
        """Return every account in use."""
        return [_state(account) for account in self._accounts.values()]

    async def close(self) -> None:
        """Wait until the last rows are durable."""
        writing = [account.task for account in self._accounts.values() if account.task is not None]
        await asyncio.gather(*writing, return_exceptions=True)

    def _on_spent(self, account: _Account) -> None:
        """Write an account down that has changed, and warn when it is time."""
        self._write(account)
        if not account.is_warned and account.spent * 100 >= account.limit * WARN_PERCENT:
            account.is_warned = True
            self._warn(_state(account))

    def _open(self, tenant: str, budget: Budget, now_ms: int) -> tuple[_Account, ...]:
        day = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%d")
        accounts = []
        for period, limit in ((day, budget.day), (day[:7], budget.month)):
            if limit:
                account = self._accounts.get((tenant, period))
                if account is None:
                    account = self._accounts[tenant, period] = _Account(tenant, period)
                    self._forget_past(day)
                account.limit = limit
                accounts.append(account)
        return tuple(accounts)

    def _forget_past(self, day: str) -> None:
        for key, account in tuple(self._accounts.items()):
            if not day.startswith(account.period) and not account.reserved and account.task is None:
                del self._accounts[key]

    # Writing.

    def _write(self, account: _Account) -> None:
        account.is_dirty = True
        if account.task is None:
            account.task = self._spawn(self._keep(account), "budget")

    async def _keep(self, account: _Account) -> None:
        """Write rows, one at a time, until nothing has changed since the last."""
        try:
            if account.covered < 0:
                row = await self._ledger.load(account.name, account.period)
                account.spent += row.spent_micro + row.held_micro
                account.covered = account.spent
                account.is_warned = account.spent * 100 >= account.limit * WARN_PERCENT
            while account.is_dirty:
                account.is_dirty = False
                account.writing = account.to_cover()
                account.arrived = 0
                row = Row(account.spent, account.writing - account.spent)
                await self._ledger.save(account.name, account.period, row)
                account.covered, account.writing = account.writing, None
                waiting, account.waiting = account.waiting, []
                for _, _, again in waiting:
                    again()
        finally:
            account.task = None
            if account.writing is not None:  # the row may be the old or the new one
                account.covered, account.writing = min(account.covered, account.writing), None
            waiting, account.waiting = account.waiting, []
            for _, buyer, _ in waiting:
                buyer.on_budget(None)


def _state(account: _Account) -> Spent:
    return Spent(account.name, account.period, account.spent, account.limit)
