"""Lead visitors through dialogue flows: one step a message, the state kept with the conversation."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from fastdesk.dialogue import (
    Answered,
    Around,
    Aside,
    Flows,
    FlowState,
    Given,
    Handed,
    Heard,
    Late,
    Over,
    Request,
    SideAnswered,
    Speak,
    Step,
    decode_state,
    encode_state,
)
from fastdesk.model.flow import Flow, FlowVersion
from fastdesk.model.rule import Http
from fastdesk.model.turn import Action, Outcome, Reply, Turn
from fastdesk.observe.clock import Clock
from fastdesk.observe.tasks import Tasks
from fastdesk.pipeline.reply import pick_text
from fastdesk.plugins.rules import Caller
from fastdesk.tenants.compiled import Compiled
from fastdesk.tenants.records import Records

__all__ = ["FlowHandler", "Overdue"]

#: Answer a side question by other means; None when nobody knows an answer at once.
SideAnswer = Callable[[Turn], Outcome | None]


class Overdue(Struct, frozen=True):
    """A dialogue whose visitor has let the time of its state pass."""

    state: FlowState


#: A flow to begin, with slots that are filled already.
Start = tuple[str, dict[str, str]]

#: Calls that one message may lead to; a flow that calls in a circle ends here.
MAX_CALLS = 10


def _build(gathered: object, before: Flows | None) -> Flows | None:
    flows = Flows.compile(gathered)  # type: ignore[arg-type]
    return flows if isinstance(flows, Flows) else None


class FlowHandler:
    """Claim the turns of a conversation that is in a flow, and messages that begin one."""

    name = "flows"

    def __init__(
        self, *, records: Records, tasks: Tasks, clock: Clock, caller: Caller, side_answer: SideAnswer
    ) -> None:
        self._clock = clock
        self._caller = caller
        self._side_answer = side_answer
        self.flows: Compiled[Flows] = Compiled(
            "flows", ("flow", "flow_version"), records=records, tasks=tasks, build=_build, empty=Flows.EMPTY,
            gather=lambda tenant: (
                *records.all(Flow, tenant, "flow"),
                *(kept.flow for kept in records.all(FlowVersion, tenant, "flow_version")),
            ),
        )  # fmt: skip

    def claim(self, turn: Turn) -> FlowState | str | None:
        """Return the state to go on from, the id of the flow to begin, or None."""
        if turn.conversation.flow is not None:
            return decode_state(turn.conversation.flow)
        return self.flows.of(turn.conversation.tenant).wants(turn.message.text)

    def overdue(self, flow: bytes | None, now_ms: int) -> Overdue | None:
        """Return the claim of a stored state whose time has passed, None when it has not."""
        state = decode_state(flow) if flow is not None else None
        return Overdue(state) if state is not None and 0 < state.late_at_ms <= now_ms else None

    def answer(
        self, turn: Turn, claim: FlowState | str | Start | Overdue
    ) -> "Outcome | Awaitable[Outcome] | None":
        """Take one step; at once, or later when the flow calls an endpoint. A rule's claim is a flow with slots to fill."""
        flows = self.flows.of(turn.conversation.tenant)
        now_ms, around = self._clock.now_ms(), _around(turn)
        step: Step | None
        if isinstance(claim, str):
            step = flows.start(claim, now_ms, around)
        elif isinstance(claim, Overdue):
            step = flows.step(claim.state, Late(), now_ms, around)
        elif isinstance(claim, tuple):
            step = flows.start(claim[0], now_ms, around, claim[1])
        else:
            step = flows.step(claim, Heard(turn.message.text), now_ms, around)
        return self._carry_out(turn, step)

    def _carry_out(self, turn: Turn, step: Step | None) -> "Outcome | Awaitable[Outcome] | None":
        if step is None:
            return None
        if any(isinstance(effect, Request) for effect in step.effects):
            return self._carry_out_calls(turn, step)
        found: list[Outcome] = []
        step = self._answer_asides(turn, step, found)
        if any(isinstance(effect, Request) for effect in step.effects):
            return self._carry_out_calls(turn, step, found)
        return _outcome(turn, [step], found)

    def _answer_asides(self, turn: Turn, step: Step, found: list[Outcome]) -> Step:
        """Answer a side question by the other handlers, then let the form go on."""
        if step.state is None or not step.effects or not isinstance(step.effects[-1], Aside):
            return step
        outcome = self._side_answer(turn)
        if outcome is not None:
            found.append(outcome)
        return self._go_on(turn, step.state, SideAnswered(found=outcome is not None))

    async def _carry_out_calls(self, turn: Turn, step: Step, found: list[Outcome] | None = None) -> Outcome:
        steps = [step]
        for _ in range(MAX_CALLS):
            last = steps[-1]
            request = last.effects[-1] if last.effects else None
            if last.state is None or not isinstance(request, Request):
                break
            turn.port.thinking()
            asked = Http(
                url=request.url,
                method=request.method,
                headers=request.headers,
                body=request.body,
                timeout_ms=request.timeout_ms,
            )
            answered = await self._caller.call(turn.conversation.tenant, asked)
            steps.append(self._go_on(turn, last.state, Answered(answered)))
        return _outcome(turn, steps, found or [])

    def _go_on(self, turn: Turn, state: FlowState, given: Given) -> Step:
        flows = self.flows.of(turn.conversation.tenant)
        return flows.step(state, given, self._clock.now_ms(), _around(turn))


def _around(turn: Turn) -> Around:
    visitor = turn.visitor
    known = {
        "id": visitor.id,
        "name": visitor.name,
        "email": visitor.email,
        "phone": visitor.phone,
        "fields": visitor.fields,
    }
    return Around(
        language=turn.language,
        visitor=known,
        identity=visitor.identity,
        site_name=pick_text(turn.site.name, turn.language),
    )


def _outcome(turn: Turn, steps: list[Step], found: list[Outcome]) -> Outcome:
    """Translate the effects of all steps into one outcome."""
    replies = [reply for outcome in found for reply in outcome.replies]
    actions: list[Action] = []
    why: dict[str, Any] = {"by": "flows"}
    for effect in (effect for step in steps for effect in step.effects):
        match effect:
            case Speak():
                buttons = [{"label": option.label, "value": option.value} for option in effect.options]
                replies.append(Reply(text=effect.text, extra={"buttons": buttons} if buttons else None))
            case Handed():
                actions.append(
                    Action(
                        do="handoff",
                        values={"reason": effect.reason or "flow", "code": "flow", "slots": effect.slots},
                    )
                )
                if effect.team is not None:
                    actions.append(Action(do="assign", values={"team": effect.team}))
                if effect.slots:
                    summary = ", ".join(f"{name}: {value}" for name, value in effect.slots.items())
                    actions.append(
                        Action(
                            do="note",
                            values={"kind": "summary", "text": summary, "body": {"slots": effect.slots}},
                        )
                    )
            case Over():
                why |= {"flow": effect.flow, "version": effect.version, "result": effect.result}
    state = steps[-1].state
    if state is not None:
        top = state.frames[-1]
        why |= {"flow": top.flow, "version": top.version, "state": top.state}
    return Outcome(
        replies=tuple(replies),
        actions=tuple(actions),
        flow=b"" if state is None else encode_state(state),
        why=why,
    )
