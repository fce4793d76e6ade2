"""Articles as the store and the API read them."""

import msgspec
import pytest

from fastdesk.model.article import Article, ArticleId


def test_article_survives_the_store() -> None:
    article = Article(
        id=ArticleId("a1"),
        title="怎么退款",
        body="在订单页点退款。",
        questions=("退钱", "money back"),
        state="published",
    )
    assert msgspec.json.decode(msgspec.json.encode(article), type=Article) == article


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"title": "x" * 301},
        {"questions": [""]},
        {"questions": ["x"] * 1_001},
        {"audience": [""]},
        {"state": "hidden"},
        {"revision": 0},
        {"colour": "red"},
    ],
    ids=str,
)
def test_article_out_of_bounds_is_refused(change: dict[str, object]) -> None:
    good = {"id": "a1", "title": "Refunds", "body": "Press Refund.", "state": "published"}
    msgspec.convert(good, Article)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**good, **change}, Article)
