"""What agents say and do every day: canned replies with their variables, and macros, all actions or none."""

from typing import Any, NamedTuple

from msgspec.structs import replace

from fastdesk.desk import changes
from fastdesk.desk.changes import Change
from fastdesk.errors import Refused
from fastdesk.hub.live import Live
from fastdesk.model import macro as does
from fastdesk.model.canned import Canned
from fastdesk.model.conversation import Conversation
from fastdesk.model.identity import Principal
from fastdesk.model.macro import Macro
from fastdesk.model.template import Template, step_into
from fastdesk.pipeline.commands import Commands
from fastdesk.pipeline.reply import pick_text
from fastdesk.pipeline.rooms import Rooms
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Assign, Send

__all__ = ["Phrases"]


class _Words(NamedTuple):
    """What a macro says or notes, ready to be stored."""

    kind: str
    text: str
    extra: dict[str, Any] | None = None


_Step = _Words | Change


class Phrases:
    """Fill in canned replies and run macros."""

    def __init__(self, rooms: Rooms, commands: Commands) -> None:
        self._rooms = rooms
        self._commands = commands

    def fill(self, canned: Canned, live: Live, agent: Principal) -> str:
        """Return a canned reply with its variables filled in, and count its use."""
        self._rooms.records.put(
            agent.tenant, "canned", replace(canned, uses=canned.uses + 1), actor=agent.id, reason="used"
        )
        return self._render(canned.text, live, agent)

    def run(self, macro: Macro, live: Live, agent: Principal) -> Conversation:
        """Do everything that a macro asks for. Raises Refused, and does nothing, when one of its actions is not possible."""
        rooms = self._rooms
        if not rooms.store.accepting:
            raise Refused("retry_later", "The desk cannot store this now.", retry_after_ms=1000)
        for step in self._plan(macro, live, agent):
            if isinstance(step, Change):
                self._commands.apply(live, step, agent.id)
            elif step.kind == "note":
                self._commands.write_note(live, agent, step.text)
            else:
                self._commands.remember_agent(live, agent)
                rooms.scribe.say(
                    live, role="agent", sender=agent.id, name=agent.name, text=step.text, extra=step.extra
                )
        rooms.records.put(
            agent.tenant, "macro", replace(macro, uses=macro.uses + 1), actor=agent.id, reason="used"
        )
        return live.conversation

    def _plan(self, macro: Macro, live: Live, agent: Principal) -> list[_Step]:
        """Decide every action on the conversation as the actions before leave it; nothing is stored."""
        steps: list[_Step] = []
        now = live.conversation
        for number, act in enumerate(macro.actions, 1):
            said = sum(isinstance(step, _Words) and step.kind == "say" for step in steps)
            for step in self._decide(act, now, live, agent, said):
                if isinstance(step, Rejection):
                    raise Refused(step.code, f"Action {number} of {macro.name}: {step.sentence}")
                steps.append(step)
                now = step.conversation if isinstance(step, Change) else now
        return steps

    def _decide(
        self, act: does.Act, now: Conversation, live: Live, agent: Principal, said: int
    ) -> list[_Step | Rejection]:
        """Decide one action; `said` counts what the actions before it say."""
        now_ms = self._rooms.clock.now_ms()
        decided: Change | Rejection | None
        match act:
            case does.Say():
                return self._say(now, live, agent, act.text, None)
            case does.OfferForm():
                return self._say(now, live, agent, act.text, act.form)
            case does.WriteNote():
                return [_Words("note", self._render(act.text, live, agent))]
            case does.SetLabels():
                decided = changes.label(now, act.add, act.remove, now_ms)
            case does.Prioritise():
                decided = changes.prioritise(now, act.priority, now_ms)
            case does.Assign():
                decided = self._assign(act, now, live, agent)
            case does.Snooze():
                decided = changes.snooze(now, now_ms + act.minutes * 60_000 if act.minutes else 0, now_ms)
            case does.GiveToBot():
                decided = changes.give_to_bot(now, now_ms)
            case does.Resolve():
                decided = changes.resolve(now, now_ms, "resolved", live.seq + said)
        return [] if decided is None else [decided]

    def _say(
        self, now: Conversation, live: Live, agent: Principal, text: str, form: str | None
    ) -> list[_Step | Rejection]:
        steps: list[_Step | Rejection] = []
        if now.assignee is None:
            full = self._commands.ownership.refuse_full(agent, agent.id, live)
            if full is not None:
                return [full]
        answered = changes.answer_by_agent(now, agent.id, self._rooms.clock.now_ms())
        if answered is not None:
            steps.append(answered)
        extra: dict[str, Any] | None = None
        if form is not None:
            offer = self._rooms.forms.offer(agent.tenant, Send("macro", text, extra={"form": form}))
            if isinstance(offer, Rejection):
                return [offer]
            extra = offer.extra
        return [*steps, _Words("say", self._render(text, live, agent), extra)]

    def _assign(
        self, act: does.Assign, now: Conversation, live: Live, agent: Principal
    ) -> Change | Rejection | None:
        to = agent.id if act.agent == "me" else act.agent
        refusal = self._commands.ownership.refuse(agent, live, Assign(now.id, to, act.team))
        if refusal is not None:
            return refusal
        return changes.assign(now, to, act.team, self._rooms.clock.now_ms(), "assigned")

    def _render(self, text: str, live: Live, agent: Principal) -> str:
        visitor = live.visitor
        values = {
            "visitor": {
                "name": visitor.name, "email": visitor.email, "phone": visitor.phone, "language": visitor.language,
                "fields": visitor.fields, "attributes": visitor.attributes,
            },
            "agent": {"name": agent.name, "id": agent.id},
            "conversation": {"id": live.conversation.id, "fields": live.conversation.fields},
            "site": {"name": pick_text(live.site.name, visitor.language)},
        }  # fmt: skip
        return Template(text).render(lambda path: step_into(values, path))
