"""Articles taken apart for the index: their questions and chunks as keys, one part an article.

An article is taken apart once for each revision: the next index takes over the parts of articles that did not change, so
that an edit costs milliseconds however many articles there are.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from fastdesk.knowledge.analysis import Analyser, hash_term, terms
from fastdesk.knowledge.chunks import Chunk, cut, plain
from fastdesk.knowledge.postings import Doubles, Keys, Numbers, pack, shift
from fastdesk.model.article import Article, ArticleId

__all__ = ["Corpus", "Part", "take_apart"]


class Part:
    """One article and its keys; rows in the keys count from 0 within the article."""

    __slots__ = (
        "article",
        "chunk_keys",
        "chunk_lengths",
        "chunks",
        "question_chunks",
        "question_keys",
        "questions",
    )

    def __init__(self, article: Article, analyser: Analyser, max_chunk_characters: int) -> None:
        self.article = article
        #: Never empty, so that an article without a text is found by its title.
        self.chunks = cut(article.body, max_chunk_characters) or (Chunk(0, 0),)
        asked = _questions(article, self.chunks)
        #: What may be asked to get this article: title, questions, headings.
        self.questions = tuple(text for text, _ in asked)
        #: For each, the number of the chunk that answers it.
        self.question_chunks = tuple(chunk for _, chunk in asked)
        self.question_keys = _keys(analyser.features(text) for text in self.questions)
        counted = list(_chunk_terms(article, self.chunks))
        self.chunk_keys = _keys(counted)
        self.chunk_lengths = tuple(len(words) for words in counted)


class Corpus:
    """All parts in the order of their ids, with the arrays that lead from rows to articles."""

    __slots__ = ("chunk_articles", "chunk_starts", "parts", "question_articles", "question_starts")

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)
        questions = [len(part.questions) for part in self.parts]
        chunks = [len(part.chunk_lengths) for part in self.parts]
        articles = np.arange(len(self.parts))
        #: Row of each article's first question and first chunk, and one past the last.
        self.question_starts: Numbers = np.concatenate([[0], np.cumsum(questions, dtype=np.int64)])
        self.chunk_starts: Numbers = np.concatenate([[0], np.cumsum(chunks, dtype=np.int64)])
        self.question_articles: Numbers = np.repeat(articles, questions)
        self.chunk_articles: Numbers = np.repeat(articles, chunks)

    def question_keys(self) -> Keys:
        """Return the keys of all questions, sorted."""
        return _join([part.question_keys for part in self.parts], self.question_starts)

    def chunk_keys(self) -> Keys:
        """Return the keys of all chunks, sorted."""
        return _join([part.chunk_keys for part in self.parts], self.chunk_starts)

    def chunk_lengths(self) -> Numbers:
        """Return how many terms each chunk has."""
        return np.array([length for part in self.parts for length in part.chunk_lengths], dtype=np.int64)

    def asks_like(self, other: "Corpus") -> bool:
        """Tell whether another corpus has the same articles with the same questions."""
        return len(self.parts) == len(other.parts) and all(
            mine.article.id == theirs.article.id and mine.questions == theirs.questions
            for mine, theirs in zip(self.parts, other.parts, strict=True)
        )

    def find_articles(self, other: "Corpus", articles: Numbers) -> Numbers:
        """Return the numbers here of articles of another corpus, -1 for those that are gone."""
        here = {part.article.id: number for number, part in enumerate(self.parts)}
        found = [here.get(other.parts[number].article.id, -1) for number in articles.tolist()]
        return np.array(found, dtype=np.int64)

    def find_questions(self, other: "Corpus", rows: Numbers) -> Numbers:
        """Return the rows here of questions of another corpus, -1 for those whose article or wording is gone."""
        here = {
            (part.article.id, question): int(start) + place
            for part, start in zip(self.parts, self.question_starts, strict=False)
            for place, question in enumerate(part.questions)
        }
        found = []
        for row in rows.tolist():
            number = int(other.question_articles[row])
            part = other.parts[number]
            found.append(
                here.get((part.article.id, part.questions[row - int(other.question_starts[number])]), -1)
            )
        return np.array(found, dtype=np.int64)

    def best_question(self, article: int, similar: Doubles) -> tuple[int, float]:
        """Return which of an article's questions is the most similar, and how similar."""
        own = similar[self.question_starts[article] : self.question_starts[article + 1]]
        place = int(own.argmax())
        return place, float(own[place])

    def best_chunk(self, article: int, covered: Doubles, answering: int) -> int:
        """Return which of an article's chunks covers most of the query; of equals `answering`, then the first."""
        own = covered[self.chunk_starts[article] : self.chunk_starts[article + 1]].copy()
        own[answering] += 1e-6
        return int(own.argmax())


def take_apart(
    articles: Iterable[Article],
    analyser: Analyser,
    max_chunk_characters: int,
    known: Mapping[ArticleId, Part],
) -> Corpus:
    """Take articles apart, in the order of their ids; those equal to the `known` ones are taken over."""
    parts = []
    for article in sorted(articles, key=lambda article: article.id):
        part = known.get(article.id)
        if part is None or part.article != article:
            part = Part(article, analyser, max_chunk_characters)
            time.sleep(0)  # lets the loop's thread have the GIL between two articles
        parts.append(part)
    return Corpus(parts)


def _questions(article: Article, chunks: Sequence[Chunk]) -> list[tuple[str, int]]:
    """Return what may be asked, each with the number of the chunk that answers it; repeated texts once."""
    asked = {article.title: 0}
    for question in article.questions:
        asked.setdefault(question, 0)
    for number, chunk in enumerate(chunks):
        if chunk.heading and chunk.first:
            asked.setdefault(chunk.heading[-1], number)
    return list(asked.items())


def _chunk_terms(article: Article, chunks: Sequence[Chunk]) -> Iterator[list[int]]:
    """Yield the hashed terms of each chunk and of the titles above it, which are part of what it is about.

    An article without a text has none: its title is among its questions already.
    """
    for chunk in chunks:
        text = plain(article.body[chunk.start : chunk.end])
        yield _hashes(" ".join((article.title, *article.labels, *chunk.heading, text))) if text else []


def _hashes(text: str) -> list[int]:
    return [hash_term(term) for term in terms(text)]


def _keys(rows: Iterable[Iterable[int]]) -> Keys:
    features: list[int] = []
    numbers: list[int] = []
    counts: list[int] = []
    for number, row in enumerate(rows):
        counted = Counter(row)
        features += counted
        numbers += [number] * len(counted)
        counts += counted.values()
    return pack(*(np.array(values, dtype=np.int64) for values in (features, numbers, counts)))


def _join(parts: Sequence[Keys], starts: Numbers) -> Keys:
    """Return the keys of all parts with rows counted on from part to part, sorted."""
    if not parts:
        return np.zeros(0, dtype=np.uint64)
    keys: Keys = np.concatenate(parts) + np.repeat(shift(starts[:-1]), [len(part) for part in parts])
    keys.sort()
    return keys
