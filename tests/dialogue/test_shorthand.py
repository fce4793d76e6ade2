"""The short form of a flow is its long form, written by people."""

from hypothesis import given
from hypothesis import strategies as st

from fastdesk.dialogue.shorthand import expand_flow
from fastdesk.model.document import Node

names = st.sampled_from(
    ["flow", "id", "start", "slots", "states", "ask", "say", "next", "branch", "when", "else", "call", "hand", "end",
     "options", "wait", "triggers", "value", "is", "pattern", "label", "with"]
)  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["a", "2m", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
flows = st.fixed_dictionaries(
    {"states": st.dictionaries(names, anything, max_size=3)},
    optional={"slots": st.dictionaries(names, anything)},
)


def expanded(value: object) -> object:
    return expand_flow(Node.of(value)).plain()


@given(flows | anything)
def test_a_state_that_has_its_kind_stays_as_it_is_and_nothing_raises(value: object) -> None:
    once = expanded(value)
    states = once.get("states") if isinstance(once, dict) else None
    long = (
        {name: state for name, state in states.items() if _has_kind(state)}
        if isinstance(states, dict)
        else {}
    )
    assert expanded({"start": "s", "states": long}) == {"start": "s", "states": long}


def _has_kind(state: object) -> bool:
    return isinstance(state, dict) and "kind" in state


def test_a_name_of_its_own_and_a_start_of_its_own_win() -> None:
    states = {"first": {"kind": "end"}, "second": {"kind": "end"}}
    assert expanded({"flow": "short", "states": states}) == {
        "id": "short",
        "states": states,
        "start": "first",
    }
    chosen = {"id": "long", "start": "second", "states": states}
    assert expanded(chosen) == chosen


def test_what_was_expanded_stands_on_the_line_where_it_was_written() -> None:
    state = Node({"ask": Node("number", 5), "wait": Node("2m", 6)}, 4)
    flow = expand_flow(Node({"states": Node({"s": state}, 3)}, 1))
    held = flow.value["states"].value["s"].value
    lines = {name: (node.plain(), node.line) for name, node in held.items()}
    assert lines == {"kind": ("ask", 5), "slot": ("number", 5), "wait_ms": (120_000, 6)}


def test_what_is_not_recognised_is_left_for_whoever_names_the_fault() -> None:
    wrong = {"aks": "number", "next": "end"}
    assert expanded({"start": "s", "states": {"s": wrong}}) == {"start": "s", "states": {"s": wrong}}
    assert expanded("no flow at all") == "no flow at all"


def test_hand_and_end_may_say_nothing_or_only_why() -> None:
    states = {"a": {"hand": True}, "b": {"hand": "angry"}, "c": {"end": None}, "d": {"end": "done"}}
    assert expanded({"start": "a", "states": states}) == {
        "start": "a",
        "states": {
            "a": {"kind": "hand"}, "b": {"kind": "hand", "reason": "angry"},
            "c": {"kind": "end"}, "d": {"kind": "end", "result": "done"},
        },
    }  # fmt: skip
