from collections import Counter, deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fastdesk.ai.pool import Pool


class Seat:
    def __init__(self, tenant: str = "a", log: list[str] | None = None) -> None:
        self.tenant = tenant
        self.log = log if log is not None else []
        self.state = "new"

    def on_slot(self) -> None:
        assert self.state == "waiting"
        self.state = "active"
        self.log.append(self.tenant)

    def on_refused(self) -> None:
        assert self.state == "waiting"
        self.state = "refused"

    def enter(self, pool: Pool) -> "Seat":
        self.state = "waiting"
        answer = pool.enter(self.tenant, self)
        self.state = {True: "active", None: "waiting", False: "refused"}[answer]
        return self


def test_slots_then_queue_then_refusal() -> None:
    pool = Pool(max_active=2, max_waiting=1)
    assert [Seat().enter(pool).state for _ in range(4)] == ["active", "active", "waiting", "refused"]
    assert pool.snapshot() == {"active": 2, "waiting": 1, "refused": 1}


def test_no_queue_means_refusal_at_once() -> None:
    pool = Pool(max_active=1, max_waiting=0)
    assert [Seat(t).enter(pool).state for t in "aab"] == ["active", "refused", "refused"]


def test_freed_slots_are_shared_while_others_wait() -> None:
    pool = Pool(max_active=4, max_waiting=1000)
    log: list[str] = []
    active = deque(Seat("loud", log).enter(pool) for _ in range(4))
    waiting = [Seat("loud", log).enter(pool) for _ in range(500)]
    waiting += [Seat("quiet", log).enter(pool) for _ in range(50)]
    for _ in range(60):
        pool.leave(active.popleft().tenant)
        started = next(seat for seat in waiting if seat.state == "active")
        waiting.remove(started)
        active.append(started)
        if len(log) >= 4 and any(seat.tenant == "quiet" for seat in waiting):
            assert Counter(seat.tenant for seat in active) == {"loud": 2, "quiet": 2}
    assert log.count("quiet") >= 29


def test_tenant_that_fills_the_queue_makes_room_for_others() -> None:
    pool = Pool(max_active=1, max_waiting=10)
    loud = [Seat("loud").enter(pool) for _ in range(11)]
    quiet = [Seat("quiet").enter(pool) for _ in range(7)]
    assert [seat.state for seat in quiet] == ["waiting"] * 5 + ["refused"] * 2
    assert [seat.state for seat in loud] == ["active"] + ["waiting"] * 5 + ["refused"] * 5
    assert Seat("third").enter(pool).state == "waiting"


def test_call_that_ends_while_it_is_admitted_does_not_nest() -> None:
    pool = Pool(max_active=1, max_waiting=100_000)

    class Brief(Seat):
        def on_slot(self) -> None:
            super().on_slot()
            pool.leave(self.tenant)

    first = Seat().enter(pool)
    seats = [Brief(str(number % 7)).enter(pool) for number in range(5_000)]
    pool.leave(first.tenant)
    assert {seat.state for seat in seats} == {"active"}
    assert pool.snapshot() == {"active": 0, "waiting": 0, "refused": 0}


class PoolMachine(RuleBasedStateMachine):
    """Whatever happens: bounds hold, no slot idles while someone waits, nothing is forgotten or kept."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = Pool(max_active=3, max_waiting=5)
        self.seats: list[Seat] = []

    def of(self, state: str) -> list[Seat]:
        return [seat for seat in self.seats if seat.state == state]

    @rule(tenant=st.sampled_from("abc"))
    def enter(self, tenant: str) -> None:
        self.seats.append(Seat(tenant).enter(self.pool))

    @precondition(lambda self: self.of("active"))
    @rule(pick=st.integers(0, 99))
    def leave(self, pick: int) -> None:
        active = self.of("active")
        seat = active[pick % len(active)]
        seat.state = "gone"
        self.pool.leave(seat.tenant)

    @precondition(lambda self: self.of("waiting"))
    @rule(pick=st.integers(0, 99))
    def withdraw(self, pick: int) -> None:
        waiting = self.of("waiting")
        seat = waiting[pick % len(waiting)]
        seat.state = "gone"
        self.pool.withdraw(seat.tenant, seat)

    @invariant()
    def is_sound(self) -> None:
        active, waiting = self.of("active"), self.of("waiting")
        assert (self.pool.active, self.pool.waiting) == (len(active), len(waiting))
        assert len(active) <= 3
        assert len(waiting) <= 5
        assert not waiting or len(active) == 3
        assert set(self.pool._tenants) == {seat.tenant for seat in active + waiting}


PoolMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestPoolMachine = PoolMachine.TestCase
