import pytest

from fastdesk.ai.guard import kind_of_number, mask_personal

ALL = ("phone", "id_card", "bank_card", "email")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我的手机是13812345678，谢谢", "我的手机是[手机号]，谢谢"),
        ("我的手机是 138 1234 5678", "我的手机是 [手机号]"),
        ("电话+86-138-1234-5678。", "电话[手机号]。"),
        ("手机１３８１２３４５６７８", "手机[手机号]"),
        ("座机 010-62345678 或 0755 2345 6789", "座机 [手机号] 或 [手机号]"),
        ("身份证110101199003070012", "身份证110101199003070012"),  # wrong check digit
        ("身份证11010519491231002X。", "身份证[身份证号]。"),
        ("身份证 110105 19491231 002x", "身份证 [身份证号]"),
        ("卡号 6222 0212 3456 7890 129", "卡号 6222 0212 3456 7890 129"),  # wrong Luhn digit
        ("卡号 6222 0212 3456 7890 128", "卡号 [银行卡号]"),
        ("card 4111-1111-1111-1111 please", "card [bank card] please"),
        ("write to li.lei+shop@mail.example.com.cn now", "write to [email] now"),
        ("邮箱lilei＠example.com", "邮箱[邮箱]"),
        ("call +44 20 7946 0958 or (415) 555-2671", "call [phone] or [phone]"),
    ],
)
def test_personal_data_is_masked(text: str, masked: str) -> None:
    assert mask_personal(text, ALL).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "订单号 202611220001234 什么时候到",
        "order 1234567 costs 1,299.00",
        "2026-11-22 10:30 到 2026-11-23",
        "快递单号 SF1234567890123",
        "型号 8848-12345",
        "see https://example.com/a@b and @someone",
        "数量 100000000000000000000000",
        "ref-13812345678abc",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask_personal(text, ALL).text == text


def test_kinds_are_reported_and_can_be_switched_off() -> None:
    text = "13812345678 a@b.cn 4111111111111111"
    assert mask_personal(text, ALL).kinds == ("email", "phone", "bank_card")
    assert mask_personal(text, ("email",)).text == "13812345678 [email] 4111111111111111"
    assert mask_personal(text, ()).text == text


def test_values_that_are_the_shop_s_own_stay() -> None:
    masked = mask_personal("call 13812345678 or 13987654321", ALL, known="Call 13812345678.")
    assert masked.text == "call 13812345678 or [phone]"


def test_kinds_of_numbers() -> None:
    assert kind_of_number("4111 1111 1111 1111") == "bank_card"
    assert kind_of_number("1111 1111 1111 1111") is None
    assert kind_of_number("11010519491231002X") == "id_card"
    assert kind_of_number("12011012345") is None
