"""What the knowledge base says: hits, where they come from, and the three ways a question can be decided."""

from msgspec import Struct

from fastdesk.model.article import ArticleId

__all__ = ["Answer", "Decision", "Hit", "Nothing", "Snippet", "Source", "Suggest"]


class Source(Struct, frozen=True, kw_only=True):
    """Where an answer comes from: `body[start:end]` of one revision of an article."""

    article: ArticleId
    revision: int
    title: str
    anchor: str = ""
    """Of the heading above it, as in `#anchor`; empty before the first heading."""
    url: str = ""
    """The page the article was imported from; empty when it was written here."""
    start: int
    end: int


class Snippet(Struct, frozen=True):
    """A line or two of plain text, with the places (start, end) of the words that were asked for."""

    text: str
    highlights: tuple[tuple[int, int], ...] = ()


class Hit(Struct, frozen=True, kw_only=True):
    """One article found for a query."""

    article: ArticleId
    title: str
    score: float
    """Probability that this is the article wanted, 0 to 1."""
    alone: float
    """The same, had no other article competed: high for both of two articles that fit equally well."""
    question: str
    """The article's question, title or heading nearest to the query; empty when only its text fits."""
    snippet: Snippet
    source: Source


class Answer(Struct, frozen=True, kw_only=True, tag="answer"):
    """One article answers the question; `text` is the Markdown to say."""

    text: str
    hit: Hit


class Suggest(Struct, frozen=True, kw_only=True, tag="suggest"):
    """Up to three articles may be meant: offer their titles as buttons."""

    hits: tuple[Hit, ...]


class Nothing(Struct, frozen=True, kw_only=True, tag="nothing"):
    """No article fits; `nearest` is what came closest, for the record of why nothing was answered."""

    nearest: Hit | None = None


Decision = Answer | Suggest | Nothing
