import pytest

from fastdesk.ai.breaker import Breaker, BreakerSettings, BreakerState

SECOND = 1_000_000_000
SETTINGS = BreakerSettings(
    max_run=5, window_calls=20, max_share=0.5, open_ms=1000, max_open_ms=8000, jitter_from=0.5
)


def fail(breaker: Breaker, now_ns: int = 0, chance: float = 0.0, retry_after_ms: int | None = None) -> None:
    ticket = breaker.allow(now_ns)
    assert ticket is not None
    breaker.fail(ticket, now_ns, chance, retry_after_ms)


def succeed(breaker: Breaker, now_ns: int = 0) -> None:
    ticket = breaker.allow(now_ns)
    assert ticket is not None
    breaker.succeed(ticket)


def opened(now_ns: int = 0, chance: float = 0.0) -> Breaker:
    breaker = Breaker(SETTINGS)
    for _ in range(5):
        fail(breaker, now_ns, chance)
    return breaker


def test_opens_at_five_failures_in_a_row_and_not_before() -> None:
    breaker = Breaker(SETTINGS)
    for _ in range(4):
        fail(breaker)
    succeed(breaker)
    for _ in range(4):
        fail(breaker)
    assert breaker.state is BreakerState.CLOSED
    fail(breaker)
    assert breaker.state is BreakerState.OPEN
    assert breaker.allow(0) is None
    assert (breaker.opened, breaker.refused) == (1, 1)


def test_opens_at_half_of_twenty_calls() -> None:
    breaker = Breaker(SETTINGS)
    for _ in range(9):
        fail(breaker)
        succeed(breaker)
    succeed(breaker)
    assert breaker.state is BreakerState.CLOSED
    fail(breaker)
    assert breaker.state is BreakerState.OPEN


@pytest.mark.parametrize(("chance", "open_s"), [(0.0, 0.5), (0.5, 0.75), (0.999, 0.9995)])
def test_open_time_has_jitter(chance: float, open_s: float) -> None:
    breaker = opened(chance=chance)
    until_ns = round(open_s * SECOND)
    assert breaker.allow(until_ns - 1) is None
    assert breaker.allow(until_ns) is not None


def test_one_probe_at_a_time_closes_or_opens_again_for_longer() -> None:
    breaker = opened()
    probe = breaker.allow(SECOND)
    assert probe is not None
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.allow(SECOND) is None
    breaker.fail(probe, SECOND, 0.0)
    assert breaker.open_for_ms(SECOND) == 1000  # twice 1000 ms, times 0.5
    probe = breaker.allow(2 * SECOND)
    assert probe is not None
    breaker.succeed(probe)
    assert breaker.state is BreakerState.CLOSED
    for _ in range(4):
        fail(breaker)
    assert breaker.state is BreakerState.CLOSED


def test_open_time_grows_to_its_bound() -> None:
    breaker = opened()
    now_ns = 0
    waits = []
    for _ in range(8):
        waits.append(breaker.open_for_ms(now_ns))
        now_ns += 10 * SECOND
        fail(breaker, now_ns)
    assert waits == [500, 1000, 2000, 4000, 4000, 4000, 4000, 4000]


def test_probe_given_up_makes_room_for_another() -> None:
    breaker = opened()
    probe = breaker.allow(SECOND)
    assert probe is not None
    breaker.forget(probe)
    assert breaker.allow(SECOND) is not None


def test_retry_after_opens_at_once_and_is_never_cut_short() -> None:
    breaker = Breaker(SETTINGS)
    fail(breaker, chance=0.0, retry_after_ms=120_000)
    assert breaker.allow(120 * SECOND - 1) is None
    assert breaker.allow(120 * SECOND) is not None


def test_retry_after_beyond_reason_is_bounded() -> None:
    breaker = Breaker(SETTINGS)
    fail(breaker, retry_after_ms=10**12)
    assert breaker.open_for_ms(0) == SETTINGS.max_retry_after_ms


def test_outcomes_from_before_the_opening_move_nothing() -> None:
    breaker = Breaker(SETTINGS)
    old = [breaker.allow(0) for _ in range(8)]
    for ticket in old[:5]:
        assert ticket is not None
        breaker.fail(ticket, 0, 0.0)
    assert breaker.state is BreakerState.OPEN
    assert old[5] is not None
    assert old[6] is not None
    assert old[7] is not None
    breaker.succeed(old[5])
    breaker.fail(old[6], 0, 0.0)
    assert breaker.state is BreakerState.OPEN
    assert breaker.opened == 1
    probe = breaker.allow(SECOND)
    breaker.forget(old[7])
    assert probe is not None
    assert breaker.allow(SECOND) is None
