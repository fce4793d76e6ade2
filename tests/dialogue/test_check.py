"""What is wrong with a flow is found before anybody talks to it, with the line."""

import pytest
from tests.dialogue.stories import ORDER, flow

from fastdesk.dialogue import Flows, check, parse_flow, parse_flow_object
from fastdesk.model.flow import Flow

HEAD = "flow: f\nslots:\n  size: [S, M]\n  code: {pattern: '\\d+'}\nstates:\n"


def problems(source: str) -> list[str]:
    made = parse_flow(source)
    assert isinstance(made, list)
    return [str(problem) for problem in made]


def test_good_flow_has_no_problems() -> None:
    assert check(flow(ORDER)) == []


@pytest.mark.parametrize(
    ("states", "problem"),
    [
        ("  a: {say: x, next: b}\n  c: {end: done}\n", "line 6: states.a.next: 'b' is no state"),
        ("  a: {say: x, next: doen}\n  done: {end: done}\n", "did you mean 'done'?"),
        (
            "  a: {ask: siz, say: x, next: b}\n  b: {end: done}\n",
            "line 6: states.a.slot: 'siz' is no slot – did you mean 'size'?",
        ),
        ("  a: {end: done}\n  b: {end: done}\n", "line 7: states.b: nobody comes to the state 'b'"),
        ("  a: {ask: size, say: x, next: a, failed: a}\n", "line 6: states.a: the state 'a' is a dead end"),
        (
            "  a: {ask: size, say: x, next: b}\n  b: {say: x, next: c}\n  c: {say: x, next: b}\n",
            "line 7: states.b: the state 'b' is a dead end",
        ),
        (
            "  a: {say: x, next: b}\n  b:\n    branch:\n      - {when: {value: slots.size, is: S}, next: a}\n"
            "      - {else: c}\n  c: {end: done}\n",
            "comes back to itself without waiting for the visitor",
        ),
        (
            "  a: {call: 'https://x.example/', next: b, failed: a}\n  b: {end: done}\n",
            "line 6: states.a: the state 'a' comes back to itself without waiting",
        ),
        (
            "  a:\n    branch:\n      - {when: {value: slots.size, is: S}, next: b}\n  b: {end: done}\n",
            "line 6: states.a: no case for M – end with {else: …}",
        ),
        (
            "  a:\n    branch:\n      - {when: {value: slots.code, above: 3}, next: b}\n  b: {end: done}\n",
            "no case when none of the conditions holds",
        ),
        (
            "  a:\n    branch:\n      - {else: b}\n      - {when: {value: slots.size, is: S}, next: b}\n  b: {end: done}\n",
            "line 8: states.a.cases[0]: the cases after this one are never reached",
        ),
        (
            "  a:\n    branch:\n      - {when: {contains: x}, next: b}\n      - {else: b}\n  b: {end: done}\n",
            "line 8: states.a.cases[0].when: a flow can't ask for 'contains'",
        ),
        (
            "  a:\n    branch: [{when: {value: nobody.x, is: 1}, next: b}, {else: b}]\n  b: {end: done}\n",
            "unknown variable '{{nobody.x}}'",
        ),
        (
            "  a: {end: done, say: '{{slots.siz}}'}\n",
            "line 6: states.a.say: 'siz' is no slot – did you mean 'size'?",
        ),
        ("  a: {end: done, say: '{{order.x}}'}\n", "unknown variable '{{order.x}}'"),
        ("  a: {end: done, say: '{{x'}\n", "the braces here don't pair"),
        (
            "  a: {ask: size, say: x, next: b, wait: 5m}\n  b: {end: done}\n",
            "'wait' and 'late' belong together",
        ),
        (
            "  a: {ask: size, say: x, nxt: b}\n  b: {end: done}\n",
            "line 6: states.a.nxt: unknown field 'nxt' – did you mean 'next'?",
        ),
        ("  a: {aks: size, next: b}\n  b: {end: done}\n", "line 6: states.a"),
        ("  a: {call: 'ftp://x/', next: b, failed: b}\n  b: {end: done}\n", "line 6: states.a.url"),
        ("  A-B: {end: done}\n", "line"),
    ],
)
def test_problem_is_found_with_its_line(states: str, problem: str) -> None:
    found = problems(HEAD + states)
    assert any(problem in one for one in found), found


@pytest.mark.parametrize(
    ("slot", "problem"),
    [
        ("{type: choice}", "a choice has options"),
        ("{type: phone, options: [a]}", "a choice has options"),
        ("[a, a]", "the option 'a' stands here twice"),
        ("{type: regex}", "a slot of type regex has a pattern"),
        ("{type: phone, pattern: x}", "a slot of type phone has no pattern"),
        ("{pattern: '('}", "regular expression at character 1: a ( is not closed"),
        ("{type: phone, at_least: 1}", "a slot of type phone has no bounds"),
        ("{type: number, at_least: 5, at_most: 1}", "at_least is more than at_most"),
        ("telephone", "unknown value 'telephone' – did you mean 'phone'?"),
    ],
)
def test_wrong_slot_is_found(slot: str, problem: str) -> None:
    found = problems(
        f"flow: f\nslots:\n  x: {slot}\nstates:\n  a: {{ask: x, say: y, next: b}}\n  b: {{end: done}}\n"
    )
    assert any("line 3" in one and problem in one for one in found), found


def test_wrong_head_is_found() -> None:
    body = "states: {a: {end: done}}\n"
    assert "missing field 'id'" in problems(body)[0]
    assert "line 2: start: the start 'b' is no state" in problems("flow: f\nstart: b\n" + body)[0]
    assert "unknown time zone 'Mars'" in problems("flow: f\nzone: Mars\n" + body)[0]
    assert "unknown field 'stats'" in problems("flow: f\nstats: {}\n")[0]
    assert "line 1" in problems("- a\n")[0]


def test_every_problem_of_names_is_listed() -> None:
    assert len(problems(HEAD + "  a: {say: '{{x}} {{y}}', next: b}\n")) == 3


def test_json_object_is_checked_too() -> None:
    made = parse_flow_object({"flow": "f", "states": {"a": {"say": "x", "next": "b"}}})
    assert isinstance(made, list)
    assert str(made[0]) == "states.a.next: 'b' is no state"
    assert isinstance(parse_flow_object({"flow": "f", "states": {"a": {"end": "done"}}}), Flow)


def test_flows_are_checked_together() -> None:
    caller = flow("flow: a\nstates:\n  s: {flow: b, with: {x: '1'}, save: r, next: e}\n  e: {end: done}\n")
    called = flow("flow: b\nslots: {y: text}\nstates: {e: {end: done}}\n")
    back = flow("flow: b\nslots: {x: text}\nstates:\n  s: {flow: a, save: r, next: e}\n  e: {end: done}\n")
    assert _messages(caller) == ["a.states.s.flow: there is no flow 'b'"]
    assert _messages(caller, called) == ["a.states.s.given: the flow 'b' has no slot 'x'"]
    assert _messages(caller, back) == [
        "a: the flow 'a' comes back to itself",
        "b: the flow 'b' comes back to itself",
    ]
    assert _messages(called, called) == ["b: version 1 of the flow 'b' is given twice"]


def _messages(*made: Flow) -> list[str]:
    found = Flows.compile(made)
    assert isinstance(found, list)
    return [str(problem) for problem in found]
