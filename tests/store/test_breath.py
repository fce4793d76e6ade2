"""Work behind the loop sleeps now and then, and not more often than it must."""

import pytest

from fastdesk.store import breath


class Watch:
    """A clock that goes on by itself, and counts who sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0, "who sleeps for no time is not taken off the processor"
        self.slept.append(self.now)


def test_a_breath_is_taken_after_some_work_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    monkeypatch.setattr(breath, "time", watch)
    monkeypatch.setattr(breath, "_rested", 0.0)
    for _ in range(100):
        breath.breathe()
        watch.now += 0.000_1
    assert 20 <= len(watch.slept) <= 34
