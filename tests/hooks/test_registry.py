"""The registry refuses what does not keep its contract, and guards what does."""

from typing import Any

import pytest

from fastdesk.errors import PluginError
from fastdesk.hooks.registry import MAX_SLOW, Hooks, check_plugin


class Clock:
    """Shows the time that it is set to."""

    def __init__(self) -> None:
        self.ns = 0

    def now_ns(self) -> int:
        return self.ns

    def now_ms(self) -> int:
        return 0

    def cpu_ns(self) -> int:
        return self.ns


class Watcher:
    def on_stored(self, said: Any) -> str:
        return f"saw {said}"


class Answerer:
    name = "answerer"

    def claim(self, turn: Any) -> Any:
        return None

    async def answer(self, turn: Any, claim: Any) -> Any:
        return None


def test_unknown_hook_is_refused_with_the_nearest_name() -> None:
    class Wrong:
        def on_store(self, said: Any) -> None: ...

    with pytest.raises(PluginError, match=r"unknown hook on_store\. Did you mean on_stored"):
        check_plugin(Wrong(), "wrong")


def test_wrong_signature_is_refused_with_the_right_one() -> None:
    class Wrong:
        def on_message(self, text: str) -> None: ...

    with pytest.raises(PluginError, match=r"Write def on_message\(self, conversation, visitor, text\)"):
        check_plugin(Wrong(), "wrong")


def test_a_hook_that_waits_is_refused() -> None:
    class Wrong:
        async def on_stored(self, said: Any) -> None: ...

    with pytest.raises(PluginError, match=r"on_stored of plug-in wrong is async"):
        check_plugin(Wrong(), "wrong")


def test_a_claim_that_waits_is_refused() -> None:
    class Wrong(Answerer):
        async def claim(self, turn: Any) -> Any: ...

    with pytest.raises(PluginError, match="claim of plug-in wrong is async"):
        check_plugin(Wrong(), "wrong")


def test_half_a_handler_is_refused() -> None:
    class Wrong:
        def claim(self, turn: Any) -> Any: ...

    with pytest.raises(PluginError, match=r"claim without answer\. Write def answer\(self, turn, claim\)"):
        check_plugin(Wrong(), "wrong")


def test_a_handler_that_takes_too_little_is_refused() -> None:
    class Wrong(Answerer):
        async def answer(self, turn: Any) -> Any: ...  # type: ignore[override]

    with pytest.raises(PluginError, match="answer of plug-in wrong does not take 2 values"):
        check_plugin(Wrong(), "wrong")


def test_each_hook_holds_its_subscribers_in_order() -> None:
    hooks = Hooks([("b", Watcher()), ("a", Watcher()), ("h", Answerer())], clock=Clock())
    assert [name for name, _ in hooks.on_stored] == ["b", "a"]
    assert hooks.on_message == ()
    assert [handler.name for handler in hooks.handlers] == ["answerer"]


def test_a_call_gives_the_value() -> None:
    hooks = Hooks([("w", Watcher())], clock=Clock())
    ((name, method),) = hooks.on_stored
    assert hooks.call(name, method, 1) == "saw 1"
    assert hooks.failures == {"w": 0}


@pytest.mark.parametrize("trusted", [frozenset(), frozenset({"bad"})])
def test_a_failure_is_counted_and_skipped(trusted: frozenset[str]) -> None:
    class Bad:
        def on_stored(self, said: Any) -> None:
            raise ValueError

    hooks = Hooks([("bad", Bad())], clock=Clock(), trusted=trusted)
    ((name, method),) = hooks.on_stored
    assert hooks.call(name, method, 1) is None
    assert hooks.call(name, method, 1) is None
    assert hooks.failures == {"bad": 2}


class Slow:
    """Computes as long as it is told to."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.takes_ns = 51_000_000
        self.calls = 0

    def on_stored(self, said: Any) -> bool:
        self.calls += 1
        self.clock.ns += self.takes_ns
        return True


def test_a_slow_plugin_is_switched_off_after_three_times_in_a_row() -> None:
    clock = Clock()
    slow = Slow(clock)
    hooks = Hooks([("slow", slow)], clock=clock)
    ((name, method),) = hooks.on_stored
    given = [hooks.call(name, method, 1) for _ in range(MAX_SLOW + 2)]
    assert given == [True, True, True, None, None]
    assert slow.calls == MAX_SLOW


def test_a_quick_call_between_keeps_it_on() -> None:
    clock = Clock()
    slow = Slow(clock)
    hooks = Hooks([("slow", slow)], clock=clock)
    ((name, method),) = hooks.on_stored
    for takes_ns in (51_000_000, 51_000_000, 50_000_000, 51_000_000, 51_000_000, 1):
        slow.takes_ns = takes_ns
        assert hooks.call(name, method, 1) is True


def test_the_products_own_plugins_are_never_switched_off() -> None:
    clock = Clock()
    slow = Slow(clock)
    hooks = Hooks([("slow", slow)], clock=clock, trusted=frozenset({"slow"}))
    ((name, method),) = hooks.on_stored
    assert all(hooks.call(name, method, 1) for _ in range(MAX_SLOW + 2))
