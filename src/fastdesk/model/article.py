"""Articles of the knowledge base, as the store keeps them and the knowledge room reads them."""

from typing import Literal, NewType

from msgspec import Struct

ArticleId = NewType("ArticleId", str)

EVERYONE = "everyone"
SIGNED_IN = "signed_in"


class Article(Struct, frozen=True, kw_only=True):
    """One answer: a title, its text, and the questions that visitors ask to get it.

    An article with `questions` and a short `body` is an FAQ pair; one with headings is a document.
    `audience` names who may see it: `everyone`, `signed_in`, or labels of the tenant's own such as `plan:gold`;
    one match is enough. Earlier revisions are kept by the store, never here.
    """

    id: ArticleId
    title: str
    body: str
    """Markdown."""
    questions: tuple[str, ...] = ()
    """Other ways to ask for this article; the more, the better it is found."""
    language: str = ""
    """BCP 47 tag such as `zh` or `en-GB`; empty means any."""
    audience: tuple[str, ...] = (EVERYONE,)
    state: Literal["draft", "published"] = "draft"
    labels: tuple[str, ...] = ()
    source: str = ""
    """Address the text came from; empty when it was written here."""
    updated_at: int = 0
    """Milliseconds since 1970."""
    revision: int = 1
