"""Questions and chunks fit a query as much as they share with it, between nothing and all."""

import numpy as np
import pytest
from tests.knowledge.questions import article

from fastdesk.knowledge.analysis import Analyser, query_terms
from fastdesk.knowledge.corpus import take_apart
from fastdesk.knowledge.evidence import ChunkEvidence, QuestionEvidence

ARTICLES = [
    article("a", "How do I get a refund?", "Open the order, press Refund, and wait three days."),
    article("b", "Where is my parcel?", "Parcels are tracked on the order page."),
    article("c", "怎么退款", "在订单页点击退款，三天到账。"),
]


@pytest.fixture(scope="module")
def corpus():
    return take_apart(ARTICLES, Analyser(), 1_200, {})


@pytest.fixture(scope="module")
def similar(corpus):
    evidence = QuestionEvidence(corpus.question_keys(), len(corpus.question_articles))
    return lambda query: evidence.similar(Analyser().features(query)).tolist()


@pytest.fixture(scope="module")
def covered(corpus):
    evidence = ChunkEvidence(corpus.chunk_keys(), corpus.chunk_lengths())
    return lambda query: evidence.covered(query_terms(query)).tolist()


def test_the_same_question_is_entirely_similar(similar) -> None:
    for number, wanted in enumerate(ARTICLES):
        assert similar(wanted.title)[number] == pytest.approx(1)


def test_similarity_knows_its_bounds_and_falls_with_strange_words(similar) -> None:
    near = similar("get a refund")[0]
    assert 0 < similar("get a refund for the purple elephant")[0] < near < 1
    assert similar("щука") == [0, 0, 0]


def test_languages_meet_in_meanings(similar) -> None:
    assert similar("I want my money back")[2] > 0
    assert similar("我要退款")[0] > 0


def test_a_chunk_covers_all_some_or_nothing(covered) -> None:
    assert covered("order page")[1] > 0.9
    assert 0.3 < covered("order page in purple")[1] < 0.8
    assert covered("purple elephant") == [0, 0, 0]
    assert all(0 <= share <= 1 for share in covered("退款 退款 order order refund"))


def test_a_repeated_word_covers_no_more_than_itself() -> None:
    repeated = take_apart(
        [article("r", "R", "refund " * 40), article("s", "S", "parcel")], Analyser(), 1_200, {}
    )
    evidence = ChunkEvidence(repeated.chunk_keys(), repeated.chunk_lengths())
    assert evidence.covered(["refund", "unicorn"])[0] < 0.5


def test_an_index_without_questions_answers_with_nothing() -> None:
    none = take_apart([], Analyser(), 1_200, {})
    assert QuestionEvidence(none.question_keys(), 0).similar([1, 2]).tolist() == []
    assert ChunkEvidence(none.chunk_keys(), none.chunk_lengths()).covered(["a"]).tolist() == []


def test_common_form_counts_less_than_a_rare_subject(similar) -> None:
    found = np.array(similar("where do I get my refund"))
    assert found.argmax() == 0
