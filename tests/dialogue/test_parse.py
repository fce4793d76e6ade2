"""Flow files: short and long form, and what stands beside them."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialogue.stories import ORDER, flow

from fastdesk.dialogue import parse_flow, parse_flow_object
from fastdesk.model.condition import Compare
from fastdesk.model.flow import Ask, Branch, Call, Case, Choice, End, Flow, Hand, Say, Slot, Sub
from fastdesk.model.rule import Option


def test_short_form_of_everything() -> None:
    made = flow("""
flow: f
triggers: 12315
slots:
  a: phone
  b: [x, {value: y, label: {zh: 乙}, words: 二}]
  c: {pattern: '\\d'}
  d: {options: [p, q]}
states:
  s1: {ask: a, say: 问, next: s2, wait: 2m, late: s7}
  s2: {say: 说, options: [甲, {label: 乙, value: b}], next: s3}
  s3: {branch: [{when: {value: slots.b, is: x}, next: s4}, {else: s5}]}
  s4: {call: {url: "https://a.example/", timeout: 1s}, save: r, next: s5, failed: s7}
  s5: {flow: g, with: {x: "1"}, save: sub, next: s6}
  s6: {hand: {reason: why, team: t}}
  s7: {end: gone, say: 完}
""")
    assert made.triggers == ("12315",)
    assert made.slots == {
        "a": Slot(type="phone"),
        "b": Slot(
            type="choice", options=(Choice(value="x"), Choice(value="y", label={"zh": "乙"}, words=("二",)))
        ),
        "c": Slot(type="regex", pattern=r"\d"),
        "d": Slot(type="choice", options=(Choice(value="p"), Choice(value="q"))),
    }
    assert list(made.states.values()) == [
        Ask(slot="a", say="问", next="s2", wait_ms=120_000, late="s7"),
        Say(say="说", options=(Option(label="甲"), Option(label="乙", value="b")), next="s3"),
        Branch(cases=(Case(when=Compare(path="slots.b", equals="x"), next="s4"), Case(next="s5"))),
        Call(url="https://a.example/", timeout_ms=1_000, save="r", next="s5", failed="s7"),
        Sub(flow="g", given={"x": "1"}, save="sub", next="s6"),  # type: ignore[arg-type]
        Hand(reason="why", team="t"),
        End(result="gone", say="完"),
    ]
    assert made.start == "s1"


def test_long_form_comes_back_as_it_went() -> None:
    made = flow(ORDER)
    assert parse_flow(msgspec.json.encode(made)) == made
    assert parse_flow_object(msgspec.to_builtins(made)) == made


names = st.sampled_from(
    [
        "flow",
        "states",
        "slots",
        "a",
        "ask",
        "say",
        "next",
        "branch",
        "call",
        "end",
        "hand",
        "else",
        "when",
        "kind",
    ]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(["a", "text", "done"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)


@settings(deadline=None)
@given(json_values)
def test_any_json_is_a_flow_or_problems(body: object) -> None:
    made = parse_flow_object(body)
    if isinstance(made, list):
        assert made
        assert all(str(problem) for problem in made)
    else:
        assert isinstance(made, Flow)
