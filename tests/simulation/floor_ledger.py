"""The laws of the floor, held against the journal: every change of every conversation in the order in which it was decided."""

from bisect import bisect_right

from tests.simulation.ledger import BrokenLaw

from fastdesk.desk.seats import Need, Pool, Seat
from fastdesk.model.agent import Agent
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Noted, Said
from fastdesk.model.ids import AgentId, ConversationId

#: What was decided together may stand this far apart in the journal: a conversation had to be read first.
TOGETHER_MS = 1_000


class FloorLedger:
    """Follow who has what, and judge each step."""

    def __init__(self, *, rest_ms: int) -> None:
        self.staff: dict[AgentId, Agent] = {}
        self.assigned = 0
        self.reassigned = 0
        self.taken = 0
        self.taken_over = 0
        self.most_waiting = 0
        self._rest_ms = rest_ms
        self._start()

    def _start(self) -> None:
        self.known: dict[ConversationId, Conversation] = {}
        self.held: dict[AgentId, set[ConversationId]] = {}
        self.waiting: dict[ConversationId, Conversation] = {}
        self._rests: dict[ConversationId, tuple[AgentId, int]] = {}
        self._overtaken: dict[ConversationId, tuple[int, str]] = {}
        self._overfull: dict[ConversationId, int] = {}
        self._unexplained: dict[ConversationId, int] = {}
        self._killed: list[int] = []

    def replay(self, event: Event, killed_at: list[int]) -> None:
        """Take the next event of a tenant."""
        self._killed = killed_at
        if isinstance(event, Said):
            self._hear(event)
        elif isinstance(event, Changed):
            self._follow(event)
        elif isinstance(event, Noted) and event.kind == "why" and "agent" in (event.body or {}):
            self._unexplained.pop(event.conversation, None)

    def close(self) -> None:
        """Judge what is left of a tenant, and forget it."""
        if self.waiting:
            raise BrokenLaw(f"{len(self.waiting)} wait for ever: {min(self.waiting)}")
        for id, at in self._unexplained.items():
            if not self._was_killed_since(at, at + TOGETHER_MS):
                raise BrokenLaw(f"{id} was assigned without a why")
        self._start()

    def _hear(self, said: Said) -> None:
        conversation = self.known.get(said.conversation)
        if conversation is not None and said.role in ("bot", "assistant") and conversation.mode == "human":
            raise BrokenLaw(f"the bot spoke in {said.conversation}, which {conversation.assignee} has")

    def _follow(self, changed: Changed) -> None:
        after = changed.conversation
        before = self.known.get(after.id)
        self.known[after.id] = after
        has = after.assignee if after.mode == "human" and after.state == "open" else None
        if after.mode == "human" and after.state == "open" and has is None:
            raise BrokenLaw(f"{after.id} is a person's, but nobody's")
        if after.mode == "queued" and after.state == "open" and after.assignee is not None:
            raise BrokenLaw(f"{after.id} waits, but {after.assignee} has it")
        if changed.actor == "desk" and changed.reason == "assigned":
            assert before is not None
            self._judge_assignment(changed, before)
        self._count(changed)
        self._hold(changed, before, has)
        self._wait(changed, before)

    def _count(self, changed: Changed) -> None:
        reason = changed.reason
        self.reassigned += reason.startswith(("gone for", "silent for"))
        self.taken += reason == "taken"
        self.taken_over += reason == "taken over"

    def _hold(self, changed: Changed, before: Conversation | None, has: AgentId | None) -> None:
        id, at = changed.conversation.id, changed.at
        for agent, held in self.held.items():
            if agent != has:
                held.discard(id)
        self._overfull.pop(id, None)
        if has is None or has not in self.staff or id in self.held.setdefault(has, set()):
            return
        held, capacity = self.held[has], self.staff[has].capacity
        held.add(id)
        if len(held) <= capacity:
            return
        actor = self.staff.get(AgentId(changed.actor))
        if actor is not None and actor.role == "admin":
            return  # a supervisor knows
        if before is not None and before.state != "open" and before.assignee == has:
            self._overfull[id] = at  # it woke up, and is taken away at once
            return
        raise BrokenLaw(f"{has} has {len(held)} of {capacity}: {changed.reason} by {changed.actor}")

    def _wait(self, changed: Changed, before: Conversation | None) -> None:
        after, at = changed.conversation, changed.at
        for id, since in tuple(self._overfull.items()):
            if at - since > TOGETHER_MS and not self._was_killed_since(since, at):
                raise BrokenLaw(f"{id} stays with an agent who is full")
        suspect = self._overtaken.pop(after.id, None)
        if (
            suspect is not None
            and at - suspect[0] > TOGETHER_MS
            and not self._was_killed_since(suspect[0], at)
        ):
            raise BrokenLaw(f"{after.id} was overtaken: {suspect[1]}")
        if after.mode == "queued" and after.state == "open":
            if before is not None and before.mode == "human" and before.state == "open" and before.assignee:
                self._rests[after.id] = (before.assignee, at + self._rest_ms)
            self.waiting[after.id] = after
            self.most_waiting = max(self.most_waiting, len(self.waiting))
        else:
            self.waiting.pop(after.id, None)

    def _judge_assignment(self, changed: Changed, before: Conversation) -> None:
        self.assigned += 1
        after, agent = changed.conversation, changed.conversation.assignee
        assert agent is not None
        self._unexplained[after.id] = changed.at
        if agent not in self._able(before):
            raise BrokenLaw(f"{agent} was given {after.id} without being able to")
        mine = (before.queued_at, before.id)
        for other in self.waiting.values():
            if _class_of(other) != _class_of(before) or (other.queued_at, other.id) >= mine:
                continue
            rests, until = self._rests.get(other.id, (None, 0))
            if rests != agent or changed.at >= until:
                self._overtaken.setdefault(other.id, (changed.at, f"{after.id} went to {agent}"))

    def _able(self, conversation: Conversation) -> set[AgentId]:
        staff = [each for each in self.staff.values() if each.id.startswith(f"{conversation.tenant}-")]
        seats = [
            Seat(each.id, capacity=each.capacity, teams=each.teams, skills=each.skills) for each in staff
        ]
        return set(Pool(Need(team=conversation.team, skills=conversation.skills), seats).members)

    def _was_killed_since(self, since: int, until: int) -> bool:
        # A kill may come between a decision and its commit: what was not on disk is decided again.
        return bisect_right(self._killed, until + TOGETHER_MS) > bisect_right(
            self._killed, since - TOGETHER_MS
        )


def _class_of(conversation: Conversation) -> tuple[object, ...]:
    return conversation.team, conversation.skills, conversation.language, conversation.priority
