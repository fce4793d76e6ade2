import pytest

from fastdesk.ai.language import chosen_language, detect_language, language_instruction


@pytest.mark.parametrize(
    ("text", "fallback", "code"),
    [
        ("我的订单什么时候到？", "en", "zh"),
        ("請問訂單什麼時候會到", "", "zh-Hant"),
        ("iPhone 15 有货吗", "en", "zh"),
        ("注文はいつ届きますか", "", "ja"),
        ("주문이 언제 도착하나요", "", "ko"),
        ("Где мой заказ?", "", "ru"),
        ("أين طلبي", "", "ar"),
        ("Where is my order?", "zh", "en"),
        ("hi", "zh", "en"),
        ("Wo ist mein Paket?", "de", "de"),
        ("Zamówienie dotarło", "pl", "pl"),
        ("A1234567", "zh", "zh"),
        ("OK", "zh", "zh"),
        ("12345", "de", "de"),
        ("👍", "zh", "zh"),
        ("", "", ""),
        ("Blumentopf kaputt", "zh", "en"),
    ],
)
def test_language_of_a_text(text: str, fallback: str, code: str) -> None:
    assert detect_language(text, fallback) == code


def test_site_may_fix_or_restrict_the_language() -> None:
    assert chosen_language("en", (), "你好", "") == "en"
    assert chosen_language("auto", ("zh", "en"), "Где мой заказ?", "") == "zh"
    assert chosen_language("auto", ("en", "zh"), "請問訂單什麼時候會到", "") == "zh-Hant"


def test_instruction_names_the_language() -> None:
    assert "Chinese" in language_instruction("zh")
    assert "中文" in language_instruction("zh-CN")
    assert "繁體中文" in language_instruction("zh-TW")
    assert language_instruction("en") == language_instruction("en-GB") == "Reply in English."
    assert language_instruction("sw") == "Reply in sw."
    assert "visitor's last message" in language_instruction("")
