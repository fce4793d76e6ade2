"""Dialogues beside a flow: they pass when the flow does what is written, and say where it does not."""

import pytest
from tests.dialogue.stories import ORDER, flow

from fastdesk.dialogue import Dialogue, parse_dialogues, run_dialogues

GOOD = """
dialogues:
  - name: shipped
    turns:
      - {bot: 订单号}
      - {visitor: "20260105"}
      - {bot: 电话}
      - {visitor: 运费多少？}
      - {aside: 运费}
      - {bot: 电话}
      - {visitor: "13812345678"}
      - {bot: 尺码, options: [S, M, 大号]}
      - {visitor: 大号}
      - {call: POST https://shop.example/orders/20260105, answer: {status: shipped}}
      - {bot: 已发货}
      - {end: done, slots: {size: L}}
  - name: orders are down
    language: en
    slots: {number: "20260105", phone: "13812345678"}
    turns:
      - {bot: Which size}
      - {visitor: S}
      - {call: orders, error: timeout}
      - {bot: person}
      - {handoff: no_answer}
  - name: silent
    turns:
      - {bot: 订单号}
      - {late_ms: 600000}
      - {end: gone}
"""


def dialogues(source: str) -> list[Dialogue]:
    made = parse_dialogues(source)
    assert all(isinstance(one, Dialogue) for one in made), made
    return made  # type: ignore[return-value]


def test_good_dialogues_pass() -> None:
    results = run_dialogues(flow(ORDER), dialogues(GOOD))
    assert [(result.name, str(result.problem)) for result in results if not result.passed] == []
    assert [result.name for result in results] == ["shipped", "orders are down", "silent"]


@pytest.mark.parametrize(
    ("turns", "problem"),
    [
        ("- {bot: 电话}", "line 4: d: the bot says '请告诉我订单号。', which does not hold '电话'"),
        ("- {visitor: x}", "line 4: d: the bot's text '请告诉我订单号。' comes, which is not written"),
        ("- {bot: 订单号}\n      - {bot: 订单号}", "line 5: d: nothing comes where the bot's text should"),
        (
            "- {bot: 订单号}\n      - {visitor: 取消}\n      - {end: done}",
            "line 6: d: the bot's text '好的，已取消。' comes where the end",
        ),
        (
            "- {bot: 订单号}\n      - {visitor: 取消}\n      - {bot: 取消}\n      - {end: done}",
            "it ends with 'cancelled', not with 'done'",
        ),
        ("- {bot: 订单号, options: [a]}", "the buttons are none"),
        (
            "- {bot: 订单号}\n      - {visitor: 为什么？}\n      - {aside: 运费}",
            "the side question is '为什么？', not '运费'",
        ),
        (
            "- {bot: 订单号}\n      - {late_ms: 600000}\n      - {end: gone, slots: {size: L}}",
            "the slot size is None, not 'L'",
        ),
        (
            "- {bot: 订单号}\n      - {late_ms: 600000}\n      - {end: gone}\n      - {visitor: x}",
            "line 7: d: the flow is over already",
        ),
        ("- {answered: true}", "a turn says one of"),
    ],
)
def test_bad_dialogue_says_where_and_why(turns: str, problem: str) -> None:
    source = f"dialogues:\n  - name: d\n    turns:\n      {turns}\n"
    (result,) = run_dialogues(flow(ORDER), dialogues(source))
    assert problem in str(result.problem)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (
            "dialogues:\n  - name: d\n    turns:\n      - {vistor: x}\n",
            "line 4: dialogues[0].turns[0].vistor: unknown field 'vistor' – did you",
        ),
        ("dialogues:\n  - turns: []\n", "line 2"),
        ("dialogues: x\n", "dialogues are a list"),
        ("dialogues: [", "this is not YAML"),
    ],
)
def test_broken_file_is_refused(source: str, problem: str) -> None:
    made = parse_dialogues(source)
    assert problem in str(made[0])


def test_flow_without_dialogues() -> None:
    assert parse_dialogues(ORDER) == []
    assert [one.name for one in dialogues(ORDER + GOOD)] == ["shipped", "orders are down", "silent"]


def test_flow_that_calls_a_missing_one_is_named() -> None:
    caller = flow("flow: a\nstates:\n  s: {flow: b, save: r, next: e}\n  e: {end: done}\n")
    (result,) = run_dialogues(caller, dialogues("- {name: d, turns: [{end: done}]}"))
    assert "there is no flow 'b'" in str(result.problem)
