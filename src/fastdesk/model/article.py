"""Articles of the knowledge base, as the store keeps them and the knowledge room reads them."""

from typing import Annotated, Literal, NewType

from msgspec import Meta, Struct

__all__ = [
    "EVERYONE",
    "KEPT_REVISIONS",
    "SIGNED_IN",
    "Article",
    "ArticleDraft",
    "ArticleId",
    "ArticleRevision",
    "AudienceLabel",
    "Question",
]

ArticleId = NewType("ArticleId", str)

#: An audience label: `everyone`, `signed_in`, or one of the tenant's own such as `plan:gold`.
AudienceLabel = Annotated[str, Meta(min_length=1, max_length=100)]
Question = Annotated[str, Meta(min_length=1, max_length=500)]
Label = Annotated[str, Meta(min_length=1, max_length=100)]

EVERYONE = "everyone"
SIGNED_IN = "signed_in"


class Article(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One answer: a title, its text, and the questions that visitors ask to get it.

    An article with `questions` and a short `body` is an FAQ pair; one with headings is a document. Whoever holds one
    label of `audience` may see it; with none at all nobody may. Earlier revisions are kept by the store, never here.
    """

    id: Annotated[ArticleId, Meta(min_length=1, max_length=64)]
    title: Annotated[str, Meta(min_length=1, max_length=300)]
    #: Markdown.
    body: Annotated[str, Meta(max_length=500_000)]
    #: Other ways to ask for this article; the more there are, the better it is found.
    questions: Annotated[tuple[Question, ...], Meta(max_length=1_000)] = ()
    #: BCP 47 tag such as `zh` or `en-GB`; empty means any.
    language: Annotated[str, Meta(max_length=35)] = ""
    audience: Annotated[tuple[AudienceLabel, ...], Meta(max_length=50)] = (EVERYONE,)
    state: Literal["draft", "published"] = "draft"
    labels: Annotated[tuple[Label, ...], Meta(max_length=50)] = ()
    #: Address the text came from; empty when it was written here.
    source: Annotated[str, Meta(max_length=2_000)] = ""
    #: Milliseconds since 1970.
    updated_at: int = 0
    revision: Annotated[int, Meta(ge=1)] = 1


#: Earlier revisions of one article that are kept; the next one takes the place of the oldest.
KEPT_REVISIONS = 50


class ArticleRevision(Struct, frozen=True, kw_only=True):
    """An article as it was before a change."""

    id: str
    article: Article

    @classmethod
    def of(cls, article: Article) -> "ArticleRevision":
        """Return the record under which a revision is kept."""
        return cls(id=f"{article.id}.{article.revision % KEPT_REVISIONS:02d}", article=article)


class ArticleDraft(Struct, frozen=True, kw_only=True):
    """What an article shall become once it is published; until then the published one answers."""

    id: str
    article: Article
