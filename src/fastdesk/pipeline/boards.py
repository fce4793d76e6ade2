"""The tenants' boards, kept in step with every change of a conversation at the moment it is written.

Enters: each change from the scribe, agents and settings from the records. Leaves: where a waiting visitor stands, and a call
when there may be something to assign. What a board holds is never later than what is about to be stored.
"""

from collections.abc import Callable, Iterator
from typing import Final

import structlog

from fastdesk.desk.agenda import Agenda
from fastdesk.desk.board import Board
from fastdesk.desk.lines import Waiting
from fastdesk.desk.seats import Need, Seat
from fastdesk.desk.wait import Pace
from fastdesk.errors import ConfigError
from fastdesk.hub.live import Live
from fastdesk.model.agent import Agent, Team
from fastdesk.model.conversation import Conversation
from fastdesk.model.ids import AgentId, ConversationId, TeamId, TenantId
from fastdesk.model.routing import RoutingSettings, read_routing
from fastdesk.model.site import Site, Tenant
from fastdesk.observe.clock import Clock
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.records import HOUSE, Records

__all__ = ["Boards"]

_log = structlog.get_logger("fastdesk.routing")

#: How long a count of those who are there is good enough for an estimate.
_COUNT_MS: Final = 1_000


class Boards:
    """Know who waits and who has what, by tenant; also the pipeline's `Queue`."""

    def __init__(self, *, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._boards: dict[TenantId, Board] = {}
        self._queued: dict[TenantId, dict[ConversationId, Conversation]] = {}
        #: Since when each of them waits.
        self._since: dict[TenantId, Agenda[ConversationId]] = {}
        self._paces: dict[tuple[TenantId, TeamId | None], Pace] = {}
        self._settings: dict[tuple[TenantId, str], tuple[Site | None, Tenant | None, RoutingSettings]] = {}
        self._attendants: dict[tuple[TenantId, Need], tuple[int, int]] = {}
        #: Called with a tenant on whose board something may be decided now.
        self.restless: Callable[[TenantId], None] = lambda tenant: None
        #: Conversations that woke up while their agent was full.
        self.overfull: list[tuple[TenantId, ConversationId]] = []
        for kind, watcher in (("agent", self._seat), ("team", self._renew), ("site", self._renew)):
            records.watch(kind, watcher)
        records.watch("tenant", self._renew_all)

    def of(self, tenant: TenantId) -> Board:
        """Return the board of a tenant."""
        board = self._boards.get(tenant)
        if board is None:
            board = self._boards[tenant] = Board()
            self._seat(tenant)
        return board

    def all(self) -> Iterator[tuple[TenantId, Board]]:
        """Iterate over the boards there are."""
        return iter(tuple(self._boards.items()))

    def settings(self, tenant: TenantId, site_id: str) -> RoutingSettings:
        """Return how conversations of a site are routed; what is wrong in the settings counts as not there."""
        site = self._records.site(tenant, site_id)
        house = self._records.get(Tenant, HOUSE, "tenant", tenant)
        known = self._settings.get((tenant, site_id))
        if known is None or known[0] is not site or known[1] is not house:
            layers = [each.settings.get("routing", {}) for each in (house, site) if each is not None]
            try:
                settings = read_routing(*layers)
            except ConfigError as wrong:
                _log.warning("routing_settings_wrong", tenant=tenant, site=site_id, reason=str(wrong))
                settings = RoutingSettings()
            known = self._settings[tenant, site_id] = (site, house, settings)
        return known[2]

    def need(self, conversation: Conversation) -> Need:
        """Return what a conversation asks of whoever gets it."""
        tenant = conversation.tenant
        settings = self.settings(tenant, conversation.site)
        team = self._records.get(Team, tenant, "team", conversation.team or "")
        site = self._records.site(tenant, conversation.site)
        hours = team.hours if team is not None and team.hours is not None else site.hours if site else None
        return Need(
            team=conversation.team,
            skills=tuple(sorted({skill.casefold() for skill in (*settings.skills, *conversation.skills)})),
            language=conversation.language.partition("-")[0].lower() if settings.language else "",
            order=settings.order if team is None or team.assignment == "default" else team.assignment,
            hours="" if settings.outside_hours == "assign" else hours or "",
        )

    # What happens to conversations.

    def follow(self, live: Live, before: Conversation) -> None:
        """Follow a conversation from `before` to as it stands now; called for every change that is written."""
        if before.mode != "bot" or live.conversation.mode != "bot":
            self.correct(live, before)

    def correct(self, live: Live, before: Conversation) -> None:
        """Let the board say what the conversation says."""
        after = live.conversation
        tenant, id = after.tenant, after.id
        board = self.of(tenant)
        has = after.assignee if after.mode == "human" and after.state == "open" else None
        seat = board.holder(id)
        if seat is not None and seat.agent != has and before.assigned_at:
            self._pace(before).talked(self._clock.now_ms() - before.assigned_at)
        # Whoever is full or gone may well get it again; whoever let it go may not, for a while.
        rests = seat is not None and seat.is_present and len(seat.held) <= seat.capacity
        board.hold(id, has)
        if _waits(after):
            self._wait(live, before, rests=rests)
        else:
            self._unqueue(tenant, id)
            waiting = board.leave(id)
            if waiting is not None and has is not None:
                self.served(after, waiting)
        if has is not None and before.state != "open" and before.assignee == has:
            seat = board.holder(id)
            if seat is not None and len(seat.held) > seat.capacity:
                self.overfull.append((tenant, id))
        self.restless(tenant)

    def load(self, conversation: Conversation) -> None:
        """Take in a stored conversation at the start."""
        tenant, id = conversation.tenant, conversation.id
        if _waits(conversation):
            self._queue(conversation)
            self.of(tenant).wait(self._waiting(conversation), self.need(conversation))
        elif conversation.mode == "human" and conversation.state == "open":
            self.of(tenant).hold(id, conversation.assignee)

    def served(self, conversation: Conversation, waiting: Waiting) -> None:
        """Learn from somebody's wait that is over."""
        now_ms, pace = self._clock.now_ms(), self._pace(conversation)
        pace.left(waiting.since_ms, now_ms)
        if waiting.told_wait_ms >= 0:
            pace.judge(waiting.told_wait_ms, now_ms - waiting.told_at_ms)

    def restore(self, tenant: TenantId, conversation: ConversationId) -> None:
        """Let a conversation wait again that could not be given to anybody."""
        self.of(tenant).hold(conversation, None)
        known = self._queued.get(tenant, {}).get(conversation)
        if known is not None:
            self.load(known)

    def refuse_full(self, tenant: TenantId, agent: str, conversation: ConversationId) -> Rejection | None:
        """Say why an agent can have no more conversations; None when one more is possible, or this is one of them."""
        seat = self.of(tenant).seats.get(AgentId(agent))
        if seat is None or conversation in seat.held or len(seat.held) < seat.capacity:
            return None
        return Rejection("conflict", f"{seat.name} has {len(seat.held)} of {seat.capacity} conversations.")

    def forget(self, tenant: TenantId, conversation: ConversationId) -> None:
        """Let go of a conversation that is not there any more."""
        self._unqueue(tenant, conversation)
        self.of(tenant).leave(conversation)
        self.of(tenant).hold(conversation, None)

    def _wait(self, live: Live, before: Conversation, *, rests: bool) -> None:
        after = live.conversation
        board = self.of(after.tenant)
        self._queue(after)
        if board.waiting(after.id) is not None and not _is_moved(before, after):
            return
        waiting = self._waiting(after)
        if before.mode == "human" and before.assignee is not None:
            if before.state == "open" and rests:
                rest_s = self.settings(after.tenant, after.site).rest_s
                waiting.without = before.assignee
                waiting.rests_until_ms = self._clock.now_ms() + rest_s * 1000
            else:
                waiting.prefer = before.assignee
        elif live.visitor.last_agent and self.settings(after.tenant, after.site).last_agent:
            waiting.prefer = AgentId(live.visitor.last_agent)
        board.wait(waiting, self.need(after))

    def _waiting(self, conversation: Conversation) -> Waiting:
        start = getattr(
            self.settings(conversation.tenant, conversation.site).head_start_s, conversation.priority
        )
        since = conversation.queued_at
        return Waiting(conversation.id, since, since - start * 1000)

    def _queue(self, conversation: Conversation) -> None:
        tenant, id = conversation.tenant, conversation.id
        self._queued.setdefault(tenant, {})[id] = conversation
        self._since.setdefault(tenant, Agenda()).set(id, conversation.queued_at)

    def _unqueue(self, tenant: TenantId, id: ConversationId) -> None:
        if self._queued.get(tenant, {}).pop(id, None) is not None:
            self._since[tenant].strike(id)

    # Where visitors stand.

    def place(self, conversation: Conversation) -> dict[str, int] | None:
        """Return {"position": from 1, "wait_ms": expected, where known}; None when the conversation does not wait."""
        board = self.of(conversation.tenant)
        position = board.place(conversation.id)
        if not position:
            return None
        wait_ms = self._expect(board, conversation, position)
        if wait_ms is None:
            return {"position": position}
        waiting = board.waiting(conversation.id)
        if waiting is not None and waiting.told_wait_ms < 0:
            waiting.told_wait_ms, waiting.told_at_ms = wait_ms, self._clock.now_ms()
        return {"position": position, "wait_ms": wait_ms}

    def _expect(self, board: Board, conversation: Conversation, position: int) -> int | None:
        need, now_ms = board.need(conversation.id), self._clock.now_ms()
        assert need is not None
        if need.order == "manual":
            return None
        key = (conversation.tenant, need)
        counted_ms, capacity = self._attendants.get(key, (-_COUNT_MS, 0))
        if now_ms - counted_ms >= _COUNT_MS:
            if len(self._attendants) > 10_000:
                self._attendants.clear()
            capacity = board.attendants(need)
            self._attendants[key] = (now_ms, capacity)
        return self._pace(conversation).expect(position, capacity, now_ms)

    def queued(self, tenant: TenantId) -> list[Conversation]:
        """Return the conversations of a tenant that wait, in no order."""
        return list(self._queued.get(tenant, {}).values())

    def waiting_since(self, tenant: TenantId) -> int | None:
        """Return since when the one waits who has waited longest; None when nobody does."""
        since = self._since.get(tenant)
        return since.first() if since is not None else None

    def figures(self) -> dict[str, float]:
        """Return what to watch: who waits, and how far the expected waits were off, in sums."""
        paces = tuple(self._paces.values())
        return {
            "waiting": sum(len(board) for board in self._boards.values()),
            "estimates": sum(pace.estimates for pace in paces),
            "estimate_error_seconds": sum(pace.error_ms for pace in paces) / 1000,
            "estimate_waited_seconds": sum(pace.waited_ms for pace in paces) / 1000,
        }

    def _pace(self, conversation: Conversation) -> Pace:
        return self._paces.setdefault((conversation.tenant, conversation.team), Pace())

    # What owners change.

    def _seat(self, tenant: TenantId) -> None:
        board = self._boards.get(tenant)
        if board is not None:
            board.seat(_seat(agent) for agent in self._records.all(Agent, tenant, "agent"))
            self.restless(tenant)

    def _renew_all(self, house: TenantId) -> None:
        for tenant in tuple(self._boards):
            self._renew(tenant)

    def _renew(self, tenant: TenantId) -> None:
        """Let everybody wait by the settings as they are now."""
        for conversation in tuple(self._queued.get(tenant, {}).values()):
            self.of(tenant).wait(self._waiting(conversation), self.need(conversation))
        self.restless(tenant)


#: Fields by which a conversation's place in the lines is found.
_SORTS: Final = ("mode", "state", "team", "skills", "language", "priority", "queued_at")


def _is_moved(before: Conversation, after: Conversation) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in _SORTS)


def _waits(conversation: Conversation) -> bool:
    return conversation.mode == "queued" and conversation.state == "open"


def _seat(agent: Agent) -> Seat:
    return Seat(
        agent.id,
        name=agent.name or agent.id,
        capacity=agent.capacity,
        teams=agent.teams,
        skills=agent.skills,
        languages=agent.languages,
        may_answer=agent.enabled and agent.role != "viewer",
    )
