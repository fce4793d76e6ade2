"""Articles are taken apart once for each revision, into questions and chunks that lead back to them."""

import msgspec
import numpy as np
from tests.knowledge.questions import article

from fastdesk.knowledge.analysis import Analyser, hash_term, terms
from fastdesk.knowledge.corpus import Corpus, take_apart
from fastdesk.knowledge.postings import unpack
from fastdesk.model.article import Article, ArticleId

FAQ = article("faq", "Refunds", "Within 7 days.", questions=("money back", "Refunds", "退钱"))
PAGE = article("page", "Printer", "Intro.\n# Paper jam\nOpen it.\n# Paper jam\nAgain.", labels=("hardware",))


def corpus(*articles: Article, known: Corpus | None = None) -> Corpus:
    parts = {part.article.id: part for part in known.parts} if known else {}
    return take_apart(articles, Analyser(), 1_200, parts)


def test_titles_questions_and_headings_may_be_asked_each_once() -> None:
    made = corpus(PAGE, FAQ)
    assert [part.questions for part in made.parts] == [
        ("Refunds", "money back", "退钱"),
        ("Printer", "Paper jam"),
    ]
    assert made.parts[1].question_chunks == (0, 1)
    assert made.question_articles.tolist() == [0, 0, 0, 1, 1]


def test_order_of_articles_does_not_matter() -> None:
    one, other = corpus(PAGE, FAQ), corpus(FAQ, PAGE)
    assert np.array_equal(one.question_keys(), other.question_keys())
    assert np.array_equal(one.chunk_keys(), other.chunk_keys())


def test_title_and_labels_are_part_of_every_chunk() -> None:
    made = corpus(PAGE)
    for word in terms("printer hardware"):
        features, rows, _ = unpack(made.chunk_keys())
        assert rows[features == hash_term(word)].tolist() == [0, 1, 2]


def test_an_article_without_a_text_keeps_a_place_but_no_terms() -> None:
    made = corpus(article("empty", "Only a title"))
    assert made.chunk_lengths().tolist() == [0]
    assert len(made.chunk_keys()) == 0


def test_unchanged_articles_are_taken_over_and_changed_ones_are_not() -> None:
    before = corpus(FAQ, PAGE)
    edited = msgspec.structs.replace(FAQ, body="Within 14 days.", revision=2)
    after = corpus(edited, PAGE, known=before)
    assert after.parts[1] is before.parts[1]
    assert after.parts[0] is not before.parts[0]


def test_questions_are_found_again_in_another_corpus() -> None:
    before = corpus(FAQ, PAGE)
    after = corpus(article("a", "New"), msgspec.structs.replace(FAQ, questions=("退钱",)))
    assert after.find_articles(before, np.array([0, 1])).tolist() == [1, -1]
    assert after.find_questions(before, np.arange(5)).tolist() == [1, -1, 2, -1, -1]


def test_corpora_ask_alike_until_a_question_changes() -> None:
    before = corpus(FAQ, PAGE)
    assert before.asks_like(corpus(msgspec.structs.replace(FAQ, body="Never."), PAGE))
    assert not before.asks_like(corpus(msgspec.structs.replace(FAQ, title="Refund"), PAGE))
    assert not before.asks_like(corpus(msgspec.structs.replace(FAQ, id=ArticleId("faq2")), PAGE))
    assert not before.asks_like(corpus(FAQ))
