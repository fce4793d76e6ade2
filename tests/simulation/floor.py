"""A desk whose people come, go, take, pass on, fall silent and supervise, on top of everything that the plain world does."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

from tests.simulation.actors import SimulatedAgent, SimulatedVisitor
from tests.simulation.floor_ledger import FloorLedger
from tests.simulation.ledger import BrokenLaw, Ledger
from tests.simulation.link import Link
from tests.simulation.world import TENANTS, World

from fastdesk.desk.board import Board
from fastdesk.model.agent import Agent, Team
from fastdesk.model.hours import Hours
from fastdesk.model.ids import AgentId, SiteId, TeamId, TenantId
from fastdesk.model.site import Site, Tenant
from fastdesk.rules import parse_rule
from fastdesk.tenants.records import HOUSE

WORDS = (
    "hello",
    "转人工",
    "转人工",
    "visa please",
    "urgent matter",
    "slow question",
    "sales talk",
    "nothing known",
)
ROUTING = {"gone_s": 3, "pick_up_s": 8, "silent_s": 12, "rest_s": 4, "idle_s": 40}
TEAMS = ("help", "sales")
#: How long everybody works in peace at the end, at most.
CALM_S = 900


class _Shown(Ledger):
    """What everybody was shown; here a bot may speak again after a resolution, which the journal tells better."""

    def shown(self, tenant: str, conversation: str, seq: int, id: str, role: str) -> None:
        super().shown(tenant, conversation, seq, id, "visitor")


class _WatchedLink(Link):
    """Notice a bot's words on their way to a visitor whose conversation a person has taken."""

    __slots__ = ("failures",)

    def write(self, data: bytes) -> None:
        if self.live is not None and self.live.conversation.mode == "human" and b"delta" in data[:16]:
            self.failures.append(BrokenLaw("a visitor was shown a bot's words after a take-over"))
        super().write(data)


class FloorVisitor(SimulatedVisitor):
    """A visitor who often wants a person."""

    words = WORDS


class FloorAgent(SimulatedAgent):
    """An agent with a day as it comes; in the calm at the end, a diligent one."""

    world: "FloorWorld"

    def __init__(
        self, world: "FloorWorld", tenant: str, name: str, chance: random.Random, *, leads: bool
    ) -> None:
        super().__init__(world, tenant, name, chance)
        self.leads = leads
        self.seen: dict[str, None] = {}
        self.answered: set[str] = set()

    async def run(self) -> None:
        token = self.world.agent_token(self.tenant, self.name)
        await self.connect(token)
        while True:
            await asyncio.sleep(self.chance.expovariate(3))
            if not self.is_connected:
                await self.connect(token)
            if self.world.is_calm:
                await self._work()
            else:
                await self._live()

    async def _work(self) -> None:
        self.say({"t": "presence", "state": "online"})
        for conversation in tuple(self.mine):
            if conversation not in self.answered:
                self.answered.add(conversation)
                self._answer(conversation)
            self.say({"t": "resolve", "conversation": conversation})

    async def _live(self) -> None:
        chance = self.chance
        what = chance.random()
        if what < 0.02 and self.link is not None:
            self.link.cut()
            await asyncio.sleep(chance.uniform(0, 8))
        elif what < 0.04:
            self.say({"t": "presence", "state": chance.choice(("away", "offline"))})
            await asyncio.sleep(chance.uniform(0, 6))
            self.say({"t": "presence", "state": "online"})
        elif what < 0.06:
            await asyncio.sleep(chance.uniform(5, 20))
        elif what < 0.14 and self.waiting:
            self.say({"t": "take", "conversation": chance.choice(list(self.waiting))})
        elif what < 0.18 and self.leads and self.seen:
            self.say({"t": "take", "conversation": chance.choice(list(self.seen)), "force": True})
        elif self.mine:
            self._treat(chance.choice(list(self.mine)), chance.random())

    def _treat(self, conversation: str, what: float) -> None:
        chance = self.chance
        frame: dict[str, Any] = {"conversation": conversation}
        if what < 0.4:
            self._answer(conversation)
        elif what < 0.7:
            self.say({"t": "resolve", **frame})
        elif what < 0.75:
            self.say({"t": "transfer", "team": chance.choice(TEAMS), **frame})
        elif what < 0.8:
            self.say(
                {"t": "transfer", "agent": f"{self.tenant}-{chance.randrange(self.world.staff)}", **frame}
            )
        elif what < 0.84:
            self.say({"t": "assign", **frame})
        elif what < 0.88:
            until = self.world.clock.now_ms() + chance.randrange(500, 4_000)
            self.say({"t": "snooze", "until": chance.choice((0, until, until)), **frame})
        elif what < 0.91:
            self.say({"t": "bot", "on": True, **frame})
        elif what < 0.94:
            self.say({"t": "priority", "priority": chance.choice(("low", "high", "urgent")), **frame})

    def _on_conversation(self, frame: dict[str, Any]) -> None:
        super()._on_conversation(frame)
        conversation = frame["is"]
        if conversation["state"] != "open" or conversation["mode"] != "human":
            self.mine.pop(frame["conversation"], None)
        self.seen[frame["conversation"]] = None
        if len(self.seen) > 20:
            del self.seen[next(iter(self.seen))]

    def _on_error(self, frame: dict[str, Any]) -> None:
        if frame["code"] not in ("retry_later", "rate_limited", "conflict", "closed", "invalid"):
            raise BrokenLaw(f"a good frame was refused: {frame}")
        self.unacked.pop(frame.get("id", ""), None)


class FloorWorld(World):
    """A world with teams, capacities, skills, priorities, hours and supervisors."""

    make_link = _WatchedLink

    def __init__(self, seed: int, *, conversations: int, agents: int = 6, kills: int = 2) -> None:
        super().__init__(seed, conversations=conversations, agents=agents, kills=kills)
        self.ledger = _Shown()
        self.staff = agents
        self.is_calm = False
        self.killed_at: list[int] = []
        self.floor = FloorLedger(rest_ms=ROUTING["rest_s"] * 1000)
        self._roles: dict[str, str] = {}

    async def _live(self) -> None:
        await self._start()
        self._found()
        await self._drain_journal()
        loop = asyncio.get_running_loop()
        visitors = [
            FloorVisitor(self, TENANTS[number % 2], self.chance, self.chance.randint(1, 5))
            for number in range(self._conversations)
        ]
        agents = [
            FloorAgent(self, tenant, name, self.chance, leads=self._roles[name] == "admin")
            for tenant in TENANTS
            for name in (f"{tenant}-{index}" for index in range(self.staff))
        ]
        self.actors += [*visitors, *agents]
        disk = loop.create_task(self._commit_now_and_then())
        reaper = loop.create_task(self._kill_now_and_then())
        probe = loop.create_task(self._probe())
        working = [loop.create_task(agent.run()) for agent in agents]
        talking = [loop.create_task(self._arrive(visitor)) for visitor in visitors]
        while not all(task.done() for task in talking):
            await asyncio.sleep(0.5)
            self._check(talking, working, disk, reaper, probe)
        await reaper
        self.is_calm = True
        for _ in range(CALM_S):
            await asyncio.sleep(1)
            self._check(working, disk, probe)
            if self._is_all_done():
                break
        else:
            raise BrokenLaw(f"somebody was forgotten: {self._left_over()}")
        for task in (probe, *working):
            task.cancel()
        await asyncio.gather(probe, *working, return_exceptions=True)
        await asyncio.sleep(5)
        disk.cancel()
        await asyncio.gather(disk, return_exceptions=True)
        await self._audit()
        await self._replay()
        self._check(talking)
        await self._stop()

    def connect(self, to_peer: Callable[[bytes], None]) -> Link:
        link = super().connect(to_peer)
        assert isinstance(link, _WatchedLink)
        link.failures = self.failures
        return link

    async def _start(self) -> None:
        await super()._start()
        assert self.engine is not None
        self._tasks.spawn(self.engine.run_rounds(), "rounds")

    async def _stop(self) -> None:
        self.killed_at.append(self.clock.now_ms())
        await super()._stop()

    def _found(self) -> None:
        assert self.engine is not None
        records, gate = self.engine.records, self.engine.gate
        for number, name in enumerate(TENANTS):
            tenant = TenantId(name)
            records.put(HOUSE, "tenant", Tenant(id=tenant, settings={"routing": ROUTING}), actor="simulation")
            for team in TEAMS:
                order: Any = self.chance.choice(("default", "round_robin"))
                records.put(tenant, "team", Team(id=TeamId(team), assignment=order), actor="simulation")
            # One minute open, one closed: the world lives some minutes from 22:13 on.
            spans = tuple((f"22:{minute:02}", f"22:{minute + 1:02}") for minute in range(13, 59, 2))
            week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), spans)
            records.put(tenant, "hours", Hours(id="minutes", week=week), actor="simulation")
            hours = "minutes" if number else None
            site = Site(id=SiteId(name), after_resolve=("reopen", "new")[number], hours=hours)  # type: ignore[arg-type]
            records.put(tenant, "site", site, actor="simulation")
            self._make_rules(tenant)
            for index in range(self.staff):
                agent = self._hire(name, index)
                records.put(tenant, "agent", agent, actor="simulation")
                self._names[name, agent.id] = gate.sign_in(tenant, agent, address="", device="")

    def _make_rules(self, tenant: TenantId) -> None:
        assert self.engine is not None
        for rule in (
            {"id": "hello", "contains": ["hello"], "reply": f"{tenant} says hello"},
            {"id": "visa", "contains": ["visa"], "handoff": {"reason": "visa", "skills": ["visa"]}},
            {
                "id": "urgent",
                "contains": ["urgent"],
                "do": [{"act": "priority", "level": "urgent"}, {"act": "handoff"}],
            },
            {"id": "sales", "contains": ["sales"], "handoff": {"reason": "sales", "team": "sales"}},
        ):
            parsed = parse_rule(rule)
            assert not isinstance(parsed, list), parsed
            self.engine.records.put(tenant, "rule", parsed, actor="simulation")

    def _hire(self, tenant: str, index: int) -> Agent:
        chance, name = self.chance, f"{tenant}-{index}"
        role: Any = "admin" if index == 0 else "agent"
        agent = Agent(
            id=AgentId(name),
            email=f"{name}@example.com",
            role=role,
            capacity=chance.randint(1, 5),
            teams=tuple(TeamId(team) for team in TEAMS if chance.random() < 0.6),
            skills=("visa",) if chance.random() < 0.4 else (),
        )
        self._roles[name] = role
        self.floor.staff[AgentId(name)] = agent
        return agent

    # Watching.

    async def _probe(self) -> None:
        """Look ten times a second whether somebody waits though somebody is free."""
        suspects: set[str] = set()
        while True:
            await asyncio.sleep(0.1)
            idle = set()
            if self.engine is not None:
                for tenant, board in self.engine.boards.all():
                    idle |= self._idle(tenant, board)
            if both := suspects & idle:
                raise BrokenLaw(f"{min(both)} waits though somebody is free")
            suspects = idle

    def _idle(self, tenant: TenantId, board: Board) -> set[str]:
        """Return who waits though somebody is free; what time alone has brought may take until the next round."""
        assert self.engine is not None
        now_ms, found = self.clock.now_ms(), set()
        for id in board.everybody():
            waiting, need = board.waiting(id), board.need(id)
            assert waiting is not None
            assert need is not None
            schedule = self.engine.hours.schedule(tenant, need.hours or None)
            if not schedule.is_open(now_ms) or not schedule.is_open(now_ms - 1_200):
                continue
            for seat in board._line(need).pool.members.values():
                rests = seat.agent == waiting.without and now_ms < waiting.rests_until_ms + 1_200
                if seat.is_free and not rests:
                    found.add(id)
        return found

    def _is_all_done(self) -> bool:
        return not self._left_over()

    def _left_over(self) -> list[str]:
        if self.engine is None:
            return ["the desk is down"]
        return [
            *(f"{id} waits" for _, board in self.engine.boards.all() for id in board.everybody()),
            *(
                f"{seat.agent} has {len(seat.held)}"
                for _, board in self.engine.boards.all()
                for seat in board.seats.values()
                if seat.held
            ),
        ]

    async def _replay(self) -> None:
        for tenant in TENANTS:
            rev = 0
            while events := await self._store.since(TenantId(tenant), rev, 1000):
                rev = events[-1].rev
                for event in events:
                    self.floor.replay(event, self.killed_at)
            self.floor.close()
