"""What steers a dialogue, and what only looks like it."""

import pytest

from fastdesk.dialogue.phrases import correction, is_cancel, is_question, means_other, wants_person


@pytest.mark.parametrize(
    "text", ["取消", "取消吧", "算了！", "那就算了吧", "STOP", "never mind, thanks", "ok cancel"]
)
def test_cancel(text: str) -> None:
    assert is_cancel(text)


@pytest.mark.parametrize("text", ["取消订单", "怎么取消", "我没说算了", "cancel my order", "stopwatch", ""])
def test_no_cancel(text: str) -> None:
    assert not is_cancel(text)


@pytest.mark.parametrize(
    "text", ["转人工", "人工客服！", "叫个真人来", "I need a real person", "can I speak to someone?", "human"]
)
def test_person(text: str) -> None:
    assert wants_person(text)


@pytest.mark.parametrize(
    "text", ["不要人工", "人工智能真好", "humanity", "no human please", "travel agent hours"]
)
def test_no_person(text: str) -> None:
    assert not wants_person(text)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("不对，是123", "123"),
        ("哦不好意思，写错了，应该是 ABC-1", "abc-1"),
        ("No, the other one", "other one"),
        ("actually it's 5", "5"),
        ("I meant Friday", "friday"),
        ("改成红色", "红色"),
        ("电话改成138", "电话改成138"),
        ("no", ""),
        ("north", None),
        ("不知道", None),
        ("123", None),
        ("是的", None),
    ],
)
def test_correction(text: str, rest: str | None) -> None:
    assert correction(text) == rest


def test_other() -> None:
    assert means_other("另一个")
    assert means_other("the other one please")
    assert not means_other("others said so")


@pytest.mark.parametrize(
    "text", ["多少钱？", "运费怎么算", "where is it", "可以退吗", "你们几点下班", "can you wait"]
)
def test_question(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", ["不知道", "20260105", "island", "红色", "ok"])
def test_no_question(text: str) -> None:
    assert not is_question(text)
