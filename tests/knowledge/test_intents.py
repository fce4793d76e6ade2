"""The linear model learns which article a question means, the same every time, within its bounds."""

import numpy as np
import pytest
from tests.knowledge.questions import read_faq

from fastdesk.knowledge import intents
from fastdesk.knowledge.analysis import Analyser
from fastdesk.knowledge.corpus import take_apart
from fastdesk.knowledge.evidence import QuestionEvidence
from fastdesk.knowledge.intents import IntentModel, choose_questions

ARTICLES, ASKED = read_faq("shop_zh.txt")
CORPUS = take_apart(ARTICLES, Analyser(), 1_200, {})
EVIDENCE = QuestionEvidence(CORPUS.question_keys(), len(CORPUS.question_articles))
ROWS = np.arange(len(CORPUS.question_articles))


def train() -> IntentModel:
    return IntentModel.train(EVIDENCE, ROWS, CORPUS.question_articles)


def test_training_twice_gives_the_same_model() -> None:
    assert np.array_equal(train().weights, train().weights)


def test_the_model_knows_the_questions_it_learnt() -> None:
    model = train()
    right = sum(
        model.scores(EVIDENCE.similar(Analyser().features(question))).argmax() == number
        for number, part in enumerate(CORPUS.parts)
        for question in part.questions
    )
    assert right == len(ROWS)


def test_a_query_unlike_any_question_speaks_for_no_article() -> None:
    scores = train().scores(EVIDENCE.similar(Analyser().features("xyzzy plugh")))
    assert np.exp(scores).max() < 2


def test_an_article_does_not_win_by_having_more_questions() -> None:
    owners = CORPUS.question_articles
    few = np.concatenate([np.flatnonzero(owners != 1), np.flatnonzero(owners == 1)[:2]])
    few.sort()
    model = IntentModel.train(EVIDENCE, few, owners[few])
    assert model.shift[1] > model.shift[0]


def test_moving_keeps_what_is_left_and_drops_what_is_gone() -> None:
    model = train()
    rows = np.where(CORPUS.question_articles == 0, -1, ROWS + 5)
    articles = np.where(model.articles == 0, -1, model.articles + 1)
    moved = model.moved(rows, articles)
    assert moved.articles.tolist() == list(range(2, len(ARTICLES) + 1))
    assert len(moved.rows) == len(ROWS) - (CORPUS.question_articles == 0).sum()
    assert moved.weights[0, 0] == model.weights[len(ROWS) - len(moved.rows), 1]


def test_questions_are_chosen_evenly_when_not_all_can_be_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = np.repeat(np.arange(3), [30, 2, 9])
    assert choose_questions(owners, 4_096).tolist() == list(range(41))
    assert np.bincount(owners[choose_questions(owners, 20)]).tolist() == [8, 2, 8]
    assert len(choose_questions(owners, 3)) == len(choose_questions(owners, 0)) == 0
    assert len(choose_questions(owners[:0], 4_096)) == 0
    monkeypatch.setattr(intents, "_MAX_PRODUCTS", 3 * 10**2)
    assert np.bincount(owners[choose_questions(owners, 4_096)]).tolist() == [4, 2, 4]
