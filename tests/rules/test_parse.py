"""Files of rules: both forms, and the line of everything that is wrong."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.model.condition import (
    All,
    Any,
    Compare,
    Contains,
    Exact,
    Hours,
    Intent,
    Keywords,
    Label,
    Not,
    Regex,
)
from fastdesk.model.rule import (
    Assign,
    Buttons,
    Handoff,
    Http,
    Option,
    Reply,
    Resolve,
    Rule,
    SetLabels,
    SetPriority,
    Snooze,
    StartFlow,
    Webhook,
)
from fastdesk.rules import RuleBook, parse_rule, parse_rules


def rules(source: str) -> list[Rule]:
    made = parse_rules(source)
    assert all(isinstance(one, Rule) for one in made), [str(one) for one in made]
    return made  # type: ignore[return-value]


def problems(source: str | bytes) -> list[str]:
    made = parse_rules(source)
    assert made
    assert not any(isinstance(one, Rule) for one in made)
    return [str(one) for one in made]


def test_answer_rules_in_short_form() -> None:
    made = rules("""
rules:
  - id: hello
    exact: [你好, hello, 12315]
    reply: 您好！
  - {id: refund, contains: 退款, reply: {zh: 退款需要订单号。, en: Tell us your order.}}
  - id: order
    keywords: {all: [订单], any: [查, 看]}
    handoff: asked
  - id: number
    regex: '单号\\s*(\\d+)'
    stop: false
    reply: 收到 {{match.1}}
""")
    assert [one.position for one in made] == [10, 20, 30, 40]
    assert [one.when for one in made] == [
        Exact(texts=("你好", "hello", "12315")),
        Contains(texts=("退款",)),
        Keywords(all=("订单",), any=("查", "看")),
        Regex(pattern=r"单号\s*(\d+)"),
    ]
    assert made[1].do == (Reply(text={"zh": "退款需要订单号。", "en": "Tell us your order."}),)
    assert made[2].do == (Handoff(reason="asked"),)
    assert made[3].stop is False


def test_event_rules_in_short_form() -> None:
    made = rules("""
- id: everything
  on: message
  when:
    - contains: 退款
    - any: [{label: vip}, {value: visitor.fields.plan, is: gold}]
    - not: {intent: chat}
    - hours: {days: mon-wed, start: "09:00", end: "18:00", zone: Asia/Shanghai}
  do:
    - http: {url: "https://example.com/x", timeout: 2s, save: order}
    - buttons: {text: 哪一个？, options: [甲, {zh: 乙, en: B}, {label: 丙, value: c}]}
    - assign: {team: sales}
    - label: [a, b]
    - label: {remove: old}
    - priority: high
    - snooze: 2h
    - start_flow: order
    - webhook: crm
    - resolve
- id: quiet
  idle: 10m
  do: {reply: 还在吗？}
- id: often
  every: 1d
  do: [handoff]
""")
    assert made[0].when == All(
        of=(
            Contains(texts=("退款",)),
            Any(of=(Label(names=("vip",)), Compare(path="visitor.fields.plan", equals="gold"))),
            Not(of=Intent(names=("chat",))),
            Hours(days=("mon", "tue", "wed"), start="09:00", end="18:00", zone="Asia/Shanghai"),
        )
    )
    assert made[0].do == (
        Http(url="https://example.com/x", timeout_ms=2_000, save="order"),
        Buttons(
            text="哪一个？",
            options=(
                Option(label="甲"),
                Option(label={"zh": "乙", "en": "B"}),
                Option(label="丙", value="c"),
            ),
        ),
        Assign(team="sales"),
        SetLabels(add=("a", "b")),
        SetLabels(remove=("old",)),
        SetPriority(level="high"),
        Snooze(for_ms=7_200_000),
        StartFlow(flow="order"),
        Webhook(name="crm"),
        Resolve(),
    )
    assert (made[1].on, made[1].idle_ms) == ("idle", 600_000)
    assert (made[2].on, made[2].every_ms, made[2].do) == ("schedule", 86_400_000, (Handoff(),))


def test_long_form_comes_back_as_it_went() -> None:
    made = rules(
        "[{id: a, when: {all: [{exact: x}, {not: {contains: y}}]},"
        " do: [{buttons: {text: t, options: [a]}}, note: n]}]"
    )
    assert rules(msgspec.json.encode(made).decode()) == made
    assert parse_rule(msgspec.to_builtins(made[0])) == made[0]


def test_several_conditions_at_once_mean_all() -> None:
    (one,) = rules("[{id: a, contains: x, language: zh, when: {label: b}, reply: y}]")
    assert isinstance(one.when, All)
    assert [type(part).__name__ for part in one.when.of] == ["Contains", "Language", "Label"]


def test_days_may_run_over_the_week() -> None:
    (one,) = rules("[{id: a, hours: {days: [sat-mon, wed]}, reply: y}]")
    assert isinstance(one.when, Hours)
    assert one.when.days == ("sat", "sun", "mon", "wed")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (
            "rules:\n  - id: a\n    exact: x\n    rply: y\n",
            "line 4: rules[0].rply: unknown field 'rply' – did you mean 'reply'?",
        ),
        (
            "- id: a\n  do:\n    - reply: x\n    - relpy: y\n",
            "line 4: rules[0].do[1].act: unknown value 'relpy' – did you mean 'reply'?",
        ),
        (
            "- id: a\n  on: mesage\n  reply: x\n",
            "line 2: rules[0].on: unknown value 'mesage' – did you mean 'message'?",
        ),
        (
            "- id: a\n  do: [{priority: no}]\n",
            "line 2: rules[0].do[0].level: unknown value 'no' – one of high, low",
        ),
        (
            "- id: a\n  when:\n    contans: x\n  reply: y\n",
            "line 3: rules[0].when.kind: unknown value 'contans' – did you mean 'contains'?",
        ),
        (
            "- id: a\n  when:\n    - value: visitor.name\n      iss: x\n  reply: y\n",
            "line 4: rules[0].when.iss: unknown field 'iss'",
        ),
        ("- id: a\n  exact: x\n", "line 1: rules[0]: missing field 'do'"),
        ("- exact: x\n  reply: y\n", "line 1: rules[0]: missing field 'id'"),
        ("- id: a\n\n  regex: '('\n  reply: y\n", "line 3: rules[0].when: regular expression"),
        (
            "- id: a\n  reply: 您好 {{visitor.nam}}\n",
            "line 2: rules[0].do[0].text: unknown variable '{{visitor.nam}}' – did you",
        ),
        ("- id: a\n  reply: x\n- id: a\n  reply: y\n", "line 3: rules[1].id: the id 'a' is taken"),
        ("- id: a\n  reply: x\n  id: b\n", "line 3: 'id' stands here twice"),
        ("- id: a\n  reply: &x y\n- id: b\n  reply: *x\n", "anchors (&, *) are not allowed"),
        ("- id: a\n  reply: !!python/object:os.system x\n", "line 2: tags such as"),
        ("- id: a\n  reply: 'x\n", "this is not YAML"),
        ("ruls: []\n", "line 1: unknown field 'ruls' – did you mean 'rules'?"),
        ("rules: 3\n", "a file of rules is a list"),
        ("", "the file is empty"),
        (
            "- id: a\n  do:\n    - snooze: soon\n",
            "line 3: rules[0].do[0].for_ms: expected a whole number, got text",
        ),
        ("- id: a\n  do:\n    - http: {url: 'file:///etc/passwd'}\n", "line 3: rules[0].do[0].url"),
        ("- id: a\n  do:\n    - http: {url: 'http://{{visitor.name}}/x'}\n", "line 3: rules[0].do[0].url"),
        (
            "- id: a\n  do:\n    - http: {url: 'http://a:{{visitor.name}}@b/x'}\n",
            "line 3: rules[0].do[0].url",
        ),
        ("- id: a\n  position: -1\n  reply: x\n", "line 2: rules[0].position"),
        ("- 3\n", "line 1: rules[0]: expected a mapping, got a whole number"),
        ("[" * 5000 + "]" * 5000, ""),
        ("x" * 2_000_000, "a length of 2000000"),
    ],
)
def test_wrong_file_is_refused_with_the_line(source: str, problem: str) -> None:
    found = problems(source)
    assert problem in found[0], found


def test_every_wrong_rule_is_named() -> None:
    assert len(problems("- {id: a, x: 1}\n- {id: b, reply: x}\n- {id: c, y: 2}\n")) == 2


def test_file_that_is_no_text_is_refused_with_the_line() -> None:
    assert problems(b"- id: a\n  reply: \xff\n") == ["line 2: the file is not UTF-8 text – save it as UTF-8"]


def test_mark_at_the_start_of_a_file_is_no_text() -> None:
    assert isinstance(parse_rules(b"\xef\xbb\xbf- {id: a, reply: x}")[0], Rule)


def test_json_object_without_lines() -> None:
    made = parse_rule({"id": "a", "contains": ["x"], "rply": "y"})
    assert isinstance(made, list)
    assert str(made[0]) == "rule.rply: unknown field 'rply' – did you mean 'reply'?"


def test_json_object_is_compiled_once_to_check_it() -> None:
    made = parse_rule({"id": "a", "regex": "(", "reply": "{{nobody}}"})
    assert isinstance(made, list)
    assert [problem.path for problem in made] == ["rule.do[0].text", "rule.when"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "when",
                    "do",
                    "reply",
                    "exact",
                    "all",
                    "not",
                    "kind",
                    "act",
                    "of",
                    "http",
                    "value",
                    "url",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(json_values)
def test_any_json_is_a_rule_or_problems(body: object) -> None:
    made = parse_rule(body)
    if isinstance(made, Rule):
        assert isinstance(RuleBook.compile([made]), RuleBook)
    else:
        assert made
        assert all(str(problem) for problem in made)


@settings(deadline=None)
@given(st.text("-:[]{}'\"\n \tab&*!#|>", max_size=60))
def test_any_text_is_rules_or_problems(source: str) -> None:
    assert isinstance(parse_rules(source), list)
