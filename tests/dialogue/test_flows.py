"""Which flow begins, in which version."""

from msgspec.structs import replace
from tests.dialogue.stories import ORDER, flow

from fastdesk.dialogue import Flows


def compiled(*made: object) -> Flows:
    found = Flows.compile(made)  # type: ignore[arg-type]
    assert isinstance(found, Flows), found
    return found


def test_trigger_is_the_whole_text() -> None:
    of = compiled(flow(ORDER))
    assert of.wants("查订单") == "order_status"
    assert of.wants(" order STATUS? ") == "order_status"
    assert of.wants("帮我查订单") is None
    assert of.wants("x" * 10_000) is None
    assert Flows.EMPTY.wants("查订单") is None


def test_newest_version_begins() -> None:
    old = flow(ORDER)
    new = replace(old, version=10, triggers=("新的",))
    of = compiled(new, replace(old, version=9), old)
    assert of.size == 1
    assert of.wants("查订单") is None
    step = of.start("order_status", 0)
    assert step is not None
    assert step.state is not None
    assert step.state.frames[0].version == 10


def test_unknown_and_disabled_flows_do_not_begin() -> None:
    of = compiled(replace(flow(ORDER), enabled=False))
    assert of.start("order_status", 0) is None
    assert of.start("other", 0) is None
    assert of.wants("查订单") is None


def test_salvage_leaves_out_what_is_wrong_and_keeps_the_rest() -> None:
    good = flow(ORDER)
    wrong = replace(good, id="wrong", start="nowhere")
    caller = flow("flow: a\nstates:\n  s: {flow: gone, save: r, next: e}\n  e: {end: done}\n")
    of, refused = Flows.salvage([wrong, good, caller, good])
    assert of.size == 2
    assert [str(problem) for problem in refused] == [
        "start: the start 'nowhere' is no state",
        "a.states.s.flow: there is no flow 'gone'",
    ]
    step = of.start("a", 0)
    assert step is not None
    assert step.state is None
