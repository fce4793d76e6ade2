"""Measure how well an index answers: questions with the article each should find, against what it finds."""

from collections import Counter
from collections.abc import Collection, Iterable

from msgspec import Struct

from fastdesk.knowledge.hits import Answer, Nothing
from fastdesk.knowledge.index import KnowledgeIndex
from fastdesk.model.article import ArticleId

__all__ = ["AskedQuestion", "Confusion", "Evaluation", "evaluate"]

_SHOWN_EXAMPLES = 3


class AskedQuestion(Struct, frozen=True):
    """A question and the article that answers it; None when none should."""

    text: str
    article: ArticleId | None


class Confusion(Struct, frozen=True, kw_only=True):
    """One article found first where another was wanted."""

    wanted: ArticleId
    found: ArticleId | None
    """None when nothing was found at all."""
    count: int
    examples: tuple[str, ...]


class Evaluation(Struct, frozen=True, kw_only=True):
    """Counts over the questions asked; rates are properties, between 0 and 1."""

    asked: int
    """Questions that have an article."""
    first: int
    """Of those, found first."""
    third: int
    """Of those, among the first three."""
    answered: int
    """Of those, answered without asking back."""
    answered_right: int
    suggested: int
    """Of those, answered with buttons."""
    foreign: int
    """Questions that no article answers."""
    foreign_answered: int
    """Of those, answered all the same."""
    confusions: tuple[Confusion, ...]
    """Commonest first."""

    @property
    def first_rate(self) -> float:
        """Return the share found first."""
        return self.first / self.asked if self.asked else 0.0

    @property
    def third_rate(self) -> float:
        """Return the share found among the first three."""
        return self.third / self.asked if self.asked else 0.0

    @property
    def precision(self) -> float:
        """Return the share of right ones among all answers given without asking back."""
        given = self.answered + self.foreign_answered
        return self.answered_right / given if given else 0.0


def evaluate(
    index: KnowledgeIndex,
    questions: Iterable[AskedQuestion],
    *,
    audience: Collection[str] = (),
    language: str | None = None,
) -> Evaluation:
    """Ask every question and count. Takes about two milliseconds a question: call it off the loop."""
    counts: Counter[str] = Counter()
    confused: dict[tuple[ArticleId, ArticleId | None], list[str]] = {}
    for question in questions:
        hits = index.search(question.text, limit=3, audience=audience, language=language)
        decision = index.decide(question.text, audience=audience, language=language)
        answered = isinstance(decision, Answer)
        if question.article is None:
            counts.update(foreign=1, foreign_answered=answered)
            continue
        found = [hit.article for hit in hits]
        right = found[:1] == [question.article]
        counts.update(
            asked=1,
            first=right,
            third=question.article in found,
            answered=answered,
            answered_right=answered and right,
            suggested=not isinstance(decision, Answer | Nothing),
        )
        if not right:
            confused.setdefault((question.article, found[0] if found else None), []).append(question.text)
    names = (
        "asked",
        "first",
        "third",
        "answered",
        "answered_right",
        "suggested",
        "foreign",
        "foreign_answered",
    )
    return Evaluation(confusions=_commonest(confused), **{name: counts[name] for name in names})


def _commonest(confused: dict[tuple[ArticleId, ArticleId | None], list[str]]) -> tuple[Confusion, ...]:
    confusions = [
        Confusion(wanted=wanted, found=found, count=len(texts), examples=tuple(texts[:_SHOWN_EXAMPLES]))
        for (wanted, found), texts in confused.items()
    ]
    return tuple(sorted(confusions, key=lambda one: (-one.count, one.wanted, one.found or "")))
