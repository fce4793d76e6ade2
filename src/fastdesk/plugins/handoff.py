"""Tell the agent what happened before a person was asked for; no model is needed for it."""

from collections.abc import Callable
from typing import Any

from fastdesk.ai import HandoffFacts, handoff_summary
from fastdesk.dialogue import decode_state
from fastdesk.hub.live import Live
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed
from fastdesk.plugins.contexts import FindLive

__all__ = ["HandoffSummary"]

#: Write a note into a conversation: kind, actor, text and structured body.
Note = Callable[[Live, str, str, str, dict[str, Any]], None]


class HandoffSummary:
    """Write a summary when a conversation begins to wait for a person."""

    name = "handoff"

    def __init__(self, *, find: FindLive, note: Note) -> None:
        self._find = find
        self._note = note

    def on_changed(self, changed: Changed) -> None:
        """Look at changes of who answers only."""
        conversation = changed.conversation
        if conversation.mode != "queued" or "mode" not in changed.what:
            return
        live = self._find(conversation.tenant, conversation.id)
        if live is None:
            return
        facts = _facts(live, conversation, changed.reason)
        language = live.site.locale or facts.language or "zh"
        body = {
            "reason": facts.reason,
            "code": facts.code,
            "question": facts.question,
            "slots": facts.slots,
            "tried": facts.tried,
        }
        self._note(live, "summary", "desk", handoff_summary(facts, language), body)


def _facts(live: Live, conversation: Conversation, reason: str) -> HandoffFacts:
    recent = list(live.recent or ())
    asked = [said.text for said in recent if said.role == "visitor" and said.kind == "text"]
    tried = [_step(said.why) for said in recent if said.why]
    return HandoffFacts(
        reason=conversation.handoff or reason,
        code=conversation.handoff_code,
        # The last words often only ask for a person: the question stands before them.
        question=" / ".join(asked[-3:]),
        slots=_slots(conversation),
        tried=list(dict.fromkeys(step for step in tried if step)),
        language=live.visitor.language or conversation.language,
    )


def _step(why: dict[str, Any]) -> str:
    """Name what answered: the handler, and which rule, article, flow or model it was."""
    fired = ", ".join(str(rule["rule"]) for rule in why.get("fired", ()))
    which = next((str(why[name]) for name in ("article", "flow", "model") if name in why), fired)
    return f"{why.get('by', '')} {which}".strip()


def _slots(conversation: Conversation) -> dict[str, str]:
    filled = {name: str(value) for name, value in conversation.fields.items() if not name.startswith("_")}
    state = None if conversation.flow is None else decode_state(conversation.flow)
    if state is not None:
        for frame in state.frames:
            filled |= {name: str(value) for name, value in frame.slots.items()}
    return filled
