"""Answer by the tenant's rules: the first thing that is asked, without a task and without waiting for ordinary rules."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol, cast

import msgspec

from fastdesk.model import rule as does
from fastdesk.model.call import CallAnswer
from fastdesk.model.conversation import Conversation
from fastdesk.model.ids import TenantId
from fastdesk.model.rule import Http
from fastdesk.model.rule import Rule as RuleRecord
from fastdesk.model.site import Site
from fastdesk.model.turn import Action, Outcome, Reply, Turn
from fastdesk.observe.clock import Clock
from fastdesk.observe.tasks import Tasks
from fastdesk.pipeline.reply import pick_text
from fastdesk.rules import Facts, Match, Rest, RuleBook, Why, resume
from fastdesk.tenants.compiled import Compiled
from fastdesk.tenants.records import Records

__all__ = ["Caller", "IsOpen", "Knows", "Rules", "facts_of", "outcome_of"]


#: Actions after which nobody waits for an answer, or somebody else gives it.
_ANSWERS = frozenset({"handoff", "assign", "flow", "assistant", "resolve", "snooze"})

#: Whether a tenant's site is open now, by its business hours.
IsOpen = Callable[[TenantId, Site], bool]


class Caller(Protocol):
    """Call an endpoint that an owner named in a rule or a flow."""

    async def call(self, tenant: TenantId, request: Http) -> CallAnswer:
        """Return the decoded JSON answer, or why there is none; never raises."""


class Knows(Protocol):
    """What rules may ask of other rooms; each costs something and is asked only when some rule wants it."""

    def counts(self, conversation: Conversation) -> dict[str, int]:
        """Return how many messages visitor, agent and bot have written."""

    def intent(self, turn: Turn) -> tuple[str, float] | None:
        """Return the article that a message asks for, and how sure that is."""


def _build(gathered: object, before: RuleBook | None) -> RuleBook | None:
    book = RuleBook.compile(gathered)  # type: ignore[arg-type]
    return book if isinstance(book, RuleBook) else None


class Rules:
    """Claim a turn when a rule of its tenant matches."""

    name = "rules"

    def __init__(
        self, *, records: Records, tasks: Tasks, clock: Clock, caller: Caller, is_open: IsOpen, knows: Knows
    ) -> None:
        self.knows = knows
        self._clock = clock
        self._caller = caller
        self._is_open = is_open
        self._tell = self._facts  # bound once: nearly every message is settled without it
        self.books: Compiled[RuleBook] = Compiled(
            "rules", ("rule",), records=records, tasks=tasks, build=_build, empty=RuleBook.EMPTY,
            gather=lambda tenant: tuple(records.all(RuleRecord, tenant, "rule")),
        )  # fmt: skip

    def claim(self, turn: Turn) -> Match | None:
        """Return what the rules want done, None when none matches."""
        book = self.books.of(turn.conversation.tenant)
        if not book.size:
            return None
        return book.match_message(turn.message.text, turn.site.id, turn.language, self._tell, turn)

    def explain(self, turn: Turn) -> Why:
        """Return why rules fire on a turn, or don't; also when none does."""
        book = self.books.of(turn.conversation.tenant)
        return book.explain(self._facts(turn)) if book.size else Why(on="message")

    def _facts(self, turn: Turn) -> Facts:
        conversation = turn.conversation
        book = self.books.of(conversation.tenant)
        return facts_of(
            turn,
            now_ms=self._clock.now_ms(),
            is_open=self._is_open(conversation.tenant, turn.site),
            counts=self.knows.counts(conversation) if book.asks_counts else {},
            intent=self.knows.intent(turn) if book.asks_intent else None,
        )

    def answer(self, turn: Turn, claim: Match) -> "Outcome | Awaitable[Outcome]":
        """Return the outcome at once, or later when a rule calls an endpoint."""
        if claim.rest is None:
            if claim.outcome is None:
                claim.outcome = outcome_of(claim.actions, claim)
            return cast(Outcome, claim.outcome)
        return self._answer_with_calls(turn, claim, claim.rest)

    async def _answer_with_calls(self, turn: Turn, match: Match, rest: Rest | None) -> Outcome:
        actions = list(match.actions)
        while rest is not None and rest.call is not None:
            turn.port.thinking()
            answered = await self._caller.call(turn.conversation.tenant, rest.call)
            following, rest = resume(rest, answered)
            actions += following
        return outcome_of(actions, match)


def facts_of(
    turn: Turn,
    *,
    now_ms: int,
    is_open: bool,
    counts: dict[str, int],
    intent: tuple[str, float] | None = None,
) -> Facts:
    """Return what rules may know of a turn. The identity is there only when a signature proved it."""
    conversation, visitor, site = turn.conversation, turn.visitor, turn.site
    return Facts(
        text=turn.message.text,
        now_ms=now_ms,
        site=site.id,
        site_name=pick_text(site.name, turn.language),
        language=turn.language,
        open=is_open,
        visitor=visitor,
        identity=visitor.identity,
        state=conversation.state,
        labels=conversation.labels,
        conversation=conversation,
        counts=counts,
        intent=intent,
        fired=conversation.fired,
    )


def outcome_of(actions: Iterable[does.Action], match: Match) -> Outcome:
    """Translate the rules' actions into what the pipeline does."""
    replies: list[Reply] = []
    acts: list[Action] = []
    for action in actions:
        match action:
            case does.Reply():
                replies.append(Reply(text=str(action.text)))
            case does.Buttons():
                buttons = [
                    {"label": option.label, "value": option.value or option.label}
                    for option in action.options
                ]
                replies.append(Reply(text=str(action.text), extra={"buttons": buttons}))
            case does.Handoff():
                wish = {"reason": action.reason or "rule", "code": "rule", "skills": action.skills}
                acts.append(Action(do="handoff", values=wish))
                if action.team is not None:
                    acts.append(Action(do="assign", values={"team": action.team}))
            case does.Snooze():
                acts.append(Action(do="snooze", values={"for_ms": action.for_ms}))
            case does.SetPriority():
                acts.append(Action(do="priority", values={"priority": action.level}))
            case does.StartFlow():
                acts.append(Action(do="flow", values={"flow": action.flow, "slots": action.slots}))
            case does.Webhook():
                acts.append(Action(do="webhook", values={"name": action.name}))
            case does.Assistant():
                acts.append(Action(do="assistant", values={"instruction": action.instruction}))
            case does.Assign() | does.SetLabels() | does.Note() | does.Resolve():
                values: dict[str, Any] = msgspec.structs.asdict(action)
                name = {"SetLabels": "label"}.get(type(action).__name__, type(action).__name__.lower())
                acts.append(Action(do=name, values=values))  # type: ignore[arg-type]
            case Http():
                pass  # has been called by now
    why = {"by": "rules", **msgspec.to_builtins(match.why)}
    goes_on = not replies and not any(act.do in _ANSWERS for act in acts)
    return Outcome(
        replies=tuple(replies), actions=tuple(acts), fired=tuple(match.once), why=why, goes_on=goes_on
    )
