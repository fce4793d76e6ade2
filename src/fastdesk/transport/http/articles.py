"""The life of an article over HTTP: its revisions, a draft beside what is published, and the way back."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from fastdesk.errors import Refused
from fastdesk.knowledge import KnowledgeSettings
from fastdesk.model.article import KEPT_REVISIONS, Article, ArticleDraft, ArticleId, ArticleRevision
from fastdesk.model.ids import TenantId
from fastdesk.model.site import Tenant
from fastdesk.pipeline.rooms import Rooms
from fastdesk.tenants.records import HOUSE
from fastdesk.transport.http.routes import Call, Route

__all__ = ["ArticleRoutes"]


class RevisionLine(Struct, frozen=True, kw_only=True):
    """One revision of an article, without its text."""

    revision: int
    title: str
    state: str
    updated_at: int
    #: Whether this is the one in force.
    current: bool


class RevisionWish(Struct, frozen=True):
    """Which revision shall be in force again."""

    revision: Annotated[int, Meta(ge=1)]


class ArticleRoutes:
    """Revisions and drafts; the articles themselves have the routes of all records."""

    def __init__(self, rooms: Rooms, settings: Callable[[TenantId], KnowledgeSettings]) -> None:
        self._rooms = rooms
        self._settings = settings

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag, read, write, one = "articles", "knowledge.read", "knowledge.write", "/v1/articles/{id}"
        return [
            Route(method="GET", path=one + "/revisions", handler=self.revisions, access=read, tag=tag, answer=list[RevisionLine],
                  summary=f"List the revisions of an article, newest first; {KEPT_REVISIONS} earlier ones are kept"),
            Route(method="GET", path=one + "/revisions/{revision}", handler=self.revision, access=read, tag=tag, answer=Article,
                  summary="Read an article as it was"),
            Route(method="POST", path=one + "/restore", handler=self.restore, access=write, tag=tag, body=RevisionWish, answer=Article,
                  summary="Put an earlier revision in force again, as a new one"),
            Route(method="GET", path=one + "/draft", handler=self.draft, access=read, tag=tag, answer=Article,
                  summary="Read the draft of an article"),
            Route(method="PUT", path=one + "/draft", handler=self.write_draft, access=write, tag=tag, body=Article, answer=Article,
                  summary="Keep a draft; what is published stays in force"),
            Route(method="DELETE", path=one + "/draft", handler=self.drop_draft, access=write, tag=tag, status=204,
                  summary="Throw the draft away"),
            Route(method="POST", path=one + "/publish", handler=self.publish, access=write, tag=tag, answer=Article,
                  summary="Put the draft in force; without one, publish the article as it stands"),
            Route(method="POST", path=one + "/unpublish", handler=self.unpublish, access=write, tag=tag, answer=Article,
                  summary="Let nobody find an article any more; its text stays"),
            Route(method="GET", path="/v1/knowledge/settings", handler=self.settings, access=read, tag="knowledge",
                  answer=KnowledgeSettings, summary="Read the thresholds and words of the knowledge base"),
            Route(method="PUT", path="/v1/knowledge/settings", handler=self.write_settings, access=write, tag="knowledge",
                  body=KnowledgeSettings, answer=KnowledgeSettings, summary="Write the thresholds and words of the knowledge base"),
        ]  # fmt: skip

    async def revisions(self, call: Call) -> list[RevisionLine]:
        """Return all revisions that are kept."""
        now = self._article(call)
        kept = self._rooms.records.all(ArticleRevision, call.principal.tenant, "article_revision")
        earlier = [
            each.article
            for each in kept
            if each.article.id == now.id and each.article.revision < now.revision
        ]
        every = [now, *sorted(earlier, key=lambda article: -article.revision)]
        return [
            RevisionLine(
                revision=each.revision, title=each.title, state=each.state, updated_at=each.updated_at, current=each is now
            )
            for each in every
        ]  # fmt: skip

    async def revision(self, call: Call) -> Article:
        """Return one revision whole."""
        wanted = call.path("revision")
        if not wanted.isascii() or not wanted.isdigit() or len(wanted) > 9:
            raise Refused("invalid", "A revision is a number.")
        return self._revision(call, self._article(call), int(wanted))

    async def restore(self, call: Call) -> Article:
        """Write an earlier revision as the newest one."""
        now = self._article(call)
        return self._write(call, self._revision(call, now, call.body.revision))

    async def draft(self, call: Call) -> Article:
        """Return the draft."""
        return self._draft(call).article

    async def write_draft(self, call: Call) -> Article:
        """Keep a draft for an article that is there."""
        now = self._article(call)
        wish: Article = call.body
        article = replace(
            wish, id=now.id, state="draft", revision=now.revision, updated_at=self._rooms.clock.now_ms()
        )
        draft = ArticleDraft(id=now.id, article=article)
        self._rooms.records.put(call.principal.tenant, "article_draft", draft, actor=call.principal.id)
        return article

    async def drop_draft(self, call: Call) -> None:
        """Remove the draft."""
        self._draft(call)
        self._remove_draft(call)

    async def publish(self, call: Call) -> Article:
        """Put the draft in force."""
        now = self._article(call)
        draft = self._rooms.records.get(ArticleDraft, call.principal.tenant, "article_draft", call.path("id"))
        if draft is not None and draft.article.revision != now.revision:
            hint = f"The draft was begun on revision {draft.article.revision}, in force is {now.revision}. Write it again."
            raise Refused("conflict", "The article was changed since the draft was begun.", hint=hint)
        published = self._write(call, replace(draft.article if draft else now, state="published"))
        if draft is not None:
            self._remove_draft(call)
        return published

    async def unpublish(self, call: Call) -> Article:
        """Take an article out of the answers."""
        return self._write(call, replace(self._article(call), state="draft"))

    async def settings(self, call: Call) -> KnowledgeSettings:
        """Return what is in force."""
        return self._settings(call.principal.tenant)

    async def write_settings(self, call: Call) -> KnowledgeSettings:
        """Put thresholds and words in force; the index is built anew with them."""
        wish: KnowledgeSettings = call.body
        if not 0 <= wish.suggest_at <= wish.answer_at <= 1:
            raise Refused("invalid", "Thresholds are 0 ≤ suggest_at ≤ answer_at ≤ 1.")
        if not 100 <= wish.max_chunk_characters <= 100_000 or not 0 <= wish.max_model_questions <= 16_384:
            raise Refused(
                "invalid", "max_chunk_characters is 100 to 100,000, max_model_questions 0 to 16,384."
            )
        tenant = self._rooms.records.get(Tenant, HOUSE, "tenant", call.principal.tenant)
        assert tenant is not None
        changed = replace(tenant, settings={**tenant.settings, "knowledge": msgspec.to_builtins(wish)})
        self._rooms.records.put(HOUSE, "tenant", changed, actor=call.principal.id)
        return wish

    def _article(self, call: Call) -> Article:
        article = self._rooms.records.get(Article, call.principal.tenant, "article", call.path("id"))
        if article is None:
            raise Refused("not_found", "There is no such article.")
        return article

    def _draft(self, call: Call) -> ArticleDraft:
        draft = self._rooms.records.get(ArticleDraft, call.principal.tenant, "article_draft", call.path("id"))
        if draft is None:
            raise Refused("not_found", "This article has no draft.")
        return draft

    def _revision(self, call: Call, now: Article, wanted: int) -> Article:
        if wanted == now.revision:
            return now
        id = f"{now.id}.{wanted % KEPT_REVISIONS:02d}"
        kept = self._rooms.records.get(ArticleRevision, call.principal.tenant, "article_revision", id)
        if kept is None or kept.article.revision != wanted:
            raise Refused("not_found", "There is no such revision, or it is too old to be kept.")
        return kept.article

    def _write(self, call: Call, article: Article) -> Article:
        tenant = call.principal.tenant
        self._rooms.records.put(tenant, "article", article, actor=call.principal.id)
        written = self._rooms.records.get(Article, tenant, "article", ArticleId(article.id))
        assert written is not None
        return written

    def _remove_draft(self, call: Call) -> None:
        self._rooms.records.remove(
            call.principal.tenant, "article_draft", call.path("id"), actor=call.principal.id
        )
