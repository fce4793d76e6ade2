"""Terms, queries and highlights."""

import zipfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk._core import index_terms
from fastdesk.model.folding import fold
from fastdesk.store.search import Words

CROSSWOZ = Path(__file__).parents[3] / "shared" / "data" / "crosswoz" / "val.json.zip"


def terms(text: str) -> set[str]:
    """Return what a text is found by."""
    return set(index_terms(fold(text), "").split())


def matches(query: str, text: str) -> bool:
    """Evaluate a query as FTS5 does, and look at the text as the search does."""
    words = Words.of(query)
    found = terms(text)
    for term, star in words._terms():
        if not (any(each.startswith(term) for each in found) if star else term in found):
            return False
    return bool(words.pieces) and words.are_in(fold(text))


def test_terms_are_pairs_of_characters_and_whole_words() -> None:
    assert terms("退款申请 Order-2025，ＯＫ!") == {
        *"退款申请",
        "退款",
        "款申",
        "申请",
        "ord",
        "orde",
        "order",
        "202",
        "2025",
        "ok",
    }
    assert terms("guaranteed") == {"gua", "guar", "guara", "guaran", "guarant", "guarante", "guaranteed"}
    assert terms("2个app") == {"2", "个", "app"}
    assert terms("…！ _") == set()
    assert max(map(len, terms("x" * 500))) == 64


@given(st.text("退款申请单 aB1-", min_size=1, max_size=30), st.integers(0, 29), st.integers(1, 6))
def test_every_part_of_a_chinese_text_is_found(text: str, start: int, size: int) -> None:
    part = text[start : start + size]
    if part and all("\u3400" <= character <= "\u9fff" for character in part):
        assert matches(part, text)


def test_order_and_case_of_words_do_not_matter_but_all_must_be_there() -> None:
    text = "The Refund for order 77 was 已退款"
    for query in ("refund", "REFUND order", "77 the", "退款 ref", "款", "已"):
        assert matches(query, text), query
    for query in ("fund", "order 78", "款退", "退款 货", ""):
        assert not matches(query, text), query


def test_a_query_cannot_leave_its_quotes() -> None:
    assert (
        Words.of('a" OR "b* NEAR( 退"款').match(3)
        == '"3xa" AND "3xor" AND "3xb" AND "3xnear" AND "3x退" AND "3x款"'
    )


def test_highlights_count_characters_of_the_text_as_it_is() -> None:
    text = "İİ Straße ＡＢＣ 退款退"
    found = Words.of("strasse abc 退款").highlights(text)
    assert [text[start:end] for start, end in found] == ["Straße", "ＡＢＣ", "退款"]


@pytest.mark.data
def test_real_dialogues_are_found_by_any_of_their_words() -> None:
    if not CROSSWOZ.exists():
        pytest.skip("the CrossWOZ dialogues are not beside the repository")
    dialogues = msgspec.json.decode(zipfile.ZipFile(CROSSWOZ).read("val.json"))
    texts = [message["content"] for dialogue in dialogues.values() for message in dialogue["messages"]][:2000]
    for query in ("人均", "酒店", "周边景点", "故宫", "推荐菜", "元"):
        expected = [text for text in texts if query in text]
        assert expected
        assert [text for text in texts if matches(query, text)] == expected
