"""The registry refuses what does not keep its contract, and guards what does."""

import inspect
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fastdesk.errors import PluginError
from fastdesk.hooks.registry import MAX_SLOW, Hooks, check_plugin
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.model.site import Site
from fastdesk.model.turn import Outcome, Reply, Turn
from fastdesk.model.visitor import Visitor
from fastdesk.observe.clock import Clock as BaseClock
from fastdesk.observe.cutoff import Cutoff


class Clock(BaseClock):
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


@pytest.fixture
def cutoff() -> Iterator[Cutoff]:
    cutoff = Cutoff(0.02)
    cutoff.install()
    yield cutoff
    cutoff.remove()


class Sleeper:
    """Never comes back by itself."""

    calls = 0

    def on_stored(self, said: Any) -> bool:
        self.calls += 1
        time.sleep(60)
        return True


def test_a_call_that_does_not_come_back_is_cut_off_counted_and_in_the_end_left_out(cutoff: Cutoff) -> None:
    sleeper = Sleeper()
    hooks = Hooks([("sleeper", sleeper)], clock=Clock(), cutoff=cutoff)
    ((name, method),) = hooks.on_stored
    assert [hooks.call(name, method, 1) for _ in range(MAX_SLOW + 2)] == [None] * (MAX_SLOW + 2)
    assert (sleeper.calls, hooks.failures) == (MAX_SLOW, {"sleeper": MAX_SLOW})


def test_a_plugin_cannot_end_the_desk() -> None:
    class Leaves:
        def on_stored(self, said: Any) -> None:
            raise SystemExit(3)

    hooks = Hooks([("leaves", Leaves())], clock=Clock())
    ((name, method),) = hooks.on_stored
    assert hooks.call(name, method, 1) is None
    assert hooks.failures == {"leaves": 1}


def a_turn() -> Turn:
    tenant, site, visitor, conversation = TenantId("t"), SiteId("s"), VisitorId("v"), ConversationId("c")
    said = Said(tenant, 1, 0, conversation, 1, "m", "visitor", visitor, "", "text", "hello")
    port: Any = object()
    return Turn(
        message=said, conversation=Conversation(id=conversation, tenant=tenant, site=site, visitor=visitor),
        visitor=Visitor(id=visitor, tenant=tenant, site=site), site=Site(id=site), language="en", received_ns=0, port=port,
    )  # fmt: skip


class Answers:
    """A handler that answers what it is told to."""

    name = "answers"

    def __init__(self, given: Any) -> None:
        self.given = given

    def claim(self, turn: Any) -> Any:
        return True

    def answer(self, turn: Any, claim: Any) -> Any:
        return self.given() if inspect.isfunction(self.given) else self.given


GOOD = Outcome(replies=(Reply(text="hello"),))
BAD: list[Any] = [
    5,
    "hello",
    Outcome(replies=("hello",)),  # type: ignore[arg-type]
    Outcome(replies=(Reply(text=5),)),  # type: ignore[arg-type]
    Outcome(replies=(Reply(text="hello", extra={"made": object()}),)),
]


@pytest.mark.parametrize("given", BAD)
def test_what_is_no_outcome_is_a_failure_and_the_next_handler_answers(given: Any) -> None:
    handler = Answers(given)
    hooks = Hooks([("answers", handler)], clock=Clock())
    turn = a_turn()
    assert hooks.answer(handler, turn, True) is None
    assert hooks.failures == {"answers": 1}


def test_an_outcome_passes_as_it_is() -> None:
    handler = Answers(GOOD)
    hooks = Hooks([("answers", handler)], clock=Clock())
    turn = a_turn()
    assert hooks.answer(handler, turn, True) is GOOD


async def test_an_outcome_that_comes_later_passes_too() -> None:
    async def later() -> Outcome:
        return GOOD

    handler = Answers(lambda: later())
    hooks = Hooks([("answers", handler)], clock=Clock())
    turn = a_turn()
    assert await hooks.answer(handler, turn, True) is GOOD


@pytest.mark.parametrize("given", [*BAD, SystemExit(3)])
async def test_what_comes_later_and_is_no_outcome_is_refused(given: Any) -> None:
    async def later() -> Any:
        if isinstance(given, BaseException):
            raise given
        return given

    handler = Answers(lambda: later())
    hooks = Hooks([("answers", handler)], clock=Clock())
    turn = a_turn()
    with pytest.raises(PluginError):
        await hooks.answer(handler, turn, True)


def test_an_answer_is_not_replaced_by_what_is_none() -> None:
    class Replaces:
        given: Any = None

        def on_outcome(self, turn: Any, outcome: Any) -> Any:
            return self.given

    replaces = Replaces()
    hooks = Hooks([("replaces", replaces)], clock=Clock())
    ((name, watch),) = hooks.on_outcome
    turn = a_turn()
    seen = []
    for replaces.given in (None, 5, BAD[3], Outcome()):
        seen.append(hooks.watch_outcome(name, watch, turn, GOOD))
    assert seen == [GOOD, GOOD, GOOD, Outcome()]
    assert hooks.failures == {"replaces": 1}
