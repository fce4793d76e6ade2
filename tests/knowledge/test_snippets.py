"""A snippet shows the words that were asked for, at the places it says."""

from itertools import pairwise

from fastdesk.knowledge.analysis import query_terms
from fastdesk.knowledge.hits import Snippet
from fastdesk.knowledge.snippets import Marker


def show(text: str, query: str) -> Snippet:
    return Marker(query_terms(query)).snippet(text)


def marked(snippet: Snippet) -> list[str]:
    return [snippet.text[start:end] for start, end in snippet.highlights]


def test_words_are_marked_in_every_form_and_width() -> None:
    assert marked(show("**Refunds** are ｐａｉｄ; refunding takes days.", "refund paid")) == [
        "Refunds",
        "ｐａｉｄ",
        "refunding",
    ]


def test_chinese_words_are_marked_inside_a_sentence() -> None:
    assert marked(show("您可以在订单页申请退款，退款三天到账。", "怎么退款到账")) == ["退款", "退款", "到账"]


def test_a_single_character_is_marked_only_when_it_is_all_there_is() -> None:
    assert marked(show("门票和票据", "票")) == ["票", "票"]
    assert marked(show("退了票，退款", "退款")) == ["退款"]


def test_the_stretch_with_most_different_words_is_shown() -> None:
    text = "refund " * 5 + "filler " * 60 + "refund arrives on your card " + "more " * 60
    found = show(text, "when does the refund arrive on my card")
    assert found.text.startswith("…")
    assert found.text.endswith("…")
    assert marked(found) == ["refund", "arrives", "card"]
    assert len(found.text) <= 162


def test_text_without_the_words_begins_at_its_beginning() -> None:
    found = show("word " * 100, "退款")
    assert found.text.startswith("word")
    assert found.highlights == ()
    assert show("", "退款") == Snippet("")


def test_highlights_lie_in_the_text_and_apart() -> None:
    found = show("退款退款项目退款" * 40, "退款 项目")
    for (_, end), (start, _) in pairwise(found.highlights):
        assert end < start
    assert found.highlights[-1][1] <= len(found.text)
