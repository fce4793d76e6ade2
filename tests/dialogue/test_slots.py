"""Values are found inside sentences, checked, and written in one form."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.dialogue.slots import SlotReader, today
from fastdesk.model.flow import Choice, Slot, SlotType
from fastdesk.model.pattern import Pattern, compile_pattern

MONDAY = 1_767_571_200_000  # 2026-01-05 00:00 UTC
TYPES: tuple[SlotType, ...] = ("text", "phone", "order_number", "date", "choice", "number", "email", "regex")
DISHES = (
    Choice(value="rice", label={"zh": "米饭", "en": "Rice"}, words=("饭",)),
    Choice(value="fried_rice", label={"zh": "炒米饭", "en": "Fried rice"}),
    Choice(value="noodles", label={"zh": "面条", "en": "Noodles"}),
)


def reader(type: SlotType, pattern: str | None = None, **fields: Any) -> SlotReader:
    compiled = compile_pattern(pattern) if pattern else None
    assert compiled is None or isinstance(compiled, Pattern)
    return SlotReader(Slot(type=type, pattern=pattern, **fields), compiled, "Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("13812345678", "13812345678"),
        ("我电话：１３８ 1234 5678。", "13812345678"),
        ("+86 138-1234-5678", "13812345678"),
        ("008613812345678", "13812345678"),
        ("call +44 (20) 7946 0958 please", "+442079460958"),
        ("010-12345678", "010-12345678"),
        ("0755 12345678", "0755-12345678"),
        ("12812345678", None),
        ("1381234567", None),
        ("138123456789", None),
        ("不告诉你", None),
    ],
)
def test_phone(text: str, value: str | None) -> None:
    assert reader("phone").read(text, 0) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20260105001", "20260105001"),
        ("订单号是ab-123456，谢谢", "AB-123456"),
        ("#SO2026-0001!", "SO2026-0001"),
        ("12345", None),
        ("abcdefgh", None),
        ("hello12 there", None),
        ("没有", None),
    ],
)
def test_order_number(text: str, value: str | None) -> None:
    assert reader("order_number").read(text, 0) == value


def test_order_number_with_a_pattern() -> None:
    narrow = reader("order_number", r"SO-\d{4}")
    assert narrow.read("my so-1234", 0) == "so-1234"
    assert narrow.read("20260105001", 0) is None


def test_an_order_number_is_not_cut_out_of_a_longer_one() -> None:
    eight = reader("order_number", r"20\d{6}")
    assert eight.read("订单20260002，谢谢", 0) == "20260002"
    assert eight.read("20250817001", 0) is None
    assert eight.read("x20260002", 0) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("大概 1,234.50 元", 1234.5),
        ("-2", -2),
        ("三个", 3),
        ("十二", 12),
        ("二百三十", 230),
        ("两万五千", 25_000),
        ("一零二", 102),
        ("很多", None),
        ("1.2.3", None),
        ("a1b", None),
    ],
)
def test_number(text: str, value: float | None) -> None:
    assert reader("number").read(text, 0) == value


def test_number_bounds() -> None:
    bounded = reader("number", at_least=1, at_most=10)
    assert [bounded.read(text, 0) for text in ("0", "1", "10", "11", "十一")] == [None, 1, 10, None, None]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("邮箱 Li.Lei+x@Mail.Example.com。", "li.lei+x@mail.example.com"),
        ("a@b", None),
        ("a@b..com", None),
        ("@x.com", None),
    ],
)
def test_email(text: str, value: str | None) -> None:
    assert reader("email").read(text, 0) == value


def test_regex_gives_its_first_group() -> None:
    assert reader("regex", r"(?:工号|no)\s*(\d+)").read("我的工号 ００７", 0) == "007"
    assert reader("regex", r"\d{3}").read("a123b", 0) == "123"
    assert reader("regex", r"\d{3}").read("12", 0) is None
    assert reader("regex", r"x*").read("y", 0) is None


def test_text_has_bounds() -> None:
    assert reader("text").read("  你好 ", 0) == "你好"
    assert reader("text").read("   ", 0) is None
    assert reader("text").read("x" * 501, 0) is None
    assert reader("text", at_least=3).read("ab", 0) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("rice", "rice"),
        ("米饭", "rice"),
        ("我要米饭", "rice"),
        ("饭", "rice"),
        ("炒米饭吧", "fried_rice"),
        ("I'd like fried rice, please", "fried_rice"),
        ("1", "rice"),
        ("第二个", "fried_rice"),
        ("选3", "noodles"),
        ("最后一个", "noodles"),
        ("the first one", "rice"),
        ("第四个", None),
        ("4", None),
        ("米饭和面条", None),
        ("不要面条", None),
        ("不要米饭，要面条", "noodles"),
        ("priced", None),
        ("随便", None),
    ],
)
def test_choice(text: str, value: str | None) -> None:
    assert reader("choice", options=DISHES).read(text, 0) == value


def test_choice_of_two_by_the_other() -> None:
    two = reader("choice", options=DISHES[1:])
    assert two.read("不要面条", 0) == "fried_rice"
    assert two.read("换一个", 0, "noodles") == "fried_rice"
    assert two.read("the other one", 0, "fried_rice") == "noodles"
    assert two.read("另一个", 0) is None
    assert reader("choice", options=DISHES).read("另一个", 0, "rice") is None


def test_date_is_bound_to_the_visitors_day() -> None:
    late = MONDAY + 17 * 3_600_000  # 01:00 of Tuesday in Shanghai
    assert today(late, "UTC").isoformat() == "2026-01-05"
    assert reader("date").read("今天", late) == "2026-01-06"
    ahead = reader("date", at_least=1, at_most=30)
    assert ahead.read("今天", MONDAY) is None
    assert ahead.read("明天", MONDAY) == "2026-01-06"
    assert ahead.read("2026-03-01", MONDAY) is None


@settings(deadline=None)
@given(st.sampled_from(TYPES), st.text(max_size=40), st.integers(-(10**10), 4 * 10**12))
def test_any_text_is_read_or_refused(type: SlotType, text: str, now_ms: int) -> None:
    pattern = r"\d+" if type == "regex" else None
    options = DISHES if type == "choice" else ()
    value = reader(type, pattern, options=options).read(text, now_ms, "rice")
    assert value is None or isinstance(value, str | int | float)


@settings(deadline=None)
@given(st.integers(0, 99_999_999))
def test_chinese_numbers_read_back(number: int) -> None:
    written = _written(number)
    assert reader("number").read(written, 0) == number


def _written(number: int) -> str:
    digits = "零一二三四五六七八九"
    if number >= 10_000:
        rest = number % 10_000
        return (
            _written(number // 10_000)
            + "万"
            + (("零" if rest < 1000 else "") + _written(rest) if rest else "")
        )
    text = ""
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += digits[digit] + sign
        elif text and not text.endswith("零") and number % unit:
            text += "零"
    return text or "零"
