"""Answer from the knowledge base: zero tokens, and every answer names its source."""

from typing import Any

from fastdesk.knowledge import Answer, Hit, KnowledgeIndex, Nothing, Suggest
from fastdesk.model.article import SIGNED_IN, Article
from fastdesk.model.ids import TenantId
from fastdesk.model.turn import Outcome, Reply, Turn
from fastdesk.observe.tasks import Tasks
from fastdesk.pipeline.reply import pick_text
from fastdesk.tenants.compiled import Compiled
from fastdesk.tenants.records import Records

__all__ = ["Faq"]

_DID_YOU_MEAN = {"zh": "您想问的是：", "en": "Did you mean:"}

#: Longer messages tell a story; an article rarely answers one, and a person or the assistant does.
MAX_QUESTION = 400


def _build(gathered: object, before: KnowledgeIndex | None) -> KnowledgeIndex:
    articles: tuple[Article, ...] = gathered  # type: ignore[assignment]
    return KnowledgeIndex.build(articles, previous=before)


class Faq:
    """Claim a question that an article answers, or that some articles may answer."""

    name = "faq"

    def __init__(self, *, records: Records, tasks: Tasks) -> None:
        self.indexes: Compiled[KnowledgeIndex] = Compiled(
            "knowledge", ("article",), records=records, tasks=tasks, build=_build, empty=KnowledgeIndex.build([]),
            gather=lambda tenant: tuple(records.all(Article, tenant, "article")),
        )  # fmt: skip

    def index(self, tenant: TenantId) -> KnowledgeIndex:
        """Return the index that is in force."""
        return self.indexes.of(tenant)

    def claim(self, turn: Turn) -> Answer | Suggest | None:
        """Return what the knowledge base decides, None when no article fits."""
        index = self.index(turn.conversation.tenant)
        if not len(index) or len(turn.message.text) > MAX_QUESTION:
            return None
        decision = index.decide(turn.message.text, audience=audience_of(turn))
        return None if isinstance(decision, Nothing) else decision

    def nearest(self, turn: Turn) -> Hit | None:
        """Return the article that came closest to a question, though it was not near enough; None when none did."""
        index = self.index(turn.conversation.tenant)
        if not len(index) or len(turn.message.text) > MAX_QUESTION:
            return None
        return next(iter(index.search(turn.message.text, limit=1, audience=audience_of(turn))), None)

    def answer(self, turn: Turn, claim: Answer | Suggest) -> Outcome:
        """Say the article's text with its source, or offer the titles that may be meant."""
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


def audience_of(turn: Turn) -> tuple[str, ...]:
    """Return the audiences that a visitor belongs to besides everyone: signed in, and the labels people gave it."""
    visitor = turn.visitor
    return ((SIGNED_IN,) if visitor.identity is not None else ()) + visitor.labels
