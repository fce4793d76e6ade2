"""Evidence becomes probabilities: bounded, in order, and honest about rivals."""

import numpy as np
import pytest
from tests.knowledge.questions import article

from fastdesk.knowledge import ranking
from fastdesk.knowledge.analysis import Analyser
from fastdesk.knowledge.corpus import take_apart
from fastdesk.knowledge.ranking import Candidate, rank

CORPUS = take_apart(
    [article(name, "T" + name, questions=("q" + name,)) for name in "abc"], Analyser(), 1_200, {}
)
ALL = np.ones(3, dtype=np.bool_)


def ranked(
    similar: list[float], covered: tuple[float, ...] = (0, 0, 0), visible=ALL, limit: int = 9
) -> list[Candidate]:
    return rank(CORPUS, np.array(similar, float), np.array(covered, float), None, visible, limit)


def test_the_nearest_comes_first_and_shares_are_probabilities() -> None:
    found = ranked([0.1, 0.2, 0.6, 0.5, 0, 0])
    assert [candidate.article for candidate in found] == [1, 0]
    assert all(0 < candidate.score < candidate.alone < 1 for candidate in found)
    assert sum(candidate.score for candidate in found) < 1


def test_equal_evidence_is_ordered_by_id_and_split() -> None:
    found = ranked([0.5, 0, 0.5, 0, 0, 0])
    assert [candidate.article for candidate in found] == [0, 1]
    assert found[0].score == found[1].score < found[0].alone


def test_a_question_word_for_word_is_sure_unless_two_articles_have_it() -> None:
    assert ranked([1, 0, 0.9, 0.9, 0, 0])[0].score >= 0.98
    twice = ranked([1, 0, 1, 0, 0, 0])
    assert twice[0].score == twice[1].score == pytest.approx(0.49, abs=0.01)
    assert twice[0].alone >= 0.98


def test_what_may_not_be_seen_takes_no_part() -> None:
    hidden = np.array([True, False, True])
    with_it, without = ranked([0.4, 0, 1, 1, 0, 0], (0, 1, 0), hidden), ranked([0.4, 0, 0, 0, 0, 0])
    assert with_it == without


def test_covering_the_query_counts_beside_similar_questions() -> None:
    assert [candidate.article for candidate in ranked([0.3, 0, 0, 0, 0.3, 0], (0, 0, 1))] == [2, 0]


def test_no_evidence_gives_no_candidate_and_the_limit_holds() -> None:
    assert ranked([0] * 6) == []
    assert len(ranked([0.1] * 6, limit=2)) == 2


def test_looking_at_fewer_questions_keeps_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "_MAX_NEAR_QUESTIONS", 2)
    assert [candidate.article for candidate in ranked([0.1, 0.2, 0.6, 0.5, 0.3, 0])] == [1]
