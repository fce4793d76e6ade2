"""A question on its way through the models: a place in the pool, then one model after another until one answers whole.

Theory of operation. A run moves by callbacks only, so an answer costs no task: `start` takes from the rate
limits and asks the pool for a slot; `on_slot` turns to the first model whose breaker lets it pass and
reserves its highest cost; the attempt reports the first token, text, and one outcome. A failure turns to
the next model. Whatever happens, `_give_back` runs once.

Several askings may wait for one run, when equal questions share it; a run that nobody waits for any more is
abandoned. Checked sentences are shown as they come; when another model takes over, its first piece replaces
what was shown, so no half answer stays.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Literal

from fastdesk.ai.actions import ProposedAction
from fastdesk.ai.answer import Answer, NoAnswer, Question, Reason, Result
from fastdesk.ai.asking import Asking
from fastdesk.ai.attempt import Attempt, AttemptOwner, Spending
from fastdesk.ai.budget import FREE, Reservation
from fastdesk.ai.draft import Draft
from fastdesk.ai.limits import Taken
from fastdesk.ai.models import Model
from fastdesk.ai.prompt import Prompt, cited
from fastdesk.ai.provider import Completion, Failure, ModelRequest
from fastdesk.ai.run_kit import RunKit
from fastdesk.ai.setup import Setup
from fastdesk.ai.tokens import line_tokens, most_tokens
from fastdesk.ai.tool_round import ToolRound

__all__ = ["Run"]

_MS: Final = 1_000_000


class _Chosen:
    """A model whose breaker has let us pass, waiting for the budget."""

    def __init__(self, model: Model, ticket: int, request: ModelRequest) -> None:
        self.model = model
        self.ticket = ticket
        self.request = request


class Run(AttemptOwner):
    """Bring one prompt to an answer. Told apart by identity."""

    def __init__(self, kit: RunKit, setup: Setup, question: Question, prompt: Prompt) -> None:
        self.spending = Spending()
        #: Told the result once, None when the run was abandoned.
        self.on_over: Callable[[Result | None], None] | None = None
        self._kit = kit
        self._setup = setup
        self._question = question
        self._prompt = prompt
        self._askings: list[Asking] = []
        self._lines = prompt.lines
        self._encoded = prompt.encoded
        self._offer = setup.offer(question.identity)
        self._rounds_left = setup.settings.max_tool_rounds
        #: The place in the setup's models of the one to be asked next.
        self._next = 0
        self._failure = "no model may be asked now"
        self._actions: tuple[ProposedAction, ...] = ()
        self._taken: Taken | None = None
        self._place: Literal["none", "queued", "slot"] = "none"
        self._chosen: _Chosen | None = None
        self._attempt: Attempt | None = None
        self._performing: asyncio.Task[Any] | None = None
        self._draft: Draft | None = None
        self._is_streamed = False
        self._replaces = False
        self._first_ns = 0
        self._is_patient = False
        self._is_over = False

    # Those who wait.

    def join(self, asking: Asking) -> None:
        """Tell this one too; it is shown at once what has been shown to others."""
        self._askings.append(asking)
        asking.wait_for(self)
        if self._first_ns:
            asking.on_begun()
            if self._is_streamed and self._draft is not None:
                asking.show(self._draft.text, replace=False)

    def leave(self, asking: Asking, *, is_late: bool) -> Spending:
        """Stop telling this one; the last to leave ends the run and accounts for what it has cost."""
        self._askings.remove(asking)
        if self._askings:
            return Spending()
        if self._attempt is not None:
            # A model that had but the end of the deadline, because the pool was full, is not to blame.
            patience_ns = self._setup.settings.deadline_ms * _MS // 2 if is_late else 0
            self._attempt.give_up(min_patience_ns=patience_ns)
        self._give_back()
        self._tell(None)
        return self.spending

    def wait_on(self) -> None:
        """Go on although a deadline has passed; the model's own limits count from here."""
        self._is_patient = True
        if self._attempt is not None:
            self._attempt.watch()

    # The way to a model.

    def start(self, now_ns: int) -> None:
        """Take from the rate limits and ask for a place in the pool."""
        kit, question, setup = self._kit, self._question, self._setup
        if setup.rates:
            tokens = 0
            if setup.limits_tokens:
                tokens = line_tokens([line.content for line in self._lines]) + setup.max_tokens
            owners = (question.tenant, question.site, question.visitor)
            taken = kit.limits.take(setup.rates, owners, tokens, now_ns)
            if isinstance(taken, int):
                self._fail("limited", f"wait {taken // _MS} ms")
                return
            self._taken = taken
        answer = kit.pool.enter(question.tenant, self)
        if answer is None:
            self._place = "queued"
        elif answer:
            self._place = "slot"
            self._advance(now_ns)
        else:
            self._fail("busy")

    def on_slot(self) -> None:
        """Called by the pool: begin with the first model."""
        self._place = "slot"
        self._advance(self._kit.clock.now_ns())

    def on_refused(self) -> None:
        """Called by the pool: the place in the queue is lost."""
        self._place = "none"
        self._fail("busy")

    def on_budget(self, reservation: Reservation | None) -> None:
        """Called by the budget: the reservation is durable."""
        chosen, self._chosen = self._chosen, None
        if self._is_over or chosen is None:
            if reservation is not None:
                reservation.settle(0)
        elif reservation is None:
            chosen.model.breaker.forget(chosen.ticket)
            self._fail("budget")
        else:
            self._call(chosen.model, chosen.ticket, chosen.request, reservation, self._kit.clock.now_ns())

    def _advance(self, now_ns: int) -> None:
        """Turn to the next model whose breaker lets a call pass."""
        models = self._setup.models
        while self._next < len(models):
            model = models[self._next]
            self._next += 1
            ticket = model.breaker.allow(now_ns)
            if ticket is None:
                continue
            tools = () if model.refuses_tools else self._offer.as_seen
            request = ModelRequest(
                lines=self._lines,
                encoded=self._encoded,
                tools=tools,
                max_tokens=model.settings.max_tokens,
            )
            reservation = self._reserve(model, request)
            if reservation == "used_up":
                model.breaker.forget(ticket)
                self._fail("budget")
            elif reservation == "wait":
                self._chosen = _Chosen(model, ticket, request)
            else:
                self._call(model, ticket, request, reservation, now_ns)
            return
        self._fail("failed", self._failure)

    def _reserve(self, model: Model, request: ModelRequest) -> Reservation | Literal["wait", "used_up"]:
        kit, budget = self._kit, self._setup.settings.budget
        if not budget.day and not budget.month:
            return FREE
        most = model.cost_micro(most_tokens([line.content for line in request.lines]), request.max_tokens)
        return kit.budgets.reserve(self._question.tenant, budget, most, kit.clock.now_ms(), self)

    def _call(
        self, model: Model, ticket: int, request: ModelRequest, reservation: Reservation, now_ns: int
    ) -> None:
        kit = self._kit
        kit.counters.calls += 1
        self._draft = Draft(
            kit.screen,
            self._question.tenant,
            mask=self._setup.settings.mask,
            known=self._prompt.lines[0].content,
        )
        self._replaces = self._is_streamed
        self._attempt = attempt = Attempt(
            self,
            model,
            request,
            ticket=ticket,
            reservation=reservation,
            spending=self.spending,
            clock=kit.clock,
            entropy=kit.entropy,
            now_ns=now_ns,
        )
        # The askings' deadline bounds the first token of a first model; nobody else bounds it later.
        own_ms = model.settings.total_ms if self._first_ns or self._is_patient else 0
        attempt.start(first_token_ms=model.settings.first_token_ms or own_ms)

    # What the model says.

    def on_first(self, now_ns: int) -> None:
        """Called by the attempt: the deadline is met."""
        if not self._first_ns:
            self._first_ns = now_ns
            for asking in self._askings:
                asking.on_begun()

    def on_text(self, text: str) -> None:
        """Called by the attempt: show what can be."""
        draft = self._draft
        assert draft is not None
        piece = draft.feed(text)
        if draft.stopped is not None:
            self._block(draft)
        elif piece:
            replaces, self._replaces = self._replaces, False
            self._is_streamed = True
            for asking in tuple(self._askings):
                asking.show(piece, replace=replaces)

    def on_whole(self, completion: Completion) -> None:
        """Called by the attempt: check the rest and finish, or do what the model proposes."""
        attempt, self._attempt = self._attempt, None
        draft, now_ns = self._draft, self._kit.clock.now_ns()
        assert attempt is not None
        assert draft is not None
        self.on_first(now_ns)
        draft.finish(completion.text)
        if draft.stopped is not None:
            self._block(draft)
        elif completion.tool_calls:
            self._take_tools(attempt.model, completion, now_ns)
        elif not draft.text or draft.text.isspace():
            self._turn_away("an empty answer")
        else:
            self._answer(attempt.model, completion.finish, now_ns)

    def on_failed(self, failure: Failure) -> None:
        """Called by the attempt: let the next model try."""
        attempt, self._attempt = self._attempt, None
        assert attempt is not None
        if failure.status in (400, 422) and attempt.request.tools:
            # Some servers take no tools with some models: once more without, and never again with.
            attempt.model.refuses_tools = True
            self._next -= 1
        self._turn_away(
            f"{attempt.model.name}: {failure.kind} {failure.status or ''} {failure.detail}".strip()
        )

    def _turn_away(self, why: str) -> None:
        self._failure = why
        if self._next < len(self._setup.models):
            self._kit.counters.fallbacks += 1
        if self._is_streamed:
            self._kit.counters.broken_streams += 1
        self._advance(self._kit.clock.now_ns())

    def _take_tools(self, model: Model, completion: Completion, now_ns: int) -> None:
        tools = ToolRound(completion, self._offer, self._question, self._kit.counters)
        self._actions += tools.actions
        if not tools.needs_model:
            self._answer(model, completion.finish, now_ns)
        elif self._rounds_left:
            self._rounds_left -= 1
            for asking in tuple(self._askings):
                asking.thinking(tools.names)
            self._performing = self._kit.spawn(self._perform(tools), "tools of an answer")
        else:
            self._fail("failed", "too many rounds of tools")

    async def _perform(self, tools: ToolRound) -> None:
        """Do what the model proposed, then tell it."""
        told = await tools.perform(self._kit.perform)
        self._performing = None
        self._lines += told
        self._encoded = ()
        self._next -= 1
        self._advance(self._kit.clock.now_ns())

    # Ends.

    def _block(self, draft: Draft) -> None:
        if self._attempt is not None:
            self._attempt.give_up()
        stopped = draft.stopped
        self._fail(
            "blocked", f"output {stopped.level} {stopped.reason}".strip() if stopped else "", draft.raw
        )

    def _answer(self, model: Model, finish: str, now_ns: int) -> None:
        question, spending = self._question, self.spending
        text = self._draft.text.strip() if self._draft is not None else ""
        self._finish(
            Answer(
                text=text,
                language=self._prompt.language,
                model=model.name,
                tokens_in=spending.tokens_in,
                tokens_out=spending.tokens_out,
                cost_micro=spending.cost_micro,
                first_ms=(self._first_ns - question.received_ns) // _MS,
                total_ms=(now_ns - question.received_ns) // _MS,
                finish=finish,
                sources=cited(text, question.passages) if question.passages else (),
                actions=self._actions,
                is_streamed=self._is_streamed,
            )
        )

    def _fail(self, reason: Reason, detail: str = "", draft: str = "") -> None:
        self._finish(
            NoAnswer(
                reason=reason,
                detail=detail,
                is_streamed=self._is_streamed,
                tokens_in=self.spending.tokens_in,
                tokens_out=self.spending.tokens_out,
                cost_micro=self.spending.cost_micro,
                draft=draft,
            )
        )

    def _finish(self, result: Result) -> None:
        self._give_back()
        self._tell(result)

    def _give_back(self) -> None:
        """Free everything this run holds."""
        kit, used = self._kit, self.spending
        self._is_over = True
        kit.counters.tokens_in += used.tokens_in
        kit.counters.tokens_out += used.tokens_out
        kit.counters.cost_micro += used.cost_micro
        self._attempt = None
        if self._performing is not None:
            self._performing.cancel()
            self._performing = None
        if self._chosen is not None:
            self._chosen.model.breaker.forget(self._chosen.ticket)
            self._chosen = None
        if self._taken is not None:
            self._taken.give_back(used.tokens_in + used.tokens_out, kit.clock.now_ns())
        place, self._place = self._place, "none"
        if place == "slot":
            kit.pool.leave(self._question.tenant)
        elif place == "queued":
            kit.pool.withdraw(self._question.tenant, self)

    def _tell(self, result: Result | None) -> None:
        """Tell everyone, the cost only to the first: it was paid once."""
        if self.on_over is not None:
            self.on_over(result)
        askings, self._askings = self._askings, []
        for asking in askings:
            if result is not None:
                asking.tell(result)
                if len(askings) > 1:
                    result = result.unpaid()
