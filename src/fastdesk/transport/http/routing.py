"""Presence and supervision over HTTP: who is there, one's own presence, and a whisper to who has a conversation."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from fastdesk.errors import Refused
from fastdesk.hub.live import Live
from fastdesk.model.routing import Presence
from fastdesk.model.target import Answer
from fastdesk.pipeline.commands import Commands
from fastdesk.pipeline.presences import Presences
from fastdesk.pipeline.rooms import Rooms
from fastdesk.pipeline.targets import Targets
from fastdesk.protocol.codes import Rejection
from fastdesk.transport.http.routes import Call, Route

__all__ = ["RoutingRoutes"]


class PresenceWish(Struct, frozen=True):
    presence: Presence


class Whispered(Struct, frozen=True):
    text: Annotated[str, Meta(min_length=1, max_length=4000)]


class AgentPresence(Struct, frozen=True):
    """One agent: `load` conversations of `capacity`; `assignable` when the desk may give one more."""

    agent: str
    name: str
    presence: Presence
    load: int
    capacity: int
    teams: tuple[str, ...]
    assignable: bool


class TargetView(Struct, frozen=True):
    """The target's id and name, when each answer is due, and what has been told of, such as "first:warn"."""

    target: str | None
    name: str
    due: dict[Answer, int]
    late: tuple[str, ...]


class RoutingRoutes:
    """What the console needs to see and say who is there."""

    def __init__(self, rooms: Rooms, *, presences: Presences, commands: Commands, targets: Targets) -> None:
        self._targets = targets
        self._rooms = rooms
        self._presences = presences
        self._commands = commands

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag = "routing"
        return [
            Route(method="GET", path="/v1/presence", handler=self.everybody, access="agent.read", tag=tag, answer=list[AgentPresence],
                  summary="Every agent's presence, load, capacity and teams"),
            Route(method="PUT", path="/v1/agents/me/presence", handler=self.say, access="agent", tag=tag, body=PresenceWish, status=204,
                  summary="Say that one is online (found from connection and idle time), away or offline"),
            Route(method="POST", path="/v1/conversations/{id}/whisper", handler=self.whisper, access="conversation.supervise", tag=tag,
                  body=Whispered, status=204, summary="Tell the agent who has a conversation something that nobody else hears"),
            Route(method="GET", path="/v1/conversations/{id}/targets", handler=self.targets, access="conversation.read", tag=tag,
                  answer=TargetView, summary="Which response target counts for a conversation, and when what is due"),
        ]  # fmt: skip

    async def everybody(self, call: Call) -> list[dict[str, Any]]:
        """Return all agents."""
        return list(self._presences.everybody(call.principal.tenant))

    async def say(self, call: Call) -> None:
        """Set one's own presence."""
        _raise(self._presences.say(call.principal, call.body.presence))

    async def targets(self, call: Call) -> TargetView:
        """Return what is promised for a conversation."""
        live = await self._find(call)
        target, ahead = self._targets.of(live)
        due = {each.answer: each.at_ms for each in ahead if each.state == "breach"}
        name = target.name if target is not None else ""
        return TargetView(target.id if target is not None else None, name, due, live.conversation.late)

    async def _find(self, call: Call) -> Live:
        live = await self._rooms.lives.by_id(call.principal.tenant, call.path("id"))
        if live is None:
            raise Refused("not_found", "There is no such conversation.")
        return live

    async def whisper(self, call: Call) -> None:
        """Whisper to the agent who has the conversation now."""
        live = await self._find(call)
        _raise(self._commands.ownership.whisper(call.principal, live, call.body.text))


def _raise(refusal: Rejection | None) -> None:
    if refusal is not None:
        raise Refused(refusal.code, refusal.sentence)
