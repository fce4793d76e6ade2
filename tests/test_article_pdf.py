"""PDF files are read in a process of their own; what cannot be read says why."""

import pytest
from tests.pdf_files import pdf

from fastdesk.article_files import read_articles
from fastdesk.article_pdf import read_pdf
from fastdesk.model.article import Article


def test_text_of_every_page() -> None:
    found = read_pdf(pdf("Returns within 7 days.", "Call us."))
    assert (found.pages, found.problem) == (["Returns within 7 days.", "Call us."], "")


def test_a_file_is_an_article() -> None:
    (article,) = read_articles(
        "returns.pdf", pdf("Returns within 7 days.", "Call us."), {"state": "published"}
    )
    assert isinstance(article, Article)
    assert (article.id, article.title) == ("returns", "returns")
    assert article.body == "Returns within 7 days.\n\nCall us."


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "cannot be read"),
        (b"%PDF-1.4\n", "cannot be read"),
        (pdf(""), "no text"),
        (pdf("x")[:200], "cannot be read"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, says: str) -> None:
    assert says in read_pdf(content).problem
