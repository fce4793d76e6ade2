import pytest

from fastdesk.ai.handoff import HandoffFacts, handoff_summary, reason_words, wants_person
from fastdesk.model.conversation import HANDOFF_CODES


@pytest.mark.parametrize(
    "text",
    [
        "转人工", "人工", "人工客服", "我要人工客服", "转接人工服务", "找客服", "帮我转一下人工", "我想跟真人说话", "请给我接人工",
        "能不能换个真人", "有没有人工客服", "联系客服", "不想跟机器人说话", "转 人工", "客服在吗？转人工！",
        "你答非所问，我要找你们客服", "ＡＩ不行，转人工",
        "human", "agent please", "I want to talk to a human", "Can I speak with a real person?", "talk to an agent",
        "transfer me to a representative", "I need a human", "get me a person", "live chat",
        "stop this. connect me to customer service",
        "Let me speak to someone", "I'd prefer to chat with a real human being", "put me through to an operator",
    ],
)  # fmt: skip
def test_wish_for_a_person_is_heard(text: str) -> None:
    assert wants_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "退款", "人工智能是什么", "不用转人工了", "不需要人工", "人工湖在哪里", "客服电话是多少", "客服几点上班",
        "这个是人工做的吗", "杀进程",
        "where is my order", "is this made for a real person to wear", "I don't want to talk to a human", "no need for an agent",
        "what is a user agent string", "my agent code is 7", "people say it is good", "", "👍", "a" * 5000,
    ],
)  # fmt: skip
def test_other_words_are_no_wish(text: str) -> None:
    assert not wants_person(text)


def test_summary_needs_no_model_and_speaks_the_agent_s_language() -> None:
    facts = HandoffFacts(
        reason="visitor",
        question="退款在哪",
        slots={"订单号": "A1"},
        tried=["规则 refund", "知识库"],
        language="zh",
    )
    assert handoff_summary(facts, "zh") == (
        "转人工原因：访客要求人工\n访客的问题：退款在哪\n已收集：订单号 = A1\n已尝试：规则 refund；知识库\n访客语言：zh"
    )
    assert handoff_summary(HandoffFacts(reason="too angry"), "en-GB") == "Reason: too angry"
    assert "the assistant was not sure" in handoff_summary(HandoffFacts(reason="not_sure"), "en")


@pytest.mark.parametrize(
    ("code", "reason", "zh", "en"),
    [
        ("visitor", "asked for a person", "访客要求人工", "the visitor asked for a person"),
        (
            "visitor",
            "我的订单丢了",
            "访客要求人工（我的订单丢了）",
            "the visitor asked for a person (我的订单丢了)",
        ),
        ("blocked", "word filter", "内容被过滤", "a word filter stopped it"),
        ("rule", "rule", "规则转交", "a rule passed it on"),
        ("model", "too angry", "助手转交（too angry）", "the assistant passed it on (too angry)"),
        ("program", "handed over by a bot", "外部程序转交", "another program passed it on"),
        ("", "too angry", "too angry", "too angry"),
        ("", "handed off", "handed off", "handed off"),
    ],
)
def test_reason_is_worded_by_its_code_and_own_words_stay(code: str, reason: str, zh: str, en: str) -> None:
    assert (reason_words(code, reason, "zh-CN"), reason_words(code, reason, "en")) == (zh, en)


def test_every_code_is_worded() -> None:
    for code in HANDOFF_CODES - {""}:
        assert reason_words(code, "", "zh") not in ("", code)


def test_steps_are_named_in_the_language_of_the_summary() -> None:
    facts = HandoffFacts(reason="visitor", tried=["rules hours", "fallback", "a plug-in 7"])
    assert handoff_summary(facts, "zh").endswith("已尝试：规则 hours；未能回答；a plug-in 7")
    assert handoff_summary(facts, "en").endswith("Tried: rule hours; no answer; a plug-in 7")
