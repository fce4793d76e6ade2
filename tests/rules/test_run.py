"""What happens around HTTP calls: the answer fills the next actions, a failure is said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.model.call import CallAnswer
from fastdesk.model.condition import Contains, Regex
from fastdesk.model.rule import Action, Http, Note, Reply, Resolve, Rule, RuleId
from fastdesk.rules import Facts, Match, RuleBook, resume

REFUND = Rule(
    id=RuleId("refund"),
    when=Regex(pattern="退款(.*)"),
    stop=False,
    do=(
        Http(
            url="https://orders.example/latest/{{match.1}}?visitor={{visitor.identity}}",
            method="POST",
            headers={"X-Note": "{{visitor.name}}"},
            body={
                "of": "{{visitor.identity}}",
                "count": "{{counts.visitor}}",
                "deep": [{"text": "said {{text}}"}],
            },
            save="order",
            failure="暂时查不到订单",
        ),
        Reply(text="订单 {{order.number}}：{{order.items.0.name}}，{{order.price}} 元，{{order.gone | 无}}"),
        Resolve(),
    ),
)


def matched(*rules: Rule, **facts: object) -> Match:
    made = RuleBook.compile(rules)
    assert isinstance(made, RuleBook), made
    match = made.match(Facts(text="退款 a/b?c", identity="c 7&x=1", counts={"visitor": 2}, **facts))  # type: ignore[arg-type]
    assert match is not None
    return match


def test_call_is_rendered_and_cannot_leave_its_place() -> None:
    (call,) = matched(REFUND, visitor={"name": "A\r\nEvil: 1"}).actions
    assert isinstance(call, Http)
    assert call.url == "https://orders.example/latest/%20a%2Fb%3Fc?visitor=c%207%26x%3D1"
    assert call.headers == {"X-Note": "A Evil: 1"}
    assert call.body == {"of": "c 7&x=1", "count": 2, "deep": [{"text": "said 退款 a/b?c"}]}


def test_answer_fills_the_actions_after_it() -> None:
    rest = matched(REFUND).rest
    assert rest is not None
    body = {"number": 17.0, "items": [{"name": "鞋"}], "price": 9.5, "x": "{{visitor.identity}}"}
    step = resume(rest, CallAnswer(status=200, body=body))
    assert step.actions == (Reply(text="订单 17：鞋，9.5 元，无"), Resolve())
    assert step.rest is None


@pytest.mark.parametrize(
    "answer", [CallAnswer(error="timeout"), CallAnswer(status=500, body={}), CallAnswer()]
)
def test_failure_is_said_and_the_rest_of_the_rule_dropped(answer: CallAnswer) -> None:
    after = Rule(id=RuleId("z"), position=9, do=(Note(text="later"),))
    rest = matched(REFUND, after).rest
    assert rest is not None
    step = resume(rest, answer)
    assert step.actions == (Reply(text="暂时查不到订单"), Note(text="later"))
    assert step.rest is None


def test_two_calls_follow_each_other() -> None:
    chain = Rule(
        id=RuleId("c"),
        do=(
            Http(url="https://a.example/1", save="a"),
            Http(url="https://a.example/{{a.next}}", save="b"),
            Reply(text="{{a.next}} {{b.x}}"),
        ),
    )
    first = matched(chain).rest
    assert first is not None
    second = resume(first, CallAnswer(status=200, body={"next": "n"}))
    assert [action.url for action in second.actions if isinstance(action, Http)] == ["https://a.example/n"]
    assert second.rest is not None
    assert resume(second.rest, CallAnswer(status=200, body={"x": 1})).actions == (Reply(text="n 1"),)
    # The first step can be taken again: nothing in it has changed.
    assert resume(first, CallAnswer(status=200, body={"next": "m"})).rest is not None


def test_failure_without_a_text_is_silent() -> None:
    rest = matched(Rule(id=RuleId("c"), do=(Http(url="https://a.example/"), Reply(text="x")))).rest
    assert rest is not None
    assert resume(rest, CallAnswer(error="refused")).actions == ()


def test_actions_of_one_event_are_bounded() -> None:
    many = [
        Rule(id=RuleId(f"r{n}"), stop=False, do=tuple(Note(text="x") for _ in range(20))) for n in range(10)
    ]
    assert len(matched(*many).actions) == 50


def test_huge_answer_is_cut() -> None:
    rest = matched(Rule(id=RuleId("c"), do=(Http(url="https://a.example/"), Reply(text="{{answer}}")))).rest
    assert rest is not None
    (reply,) = resume(rest, CallAnswer(status=200, body="x" * 100_000)).actions
    assert isinstance(reply, Reply)
    assert len(reply.text) == 8_000


def test_resume_without_a_call_is_a_mistake_of_the_caller() -> None:
    rest = matched(REFUND).rest
    assert rest is not None
    with pytest.raises(ValueError, match="nothing waits"):
        resume(type(rest)(pending=(), facts=rest.facts), CallAnswer())


names = st.text("ab退", min_size=1, max_size=3)
said = st.sampled_from(["x", "{{visitor.name}}", "{{text | 空}}", "{{visitor.identity}}", "{{answer.a.0.b}}"])
actions = st.one_of(
    said.map(lambda text: Reply(text=text)),
    said.map(lambda text: Reply(text={"zh": text, "en": "x"})),
    said.map(lambda text: Note(text=text)),
    st.builds(
        lambda text, save: Http(
            url="https://a.example/{{visitor.id}}", body={"a": [text]}, save=save, failure=text
        ),
        st.sampled_from(["x", "{{text}}"]),
        st.sampled_from(["answer", "other"]),
    ),
    st.just(Resolve()),
)
answers = st.one_of(
    st.just(CallAnswer(error="timeout")),
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "0"]), inner, max_size=3)
        ),
    ).map(lambda body: CallAnswer(status=200, body=body)),
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(names, st.lists(actions, min_size=1, max_size=5), st.booleans()), max_size=5),
    st.text("ab退 {}", max_size=8),
    st.lists(answers, min_size=25, max_size=25),
    st.sampled_from([None, "c-1"]),
)
def test_random_rules_never_crash_and_always_end(
    many: list[tuple[str, list[Action], bool]],
    text: str,
    given_answers: list[CallAnswer],
    identity: str | None,
) -> None:
    rules = [
        Rule(id=RuleId(f"r{n}"), when=Contains(texts=(word,)), do=tuple(do), stop=stop)
        for n, (word, do, stop) in enumerate(many)
    ]
    made, _ = RuleBook.salvage(rules)
    match = made.match(Facts(text=text, identity=identity, visitor={"id": "v"}, language="zh"))
    if match is None:
        return
    done = list(match.actions)
    rest = match.rest
    for answer in given_answers:
        if rest is None:
            break
        following, rest = resume(rest, answer)
        done += following
    assert rest is None
    assert len(done) <= 100
    assert identity is not None or not any("c-1" in str(action) for action in done)
