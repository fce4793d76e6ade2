"""Weigh the evidence for each article against the others and turn it into probabilities.

The score of an article is a sum of log-odds: how near its questions are, what the intent model says, and how much of the
query one of its chunks covers. Its probability is its share among all candidates and "something else". The weights were
fitted so that probabilities come true, on knowledge bases of 4 to 38 articles with 1 to 40 questions each, English and
Chinese, half of the queries about something that is in no article.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from fastdesk.knowledge.corpus import Corpus
from fastdesk.knowledge.intents import ELSEWHERE, IntentModel
from fastdesk.knowledge.postings import Doubles, Numbers

__all__ = ["Candidate", "rank"]

#: An article's nearness is made of this many of its nearest questions.
_NEAREST = 10
# Of these, questions that are this much less similar than the nearest of all count for less than a hundredth of it.
_FARTHEST = 0.1
_MAX_NEAR_QUESTIONS = 500
_LEAST_COVERAGE = 0.25
_MAX_CANDIDATES = 64

_NEARNESS = 8.0
_NEARNESS_BESIDE_MODEL = 1.0
_MODEL = 1.75
_COVERAGE = 4.5
#: From this nearness on an article's number of questions is made up for in full; without any there is nothing to make up.
_NEAR_ENOUGH = 0.4

# A query that is word for word a question of the article is not left to estimates.
_SAME = 0.9995
_SURE = 0.98


class Candidate(Struct, frozen=True):
    """An article by its number, with its probability among the others and on its own."""

    article: int
    score: float
    alone: float


def rank(
    corpus: Corpus,
    similar: Doubles,
    covered: Doubles,
    model: IntentModel | None,
    visible: NDArray[np.bool_],
    limit: int,
) -> list[Candidate]:
    """Return the visible articles that any evidence speaks for, best first; equals in the order of their ids.

    Args:
        corpus: the articles.
        similar: of each question to the query.
        covered: of the query by each chunk.
        model: what was learnt from the questions, if anything.
        visible: which articles the asker may see.
        limit: at most this many; the probabilities take all into account.
    """
    everything = similar  # what the model weighs: it was trained on the questions of all articles
    if not visible.all():
        similar = np.where(visible[corpus.question_articles], similar, 0.0)
        covered = np.where(visible[corpus.chunk_articles], covered, 0.0)
    nearness, same = _nearness(corpus, similar)
    coverage = _coverage(corpus, covered)
    evidence = _NEARNESS * nearness
    if model is not None:
        near = nearness[model.articles]
        told = model.scores(everything) + model.shift * np.minimum(near / _NEAR_ENOUGH, 1)
        evidence[model.articles] = _MODEL * told + _NEARNESS_BESIDE_MODEL * near
    # What a text covers counts beyond what the article's questions have shown already: the same words are in both.
    evidence += _COVERAGE * np.maximum(coverage - nearness, 0)
    # Rounded, so that the last bits, which differ between machines, don't decide.
    evidence = np.round(evidence, 6)
    found = np.flatnonzero((nearness > 0) | (coverage > 0))
    if (
        len(found) > _MAX_CANDIDATES
    ):  # sorting a few is faster than all; equals at the border are kept until sorted
        least = np.partition(evidence[found], -_MAX_CANDIDATES)[-_MAX_CANDIDATES]
        found = found[(evidence[found] >= least) | same[found]]
    order = found[np.lexsort((found, -evidence[found], ~same[found]))][:_MAX_CANDIDATES]
    return _weigh(order, evidence[order], same[order], limit)


def _nearness(corpus: Corpus, similar: Doubles) -> tuple[Doubles, NDArray[np.bool_]]:
    """Return for each article the length of the vector of its ten nearest similarities, and whether one is a match."""
    count = len(corpus.parts)
    rows = np.flatnonzero(similar > similar.max() * _FARTHEST)
    if len(rows) > _MAX_NEAR_QUESTIONS:
        rows = rows[np.argpartition(similar[rows], -_MAX_NEAR_QUESTIONS)[-_MAX_NEAR_QUESTIONS:]]
    order = rows[np.lexsort((-similar[rows], corpus.question_articles[rows]))]
    articles = corpus.question_articles[order]
    first = np.searchsorted(articles, articles)  # where each one's article begins
    place_in_article = np.arange(len(order)) - first
    near = place_in_article < _NEAREST
    squares = np.bincount(articles[near], weights=similar[order[near]] ** 2, minlength=count)
    same = np.zeros(count, dtype=np.bool_)
    same[articles[similar[order] >= _SAME]] = True
    return np.sqrt(squares), same


def _coverage(corpus: Corpus, covered: Doubles) -> Doubles:
    """Return for each article how much its best chunk covers; far less than the best of all is as good as nothing."""
    coverage = np.zeros(len(corpus.parts))
    chunks = np.flatnonzero(covered > covered.max() * _LEAST_COVERAGE)
    if len(chunks):
        articles = corpus.chunk_articles[chunks]
        first = np.flatnonzero(np.diff(articles, prepend=-1))
        coverage[articles[first]] = np.maximum.reduceat(covered[chunks], first)
    return coverage


def _weigh(articles: Numbers, evidence: Doubles, same: NDArray[np.bool_], limit: int) -> list[Candidate]:
    raised = np.exp(np.minimum(evidence, 60.0))
    shares = raised / (raised.sum() + ELSEWHERE)
    alone = raised / (raised + ELSEWHERE)
    matches = int(same.sum())
    if matches:
        shares = np.where(same, np.maximum(shares, _SURE / matches), np.minimum(shares, 1 - _SURE))
        alone = np.where(same, np.maximum(alone, _SURE), alone)
    columns = articles[:limit].tolist(), shares[:limit].round(4).tolist(), alone[:limit].round(4).tolist()
    return [Candidate(*row) for row in zip(*columns, strict=True)]
