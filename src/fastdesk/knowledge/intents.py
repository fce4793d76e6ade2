"""A linear model that tells articles apart by their questions, trained in seconds when the questions change.

Multinomial logistic regression with a quadratic penalty, in its dual form: what is learnt is one weight for each pair of
question and article, and an article's score for a query is the sum of those weights times the query's similarity to each
question. So it needs no features of its own: the similarities the search has already computed are its input.

One more answer, "something else", has no question and always scores 0; it keeps the model from being sure when a knowledge
base has only a few articles, and gives the query that fits nothing somewhere to go.

Training takes steps of the curvature bound of Böhning and Lindsay (1988) with Nesterov's momentum: each step is one product
with a matrix inverted once. It starts at zero and takes a fixed number of steps, so the same questions give the same model.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastdesk.knowledge.evidence import QuestionEvidence
from fastdesk.knowledge.postings import Doubles, Floats, Numbers

__all__ = ["ELSEWHERE", "IntentModel", "choose_questions"]

# Chosen by cross-validation over 40, 30, 10 and 5 questions an article; all of them lie on a wide plateau.
_PENALTY = np.float32(0.1)
_STEPS = 24
# The bound is 1/2 for the worst case; half of it holds for the probabilities that occur and halves the steps.
_CURVATURE = np.float32(0.25)
#: How many articles without any evidence "something else" weighs.
ELSEWHERE = np.float32(8)

# One step multiplies questions x questions x articles: at most half a second on two cores.
_MAX_PRODUCTS = 5e9


class IntentModel:
    """Weights for `rows` (questions) by `articles` (numbers of articles, ascending)."""

    __slots__ = ("articles", "rows", "shift", "weights")

    def __init__(self, rows: Numbers, articles: Numbers, weights: Floats, shift: Floats) -> None:
        self.rows = rows
        self.articles = articles
        self.weights = weights
        #: What each article's score lacks, so that none wins by having more questions than others.
        self.shift = shift

    @classmethod
    def train(cls, evidence: QuestionEvidence, rows: Numbers, owners: Numbers) -> Self:
        """Learn from the questions `rows`, whose articles are `owners`."""
        articles, classes = np.unique(owners, return_inverse=True)
        counts = np.bincount(classes)
        weights = _fit(_similarities(evidence, rows), classes, len(articles))
        return cls(rows, articles, weights, -np.log(counts / counts.mean()).astype(np.float32))

    def scores(self, similar: Doubles) -> Floats:
        """Return a score (log-odds) for each of `articles`, from the query's similarity to every question.

        `shift` is not in it: who weighs the score adds as much of it as there is evidence.
        """
        # Not `@`: for a vector, BLAS loses more in waking its threads than they win.
        scores: Floats = np.einsum("i,ij->j", similar[self.rows].astype(np.float32), self.weights)
        return scores

    def moved(self, rows: Numbers, articles: Numbers) -> Self:
        """Return what is left of the model in another index, given where each row and article went; -1 is gone."""
        kept_rows, kept_articles = np.flatnonzero(rows >= 0), np.flatnonzero(articles >= 0)
        return type(self)(
            rows[kept_rows],
            articles[kept_articles],
            self.weights[np.ix_(kept_rows, kept_articles)],
            self.shift[kept_articles],
        )


def choose_questions(owners: Numbers, max_questions: int) -> Numbers:
    """Return the rows to learn from: all when that can be afforded, else as many of each article as can.

    Empty when there are too many articles to learn two questions of each.

    Args:
        owners: the article of every question, ascending.
        max_questions: bound for the rows, whose similarities to each other are kept in memory while training.
    """
    if not len(owners):
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    rank = np.arange(len(owners)) - np.repeat(starts, np.diff(np.append(starts, len(owners))))
    for most in sorted({1_000, 500, 200, 100, 50, 30, 20, 15, 10, 8, 6, 5, 4, 3, 2}, reverse=True):
        rows = np.flatnonzero(rank < most)
        if len(rows) <= max_questions and len(rows) ** 2 * len(starts) <= _MAX_PRODUCTS:
            return rows
    return np.zeros(0, dtype=np.int64)


def _similarities(evidence: QuestionEvidence, rows: Numbers) -> Floats:
    """Return the cosines of `rows` with each other."""
    postings = evidence.postings
    number_of = np.full(postings.row_count, -1)
    number_of[rows] = np.arange(len(rows))
    numbers = number_of[postings.rows]
    owned = np.flatnonzero(numbers >= 0)
    feature = np.repeat(np.arange(len(postings.features)), np.diff(postings.starts))[owned]
    order = np.argsort(numbers[owned], kind="stable")
    feature, weights, numbers = feature[order], postings.weights[owned][order], numbers[owned][order]
    ends = np.searchsorted(numbers, np.arange(len(rows) + 1))
    counts = np.diff(postings.starts)
    similarities = np.empty((len(rows), len(rows)), dtype=np.float32)
    for row in range(len(rows)):
        own = slice(ends[row], ends[row + 1])
        similarities[row] = postings.score(feature[own], counts[feature[own]], weights[own])[rows]
    return similarities


def _fit(similarities: Floats, classes: NDArray[np.intp], class_count: int) -> Floats:
    count = len(classes)
    wanted = np.zeros((count, class_count), dtype=np.float32)
    wanted[np.arange(count), classes] = 1
    eye = np.eye(count, dtype=np.float32)
    inverse = np.linalg.inv(_CURVATURE * similarities + _PENALTY * eye)
    weights: NDArray[Any] = np.zeros_like(wanted)  # numpy's stubs take what follows for doubles; it is not
    scores: NDArray[Any] = np.zeros_like(
        wanted
    )  # similarities @ weights, carried along instead of multiplied out
    ahead, scores_ahead = weights, scores
    momentum = 1.0
    for _ in range(_STEPS):
        gradient = _softmax(scores_ahead) - wanted + _PENALTY * ahead
        step = inverse @ gradient
        next_weights = ahead - step
        next_scores = scores_ahead - (gradient - _PENALTY * step) / _CURVATURE
        next_momentum = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        drift = np.float32((momentum - 1) / next_momentum)
        ahead = next_weights + drift * (next_weights - weights)
        scores_ahead = next_scores + drift * (next_scores - scores)
        weights, scores, momentum = next_weights, next_scores, next_momentum
    return weights


def _softmax(scores: Floats) -> Floats:
    """Return the probability of each article; "something else" has the rest."""
    top = np.maximum(scores.max(axis=1, keepdims=True), 0)
    raised = np.exp(scores - top)
    shares: Floats = raised / (raised.sum(axis=1, keepdims=True) + ELSEWHERE * np.exp(-top))
    return shares
