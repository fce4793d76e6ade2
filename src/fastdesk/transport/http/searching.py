"""Search over HTTP: words enter; messages, contacts and articles leave, with the places where the words stand.

Each of the three has a route of its own, because each needs a permission of its own. Who sees masks searches what it
sees: a number behind a mask is found by nobody who may not read it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from fastdesk.errors import Refused
from fastdesk.hub.hub import agent_frame
from fastdesk.model.article import Article
from fastdesk.model.folding import fold
from fastdesk.pipeline.masking import mask, mask_text
from fastdesk.pipeline.rooms import Rooms
from fastdesk.store.protocol import SearchQuery, VisitorQuery
from fastdesk.store.search import Words, searched_text
from fastdesk.transport.http.routes import Call, Query, Route

__all__ = ["SearchRoutes"]

#: Where words stand in a text: (start, end) in characters.
Places = list[tuple[int, int]]
#: Characters of an article that are shown around its first word, and how many of them stand before it.
_SNIPPET: Final = 160
_BEFORE: Final = 40
_NAMED: Final = ("name", "email", "phone", "identity", "note")


class FoundContact(Struct, frozen=True):
    """A contact, and by the name of each of its texts (`name`, `labels.0`, `fields.plan`) where the words stand."""

    visitor: dict[str, Any]
    highlights: dict[str, Places]


class FoundContacts(Struct, frozen=True):
    """A page of contacts, last seen first; it may be short, or empty, and still have a cursor that goes on."""

    items: list[FoundContact]
    cursor: str | None = None


class FoundArticle(Struct, frozen=True):
    """An article without its text: a stretch of it, and where the words stand in `title` and `snippet`."""

    id: str
    title: str
    state: str
    language: str
    updated_at: int
    snippet: str
    highlights: dict[str, Places]


class FoundArticles(Struct, frozen=True):
    """Articles, those with the words in their titles first, then the newest."""

    items: list[FoundArticle]


class SearchRoutes:
    """Find what was said, who said it, and what is known."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag, words = "search", Query("q", str, "", "Words that must all occur; any part of a Chinese text")
        limit = Query("limit", int, 50, "Most rows", 1, 200)
        page = (Query("cursor", str, None, "Where the last page ended"), limit)
        talks = tuple(
            Query(name, str, None, f"Only conversations of this {name}")
            for name in ("assignee", "team", "label", "site", "visitor")
        )
        return [
            Route(method="GET", path="/v1/search", handler=self.messages, access="conversation.read", tag=tag,
                  query=(words, *talks, *page), summary="Find messages by their words"),
            Route(method="GET", path="/v1/search/contacts", handler=self.contacts, access="visitor.read", audit="reading", tag=tag,
                  answer=FoundContacts, query=(words, Query("site", str, None, "Only visitors of this site"),
                  Query("label", str, None, "Only visitors who bear this label"), *page),
                  summary="Find contacts by name, address, number, identity, note, labels, fields and attributes"),
            Route(method="GET", path="/v1/search/articles", handler=self.articles, access="knowledge.read", tag=tag,
                  answer=FoundArticles, query=(words, Query("state", str, None, "draft or published"),
                  Query("label", str, None, "Only articles with this label"), limit),
                  summary="Find articles by title, questions and text, drafts among them"),
        ]  # fmt: skip

    async def messages(self, call: Call) -> dict[str, Any]:
        """Return messages that hold all the words, as the frames that agents get, and where the words stand in them."""
        words, wish = _words(call), call.query
        names = ("assignee", "team", "label", "site", "visitor", "cursor", "limit")
        query = SearchQuery(text=wish["q"], **{name: wish[name] for name in names})
        try:
            page = await self._rooms.store.search(call.principal.tenant, query)
        except ValueError:
            raise Refused("invalid", "This cursor is not one of ours.") from None
        items = []
        for found in page.items:
            places = found.highlights
            if call.is_masked:
                shown = mask_text(searched_text(found.said))
                if not words.are_in(fold(shown)):
                    continue
                places = words.highlights(shown)
            items.append({"said": agent_frame(found.said), "highlights": places})
        return {"items": items, "cursor": page.cursor}

    async def contacts(self, call: Call) -> FoundContacts:
        """Return contacts that hold all the words."""
        words, wish = _words(call), call.query
        names = ("site", "label", "limit", "cursor")
        query = VisitorQuery(words=words.pieces, **{name: wish[name] for name in names})
        try:
            page = await self._rooms.store.visitors(call.principal.tenant, query)
        except ValueError:
            raise Refused("invalid", "This cursor is not one of ours.") from None
        items = []
        for body in page.items:
            visitor = msgspec.json.decode(body)
            if call.is_masked:
                visitor = mask(visitor)
            texts = dict(_texts_of(visitor))
            if words.are_in(fold("\n".join(texts.values()))):
                items.append(FoundContact(visitor, _places(words, texts)))
        return FoundContacts(items, page.cursor)

    async def articles(self, call: Call) -> FoundArticles:
        """Return articles that hold all the words."""
        words, wish = _words(call), call.query
        if wish["state"] not in (None, "draft", "published"):
            raise Refused("invalid", "state is draft or published.")
        searched = [
            article
            for article in self._rooms.records.all(Article, call.principal.tenant, "article")
            if wish["state"] in (None, article.state)
            and (wish["label"] is None or wish["label"] in article.labels)
        ]
        is_masked, limit = call.is_masked, wish["limit"]
        return await self._rooms.tasks.offload(_search, searched, words, limit, is_masked)


def _words(call: Call) -> Words:
    words = Words.of(call.query["q"])
    if not words.pieces:
        raise Refused("invalid", "Say what to look for: ?q=WORDS.")
    return words


def _texts_of(visitor: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Iterate over what a contact is found by: the name of each text, and the text."""
    for name in _NAMED:
        if visitor.get(name):
            yield name, visitor[name]
    for place, label in enumerate(visitor.get("labels", ())):
        yield f"labels.{place}", label
    for kind in ("fields", "attributes"):
        for name, value in visitor.get(kind, {}).items():
            yield f"{kind}.{name}", value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _places(words: Words, texts: dict[str, str]) -> dict[str, Places]:
    return {name: places for name, text in texts.items() if (places := words.highlights(text))}


def _search(articles: Sequence[Article], words: Words, limit: int, is_masked: bool) -> FoundArticles:
    """Look through all articles; a few milliseconds for a thousand of them."""
    found = []
    for article in articles:
        title, body = (
            (mask_text(article.title), mask_text(article.body))
            if is_masked
            else (article.title, article.body)
        )
        if words.are_in(fold("\n".join((title, *article.questions, body)))):
            found.append((bool(words.highlights(title)), article.updated_at, title, body, article))
    found.sort(key=lambda each: each[:2], reverse=True)
    return FoundArticles(
        [_found(article, words, title, body) for _, _, title, body, article in found[:limit]]
    )


def _found(article: Article, words: Words, title: str, body: str) -> FoundArticle:
    places = words.highlights(body)
    start = max(0, places[0][0] - _BEFORE) if places else 0
    snippet = body[start : start + _SNIPPET]
    return FoundArticle(
        id=article.id,
        title=title,
        state=article.state,
        language=article.language,
        updated_at=article.updated_at,
        snippet=snippet,
        highlights=_places(words, {"title": title, "snippet": snippet}),
    )
