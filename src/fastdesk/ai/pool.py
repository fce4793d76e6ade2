"""The pool of model calls: at most so many at a time, a bounded queue behind them, fair between tenants.

Rules:

* a free slot goes to whoever asks, as long as nobody waits;
* when a slot becomes free, the waiting tenant with the fewest calls under way gets it, among equals the one whose turn is longest
  ago: so no tenant has more than its share while others wait;
* when the queue is full, the tenant with the longest queue gives its newest place to one that has at least
two fewer (B. Suter
  et al., "Design considerations for supporting TCP with per-flow queueing", 1998); who has no such claim is
  refused at once.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Protocol

__all__ = ["Pool", "Seat"]


class Seat(Protocol):
    """Whoever wants to make a call; told apart by identity."""

    def on_slot(self) -> None:
        """A slot is yours: give it back with `Pool.leave`."""

    def on_refused(self) -> None:
        """You waited, and lost your place to a tenant with a better claim."""


class _Tenant:
    __slots__ = ("active", "key", "waiting")

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.active = 0
        self.waiting: OrderedDict[Seat, None] = OrderedDict()


class _Levels:
    """Tenants by a small number, first come first served within it.

    Finding the extremes looks at the distinct numbers only; as the numbers add up to the size of the pool
    or queue, there are few of them (45 at most for 1,000).
    """

    def __init__(self) -> None:
        self._levels: dict[int, OrderedDict[_Tenant, None]] = {}

    def add(self, level: int, tenant: _Tenant) -> None:
        self._levels.setdefault(level, OrderedDict())[tenant] = None

    def remove(self, level: int, tenant: _Tenant) -> None:
        tenants = self._levels[level]
        del tenants[tenant]
        if not tenants:
            del self._levels[level]

    def lowest(self) -> _Tenant:
        return next(iter(self._levels[min(self._levels)]))

    def highest(self) -> _Tenant:
        return next(iter(self._levels[max(self._levels)]))


class Pool:
    """Admit calls.

    Args:
        max_active: calls under way at a time.
        max_waiting: places in the queue.
    """

    def __init__(self, max_active: int, max_waiting: int) -> None:
        self._max_active = max_active
        self._max_waiting = max_waiting
        self.active = 0
        self.waiting = 0
        self.refused = 0
        self._tenants: dict[Hashable, _Tenant] = {}
        #: Tenants that wait, by calls under way, and by places in the queue.
        self._by_active = _Levels()
        self._by_waiting = _Levels()
        self._admitting = False

    def enter(self, key: Hashable, seat: Seat) -> bool | None:
        """Ask for a slot for tenant `key`.

        Returns:
            True: the slot is yours. None: you wait, and `on_slot` or `on_refused` follows. False: refused.
        """
        tenant = self._tenants.get(key) or _Tenant(key)
        if self.active < self._max_active and not self.waiting:
            tenant.active += 1
            self.active += 1
        elif self.waiting < self._max_waiting or self._make_room(tenant):
            self._queue(tenant, seat)
            self._tenants[key] = tenant
            return None
        else:
            self.refused += 1
            return False
        self._tenants[key] = tenant
        return True

    def withdraw(self, key: Hashable, seat: Seat) -> None:
        """Stop waiting."""
        tenant = self._tenants[key]
        self._unqueue(tenant, seat)
        self._forget_idle(tenant)

    def leave(self, key: Hashable) -> None:
        """Give a slot back; it goes to the tenant with the best claim."""
        tenant = self._tenants[key]
        if tenant.waiting:
            self._by_active.remove(tenant.active, tenant)
            self._by_active.add(tenant.active - 1, tenant)
        tenant.active -= 1
        self.active -= 1
        self._forget_idle(tenant)
        if self._admitting:  # a call that ended while it was being admitted: the loop below goes on by itself
            return
        self._admitting = True
        try:
            while self.waiting and self.active < self._max_active:
                self._admit()
        finally:
            self._admitting = False

    def snapshot(self) -> dict[str, int]:
        """Return the figures of this moment."""
        return {"active": self.active, "waiting": self.waiting, "refused": self.refused}

    def _admit(self) -> None:
        tenant = self._by_active.lowest()
        seat = next(iter(tenant.waiting))
        self._unqueue(tenant, seat)
        tenant.active += 1
        self.active += 1
        if tenant.waiting:  # behind its equals
            self._by_active.remove(tenant.active - 1, tenant)
            self._by_active.add(tenant.active, tenant)
        seat.on_slot()

    def _make_room(self, tenant: _Tenant) -> bool:
        if not self.waiting:
            return False
        longest = self._by_waiting.highest()
        if len(longest.waiting) < len(tenant.waiting) + 2:
            return False
        seat = next(reversed(longest.waiting))
        self._unqueue(longest, seat)
        self.refused += 1
        seat.on_refused()
        return True

    def _queue(self, tenant: _Tenant, seat: Seat) -> None:
        places = len(tenant.waiting)
        if places:
            self._by_waiting.remove(places, tenant)
        else:
            self._by_active.add(tenant.active, tenant)
        self._by_waiting.add(places + 1, tenant)
        tenant.waiting[seat] = None
        self.waiting += 1

    def _unqueue(self, tenant: _Tenant, seat: Seat) -> None:
        places = len(tenant.waiting)
        del tenant.waiting[seat]
        self.waiting -= 1
        self._by_waiting.remove(places, tenant)
        if places > 1:
            self._by_waiting.add(places - 1, tenant)
        else:
            self._by_active.remove(tenant.active, tenant)

    def _forget_idle(self, tenant: _Tenant) -> None:
        if not tenant.active and not tenant.waiting:
            del self._tenants[tenant.key]
