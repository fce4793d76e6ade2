"""The latency ledger counts what it is told, of the messages that it says are timed."""

import pytest

from fastdesk.observe.ledger import STAGES, Ledger


def test_the_first_message_is_timed_and_every_sixteenth_after_it() -> None:
    ledger, timed = Ledger(), []
    for _ in range(49):
        ledger.begin()
        timed.append(ledger.is_timing)
    assert [at for at, is_timed in enumerate(timed) if is_timed] == [0, 16, 32, 48]


@pytest.mark.parametrize("stage", STAGES)
def test_a_quantile_is_an_upper_bound_within_a_factor_of_two(stage: str) -> None:
    ledger = Ledger()
    for duration in range(1000, 2000):
        ledger.add(stage, duration)
    assert ledger.quantile_ns(stage, 0.02) == 1024
    assert 1500 <= ledger.quantile_ns(stage, 0.5) <= 3000
    assert ledger.total_ns[stage] == sum(range(1000, 2000))


def test_nothing_counted_and_an_hour_are_no_trouble() -> None:
    ledger = Ledger()
    assert ledger.quantile_ns("parse", 0.99) == 0
    ledger.add("parse", 3600 * 10**9)
    ledger.add("parse", 0)
    assert ledger.quantile_ns("parse", 1.0) == 1 << 36
