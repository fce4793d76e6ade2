"""How a dialogue goes: filling, retrying, correcting, asking aside, cancelling, calling, coming back."""

import string
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialogue.stories import ORDER, Talk, flow, flows

from fastdesk.dialogue import (
    Around,
    Aside,
    Flows,
    FlowState,
    Handed,
    Heard,
    Late,
    Over,
    Request,
    SideAnswered,
    Speak,
    decode_state,
    encode_state,
)
from fastdesk.dialogue.check import check
from fastdesk.dialogue.state import Answered
from fastdesk.model.call import CallAnswer
from fastdesk.model.flow import Flow

ADDRESS = """
flow: address
slots: {city: text, zip: {pattern: '\\d{6}'}}
states:
  city: {ask: city, say: 哪个城市？, next: zip}
  zip: {ask: zip, say: 邮编？, next: done}
  done: {end: done}
"""
CALLER = """
flow: delivery
slots: {when: date}
states:
  address: {flow: address, with: {zip: "100000"}, save: to, next: when, cancelled: stopped}
  when: {ask: when, say: 哪天送？, next: done}
  done: {end: done, say: "{{slots.when}} 送到 {{to.city}} {{to.zip}}"}
  stopped: {say: 地址先不填。, next: when}
"""


@pytest.fixture(scope="module")
def order() -> Flows:
    return flows(ORDER)


def over(talk: Talk) -> Over:
    (found,) = [effect for effect in talk.step.effects if isinstance(effect, Over)]
    return found


def test_all_slots_in_order_to_the_end(order: Flows) -> None:
    talk = Talk(order, "order_status")
    assert talk.said == ["请告诉我订单号。"]
    assert talk.hear("我的订单号是 ２０２６0105，谢谢") == ["请留下电话。"]
    assert talk.hear("电话 138 1234 5678") == ["尺码？"]
    talk.hear("大号")
    assert talk.step.effects == (
        Request(
            url="https://shop.example/orders/20260105",
            method="POST",
            headers={},
            body={"phone": "13812345678"},
            timeout_ms=2_000,
        ),
    )
    assert talk.answer({"status": "shipped"})[0] == "20260105（大号）已发货，很快到。"
    assert over(talk).result == "done"
    assert over(talk).slots == {"number": "20260105", "phone": "13812345678", "size": "L"}
    assert talk.step.state is None


def test_english(order: Flows) -> None:
    talk = Talk(order, "order_status", around=Around(language="en-GB"))
    assert talk.hear("it's ABC-123456", "+44 20 7946 0958", "the last one")[-1] == "Request"
    assert talk.answer({"status": "shipped"})[0] == "ABC-123456 (large) is on its way."


def test_slots_given_beforehand_are_not_asked(order: Flows) -> None:
    assert Talk(order, "order_status", number="20260105", phone="wrong").said == ["请留下电话。"]


def test_buttons_of_a_choice(order: Flows) -> None:
    talk = Talk(order, "order_status", number="20260105", phone="13812345678")
    (spoken,) = talk.step.effects
    assert isinstance(spoken, Speak)
    assert [(option.label, option.value) for option in spoken.options] == [
        ("S", "S"),
        ("M", "M"),
        ("大号", "L"),
    ]


def test_wrong_value_is_asked_again_and_given_up(order: Flows) -> None:
    talk = Talk(order, "order_status")
    assert talk.hear("我忘了") == ["订单号至少六位。"]
    assert talk.hear("真的忘了") == ["订单号至少六位。"]
    talk.hear("没有")
    assert talk.step.effects[-2] == Handed(reason="not_understood", slots={})
    assert over(talk).result == "handed"


def test_failed_tries_may_lead_elsewhere(order: Flows) -> None:
    talk = Talk(order, "order_status", number="20260105", phone="13812345678")
    assert talk.hear("随便", "你选") == ["转人工。", "Handed", "Over"]
    assert talk.step.effects[1] == Handed(
        reason="no_answer", team="sales", slots={"number": "20260105", "phone": "13812345678"}
    )


def test_side_question_is_answered_and_the_form_goes_on(order: Flows) -> None:
    talk = Talk(order, "order_status")
    talk.hear("你们运费多少钱？")
    assert talk.step.effects == (Aside(text="你们运费多少钱？"),)
    assert talk.state.waits_for == "aside"
    talk.give(SideAnswered())
    assert talk.said == ["请告诉我订单号。"]
    assert talk.hear("20260105") == ["请留下电话。"]


def test_side_question_does_not_count_as_a_try_but_is_bounded(order: Flows) -> None:
    talk = Talk(order, "order_status")
    for _ in range(5):
        talk.hear("为什么？")
        talk.give(SideAnswered())
    assert talk.hear("为什么？") == ["订单号至少六位。"]


def test_side_question_nobody_can_answer_counts_as_a_try(order: Flows) -> None:
    talk = Talk(order, "order_status")
    talk.hear("为什么？")
    talk.give(SideAnswered(found=False))
    assert talk.said == ["这个问题我暂时答不上来。", "订单号至少六位。"]
    assert talk.state.tries == 1


def test_value_wins_over_the_question_around_it(order: Flows) -> None:
    assert Talk(order, "order_status").hear("20260105 什么时候到？") == ["请留下电话。"]


def test_text_while_a_side_question_is_open_is_heard(order: Flows) -> None:
    talk = Talk(order, "order_status")
    talk.hear("为什么？")
    assert talk.hear("20260105") == ["请留下电话。"]


@pytest.mark.parametrize(
    "text", ["取消", "算了", "算了吧", "那算了", "Cancel", "never mind", "先这样", "请取消。"]
)
def test_cancel(order: Flows, text: str) -> None:
    talk = Talk(order, "order_status")
    assert talk.hear(text) == ["好的，已取消。", "Over"]
    assert over(talk).result == "cancelled"


def test_wish_that_holds_the_word_cancel_is_none(order: Flows) -> None:
    assert Talk(order, "order_status").hear("我想取消订单 20260105") == ["请留下电话。"]


@pytest.mark.parametrize(
    "text", ["转人工", "我要找真人客服", "I want to talk to a human", "Speak with an agent"]
)
def test_wish_for_a_person(order: Flows, text: str) -> None:
    talk = Talk(order, "order_status", number="20260105")
    talk.hear(text)
    assert talk.step.effects[1] == Handed(reason="asked", slots={"number": "20260105"})


@pytest.mark.parametrize(
    "text",
    [
        "不对，订单号是 99990000",
        "订单号改成99990000",
        "no, order number 99990000",
        "actually it's 99990000",
        "说错了，应该是99990000",
    ],
)
def test_earlier_slot_is_corrected_and_the_form_goes_on(order: Flows, text: str) -> None:
    talk = Talk(order, "order_status")
    assert talk.hear("20260105", text) == ["好的，订单号改为：99990000。", "请留下电话。"]
    assert talk.state.frames[0].slots == {"number": "99990000"}
    assert talk.hear("13812345678") == ["尺码？"]


def test_correction_names_the_slot(order: Flows) -> None:
    talk = Talk(order, "order_status")
    talk.hear("20260105", "13812345678")
    assert talk.hear("电话改成 13900001111") == ["好的，电话改为：13900001111。", "尺码？"]
    assert talk.hear("订单号错了，改为 77778888") == ["好的，订单号改为：77778888。", "尺码？"]
    assert talk.state.frames[0].slots == {"number": "77778888", "phone": "13900001111"}


def test_the_other_one() -> None:
    source = """
flow: shoe
slots: {color: [红, 黑], size: number}
states:
  color: {ask: color, say: 颜色？, next: size}
  size: {ask: size, say: 几码？, next: done}
  done: {end: done}
"""
    talk = Talk(flows(source), "shoe")
    assert talk.hear("红", "不对，另一个") == ["好的，color改为：黑。", "几码？"]
    talk = Talk(flows(source), "shoe", around=Around(language="en"))
    assert talk.hear("黑", "no, the other one") == ["All right, color is now: 红.", "几码？"]


@pytest.mark.parametrize("wrong", ["不对，另一个", "电话错了", "电话不对", "不是那个，是另外一个"])
def test_a_slot_that_is_wrong_without_a_better_value_is_asked_for_again(order: Flows, wrong: str) -> None:
    talk = Talk(order, "order_status")
    talk.hear("20260105", "13812345678")
    assert talk.hear(wrong) == ["请留下电话。"]
    assert talk.hear("13900001111") == ["尺码？"]
    assert talk.state.frames[0].slots == {"number": "20260105", "phone": "13900001111"}


def test_the_named_slot_is_asked_for_again_not_the_last(order: Flows) -> None:
    talk = Talk(order, "order_status", around=Around(language="en"))
    talk.hear("20260105", "13812345678")
    assert talk.hear("the order number is wrong") == ["What is your order number?"]
    assert talk.hear("77778888") == ["Which size?"]
    assert talk.state.frames[0].slots == {"number": "77778888", "phone": "13812345678"}


def test_a_named_slot_that_is_wrong_is_no_option_of_the_next() -> None:
    source = """
flow: shoe
slots: {number: {type: order_number, label: order number}, reason: [{value: wrong, label: Wrong item, words: [wrong]}, other]}
states:
  number: {ask: number, say: Your number?, next: reason}
  reason: {ask: reason, say: Why?, next: done}
  done: {end: done, say: Done.}
"""
    talk = Talk(flows(source), "shoe", around=Around(language="en"))
    assert talk.hear("20260105", "the order number is wrong") == ["Your number?"]
    assert talk.hear("20260106") == ["Why?"]
    assert talk.hear("Wrong item")[0] == "Done."


def test_nothing_is_asked_again_that_was_not_asked(order: Flows) -> None:
    talk = Talk(order, "order_status")
    assert talk.hear("不对，另一个") == ["订单号至少六位。"]


def test_correction_takes_branches_anew() -> None:
    source = """
flow: pet
slots: {kind: [猫, 狗], breed: text, name: text}
states:
  kind: {ask: kind, say: 猫还是狗？, next: which}
  which: {branch: [{when: {value: slots.kind, is: 狗}, next: breed}, {else: name}]}
  breed: {ask: breed, say: 什么品种？, next: name}
  name: {ask: name, say: 叫什么？, next: done}
  done: {end: done}
"""
    talk = Talk(flows(source), "pet")
    assert talk.hear("猫") == ["叫什么？"]
    assert talk.hear("不是，是狗") == ["好的，kind改为：狗。", "什么品种？"]


def test_failed_call_goes_its_way(order: Flows) -> None:
    for failed in ({"error": "timeout"}, {"status": 404}, {"status": 200, "body": "x" * 20_000}):
        talk = Talk(order, "order_status", number="20260105", phone="13812345678")
        talk.hear("S")
        assert talk.answer(**failed)[0] == "转人工。"


def test_loop_back_asks_again(order: Flows) -> None:
    talk = Talk(order, "order_status", number="20260105", phone="13812345678")
    talk.hear("S")
    assert talk.answer({"status": "unknown"}) == ["没有这个订单。", "请告诉我订单号。"]
    assert talk.hear("88889999") == ["请留下电话。"]


def test_call_that_was_under_way_is_made_again(order: Flows) -> None:
    talk = Talk(order, "order_status", number="20260105", phone="13812345678")
    talk.hear("S")
    before = talk.step.effects
    assert talk.state.waits_for == "call"
    talk.hear("还在吗")
    assert talk.step.effects == before
    assert talk.hear("取消") == ["好的，已取消。", "Over"]


def test_identity_is_used_for_verified_visitors_only() -> None:
    source = """
flow: mine
states:
  ask: {call: "https://shop.example/of/{{visitor.identity}}", save: order, next: done, failed: failed, unverified: sign_in}
  done: {end: done, say: "{{order}}"}
  failed: {end: failed}
  sign_in: {end: unverified, say: 请先登录。}
"""
    forged = Around(visitor={"identity": "forged", "id": "v"})
    assert Talk(flows(source), "mine", around=forged).said == ["请先登录。", "Over"]
    (request,) = Talk(flows(source), "mine", around=Around(identity="c 7/x")).step.effects
    assert isinstance(request, Request)
    assert request.url == "https://shop.example/of/c%207%2Fx"


def test_silence_leads_on_after_its_time(order: Flows) -> None:
    talk = Talk(order, "order_status", now_ms=1_000)
    assert talk.state.late_at_ms == 601_000
    talk.now_ms = 600_999
    assert talk.give(Late()).effects == ()
    talk.now_ms = 601_000
    talk.give(Late())
    assert over(talk).result == "gone"


def test_flow_in_a_flow() -> None:
    talk = Talk(flows(CALLER, ADDRESS), "delivery", now_ms=1_767_571_200_000)
    assert talk.said == ["哪个城市？"]
    assert talk.hear("北京") == ["哪天送？"]
    assert talk.hear("明天") == ["2026-01-06 送到 北京 100000", "Over"]


def test_cancel_in_a_called_flow_comes_back() -> None:
    talk = Talk(flows(CALLER, ADDRESS), "delivery")
    assert talk.hear("取消") == ["地址先不填。", "哪天送？"]
    assert talk.hear("取消") == ["好的，已取消。", "Over"]


def test_running_dialogue_keeps_its_version() -> None:
    old, new = flow(ORDER), flow(ORDER.replace("请留下电话。", "手机号？"))
    both = Flows.compile([old, msgspec.structs.replace(new, version=2)])
    assert isinstance(both, Flows)
    running = Talk(flows(ORDER), "order_status").state
    (spoken, *_) = both.step(running, Heard("20260105"), 0, Around(language="zh")).effects
    assert spoken == Speak(text="请留下电话。")
    assert Talk(both, "order_status").hear("20260105") == ["手机号？"]


def test_flow_that_is_gone_hands_over(order: Flows) -> None:
    running = Talk(order, "order_status", number="20260105").state
    step = Flows.EMPTY.step(running, Heard("13812345678"), 0)
    assert step.state is None
    assert step.effects[0] == Handed(reason="flow_gone", slots={"number": "20260105"})


def test_state_survives_storage_at_every_turn(order: Flows) -> None:
    talk = Talk(order, "order_status")
    for text in ("为什么？", "20260105", "不对，是 99990000", "13812345678", "M"):
        stored = decode_state(encode_state(talk.state))
        assert stored == talk.state
        talk.give(Heard(text))
    assert len(encode_state(talk.state)) < 200


@pytest.mark.parametrize(
    "stored", [b"", b"\xc1", b"\x91\x90", b"\x93", b"[]", b"\x81\xa1a\x01", b"\x91" * 5_000]
)
def test_broken_state_is_none(stored: bytes) -> None:
    assert decode_state(stored) is None


def test_step_changes_nothing_it_was_given(order: Flows) -> None:
    state = Talk(order, "order_status").state
    before = encode_state(state)
    first = order.step(state, Heard("20260105"), 5)
    assert order.step(state, Heard("20260105"), 5) == first
    assert encode_state(state) == before


names = st.sampled_from(["a", "b", "c", "d", "e"])
texts = st.sampled_from(["说吧", "{{slots.x}}?"])
states = st.one_of(
    st.builds(
        lambda n, s: {"kind": "ask", "slot": s, "say": "?", "next": n},
        names,
        st.sampled_from(["x", "y", "z"]),
    ),
    st.builds(lambda n, t: {"kind": "say", "say": t, "next": n}, names, texts),
    st.builds(
        lambda n, m: {
            "kind": "branch",
            "cases": [
                {"when": {"kind": "compare", "path": "slots.x", "equals": "1"}, "next": n},
                {"next": m},
            ],
        },
        names,
        names,
    ),
    st.builds(
        lambda n, m: {"kind": "call", "url": "https://a.example/{{slots.y}}", "next": n, "failed": m},
        names,
        names,
    ),
    st.just({"kind": "end"}),
    st.just({"kind": "hand", "reason": "x"}),
)
inputs = st.one_of(
    st.sampled_from(["1", "2", "是", "不对，是 3", "取消", "为什么？", "转人工", "另一个", "", "明天"]).map(
        Heard
    ),
    st.text(string.printable, max_size=5).map(Heard),
    st.sampled_from(
        [Late(), SideAnswered(), SideAnswered(found=False), Answered(CallAnswer(error="timeout"))]
    ),
    st.just(Answered(CallAnswer(status=200, body={"a": 1}))),
)


@settings(deadline=None)
@given(st.dictionaries(names, states, min_size=1), st.lists(inputs, max_size=12), st.booleans())
def test_random_flows_never_crash_or_run_for_ever(
    made: dict[str, Any], given: list[Any], checked: bool
) -> None:
    """Also flows that the check refuses: a stored one may be older than a rule of the check."""
    body = {
        "id": "r",
        "start": next(iter(made)),
        "slots": {
            "x": {"type": "choice", "options": [{"value": "1"}, {"value": "2"}]},
            "y": {"type": "number"},
            "z": {},
        },
        "states": made,
    }
    random_flow = msgspec.convert(body, Flow)
    found = check(random_flow)
    if any("is no state" in str(problem) for problem in found) or (checked and found):
        return
    of = Flows([random_flow])
    step = of.start("r", 0)
    assert step is not None
    for one in given:
        if step.state is None:
            break
        assert isinstance(decode_state(encode_state(step.state)), FlowState)
        step = of.step(step.state, one, 0)
        if checked:
            assert not any(
                isinstance(effect, Handed) and effect.reason == "endless" for effect in step.effects
            )
    if step.state is None:
        assert isinstance(step.effects[-1], Over)
