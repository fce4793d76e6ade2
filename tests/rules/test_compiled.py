"""One rule by itself: what is wrong with it, when it fires, and when its text alone decides."""

from typing import Any

import pytest

from fastdesk.model.condition import Compare, Condition, Contains, Exact, Hours, Keywords, Not, Regex, parts
from fastdesk.model.rule import Assign, Http, Reply, Rule, RuleId
from fastdesk.rules.compiled import CompiledRule, check_rule, compile_patterns
from fastdesk.rules.facts import Facts
from fastdesk.rules.text_index import TextIndex

SAY = (Reply(text="yes"),)
LOOK = Http(url="https://shop.example/order", save="order")


def rule(when: Condition | None = None, do: Any = SAY, **fields: Any) -> Rule:
    return Rule(id=RuleId("r"), when=when, do=do, **fields)


def compiled(made: Rule) -> tuple[CompiledRule, TextIndex]:
    patterns, problems = compile_patterns(made, "rule")
    assert problems == []
    every = parts(made.when) if made.when is not None else ()
    texts = [part for part in every if isinstance(part, Exact | Contains | Keywords | Regex)]
    index = TextIndex(texts, patterns)
    return CompiledRule(made, index), index


def refusal(made: Rule, text: str = "hello", **facts: Any) -> str | None:
    ready, index = compiled(made)
    return ready.refusal(Facts(text=text, **facts), index.find(text))


@pytest.mark.parametrize(
    ("wrong", "path", "says"),
    [
        (rule(on="idle"), "rule.on", "says how long"),
        (rule(idle_ms=60_000), "rule.on", "says how long"),
        (rule(on="schedule"), "rule.on", "says how often"),
        (rule(Keywords()), "rule.when", "without a word"),
        (rule(Hours(zone="Asia/Atlantis")), "rule.when", "Asia/Atlantis"),
        (rule(Compare(path="visitor.nmae", exists=True)), "rule.when", "visitor.nmae"),
        (rule(do=(Assign(),)), "rule.do[0]", "to a team or to an agent"),
        (rule(do=(Assign(team="t", agent="a"),)), "rule.do[0]", "to a team or to an agent"),
        (rule(do=(Http(url="https://a.example", save="visitor"),)), "rule.do[0].save", "meaning of its own"),
        (rule(do=(Http(url="https://a.example", headers={"X Y": "z"}),)), "rule.do[0].headers", "no header"),
        (rule(do=(Http(url="https://a.example", headers={"X": "a\nb"}),)), "rule.do[0].headers", "no header"),
        (rule(do=(Http(url="https://a.example/{{text}}"),)), "rule.do[0].url", "not go into an address"),
        (rule(do=(Reply(text="{{order.state}}"), LOOK)), "rule.do[0].text", "unknown variable"),
        (rule(Exact(texts=("x",)), do=(Reply(text="{{match.1}}"),)), "rule.do[0].text", "no regular expression"),
        (rule(Regex(pattern="(a)"), do=(Reply(text="{{match.2}}"),)), "rule.do[0].text", "has 1 groups"),
        (rule(do=(Reply(text={"zh": "好", "en": "{{ open"}),)), "rule.do[0].text", "{{"),
        (rule(unverified="{{nobody.knows}}"), "rule.unverified", "unknown variable"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(wrong: Rule, path: str, says: str) -> None:
    (problem,) = check_rule(wrong, "rule")
    assert problem.path == path
    assert says in problem.message


def test_an_answer_may_be_used_after_the_call_that_brings_it_and_not_before() -> None:
    assert list(check_rule(rule(do=(LOOK, Reply(text="{{order.state}}"))), "rule")) == []


def test_a_near_miss_has_a_hint() -> None:
    (problem,) = check_rule(rule(do=(Reply(text="{{visitor.nmae}}"),)), "rule")
    assert "visitor.name" in problem.hint


def test_a_bad_pattern_says_where_and_the_good_ones_are_kept() -> None:
    patterns, problems = compile_patterns(rule(Regex(pattern="ab(")), "rule")
    assert (patterns, [problem.path for problem in problems]) == ({}, ["rule.when"])
    assert "regular expression" in problems[0].message


@pytest.mark.parametrize(
    ("made", "facts", "why"),
    [
        (rule(Exact(texts=("hello",))), {}, None),
        (rule(Exact(texts=("bye",))), {}, "condition"),
        (rule(sites=("a", "b")), {"site": "c"}, "site"),
        (rule(sites=("a", "b")), {"site": "b"}, None),
        (rule(once=True), {"fired": ("r",)}, "once"),
        (rule(), {"fired": ("r",)}, None),
        (rule(), {"cause": ("r",)}, "own_effect"),
        (rule(on="idle", idle_ms=60_000), {"idle_ms": 59_999}, "not_due"),
        (rule(on="idle", idle_ms=60_000), {"idle_ms": 60_000, "last_idle_ms": 59_000}, None),
        (rule(on="idle", idle_ms=60_000), {"idle_ms": 61_000, "last_idle_ms": 60_000}, "not_due"),
        (rule(on="schedule", every_ms=60_000), {"last_ms": 60_000, "now_ms": 119_999}, "not_due"),
        (rule(on="schedule", every_ms=60_000), {"last_ms": 119_999, "now_ms": 120_000}, None),
        (rule(do=(Reply(text="{{visitor.identity}}"),)), {}, "unverified"),
        (rule(do=(Reply(text="{{visitor.identity}}"),), unverified="sign in"), {}, None),
        (rule(do=(Reply(text="{{visitor.identity}}"),)), {"identity": "u-1"}, None),
    ],
)  # fmt: skip
def test_a_rule_that_does_not_fire_says_why(made: Rule, facts: dict[str, Any], why: str | None) -> None:
    assert refusal(made, **facts) == why


def test_an_identity_that_the_page_claims_is_none() -> None:
    ready, _ = compiled(rule(do=(Reply(text="{{visitor.identity}}"),)))
    assert not ready.may_run(Facts(visitor={"identity": "u-1", "fields": {"identity": "u-1"}}))
    assert ready.may_run(Facts(identity="u-1"))


def test_groups_are_what_the_pattern_found() -> None:
    ready, index = compiled(rule(Regex(pattern=r"order (\d+)(x)?"), do=(Reply(text="{{match.1}}"),)))
    assert ready.groups(index.find("my order 4711 please")) == ("order 4711", "4711", "")
    assert ready.groups(index.find("no number")) == ()


@pytest.mark.parametrize(
    ("made", "is_settled"),
    [
        (rule(Contains(texts=("hello",))), True),
        (rule(Contains(texts=("hello",)), once=True), False),
        (rule(Contains(texts=("hello",)), do=(Reply(text="{{visitor.name}}"),)), False),
        (rule(Contains(texts=("hello",)), do=(LOOK,)), False),
        (rule(Not(of=Contains(texts=("hello",)))), False),
        (rule(Compare(path="visitor.page", exists=True)), False),
        (rule(Contains(texts=("hello",)), on="conversation_created"), False),
        (rule(), False),
    ],
)
def test_only_what_text_site_and_language_decide_is_remembered(made: Rule, is_settled: bool) -> None:
    assert (compiled(made)[0].settled is not None) == is_settled
