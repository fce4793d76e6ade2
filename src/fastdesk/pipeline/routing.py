"""Give conversations to people, and take them from those who are gone.

Enters: a board on which something may be decided; the clock, once a second. Leaves: changes of conversations with their
why-records, notices to both sides, and visitors' places in the line. Decisions fall within the same turn of the loop as their
cause; the round each second only looks again at what time alone has changed.
"""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any, Final

from fastdesk.desk import changes
from fastdesk.desk.board import Board, Decision
from fastdesk.desk.changes import Change
from fastdesk.desk.reasons import explain, explained
from fastdesk.desk.seats import Need, Seat
from fastdesk.errors import FastdeskError
from fastdesk.hub.live import Live
from fastdesk.model.conversation import Conversation
from fastdesk.model.ids import AgentId, ConversationId, TenantId
from fastdesk.pipeline.boards import Boards
from fastdesk.pipeline.notices import tell
from fastdesk.pipeline.presences import Presences
from fastdesk.pipeline.rooms import Rooms
from fastdesk.pipeline.viewing import Viewing

__all__ = ["Routing"]

#: Assignments made before others get their turn of the loop; each takes some tens of microseconds.
_BATCH: Final = 50
#: Waiting visitors who are told of a new place in one round; the others follow in the next ones, each in turn.
_PLACES: Final = 400
#: An expected wait is told anew when it has moved by so much.
_WAIT_STEP_MS: Final = 15_000


class Routing:
    """Carry out what the boards decide."""

    def __init__(
        self,
        rooms: Rooms,
        *,
        boards: Boards,
        presences: Presences,
        viewing: Viewing,
        apply: Callable[[Live, Change, str], Any],
    ) -> None:
        self._rooms = rooms
        self._boards = boards
        self._presences = presences
        self._viewing = viewing
        self._apply = apply
        self._restless: dict[TenantId, None] = {}
        self._is_settling = False
        self._told: dict[ConversationId, tuple[int, int]] = {}
        #: Those of a tenant who are still to be told in their turn.
        self._rest: dict[TenantId, Iterator[Conversation]] = {}
        self.assigned = 0
        self.reassigned = 0
        boards.restless = self.wake

    def wake(self, tenant: TenantId) -> None:
        """Decide soon what can be decided on a tenant's board."""
        self._restless[tenant] = None
        if not self._is_settling:
            self._is_settling = True
            self._rooms.tasks.spawn(self._settle(), "routing")

    def round(self, now_ms: int) -> None:
        """Look at what time has changed: the gone, the silent, hours that begin, and places in the lines."""
        self._presences.round()
        self._viewing.round()
        for tenant, board in self._boards.all():
            for seat in board.seats.values():
                if seat.held:
                    self._look_after(tenant, seat, now_ms)
            if len(board):
                board.stir()
                self.wake(tenant)
                self._tell_places(tenant)
        if len(self._told) > 2 * _PLACES + sum(len(board) for _, board in self._boards.all()):
            self._told.clear()

    def forget(self, tenant: TenantId, conversation: ConversationId) -> None:
        """Let go of a conversation that has been removed."""
        if self._rooms.hub.find(tenant, conversation) is None:
            self._boards.forget(tenant, conversation)

    def figures(self) -> dict[str, float]:
        """Return what to watch."""
        return {
            **self._boards.figures(),
            "assigned": self.assigned,
            "reassigned": self.reassigned,
        }

    # Assigning.

    async def _settle(self) -> None:
        try:
            while self._restless and self._rooms.store.accepting:
                self._release_overfull()
                tenant = next(iter(self._restless))
                if not self._settle_some(tenant):
                    self._restless.pop(tenant, None)
                await asyncio.sleep(0)
        finally:
            self._is_settling = False

    def _settle_some(self, tenant: TenantId) -> bool:
        """Assign a batch; return whether there may be more."""
        board = self._boards.of(tenant)
        is_open = partial(self._is_open, tenant)
        for _ in range(_BATCH):
            decision = board.decide(self._rooms.clock.now_ms(), is_open)
            if decision is None:
                return False
            self._with(tenant, decision.conversation, partial(self._give, decision), board)
        return True

    def _is_open(self, tenant: TenantId, need: Need) -> bool:
        return not need.hours or self._rooms.hours.is_open_by(tenant, need.hours)

    def _with(self, tenant: TenantId, id: ConversationId, do: Callable[[Live], None], board: Board) -> None:
        """Do something with a conversation, at once when it is in memory."""
        live = self._rooms.hub.find(tenant, id)
        if live is not None:
            do(live)
        else:
            self._rooms.tasks.spawn(self._with_loaded(tenant, id, do), "load for routing")

    async def _with_loaded(self, tenant: TenantId, id: ConversationId, do: Callable[[Live], None]) -> None:
        try:
            live = await self._rooms.lives.by_id(tenant, id)
        except FastdeskError:
            self._boards.restore(tenant, id)
            raise
        if live is None:
            self._boards.forget(tenant, id)
        else:
            do(live)

    def _give(self, decision: Decision, live: Live) -> None:
        """Carry out a decision, unless a person has decided otherwise while the conversation was read."""
        now_ms = self._rooms.clock.now_ms()
        change = changes.give(live.conversation, decision.agent, now_ms, "assigned")
        if change is None:
            self._boards.correct(live, live.conversation)
            return
        self.assigned += 1
        self._boards.served(live.conversation, decision.waiting)
        self._apply(live, change, "desk")
        self._rooms.scribe.note(
            live,
            kind="why",
            actor="desk",
            text=explain(decision, live.site.locale or "zh"),
            body=explained(decision, now_ms),
        )

    # Taking away.

    def _look_after(self, tenant: TenantId, seat: Seat, now_ms: int) -> None:
        """Let those conversations of an agent wait for another one whose visitors have waited for too long."""
        apart_ms = self._presences.apart_ms(tenant, seat.agent)
        board = self._boards.of(tenant)
        for id in tuple(seat.held):
            live = self._rooms.hub.find(tenant, id)
            if live is None:
                if apart_ms >= self._boards.settings(tenant, "").gone_s * 1000 > 0:
                    self._with(tenant, id, partial(self._leave_gone, seat.agent, apart_ms), board)
            elif apart_ms:
                self._leave_gone(seat.agent, apart_ms, live)
            else:
                self._leave_silent(seat, live, now_ms)

    def _leave_gone(self, agent: AgentId, apart_ms: int, live: Live) -> None:
        settings = self._boards.settings(live.conversation.tenant, live.site.id)
        if settings.gone_s and apart_ms >= settings.gone_s * 1000:
            self._release(live, agent, f"gone for {apart_ms // 1000} s")

    def _leave_silent(self, seat: Seat, live: Live, now_ms: int) -> None:
        conversation, settings = (
            live.conversation,
            self._boards.settings(live.conversation.tenant, live.site.id),
        )
        if conversation.by_hand or settings.order == "manual":
            return
        since, is_picked_up = _waits_since(live)
        limit_s = settings.silent_s if is_picked_up else settings.pick_up_s
        quiet_ms = now_ms - since
        if not since or not limit_s or quiet_ms < limit_s * 1000:
            return
        if not self._viewing.is_writing(conversation.id, seat.agent):
            self._release(live, seat.agent, f"silent for {quiet_ms // 1000} s")

    def _release(self, live: Live, agent: AgentId, reason: str) -> None:
        """Take a conversation from an agent when a colleague is there for it; otherwise it stays."""
        conversation = live.conversation
        board, need = self._boards.of(conversation.tenant), self._boards.need(conversation)
        if conversation.assignee != agent or not board.is_attended(need, agent):
            return
        change = changes.release(conversation, self._rooms.clock.now_ms(), reason)
        if change is not None and self._rooms.store.accepting:
            self.reassigned += 1
            name = board.seats[agent].name
            self._apply(live, change, "desk")
            tell(self._rooms.scribe, live, "left", name)
            self._rooms.scribe.note(
                live, kind="why", actor="desk", text=f"{name}: {reason}", body={"by": "routing", "from": agent, "reason": reason}
            )  # fmt: skip

    def _release_overfull(self) -> None:
        woken, self._boards.overfull = self._boards.overfull, []
        for tenant, id in woken:
            live = self._rooms.hub.find(tenant, id)
            seat = self._boards.of(tenant).holder(id)
            if live is None or seat is None or len(seat.held) <= seat.capacity:
                continue
            change = changes.release(
                live.conversation, self._rooms.clock.now_ms(), "woke while its agent was full"
            )
            if change is not None:
                self._apply(live, change, "desk")

    # Telling visitors where they stand.

    def _tell_places(self, tenant: TenantId) -> None:
        """Go on telling those who wait: a line may be longer than one round should walk along."""
        rest = self._rest.pop(tenant, None) or iter(self._boards.queued(tenant))
        some = list(islice(rest, _PLACES))
        for conversation in some:
            self._tell_place(tenant, conversation.id)
        if len(some) == _PLACES:
            self._rest[tenant] = rest

    def _tell_place(self, tenant: TenantId, id: ConversationId) -> None:
        """Tell a visitor who listens the place in the line when it has changed."""
        live = self._rooms.hub.find(tenant, id)
        if live is None or not live.visitors or live.conversation.mode != "queued":
            return
        status = self._rooms.status(live.conversation)
        queue = status.queue or {}
        seen = (queue.get("position", 0), queue.get("wait_ms", -1) // _WAIT_STEP_MS)
        if self._told.get(id) != seen:
            self._told[id] = seen
            self._rooms.hub.send(live.visitors, status)


def _waits_since(live: Live) -> tuple[int, bool]:
    """Return since when the visitor waits for this agent's word, 0 when not, and whether the agent has said one since given it."""
    given_at = live.conversation.assigned_at
    since = 0
    for said in reversed(live.recent or ()):
        if said.at < given_at:
            break
        if said.role == "agent":
            return since, True
        if said.role == "visitor":
            since = said.at
    return given_at, False
