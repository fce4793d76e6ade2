"""Which agents are there: their connections, what they last did, and what they say.

Enters: sessions that come and go, agents' frames, the wish of an agent. Leaves: `presence` frames to colleagues, and who may be
given conversations to the boards. What an agent says outlives a restart; the rest is found anew.
"""

from collections.abc import Iterator

from fastdesk.desk.presence import presence_of
from fastdesk.hub.hub import Hub
from fastdesk.hub.session import Session
from fastdesk.model.agent import Agent
from fastdesk.model.identity import Principal
from fastdesk.model.ids import AgentId, TenantId
from fastdesk.model.routing import Presence, PresenceRecord
from fastdesk.observe.clock import Clock
from fastdesk.pipeline.boards import Boards
from fastdesk.protocol import frames
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.records import Records

__all__ = ["Presences"]


class _There:
    __slots__ = ("active_at", "apart_at", "sessions", "shown")

    def __init__(self, now_ms: int) -> None:
        self.sessions = 0
        self.apart_at = now_ms
        self.active_at = now_ms
        self.shown: Presence = "offline"


class Presences:
    """Know who is there."""

    def __init__(self, *, records: Records, clock: Clock, hub: Hub, boards: Boards) -> None:
        self._records = records
        self._clock = clock
        self._hub = hub
        self._boards = boards
        self._began_ms = clock.now_ms()
        self._there: dict[tuple[TenantId, AgentId], _There] = {}

    def joined(self, session: Session, is_in: bool) -> None:
        """Take note of an agent's session that came or left; keys of programs are no agents."""
        principal = session.principal
        if principal is None or principal.kind != "agent":
            return
        there, now_ms = self._find(principal), self._clock.now_ms()
        there.sessions += 1 if is_in else -1
        if is_in:
            there.active_at = now_ms
        else:
            there.apart_at = now_ms
        self._show(principal.tenant, AgentId(principal.id), there)

    def active(self, principal: Principal) -> None:
        """Take note that an agent did something."""
        if principal.kind != "agent":
            return
        there = self._find(principal)
        there.active_at = self._clock.now_ms()
        if there.shown != "online":
            self._show(principal.tenant, AgentId(principal.id), there)

    def say(self, principal: Principal, presence: Presence) -> Rejection | None:
        """Take an agent's word: `away` and `offline` hold until the agent says `online`, which leaves it to the desk again."""
        if principal.kind != "agent":
            return Rejection("forbidden", "Only agents have a presence.")
        agent = AgentId(principal.id)
        if self._said(principal.tenant, agent) != presence:
            record = PresenceRecord(id=agent, presence=presence)
            self._records.put(principal.tenant, "presence", record, actor=agent)
        there = self._find(principal)
        there.active_at = self._clock.now_ms()
        self._show(principal.tenant, agent, there)
        return None

    def on_frame(self, session: Session, frame: frames.Presence) -> Rejection | None:
        """Take an agent's word over the socket."""
        assert session.principal is not None
        return self.say(session.principal, frame.state)

    def of(self, tenant: TenantId, agent: AgentId) -> Presence:
        """Return whether an agent is there."""
        there = self._there.get((tenant, agent))
        return "offline" if there is None else self._judge(tenant, agent, there)

    def apart_ms(self, tenant: TenantId, agent: AgentId) -> int:
        """Return for how long an agent has had no connection, 0 while there is one."""
        there = self._there.get((tenant, agent))
        if there is None:
            return self._clock.now_ms() - self._began_ms
        return 0 if there.sessions else self._clock.now_ms() - there.apart_at

    def everybody(self, tenant: TenantId) -> Iterator[dict[str, object]]:
        """Iterate over every agent's presence, load, capacity and teams."""
        board = self._boards.of(tenant)
        for agent in self._records.all(Agent, tenant, "agent"):
            seat = board.seats[agent.id]
            yield {
                "agent": agent.id,
                "name": agent.name,
                "presence": self.of(tenant, agent.id),
                "load": len(seat.held),
                "capacity": agent.capacity,
                "teams": agent.teams,
                "assignable": seat.is_free and seat.may_answer,
            }

    def round(self) -> None:
        """See who has fallen idle or has been gone for too long."""
        for (tenant, agent), there in self._there.items():
            self._show(tenant, agent, there)

    def _find(self, principal: Principal) -> _There:
        key = (principal.tenant, AgentId(principal.id))
        there = self._there.get(key)
        if there is None:
            there = self._there[key] = _There(self._clock.now_ms())
        return there

    def _said(self, tenant: TenantId, agent: AgentId) -> Presence:
        record = self._records.get(PresenceRecord, tenant, "presence", agent)
        return "online" if record is None else record.presence

    def _judge(self, tenant: TenantId, agent: AgentId, there: _There) -> Presence:
        now_ms = self._clock.now_ms()
        return presence_of(
            self._said(tenant, agent),
            is_connected=there.sessions > 0,
            apart_ms=now_ms - there.apart_at,
            quiet_ms=now_ms - there.active_at,
            idle_after_ms=self._boards.settings(tenant, "").idle_s * 1000,
        )

    def _show(self, tenant: TenantId, agent: AgentId, there: _There) -> None:
        presence = self._judge(tenant, agent, there)
        self._boards.of(tenant).show(agent, presence == "online" and there.sessions > 0)
        self._boards.restless(tenant)
        if presence != there.shown:
            there.shown = presence
            self._hub.send(self._hub.agent_sessions(tenant), frames.PresenceFrame(agent, presence))
