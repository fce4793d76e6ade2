"""The knowledge base of one tenant, ready to be asked.

Enters: the tenant's articles and settings; then queries. Leaves: ranked hits, or a decision. An index never changes: an
edited article makes a new index, built off the loop, and the reference to it is swapped. It may be asked from any thread.
The same index and query always give the same hits in the same order.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Self

import numpy as np

from fastdesk.knowledge.analysis import Analyser, query_terms
from fastdesk.knowledge.corpus import Corpus, Part, take_apart
from fastdesk.knowledge.evidence import ChunkEvidence, QuestionEvidence
from fastdesk.knowledge.hits import Answer, Decision, Hit, Nothing, Source, Suggest
from fastdesk.knowledge.intents import IntentModel, choose_questions
from fastdesk.knowledge.postings import Doubles
from fastdesk.knowledge.ranking import Candidate, rank
from fastdesk.knowledge.settings import KnowledgeSettings
from fastdesk.knowledge.snippets import Marker
from fastdesk.knowledge.stemming import STOP_FORMS
from fastdesk.knowledge.vectors import ChunkVectors, Passage, fuse, passage
from fastdesk.knowledge.visibility import Visibility
from fastdesk.model.article import Article, ArticleId

__all__ = ["KnowledgeIndex"]

# What a visitor asks stands at the beginning; the rest of a long message would only cost time.
_MAX_QUERY_CHARACTERS = 400
_SUGGESTIONS = 3
# A suggestion this many times less likely than the best one is left out.
_WEAKEST_SUGGESTION = 5
_WORD_FOR_WORD = 0.8
# How many of each ranking are fused.
_FUSED = 64


class KnowledgeIndex:
    """All published articles of a tenant. Built by `build`; `KnowledgeIndex.build([])` is an empty one."""

    def __init__(self, corpus: Corpus, analyser: Analyser, settings: KnowledgeSettings) -> None:
        self.settings = settings
        #: Whether there are no published articles.
        self.is_empty = not corpus.parts
        self._analyser = analyser
        self._corpus = corpus
        self._parts = {part.article.id: part for part in corpus.parts}
        self._visibility = Visibility([part.article for part in corpus.parts])
        self._questions = QuestionEvidence(corpus.question_keys(), len(corpus.question_articles))
        self._chunks = ChunkEvidence(corpus.chunk_keys(), corpus.chunk_lengths())
        self._model: IntentModel | None = None
        #: From all its questions, not only from those it shares with the previous index.
        self.has_learnt = False
        self._vectors: ChunkVectors | None = None

    @classmethod
    def build(
        cls,
        articles: Iterable[Article],
        settings: KnowledgeSettings | None = None,
        previous: Self | None = None,
        *,
        learn: bool = True,
    ) -> Self:
        """Build an index of the published articles. Takes seconds for 10,000 of them: call it in a thread.

        Args:
            articles: all articles of the tenant; drafts are left out. No two may share an id.
            settings: of the tenant; the defaults when absent.
            previous: the index in force; articles equal to its own are not taken apart again.
            learn: train the intent model. Without, the previous one's knowledge of unchanged questions is kept: an
                edit is found within the second, and a second build with `previous` and `learn` may follow.
        """
        settings = settings or KnowledgeSettings()
        published = [article for article in articles if article.state == "published"]
        known: Mapping[ArticleId, Part] = {}
        analyser = Analyser(settings.synonyms)
        if previous is not None and _cuts_alike(previous.settings, settings):
            known, analyser = previous._parts, previous._analyser
        index = cls(take_apart(published, analyser, settings.max_chunk_characters, known), analyser, settings)
        if previous is not None and index._learns_like(previous):
            index._model, index.has_learnt = previous._model, True
        else:
            index._model = index._trained() if learn else index._carried_over(previous)
        return index

    def __len__(self) -> int:
        """Return the number of published articles."""
        return len(self._corpus.parts)

    @property
    def size(self) -> int:
        """Return how many questions and chunks there are: what a search costs grows with them."""
        return len(self._corpus.question_articles) + len(self._corpus.chunk_articles)

    def search(
        self,
        query: str,
        *,
        limit: int = 5,
        audience: Collection[str] = (),
        language: str | None = None,
        vector: Sequence[float] | None = None,
    ) -> list[Hit]:
        """Return the articles that fit the query, best first. Takes about a millisecond for 10,000 articles.

        Args:
            query: what was asked; its first 400 characters count.
            limit: at most this many hits.
            audience: labels the asker holds besides `everyone`; articles for others take no part in anything.
            language: when given, only articles of this language or of none.
            vector: the query's embedding, to rank by meaning too; ignored when the index has no vectors.
        """
        query = query[:_MAX_QUERY_CHARACTERS]
        wanted = query_terms(query)
        if not self._corpus.parts or not wanted:
            return []
        visible = self._visibility.seen_by(audience, language)
        similar = self._questions.similar(self._analyser.features(query))
        covered = self._chunks.covered(wanted)
        if STOP_FORMS.issuperset(wanted):
            # "Thanks!" is about nothing; "who are you" may be one of the questions, but then nearly word for word.
            similar, covered = np.where(similar < _WORD_FOR_WORD, 0, similar), np.zeros_like(covered)
        if vector is None or self._vectors is None:
            candidates = rank(self._corpus, similar, covered, self._model, visible, limit)
        else:
            candidates = rank(self._corpus, similar, covered, self._model, visible, _FUSED)
            candidates = self._fused(candidates, self._vectors.nearest(vector, visible, _FUSED))
        marker = Marker(wanted)
        return [self._hit(candidate, similar, covered, marker) for candidate in candidates[:limit]]

    def decide(
        self,
        query: str,
        *,
        audience: Collection[str] = (),
        language: str | None = None,
        vector: Sequence[float] | None = None,
    ) -> Decision:
        """Say whether an article answers by itself, some are worth suggesting, or none fits. Arguments as in `search`."""
        hits = self.search(query, limit=_SUGGESTIONS, audience=audience, language=language, vector=vector)
        if not hits:
            return Nothing()
        best = hits[0]
        if best.score >= self.settings.answer_at:
            return Answer(text=self.text(best.source), hit=best)
        # An article that would answer, were it not for others as good, is worth a button beside them.
        if best.score >= self.settings.suggest_at or best.alone >= self.settings.answer_at:
            return Suggest(hits=tuple(hit for hit in hits if hit.score * _WEAKEST_SUGGESTION >= best.score))
        return Nothing(nearest=best)

    def text(self, source: Source) -> str:
        """Return the Markdown a source points to, its title when it has none; empty when the index no longer has it."""
        part = self._parts.get(source.article)
        if part is None or part.article.revision != source.revision:
            return ""
        return part.article.body[source.start : source.end] or part.article.title

    def passages(self) -> Iterator[Passage]:
        """Yield every chunk as a text to be embedded."""
        for part in self._corpus.parts:
            for chunk in part.chunks:
                yield passage(part.article, chunk)

    def with_vectors(self, vectors: Mapping[str, Sequence[float]]) -> Self:
        """Return the same index with the embeddings of its passages, by their keys; it then takes queries' vectors too."""
        index = copy(self)
        index._vectors = ChunkVectors(self._corpus, vectors)
        return index

    def _learns_like(self, previous: Self) -> bool:
        """Tell whether training would give the previous index's model again."""
        alike = self.settings.max_model_questions == previous.settings.max_model_questions
        return alike and previous.has_learnt and self._corpus.asks_like(previous._corpus)

    def _trained(self) -> IntentModel | None:
        self.has_learnt = True
        rows = choose_questions(self._corpus.question_articles, self.settings.max_model_questions)
        if not len(rows):
            return None
        return IntentModel.train(self._questions, rows, self._corpus.question_articles[rows])

    def _carried_over(self, previous: Self | None) -> IntentModel | None:
        """Return the previous model without the questions and articles that are gone."""
        if previous is None or previous._model is None:
            return None
        rows = self._corpus.find_questions(previous._corpus, previous._model.rows)
        articles = self._corpus.find_articles(previous._corpus, previous._model.articles)
        return previous._model.moved(rows, articles)

    def _fused(
        self, candidates: Sequence[Candidate], nearest: Sequence[tuple[int, float]]
    ) -> list[Candidate]:
        """Return the candidates of the words and those of the vectors in one order; the better of two scores holds."""
        by_words = {candidate.article: candidate for candidate in candidates}
        floor = self.settings.vector_floor
        by_meaning = {
            number: round(max(0.0, (cosine - floor) / (1 - floor)), 4) for number, cosine in nearest
        }
        fused = []
        for number in fuse(list(by_words), list(by_meaning)):
            words, meaning = by_words.get(number, Candidate(number, 0.0, 0.0)), by_meaning.get(number, 0.0)
            fused.append(Candidate(number, max(words.score, meaning), max(words.alone, meaning)))
        return fused

    def _hit(self, found: Candidate, similar: Doubles, covered: Doubles, marker: Marker) -> Hit:
        part = self._corpus.parts[found.article]
        article = part.article
        nearest, likeness = self._corpus.best_question(found.article, similar)
        number = self._corpus.best_chunk(found.article, covered, part.question_chunks[nearest])
        chunk = part.chunks[number]
        source = Source(
            article=article.id,
            revision=article.revision,
            title=article.title,
            anchor=chunk.anchor,
            url=article.source,
            start=chunk.start,
            end=chunk.end,
        )
        return Hit(
            article=article.id,
            title=article.title,
            score=found.score,
            alone=found.alone,
            question=part.questions[nearest] if likeness else "",
            snippet=marker.snippet(article.body[chunk.start : chunk.end]),
            source=source,
        )


def _cuts_alike(one: KnowledgeSettings, other: KnowledgeSettings) -> bool:
    return (one.synonyms, one.max_chunk_characters) == (other.synonyms, other.max_chunk_characters)
