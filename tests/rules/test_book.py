"""What rules fire on, in which order, and what they say."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.model.condition import All, Compare, Contains, Exact, Keywords, Not, Regex
from fastdesk.model.condition import Any as AnyOf
from fastdesk.model.problem import Problem
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
    StartFlow,
)
from fastdesk.rules import Facts, Match, RuleBook


def rule(id: str = "r", when: Any = None, reply: str = "ok", **fields: Any) -> Rule:
    fields.setdefault("do", (Reply(text=reply),))
    return Rule(id=id, when=when, **fields)  # type: ignore[arg-type]


def book(*rules: Rule) -> RuleBook:
    made = RuleBook.compile(rules)
    assert isinstance(made, RuleBook), [str(problem) for problem in made]
    return made


def problems(*rules: Rule) -> list[str]:
    made = RuleBook.compile(rules)
    assert isinstance(made, list)
    return [str(problem) for problem in made]


def replies(match: Match | None) -> list[object]:
    return [action.text for action in match.actions if isinstance(action, Reply)] if match else []


def says(of: RuleBook, text: str, **facts: Any) -> list[object]:
    return replies(of.match(Facts(text=text, **facts)))


def test_empty_book_matches_nothing() -> None:
    assert RuleBook.EMPTY.match(Facts(text="你好")) is None


@pytest.mark.parametrize(
    "text", ["怎么退款", " 怎么退款？ ", "「怎么退款」"[1:-1], "怎么退款!!!", "\u3000怎么退款。"]
)
def test_exact_ignores_spaces_and_punctuation_around(text: str) -> None:
    assert says(book(rule(when=Exact(texts=("怎么退款",)))), text) == ["ok"]


def test_exact_ignores_case_width_and_inner_spaces() -> None:
    of = book(rule(when=Exact(texts=("Where is my ORDER 12",))))
    assert says(of, "where  is my order １２?") == ["ok"]
    assert says(of, "where is my order 123") == []
    assert says(of, "so where is my order 12") == []


def test_contains_finds_text_inside_words() -> None:
    of = book(rule(when=Contains(texts=("fund", "退款"))))
    assert says(of, "REFUNDS please") == ["ok"]
    assert says(of, "我想退款了") == ["ok"]
    assert says(of, "退 款") == []


def test_keywords_are_whole_words() -> None:
    of = book(rule(when=Keywords(any=("hi", "order"))))
    assert says(of, "hi there") == ["ok"]
    assert says(of, "this is it") == []
    assert says(of, "reorder") == []
    assert says(of, "我的order呢") == ["ok"]


def test_keywords_need_all_and_one_of_any() -> None:
    of = book(rule(when=Keywords(all=("退款", "订单"), any=("怎么", "如何"))))
    assert says(of, "这个订单如何退款") == ["ok"]
    assert says(of, "这个订单退款") == []
    assert says(of, "如何退款") == []


def test_regex_groups_fill_the_reply() -> None:
    of = book(rule(when=Regex(pattern=r"order\s*#?(\d+)"), reply="number {{match.1}} of {{match.0}}"))
    assert says(of, "My ORDER #１２３ please") == ["number 123 of ORDER #123"]


def test_regex_can_count_case() -> None:
    of = book(rule(when=Regex(pattern="ABC", case=True)))
    assert says(of, "xABCx") == ["ok"]
    assert says(of, "xabcx") == []


def test_group_that_took_no_part_is_empty() -> None:
    of = book(rule(when=Regex(pattern="(a)|(b)"), reply="[{{match.1}}{{match.2 | none}}]"))
    assert says(of, "a") == ["[anone]"]


def test_order_is_by_position_then_id_and_stop_ends_the_walk() -> None:
    hello = Contains(texts=("hello",))
    of = book(
        rule("b", hello, "second", position=1, stop=False),
        rule("a", hello, "first", position=1, stop=False),
        rule("c", hello, "third", position=2),
        rule("d", hello, "never", position=3),
    )
    match = of.match(Facts(text="hello"))
    assert match is not None
    assert replies(match) == ["first", "second", "third"]
    assert match.fired == ("a", "b", "c")
    assert [(item.rule, item.reason) for item in match.why.passed] == [("d", "stopped")]


def test_disabled_rule_is_silent_but_checked() -> None:
    assert says(book(rule(when=Exact(texts=("x",)), enabled=False)), "x") == []
    assert problems(rule(when=Regex(pattern="("), enabled=False))


def test_rule_holds_for_its_sites_only() -> None:
    of = book(rule(when=Exact(texts=("x",)), sites=("shop",)))
    assert says(of, "x", site="shop") == ["ok"]
    assert says(of, "x", site="blog") == []


def test_once_rule_is_named_and_then_silent() -> None:
    of = book(rule("w", Exact(texts=("x",)), once=True))
    match = of.match(Facts(text="x"))
    assert match is not None
    assert match.once == ("w",)
    assert says(of, "x", fired=("w",)) == []


def test_rule_never_fires_on_its_own_effects() -> None:
    of = book(rule("a", None, on="status"), rule("b", None, on="status", position=1))
    match = of.match(Facts(on="status", cause=("a",)))
    assert match is not None
    assert match.fired == ("b",)


def test_chain_of_rules_ends() -> None:
    of = book(*(rule(f"r{number}", None, on="status", stop=False) for number in range(10)))
    cause: tuple[str, ...] = ()
    rounds = 0
    while (match := of.match(Facts(on="status", cause=cause))) is not None:
        cause = (*cause, match.fired[0])
        rounds += 1
    assert rounds == 4


def test_reply_is_in_the_visitors_language() -> None:
    of = book(rule(when=Exact(texts=("x",)), do=(Reply(text={"zh": "您好 {{visitor.name}}", "en": "Hi"}),)))
    assert says(of, "x", language="zh-CN", visitor={"name": "王"}) == ["您好 王"]
    assert says(of, "x", language="en") == ["Hi"]
    assert says(of, "x", language="fr") == ["您好 "]


def test_text_of_a_visitor_is_not_a_template() -> None:
    of = book(rule(when=Contains(texts=("x",)), reply="you said {{text}}"))
    assert says(of, "x {{visitor.identity}}", identity="secret") == ["you said x {{visitor.identity}}"]


def test_verified_identity_only_from_the_session() -> None:
    of = book(rule(when=Exact(texts=("x",)), reply="you are {{visitor.identity}}"))
    assert says(of, "x", visitor={"identity": "forged", "fields": {"identity": "forged"}}) == []
    assert says(of, "x", visitor={"identity": "forged"}, identity="c-7") == ["you are c-7"]


def test_unverified_visitor_is_told_and_the_rule_stays_unused() -> None:
    of = book(rule("i", Exact(texts=("x",)), "{{visitor.identity}}", unverified="sign in", once=True))
    match = of.match(Facts(text="x"))
    assert replies(match) == ["sign in"]
    assert match is not None
    assert match.once == ()


def test_actions_come_in_order_and_rendered() -> None:
    do = (
        Buttons(
            text="{{visitor.name}}?",
            options=(Option(label={"en": "Yes", "zh": "是"}, value="yes {{match.1}}"),),
        ),
        SetLabels(add=("vip",)),
        Assign(team="sales"),
        StartFlow(flow="order", slots={"number": "{{match.1}}"}),
        Handoff(reason="asked"),
        Resolve(),
    )
    of = book(rule(when=Regex(pattern=r"(\d+)"), do=do))
    match = of.match(Facts(text="no 17", visitor={"name": "Ann"}, language="en"))
    assert match is not None
    assert match.actions == (
        Buttons(text="Ann?", options=(Option(label="Yes", value="yes 17"),)),
        *do[1:3],
        StartFlow(flow="order", slots={"number": "17"}),
        *do[4:],
    )


def test_not_and_any_find_rules_without_a_word() -> None:
    of = book(
        rule("n", Not(of=Contains(texts=("hello",))), "no hello", stop=False),
        rule(
            "a",
            AnyOf(of=(Exact(texts=("x",)), Compare(path="visitor.fields.plan", equals="gold"))),
            "any",
            stop=False,
        ),
        rule(
            "b",
            All(of=(Contains(texts=("hello",)), Compare(path="counts.visitor", above=2))),
            "all",
            stop=False,
        ),
    )
    assert says(of, "x") == ["any", "no hello"]
    assert says(of, "hello", visitor={"fields": {"plan": "Gold"}}) == ["any"]
    assert says(of, "hello", counts={"visitor": 3}) == ["all"]


def test_idle_rule_fires_once_when_its_time_passes() -> None:
    of = book(rule("i", on="idle", idle_ms=60_000))
    assert of.idle_ms == (60_000,)
    assert of.match(Facts(on="idle", idle_ms=59_999)) is None
    assert of.match(Facts(on="idle", idle_ms=61_000, last_idle_ms=59_000)) is not None
    assert of.match(Facts(on="idle", idle_ms=62_000, last_idle_ms=61_000)) is None


def test_schedule_rule_fires_once_in_its_period() -> None:
    of = book(rule("s", on="schedule", every_ms=3_600_000))
    hour = 3_600_000
    assert of.is_due(hour - 1, hour)
    assert not of.is_due(hour, 2 * hour - 1)
    assert of.match(Facts(on="schedule", last_ms=hour - 1, now_ms=hour + 5)) is not None
    assert of.match(Facts(on="schedule", last_ms=hour, now_ms=hour + 5)) is None


def test_why_names_grounds_and_no_words_of_the_visitor() -> None:
    when = All(of=(Contains(texts=("refund", "退款")), Compare(path="visitor.fields.plan", exists=True)))
    of = book(
        rule("a", Exact(texts=("我要退款 secret",)), sites=("s",)), rule("b", when, version=3, position=1)
    )
    match = of.match(Facts(text="我要退款 secret", visitor={"fields": {"plan": "x"}}))
    assert match is not None
    assert (
        match.why.line("zh")
        == "消息：规则 b v3 (contains 2, visitor.fields.plan)；未触发：a (不适用于本站点)"
    )
    assert match.why.line("en") == (
        "message: rule b v3 (contains 2, visitor.fields.plan); passed over: a (not for this site)"
    )
    assert b"secret" not in msgspec.json.encode(match.why)


def test_explain_says_why_nothing_fired() -> None:
    of = book(rule("a", Keywords(all=("退款", "订单"))))
    assert of.explain(Facts(text="订单")).line("en") == "message: no rule fired"
    assert (
        of.explain(Facts(text="退款")).line("en")
        == "message: no rule fired; passed over: a (condition does not hold)"
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            rule(reply="{{visitor.nmae}}"),
            "unknown variable '{{visitor.nmae}}' – did you mean 'visitor.name'?",
        ),
        (rule(reply="{{x"), "the braces here don't pair"),
        (rule(reply="{{a b}}"), "is not a variable"),
        (rule(reply="{{match.1}}"), "there is no regular expression here"),
        (rule(when=Regex(pattern="(a)"), reply="{{match.2}}"), "the pattern has 1 groups"),
        (
            rule(when=Regex(pattern="(?=a)b")),
            "regular expression at character 1: look-around is not supported: (?=",
        ),
        (rule(when=Regex(pattern="订单(")), "a ( is not closed"),
        (rule(when=Regex(pattern="(a{1,500}){1,1000}")), "regular expression"),
        (rule(when=Regex(pattern="\\p{L}{500}")), "too costly"),
        (rule(when=Keywords()), "keywords without a word"),
        (
            rule(when=Compare(path="visitor.nam", equals=1)),
            "unknown value 'visitor.nam' – did you mean 'visitor.name'?",
        ),
        (rule(on="idle"), "a rule on 'idle' says how long"),
        (rule(every_ms=60_000), "a rule on 'schedule' says how often"),
        (rule(do=(Assign(),)), "assign to a team or to an agent"),
        (rule(do=(Http(url="http://a/b", save="visitor"),)), "has a meaning of its own"),
        (rule(do=(Http(url="http://a/b?{{text}}"),)), "does not go into an address"),
        (rule(do=(Http(url="http://a/b", headers={"X Y": "1"}),)), "is no header"),
        (rule(do=(Reply(text="{{o.x}}"), Http(url="http://a/b", save="o"))), "unknown variable '{{o.x}}'"),
    ],
)
def test_wrong_rule_is_refused_with_a_reason(wrong: Rule, message: str) -> None:
    found = problems(wrong)
    assert any(message in problem for problem in found), found


def test_same_id_twice_is_refused() -> None:
    assert problems(rule("a"), rule("a")) == ["rules[1].id: the id 'a' is taken"]


def test_deep_condition_is_refused() -> None:
    when: Any = Exact(texts=("x",))
    for _ in range(10):
        when = Not(of=when)
    assert "nested more than 8 deep" in problems(rule(when=when))[0]


def test_every_problem_is_listed() -> None:
    made = RuleBook.compile([rule("a", reply="{{x}}"), rule("b", reply="{{y}}")])
    assert isinstance(made, list)
    assert all(isinstance(problem, Problem) for problem in made)
    assert [problem.path for problem in made] == ["rules[0].do[0].text", "rules[1].do[0].text"]


def test_salvage_leaves_out_what_is_wrong_and_keeps_the_rest() -> None:
    wrong = [rule("a", reply="{{x}}"), rule("b", when=Regex(pattern="("))]
    of, refused = RuleBook.salvage([wrong[0], rule("c", Exact(texts=("x",))), wrong[1]])
    assert (of.size, len(refused)) == (1, 2)
    assert says(of, "x") == ["ok"]


def test_salvage_drops_the_last_patterns_when_all_cost_too_much() -> None:
    costly = [rule(f"r{n}", Regex(pattern=f"x{{900}}{n}")) for n in range(60)]
    assert "too costly" in problems(*costly)[0]
    of, refused = RuleBook.salvage([*costly, rule("z", Exact(texts=("x",)))])
    assert 10 < of.size < 60
    assert len(refused) == 1
    assert says(of, "x") == ["ok"]


def test_longest_text_with_costly_patterns_ends_soon() -> None:
    """Two hundred gaps that all stay open: some 30,000 steps a sign."""
    of = book(*(rule(f"r{n}", Regex(pattern=f"[a-m].{{0,15}}[n-z]{{3}}{n}")) for n in range(200)))
    assert says(of, "abcmnozy" * 1_000) == []


phrases = st.text("ab 退款订 ", min_size=1, max_size=4).filter(str.strip)
texts = st.tuples(phrases, phrases)
leaves = st.one_of(
    texts.map(lambda two: Exact(texts=two)),
    texts.map(lambda two: Contains(texts=two)),
    texts.map(lambda two: Keywords(all=two[:1], any=two[1:])),
    phrases.map(lambda one: Regex(pattern=one)),
    st.just(Compare(path="visitor.fields.plan", equals="gold")),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda of: All(of=tuple(of))),
        st.lists(inner, max_size=3).map(lambda of: AnyOf(of=tuple(of))),
        inner.map(lambda of: Not(of=of)),
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(
    st.lists(conditions, max_size=8), st.text("ab 退款订。", max_size=12), st.sampled_from(["gold", "free"])
)
def test_index_and_plain_walk_agree(many: list[Any], text: str, plan: str) -> None:
    """Each rule alone, asked through `not not`, which has no index, says the same as all of them together."""
    facts = Facts(text=text, visitor={"fields": {"plan": plan}})
    rules = [rule(f"r{number}", when, position=number, stop=False) for number, when in enumerate(many)]
    match = book(*rules).match(facts)
    plain = [one.id for one in rules if book(rule("x", Not(of=Not(of=one.when)))).match(facts)]  # type: ignore[arg-type]
    assert list(match.fired if match else ()) == plain
