"""Let a language model answer what no rule and no article answered, in time or not at all."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import structlog
from msgspec.structs import replace

from fastdesk.ai import (
    Answer,
    Asking,
    Assistant,
    AssistantSettings,
    NoAnswer,
    Question,
    ReadyLine,
    Result,
    Setup,
    read_settings,
)
from fastdesk.errors import ConfigError
from fastdesk.hooks.pending import Pending
from fastdesk.model.ids import SiteId, TenantId
from fastdesk.model.site import Site, Tenant
from fastdesk.model.turn import Action, Outcome, Reply, Turn
from fastdesk.observe.tasks import Tasks
from fastdesk.pipeline.reply import pick_text
from fastdesk.plugins.contexts import Contexts, ready_turn
from fastdesk.plugins.faq import audience_of
from fastdesk.tenants.records import HOUSE, Records

__all__ = ["AssistantHandler"]

_HANDING_OFF = {
    "zh": "好的，正在为您转接人工客服，请稍候。",
    "en": "Of course. A person will be with you shortly.",
}
_WITHHELD = {
    "zh": "抱歉，这个问题我无法回答。您可以换个问题，或转人工客服。",
    "en": "Sorry, I cannot answer this. Ask something else, or talk to a person.",
}

#: What is known of a visitor without a signed identity, and of a prompt without variables.
_NOTHING: dict[str, str] = {}

_NAME: Final = "assistant"
#: Why an answer is what it is, to be filled in: copied at half the price of a new one.
_WHY: Final[dict[str, Any]] = dict.fromkeys(
    ("by", "model", "tokens_in", "tokens_out", "cost_micro", "first_ms", "total_ms", "cached"), _NAME
)

_log = structlog.get_logger("fastdesk.assistant")


#: Carry out an outcome though its turn has been answered; the reason stands in its events.
Volunteer = Callable[[Turn, Outcome, str], None]


class _Asked(Pending):
    """A turn whose question is with the models; its outcome is what is decided on their result."""

    def __init__(self, handler: "AssistantHandler", turn: Turn, question: Question) -> None:
        super().__init__()
        self.question = question
        self.asking: Asking | None = None
        self._handler = handler
        self._turn = turn

    def tell(self, result: Result) -> None:
        """Take the result of the models."""
        if self.is_over:
            return
        try:
            outcome = self._handler.decide(self._turn, self.question, result)
        except Exception as failure:  # the corridor logs it and lets the next handler answer
            self.fail(failure)
        else:
            self.give(outcome)

    def cancel(self) -> bool:
        """End the question, too."""
        is_ended = super().cancel()
        if is_ended and self.asking is not None:
            self.asking.cancel()
        return is_ended


class AssistantHandler:
    """Claim what is left when a site has a model; when the model has no answer, `otherwise` has one."""

    name = _NAME

    def __init__(
        self,
        *,
        assistant: Assistant,
        defaults: AssistantSettings,
        records: Records,
        tasks: Tasks,
        contexts: Contexts,
        otherwise: Callable[[Turn], Outcome],
        volunteer: Volunteer,
    ) -> None:
        self._assistant = assistant
        self._defaults = defaults
        self._records = records
        self._tasks = tasks
        self._contexts = contexts
        self._otherwise = otherwise
        self._volunteer = volunteer
        self._setups: dict[tuple[TenantId, SiteId], tuple[Site, Tenant | None, Setup | None]] = {}
        #: Setups that are those of their records; none after a change of any, until it is looked at again.
        self._current: dict[tuple[TenantId, SiteId], Setup] = {}
        records.watch("article", assistant.forget)
        records.watch("site", lambda tenant: self._current.clear())
        records.watch("tenant", lambda tenant: self._current.clear())

    def setup(self, tenant: TenantId, site: Site) -> Setup | None:
        """Return what answering for a site takes, made anew when its settings changed; None when it cannot answer."""
        key = (tenant, site.id)
        current = self._current.get(key)
        if current is not None:
            return current
        recorded = self._records.site(*key)
        setup = self._made(key, recorded or site)  # a conversation may hold the one before
        if setup is not None and recorded is not None:
            self._current[key] = setup
        return setup

    def _made(self, key: tuple[TenantId, SiteId], site: Site) -> Setup | None:
        """Make a setup, unless it is there already."""
        tenant, known = key[0], self._setups.get(key)
        house = self._records.get(Tenant, HOUSE, "tenant", tenant)
        if known is not None and known[0] is site and known[1] is house:
            return known[2]
        setup: Setup | None = None
        own = {**(house.settings.get("assistant", {}) if house else {}), **site.settings.get("assistant", {})}
        try:
            settings = read_settings(own, self._defaults)
            setup = self._assistant.prepare(tenant, site.id, settings, own_models="models" in own)
        except ConfigError as problem:
            _log.error("assistant_off", tenant=tenant, site=site.id, problem=str(problem))
        self._setups[key] = (site, house, setup)
        return setup

    def settings(self, tenant: TenantId, site: Site) -> AssistantSettings:
        """Return the settings in force for a site."""
        setup = self.setup(tenant, site)
        return self._defaults if setup is None else setup.settings

    def claim(self, turn: Turn) -> tuple[Setup, str] | None:
        """Claim words when the site has a model."""
        setup = self.setup(turn.conversation.tenant, turn.site)
        if setup is None or not setup.models or turn.message.kind != "text":
            return None
        return setup, ""

    def answer(self, turn: Turn, claim: tuple[Setup, str] | Outcome) -> Outcome | Pending:
        """Ask the models; who cancels the answer cancels the call. An answer that came late is its own claim."""
        if isinstance(claim, Outcome):
            return claim
        setup, instruction = claim
        ready = ready_turn(turn.message, setup.settings)
        said = self._contexts.said(turn, ready, setup.settings)
        asked = _Asked(self, turn, self._question(turn, setup, instruction, ready.ready))
        asked.asking = self._assistant.begin(asked.question, setup, asked.tell, turn.port, said)
        return asked

    def instructed(self, turn: Turn, instruction: str) -> tuple[Setup, str] | None:
        """Return the claim on a turn that a rule gives to the assistant, with what the rule wants of it."""
        claim = self.claim(turn)
        return None if claim is None else (claim[0], instruction)

    async def _follow_up(self, turn: Turn, question: Question, late: "asyncio.Future[Result]") -> None:
        result = await late
        if isinstance(result, Answer) and not self._contexts.has_moved_on(turn):
            self._volunteer(turn, self._said(turn, question, result), "late answer")

    def _question(self, turn: Turn, setup: Setup, instruction: str, line: ReadyLine | None) -> Question:
        conversation, visitor = turn.conversation, turn.visitor
        return Question(
            tenant=conversation.tenant,
            site=conversation.site,
            visitor=visitor.id,
            conversation=conversation.id,
            turn=turn.id,
            text=turn.message.text,
            received_ns=turn.received_ns,
            language=turn.language,
            audience=",".join(audience_of(turn)) if setup.settings.cache_s else "",
            identity=_NOTHING if visitor.identity is None else {"identity": visitor.identity},
            variables=self._variables(turn) if setup.writer.names else _NOTHING,
            instruction=instruction,
            passages=self._contexts.passages(turn),
            line=line,
        )

    def _variables(self, turn: Turn) -> dict[str, str]:
        return {"site": pick_text(turn.site.name, turn.language), "visitor": turn.visitor.name}

    # What becomes of it.

    def decide(self, turn: Turn, question: Question, result: Result) -> Outcome:
        """Decide what becomes of a result."""
        if isinstance(result, Answer):
            return self._said(turn, question, result)
        if result.follow_up is not None:
            self._tasks.spawn(self._follow_up(turn, question, result.follow_up), "late answer")
        return self._without(turn, result)

    def _said(self, turn: Turn, question: Question, answer: Answer) -> Outcome:
        why = _WHY.copy()
        why["model"] = answer.model
        why["tokens_in"] = answer.tokens_in
        why["tokens_out"] = answer.tokens_out
        why["cost_micro"] = answer.cost_micro
        why["first_ms"] = answer.first_ms
        why["total_ms"] = answer.total_ms
        why["cached"] = answer.is_cached
        text, handing = answer.text, None
        for action in answer.actions:
            if action.name == "hand_off":
                handing = action
        if not text and handing is None:
            return replace(self._otherwise(turn), why=why | {"not_sure": True})
        if not text:
            text = pick_text(turn.site.texts.handoff, turn.language) or pick_text(
                _HANDING_OFF, answer.language
            )
        sources = [
            {"id": passage.id, "title": passage.title, "url": passage.url}
            for passage in question.passages
            if passage.id in answer.sources
        ]
        return Outcome(
            replies=(Reply(text=text, kind="markdown", role="assistant", sources=sources or None),),
            actions=() if handing is None else (_hand_off(str(handing.arguments.get("reason") or "model")),),
            why=why,
        )

    def _without(self, turn: Turn, result: NoAnswer) -> Outcome:
        """Let the rules answer, or say neutrally that this cannot be answered."""
        why = {"assistant": result.reason, "detail": result.detail, **_figures(result)}
        if result.reason != "blocked":
            outcome = self._otherwise(turn)
            return replace(outcome, why={**(outcome.why or {}), **why})
        actions = []
        if result.draft:
            actions.append(Action(do="noted", values={"kind": "draft", "text": result.draft, "body": why}))
        if "handoff" in result.detail.split():
            actions.append(_hand_off("blocked"))
        text = pick_text(_WITHHELD, turn.language or "zh")
        return Outcome(
            replies=(Reply(text=text, role="assistant"),),
            actions=tuple(actions),
            why={"by": self.name, **why},
        )


def _figures(result: Result) -> dict[str, Any]:
    return {"tokens_in": result.tokens_in, "tokens_out": result.tokens_out, "cost_micro": result.cost_micro}


def _hand_off(reason: str) -> Action:
    return Action(do="handoff", values={"reason": reason})
