"""Expected waits, and their error, where the truth is known."""

import random

from fastdesk.desk.wait import Pace


def test_nothing_is_expected_before_anything_was_seen() -> None:
    assert Pace().expect(1, 8, 0) is None


def test_without_anybody_there_nothing_is_expected() -> None:
    pace = Pace()
    pace.talked(60_000)
    assert pace.expect(1, 0, 0) is None


def test_before_anybody_waited_the_length_of_talks_counts() -> None:
    pace = Pace()
    pace.talked(60_000)
    assert pace.expect(3, 6, 0) == 30_000


def test_who_did_not_wait_says_nothing_of_the_pace() -> None:
    pace = Pace()
    pace.left(1_000, 1_100)
    assert pace.expect(1, 8, 2_000) is None


def test_the_estimate_of_a_steady_line_comes_close() -> None:
    """Four agents talk for ten minutes each, by chance; newcomers are told a wait, and it is compared with what came."""
    chance, pace, now = random.Random(4), Pace(), 0.0
    line: list[tuple[float, int | None]] = []
    free_at = [0.0] * 4
    for _ in range(3_000):
        now += chance.expovariate(1 / 140_000)
        while line and min(free_at) <= now:
            at, (since, told) = min(free_at), line.pop(0)
            at = max(at, since)
            free_at[free_at.index(min(free_at))] = at + chance.expovariate(1 / 600_000)
            pace.left(int(since), int(at))
            if told is not None:
                pace.judge(told, int(at - since))
        line.append((now, pace.expect(len(line) + 1, 4, int(now)) if line else None))
    assert pace.estimates > 500
    assert pace.error_ms < 0.6 * pace.waited_ms
