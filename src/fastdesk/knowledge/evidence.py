"""How well the questions and chunks of an index fit a query, between 0 and 1 for each of them."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from fastdesk.knowledge.analysis import PIECE, STOP, hash_term
from fastdesk.knowledge.postings import Doubles, Keys, Numbers, Postings, unpack

__all__ = ["ChunkEvidence", "QuestionEvidence"]


# BM25 as Robertson and Zaragoza (2009) recommend it.
_K1 = 1.2
_B = 0.75

_OTHER_QUESTIONS = 30
#: Each stop word is taken to stand in at least this share of all questions.
_STOP_SHARE = 0.2


class QuestionEvidence:
    """Cosine between a query and every question, over tf-idf weights.

    Words (with meanings and pairs) and pieces of words are two vectors of length one that count half each: pieces, being
    many, would otherwise drown the words.
    """

    def __init__(self, keys: Keys, row_count: int) -> None:
        """Take the sorted keys of all questions."""
        features, rows, counts = unpack(keys)
        first = np.flatnonzero(np.diff(features, prepend=-1))
        frequencies = np.diff(np.append(first, len(features)))
        self._row_count = row_count
        weights = self._weights(features, counts, np.repeat(frequencies, frequencies))
        self.postings = Postings.build(features, rows, _normalised(weights, rows, features), row_count)

    def similar(self, features: Sequence[int]) -> Doubles:
        """Return the cosine of each question with a query of these features."""
        counted = Counter(features)
        found = np.array(sorted(counted), dtype=np.int64)
        counts = np.array([counted[feature] for feature in found.tolist()], dtype=np.int64)
        at, frequencies = self.postings.find(found)
        # Unknown features count in the query's length: a question with strange words is less similar to all.
        weights = _normalised(self._weights(found, counts, frequencies), np.zeros_like(found), found)
        return self.postings.score(at, frequencies, weights)

    def _weights(self, features: Numbers, counts: Numbers, frequencies: Numbers) -> Doubles:
        """Return tf-idf weights, as if the questions of the index stood among some that are asked everywhere.

        Stop words are common there, so they are here: a dozen articles, or a hundred in another language, are too
        few to show that "the" says nothing.
        """
        questions = _OTHER_QUESTIONS + self._row_count
        expected = np.where(features & STOP, np.maximum(frequencies, questions * _STOP_SHARE), frequencies)
        weights: Doubles = (1 + np.log(counts)) * (np.log((1 + questions) / (1 + expected)) + 1)
        return weights


def _normalised(weights: Doubles, rows: Numbers, features: Numbers) -> Doubles:
    """Return weights scaled so that the words and the pieces of each row have the same length, and the row length 1."""
    if not len(weights):
        return weights
    family = rows * 2 + (features >= PIECE)
    squares = np.bincount(family, weights=weights**2, minlength=2 * (int(rows.max()) + 1))
    families = (squares.reshape(-1, 2) > 0).sum(axis=1)
    scaled: Doubles = weights / np.sqrt(squares[family] * families[rows])
    return scaled


class ChunkEvidence:
    """How much of a query's subject a chunk covers: the terms found, weighed by BM25, as a share of all its terms.

    A term counts for at most what it would once in a chunk of middle length: one word repeated is not two words found.
    """

    def __init__(self, keys: Keys, lengths: Numbers) -> None:
        """Take the sorted keys of all chunks and the number of terms in each."""
        features, rows, counts = unpack(keys)
        first = np.flatnonzero(np.diff(features, prepend=-1))
        frequencies = np.diff(np.append(first, len(features)))
        self._row_count = len(lengths)
        relative = lengths / max(1.0, float(lengths.mean()) if len(lengths) else 1.0)
        saturated = counts * (_K1 + 1) / (counts + _K1 * (1 - _B + _B * relative[rows]))
        weights = np.minimum(saturated, 1) * self._rarity(np.repeat(frequencies, frequencies))
        self.postings = Postings.build(features, rows, weights, self._row_count)

    def covered(self, query_terms: Sequence[str]) -> Doubles:
        """Return for each chunk how much of the query it covers, from 0 to 1."""
        wanted = np.array(sorted({hash_term(term) for term in query_terms}), dtype=np.int64)
        at, frequencies = self.postings.find(wanted)
        ideal = self._rarity(frequencies).sum()
        scores = self.postings.score(at, frequencies, np.ones(len(wanted)))
        return scores / ideal if ideal else scores

    def _rarity(self, frequencies: Numbers) -> Doubles:
        rarity: Doubles = np.log(1 + (self._row_count - frequencies + 0.5) / (frequencies + 0.5))
        return rarity
