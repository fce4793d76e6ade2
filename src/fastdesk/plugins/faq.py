"""Answer from the knowledge base: zero tokens, and every answer names its source."""

from collections.abc import Awaitable
from functools import partial
from typing import Any, Final

import msgspec
import structlog
from msgspec import Struct

from fastdesk.knowledge import Answer, Decision, Hit, KnowledgeIndex, KnowledgeSettings, Nothing, Suggest
from fastdesk.model.article import SIGNED_IN, Article
from fastdesk.model.event import Said
from fastdesk.model.ids import TenantId
from fastdesk.model.site import Tenant
from fastdesk.model.turn import Outcome, Reply, Turn
from fastdesk.observe.tasks import Tasks
from fastdesk.pipeline.reply import pick_text
from fastdesk.plugins.meaning import Meaning
from fastdesk.tenants.compiled import Compiled
from fastdesk.tenants.records import HOUSE, Records

__all__ = ["ByMeaning", "Faq"]

_log = structlog.get_logger("fastdesk.faq")

_DID_YOU_MEAN = {"zh": "您想问的是：", "en": "Did you mean:"}

#: Questions and chunks of an index from which on a search takes milliseconds, and is done in a thread.
LARGE: Final = 150_000

#: Longer messages tell a story; an article rarely answers one, and a person or the assistant does.
MAX_QUESTION = 400


class ByMeaning(Struct, frozen=True):
    """The claim on a question that its words alone do not settle; what they would decide is kept."""

    words: Decision


class InThread(Struct, frozen=True):
    """The claim on a question to so large a knowledge base that the loop must not wait for the search."""


def _build(gathered: object, before: KnowledgeIndex | None) -> KnowledgeIndex:
    articles: tuple[Article, ...]
    settings: KnowledgeSettings
    articles, settings = gathered  # type: ignore[misc]
    return KnowledgeIndex.build(articles, settings, previous=before, learn=False)


def _learn(gathered: object, index: KnowledgeIndex) -> KnowledgeIndex | None:
    """Train what an index knows of its questions: seconds for thousands of them, in which the edit is in force already."""
    articles: tuple[Article, ...]
    settings: KnowledgeSettings
    articles, settings = gathered  # type: ignore[misc]
    return None if index.has_learnt else KnowledgeIndex.build(articles, settings, previous=index)


class Faq:
    """Claim a question that an article answers, or that some articles may answer."""

    name = "faq"

    def __init__(self, *, records: Records, tasks: Tasks, meaning: Meaning | None = None) -> None:
        self._records = records
        self._tasks = tasks
        self._meaning = meaning
        #: The last question that no article answers, with the nearest one: the record of why not asks for it at once.
        self._missed: tuple[Said, Hit | None] | None = None
        self.indexes: Compiled[KnowledgeIndex] = Compiled(
            "knowledge", ("article",), records=records, tasks=tasks, build=_build, empty=KnowledgeIndex.build([]),
            gather=self._gather, refine=_learn,
        )  # fmt: skip
        records.watch("tenant", self._refresh_all)
        if meaning is not None:
            self.indexes.watchers.append(
                lambda tenant: meaning.follow(tenant, lambda: self.indexes.of(tenant))
            )

    def _gather(self, tenant: TenantId) -> object:
        return tuple(self._records.all(Article, tenant, "article")), self.settings(tenant)

    def index(self, tenant: TenantId) -> KnowledgeIndex:
        """Return the index that is in force."""
        plain = self.indexes.of(tenant)
        return plain if self._meaning is None else self._meaning.index(tenant, plain)

    def settings(self, tenant: TenantId) -> KnowledgeSettings:
        """Return a tenant's thresholds and words; the defaults where what is stored is no longer right."""
        house = self._records.get(Tenant, HOUSE, "tenant", tenant)
        try:
            return msgspec.convert((house.settings if house else {}).get("knowledge", {}), KnowledgeSettings)
        except msgspec.ValidationError as fault:
            _log.error("knowledge_settings_refused", tenant=tenant, problem=str(fault))
            return KnowledgeSettings()

    def _refresh_all(self, house: TenantId) -> None:
        """Build anew for tenants whose settings are not those that are in force."""
        for tenant in self._records.tenants():
            if self.settings(tenant.id) != self.indexes.of(tenant.id).settings:
                self.indexes.refresh(tenant.id)

    def claim(self, turn: Turn) -> Answer | Suggest | ByMeaning | InThread | None:
        """Return what the knowledge base decides, None when no article fits."""
        index = self.index(turn.conversation.tenant)
        if index.is_empty or not _is_question(turn):
            return None
        if index.size > LARGE:
            return InThread()
        return self._claim_on(turn, index.decide(turn.message.text, audience=audience_of(turn)))

    def _claim_on(self, turn: Turn, decision: Decision) -> Answer | Suggest | ByMeaning | None:
        """Return the claim on what the words decide."""
        if self._meaning is not None and not isinstance(decision, Answer):
            tenant = turn.conversation.tenant
            if self._meaning.is_ready(tenant, self.indexes.of(tenant)):
                return ByMeaning(decision)
        if isinstance(decision, Nothing):
            self._missed = (turn.message, decision.nearest)
            return None
        return decision

    async def decide(self, turn: Turn) -> Decision:
        """Return what is decided in the end, by words and, where there are vectors, by meaning."""
        return await self._settle(turn, self.claim(turn))

    async def _settle(self, turn: Turn, claim: Answer | Suggest | ByMeaning | InThread | None) -> Decision:
        if isinstance(claim, InThread):
            index = self.index(turn.conversation.tenant)
            found = await self._tasks.offload(
                partial(index.decide, turn.message.text, audience=audience_of(turn))
            )
            claim = self._claim_on(turn, found)
        if not isinstance(claim, ByMeaning):
            return claim or Nothing()
        assert self._meaning is not None
        vector = await self._meaning.vector(turn.message.text)
        if vector is None:
            return claim.words
        index = self.index(turn.conversation.tenant)
        return index.decide(turn.message.text, audience=audience_of(turn), vector=vector)

    async def _answer_later(self, turn: Turn, claim: ByMeaning | InThread) -> Outcome | None:
        decision = await self._settle(turn, claim)
        return None if isinstance(decision, Nothing) else self._outcome(turn, decision)

    def vector_of(self, text: str) -> Any:
        """Return the vector of a question that was just decided on, None where there is none."""
        return None if self._meaning is None else self._meaning.known(text)

    def intent(self, turn: Turn) -> tuple[str, float] | None:
        """Return the id of the article that a message asks for and its score, None when there is none."""
        hit = self.nearest(turn)
        return None if hit is None else (hit.article, hit.score)

    def nearest(self, turn: Turn) -> Hit | None:
        """Return the article that comes closest to a question, near enough or not; None when none does."""
        if self._missed is not None and self._missed[0] is turn.message:
            return self._missed[1]  # it has just been looked for
        index = self.index(turn.conversation.tenant)
        if index.is_empty or not _is_question(turn):
            return None
        vector = self.vector_of(turn.message.text)
        hits = index.search(turn.message.text, limit=1, audience=audience_of(turn), vector=vector)
        return next(iter(hits), None)

    def answer(
        self, turn: Turn, claim: Answer | Suggest | ByMeaning | InThread
    ) -> "Outcome | Awaitable[Outcome | None]":
        """Say the article's text with its source, or offer the titles that may be meant; by meaning, a moment later."""
        return (
            self._answer_later(turn, claim)
            if isinstance(claim, ByMeaning | InThread)
            else self._outcome(turn, claim)
        )

    def _outcome(self, turn: Turn, claim: Answer | Suggest) -> Outcome:
        if isinstance(claim, Answer):
            source = claim.hit.source
            sources = [{"id": source.article, "title": source.title, "url": source.url}]
            why = {
                "by": "faq",
                "article": claim.hit.article,
                "revision": source.revision,
                "score": round(claim.hit.score, 3),
            }
            return Outcome(replies=(Reply(text=claim.text, kind="markdown", sources=sources),), why=why)
        buttons = [
            {"label": hit.question or hit.title, "value": hit.question or hit.title} for hit in claim.hits
        ]
        language = turn.language or (
            "zh" if any("\u4e00" <= mark <= "\u9fff" for mark in turn.message.text) else "en"
        )
        scores: dict[str, Any] = {hit.article: round(hit.score, 3) for hit in claim.hits}
        reply = Reply(text=pick_text(_DID_YOU_MEAN, language), extra={"buttons": buttons})
        return Outcome(replies=(reply,), why={"by": "faq", "suggested": scores})


def _is_question(turn: Turn) -> bool:
    """Tell whether a message may be a question: the name of a file is none."""
    return turn.message.kind == "text" and len(turn.message.text) <= MAX_QUESTION


def audience_of(turn: Turn) -> tuple[str, ...]:
    """Return the audiences that a visitor belongs to besides everyone: signed in, and the labels people gave it."""
    visitor = turn.visitor
    return ((SIGNED_IN,) if visitor.identity is not None else ()) + visitor.labels
