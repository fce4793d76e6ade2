"""Who has a conversation, by a person's decision: take, take over, assign, transfer; and a supervisor's whisper to who has it."""

from collections.abc import Callable
from typing import Any

from fastdesk.desk import changes
from fastdesk.desk.changes import Change
from fastdesk.hub.live import Live
from fastdesk.model.agent import Agent, Team
from fastdesk.model.identity import Principal
from fastdesk.pipeline.notices import tell
from fastdesk.pipeline.rooms import Rooms
from fastdesk.protocol import frames
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Author
from fastdesk.tenants.permissions import may

__all__ = ["Given", "Ownership"]

Given = Change | Rejection | None


class Ownership:
    """Let people decide. An agent's capacity is a limit for everybody but who may supervise."""

    def __init__(
        self,
        rooms: Rooms,
        *,
        apply: Callable[[Live, Given, str], Rejection | None],
        note: Callable[[Live, Principal, str], None],
    ) -> None:
        self._rooms = rooms
        self._apply = apply
        self._note = note

    def take(self, principal: Principal, live: Live, *, by_force: bool = False) -> Given:
        """Let an agent have a conversation; the first one wins, and the other one is told who that is."""
        conversation = live.conversation
        full = self.refuse_full(principal, principal.id, live)
        if full is not None:
            return full
        return changes.take(
            conversation,
            principal.id,
            self._rooms.clock.now_ms(),
            by_force=by_force and may(principal, "conversation.supervise"),
            owner=self._name(principal, conversation.assignee),
        )

    def refuse_full(self, principal: Principal, agent: str, live: Live) -> Rejection | None:
        """Say why an agent may not be given one more by `principal`."""
        if may(principal, "conversation.supervise"):
            return None
        return self._rooms.boards.refuse_full(principal.tenant, agent, live.conversation.id)

    def assign(
        self, principal: Principal, live: Live, frame: frames.Assign | frames.Transfer
    ) -> Rejection | None:
        """Give a conversation to an agent or a team, or back to the queue; visitors are told of a transfer."""
        rooms = self._rooms
        refusal = self.refuse(principal, live, frame)
        if refusal is not None:
            return refusal
        is_transfer = isinstance(frame, frames.Transfer)
        reason = "transferred" if is_transfer else "assigned"
        change = changes.assign(live.conversation, frame.agent, frame.team, rooms.clock.now_ms(), reason)
        refusal = self._apply(live, change, principal.id)
        if refusal is not None or change is None:
            return refusal
        if isinstance(frame, frames.Transfer) and frame.note:
            self._note(live, principal, frame.note)
        if is_transfer and frame.agent is not None:
            tell(rooms.scribe, live, "agent", self._name(principal, frame.agent))
        elif is_transfer and frame.team is not None:
            team = rooms.records.get(Team, principal.tenant, "team", frame.team)
            tell(rooms.scribe, live, "team", team.name if team is not None and team.name else frame.team)
        return None

    def whisper(self, principal: Principal, live: Live, text: str) -> Rejection | None:
        """Tell the agent who has a conversation something that nobody else hears and nothing keeps."""
        conversation = live.conversation
        listeners = self._rooms.hub.agent_sessions(principal.tenant, conversation.assignee or "-")
        if conversation.mode != "human" or not listeners:
            return Rejection("conflict", "Nobody who could hear you has this conversation now.")
        author = Author("agent", principal.name, principal.id)
        said = frames.WhisperFrame(conversation.id, self._rooms.clock.now_ms(), author, text)
        self._rooms.hub.send(listeners, said)
        return None

    def refuse(
        self, principal: Principal, live: Live, frame: frames.Assign | frames.Transfer
    ) -> Rejection | None:
        """Say why a conversation may not be given to whom a frame names."""
        records = self._rooms.records
        if frame.agent is not None:
            agent = records.get(Agent, principal.tenant, "agent", frame.agent)
            if agent is None or not agent.enabled or agent.role == "viewer":
                return Rejection("not_found", "There is no such agent who may answer.")
            full = self.refuse_full(principal, frame.agent, live)
            if full is not None:
                return full
        if frame.team is not None and records.get(Team, principal.tenant, "team", frame.team) is None:
            return Rejection("not_found", "There is no such team.")
        return None

    def _name(self, principal: Principal, agent: Any) -> str:
        known = self._rooms.records.get(Agent, principal.tenant, "agent", agent or "")
        return known.name or known.id if known is not None else str(agent or "")
