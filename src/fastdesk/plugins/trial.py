"""Try a question without asking it: what each handler would make of it, and what the desk would say.

Enters: a question, and who might ask it. Leaves: the decision, the text, the articles with their scores, and one line for
each handler. Nothing is stored, nobody is called, no model is asked.
"""

import inspect
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from fastdesk.ai import AssistantSettings
from fastdesk.hooks.registry import Hooks
from fastdesk.hooks.spec import Handler
from fastdesk.knowledge import Answer, Decision, Hit, KnowledgeIndex, Nothing, Suggest
from fastdesk.model.article import SIGNED_IN
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Said
from fastdesk.model.ids import ConversationId, TenantId, VisitorId
from fastdesk.model.site import Site
from fastdesk.model.turn import Outcome, Turn
from fastdesk.model.visitor import Visitor
from fastdesk.observe.clock import Clock
from fastdesk.pipeline.words import WordFilters
from fastdesk.plugins.faq import MAX_QUESTION, Faq
from fastdesk.plugins.rules import Rules

__all__ = ["Asker", "Candidate", "Stage", "Trial", "Trials"]

#: Handlers of the product whose answer is a pure function of the turn: theirs can be shown.
_SHOWN: Final = frozenset({"human", "flows", "rules", "faq", "fallback"})
_ID = "trial"


class Asker(Struct, frozen=True, kw_only=True):
    """Who might ask: where, in which language, holding which labels."""

    site: Site
    language: str = ""
    audience: tuple[str, ...] = ()


class Candidate(Struct, frozen=True, kw_only=True):
    """An article that was found, with its scores (0 to 1)."""

    article: str
    title: str
    question: str
    score: float
    alone: float
    snippet: str
    url: str


class Stage(Struct, frozen=True, kw_only=True):
    """What one part of the desk makes of the question; `line` has the languages zh and en."""

    name: str
    claims: bool
    line: dict[str, str]


class Trial(Struct, frozen=True, kw_only=True):
    """What would happen. `decision` is blocked, human, flows, rules, answer, suggest, assistant, fallback or a plug-in's name."""

    decision: str
    texts: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    sources: tuple[dict[str, str], ...] = ()
    calls: bool = False
    candidates: tuple[Candidate, ...] = ()
    answer_at: float = 0.0
    suggest_at: float = 0.0
    stages: tuple[Stage, ...] = ()


class _NoPort:
    """Show nothing to nobody."""

    def show(self, text: str, *, replace: bool = False) -> None:
        """Leave it."""

    def thinking(self, note: str = "") -> None:
        """Leave it."""


class Trials:
    """Walk a question past the word filter and the handlers, in their order."""

    def __init__(
        self,
        *,
        words: WordFilters,
        rules: Rules,
        faq: Faq,
        hooks: Hooks,
        clock: Clock,
        assistant: Callable[[TenantId, Site], AssistantSettings],
    ) -> None:
        self._words = words
        self._rules = rules
        self._faq = faq
        self._hooks = hooks
        self._clock = clock
        self._assistant = assistant

    async def run(self, tenant: TenantId, question: str, asker: Asker, limit: int = 5) -> Trial:
        """Say what would become of a question; waits for the embedding of the question where one is to be had."""
        turn = self._turn(tenant, question, asker)
        verdict = self._words.check(tenant, question, "input")
        words = Stage(
            name="words",
            claims=verdict.level in ("block", "handoff"),
            line={tag: verdict.reason(tag) or clean for tag, clean in _CLEAN.items()},
        )
        decided = await self._faq.decide(turn)
        claims = [
            (handler, self._hooks.call(handler.name, handler.claim, turn))
            if handler is not self._faq
            else (handler, None if isinstance(decided, Nothing) else decided)
            for handler in self._hooks.handlers
        ]
        stages = [words, *(self._stage(turn, handler, claim) for handler, claim in claims)]
        index = self._faq.index(tenant)
        found = self._candidates(index, turn, limit)
        rest: dict[str, Any] = {
            "candidates": found,
            "answer_at": index.settings.answer_at,
            "suggest_at": index.settings.suggest_at,
            "stages": tuple(stages),
        }
        if words.claims:
            return Trial(decision="blocked" if verdict.level == "block" else "human", **rest)
        for handler, claim in claims:
            if claim is not None and (decided_by := self._decided(turn, handler, claim, rest)) is not None:
                return decided_by
        return Trial(decision="nobody", **rest)

    def _decided(self, turn: Turn, handler: Handler, claim: Any, rest: dict[str, Any]) -> Trial | None:
        """Return what a handler would answer, None when it only does something beside the answer."""
        decision = handler.name
        if isinstance(claim, Answer | Suggest):
            decision = "answer" if isinstance(claim, Answer) else "suggest"
        outcome = self._hooks.call(handler.name, handler.answer, turn, claim) if _is_shown(handler) else None
        if inspect.iscoroutine(outcome):
            outcome.close()  # an endpoint would be called: it is not
            return Trial(decision=decision, calls=True, **rest)
        if not isinstance(outcome, Outcome):
            return Trial(decision=decision, **rest)
        if outcome.goes_on:
            return None
        buttons = [button for reply in outcome.replies for button in (reply.extra or {}).get("buttons", ())]
        return Trial(
            decision=decision,
            texts=tuple(reply.text for reply in outcome.replies),
            buttons=tuple(str(button["label"]) for button in buttons),
            sources=tuple(source for reply in outcome.replies for source in reply.sources or ()),
            **rest,
        )

    def _turn(self, tenant: TenantId, question: str, asker: Asker) -> Turn:
        now_ms = self._clock.now_ms()
        labels = tuple(label for label in asker.audience if label != SIGNED_IN)
        identity = _ID if SIGNED_IN in asker.audience else None
        conversation = Conversation(
            id=ConversationId(_ID), tenant=tenant, site=asker.site.id, visitor=VisitorId(_ID)
        )
        visitor = Visitor(
            id=VisitorId(_ID), tenant=tenant, site=asker.site.id, language=asker.language, labels=labels, identity=identity
        )  # fmt: skip
        said = Said(tenant, 0, now_ms, conversation.id, 1, _ID, "visitor", _ID, "", "text", question)
        return Turn(
            message=said, conversation=conversation, visitor=visitor, site=asker.site,
            language=asker.language or asker.site.locale, received_ns=self._clock.now_ns(), port=_NoPort(),
        )  # fmt: skip

    def _candidates(self, index: KnowledgeIndex, turn: Turn, limit: int) -> tuple[Candidate, ...]:
        text = turn.message.text
        audience = (*turn.visitor.labels, *((SIGNED_IN,) if turn.visitor.identity is not None else ()))
        if len(text) > MAX_QUESTION:
            return ()
        hits = index.search(text, limit=limit, audience=audience, vector=self._faq.vector_of(text))
        return tuple(_candidate(hit) for hit in hits)

    def _stage(self, turn: Turn, handler: Handler, claim: Any) -> Stage:
        match handler.name:
            case "rules":
                why = self._rules.explain(turn)
                line = {tag: why.line(tag) for tag in ("zh", "en")}
            case "faq":
                line = _faq_line(claim, self._faq.nearest(turn), self._faq.index(turn.conversation.tenant))
            case "assistant":
                models = self._assistant(turn.conversation.tenant, turn.site).models
                names = ", ".join(model.model for model in models)
                line = {"zh": f"询问模型：{names}", "en": f"asks a model: {names}"} if models else _NO_MODEL
            case _:
                line = _CLAIMS if claim is not None else _CLAIMS_NOT
        return Stage(name=handler.name, claims=claim is not None, line=line)


_CLEAN = {"zh": "词库中没有命中", "en": "no listed word"}
_CLAIMS = {"zh": "会回答", "en": "would answer"}
_CLAIMS_NOT = {"zh": "不适用", "en": "does not apply"}
_NO_MODEL = {"zh": "没有配置模型", "en": "no model is set up"}


def _is_shown(handler: Handler) -> bool:
    """Tell whether asking a handler for its answer has no effect outside."""
    return handler.name in _SHOWN


def _faq_line(claim: Decision | None, nearest: Hit | None, index: KnowledgeIndex) -> dict[str, str]:
    settings = index.settings
    if isinstance(claim, Answer):
        hit = claim.hit
        return {
            "zh": f"文章 {hit.article} 直接回答：{hit.score:.2f} ≥ {settings.answer_at:.2f}",
            "en": f"article {hit.article} answers: {hit.score:.2f} ≥ {settings.answer_at:.2f}",
        }
    if isinstance(claim, Suggest):
        listed = ", ".join(f"{hit.article} {hit.score:.2f}" for hit in claim.hits)
        return {"zh": f"推荐文章：{listed}", "en": f"suggests articles: {listed}"}
    if nearest is None:
        return {"zh": "没有相关文章", "en": "no article fits"}
    shown = f"{nearest.article} {nearest.score:.2f} < {settings.suggest_at:.2f}"
    return {"zh": f"最接近的文章不够相关：{shown}", "en": f"the nearest article is not near enough: {shown}"}


def _candidate(hit: Hit) -> Candidate:
    return Candidate(
        article=hit.article, title=hit.title, question=hit.question, score=round(hit.score, 4), alone=round(hit.alone, 4),
        snippet=hit.snippet.text, url=hit.source.url,
    )  # fmt: skip
