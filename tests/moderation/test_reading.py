"""A find is read again as it was written."""

import pytest

from fastdesk.moderation.reading import counts


@pytest.mark.parametrize(
    ("word", "text", "is_word"),
    [
        ("sex", "sex", True),
        ("sex", "s e x", True),
        ("sex", "se x", False),
        ("sex", "s-ex", True),
        ("sex", "53x", False),
        ("10086", "ioo86", False),
        ("viagra", "v1agra", True),
        ("hello world", "hello world", True),
        ("hello world", "hell oworld", False),
        ("炸药", "炸 药", True),
        ("炸药", "炸，药", False),
        ("卖炸药", "卖，炸，药", True),
        ("卖炸药", "卖炸，药", False),
        ("气枪,子弹", "气枪,子弹", True),
        ("a.b.cn", "a.b.cn", True),
        ("a.b.cn", "abcn", False),
        ("a.b.cn", "a b cn", False),
    ],
)
def test_whole_find(word: str, text: str, is_word: bool) -> None:
    assert counts(word, text, 0, len(text)) is is_word


def test_surroundings() -> None:
    assert not counts("sex", "Essex", 2, 5)
    assert counts("longword", "alongwords", 1, 9)
    assert not counts("a.cn", "xa.cn", 1, 5)
    assert counts("a.cn", "www.a.cn/x", 4, 8)
    assert not counts("a.cn", "a.cn.com", 0, 4)
