"""A whole desk in one deterministic loop: the production engine and store logic, a disk that survives kills, a network that breaks."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from tests.simulation.actors import Actor, SimulatedAgent, SimulatedVisitor
from tests.simulation.ledger import BrokenLaw, Ledger
from tests.simulation.link import Link
from tests.simulation.loop import VirtualLoop

from fastdesk.engine import Engine
from fastdesk.model.agent import Agent
from fastdesk.model.call import CallAnswer
from fastdesk.model.ids import AgentId, SiteId, TenantId
from fastdesk.model.rule import Http
from fastdesk.model.site import Site, Tenant
from fastdesk.model.turn import Outcome, Reply, Turn
from fastdesk.observe.clock import SeededEntropy, new_id
from fastdesk.observe.tasks import Tasks
from fastdesk.rules import parse_rule
from fastdesk.store.memory import MemoryDisk, MemoryJournal, memory_store
from fastdesk.tenants.limits import Limits, Rate
from fastdesk.tenants.records import HOUSE

TENANTS = ("north", "south")
SECRET = "a simulated secret of more than 32 characters"


class InlineTasks(Tasks):
    """Tasks whose failures stop the simulation, and whose threads run in place."""

    def __init__(self, failures: list[BaseException]) -> None:
        super().__init__()
        self._failures = failures

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> "asyncio.Task[Any]":
        task = super().spawn(work, name)
        task.add_done_callback(self._note)
        return task

    def _note(self, task: "asyncio.Task[Any]") -> None:
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failures.append(failure)

    async def offload(self, work: Callable[..., Any], *args: Any) -> Any:
        return work(*args)


class SlowHandler:
    """Answer "slow …" after a while, as a model would, showing a piece first."""

    name = "slow"

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def claim(self, turn: Turn) -> Any:
        return True if turn.message.text.startswith("slow") else None

    def answer(self, turn: Turn, claim: Any) -> Awaitable[Outcome]:
        return self._answer(turn)

    async def _answer(self, turn: Turn) -> Outcome:
        await asyncio.sleep(self._chance.expovariate(1))
        turn.port.show("thought ")
        await asyncio.sleep(self._chance.expovariate(1))
        return Outcome(replies=(Reply(text="thought about", role="assistant"),))


class _NoCalls:
    async def call(self, tenant: TenantId, request: Http) -> CallAnswer:
        return CallAnswer(error="unreachable")

    async def send(
        self, method: str, url: str, *, headers: dict[str, str], body: Any, timeout_ms: int
    ) -> tuple[int, bytes, str]:
        return 0, b"", "unreachable"


async def _end_all() -> None:
    """Cancel whatever a broken law has left running."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


class World:
    """Everything there is: a seed makes it, and makes the same one again."""

    make_link: type[Link] = Link

    def __init__(self, seed: int, *, conversations: int, agents: int = 3, kills: int = 2) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.entropy = SeededEntropy(seed)
        self.ledger = Ledger()
        self.actors: list[Actor] = []
        self.failures: list[BaseException] = []
        self._conversations = conversations
        self._agents = agents
        self._kills = kills
        self._disk = MemoryDisk()
        self._links: list[Link] = []
        self._names: dict[tuple[str, str], str] = {}
        self.engine: Engine | None = None

    def run(self) -> None:
        """Let it happen. Raises BrokenLaw with the seed in its sentence."""
        loop = VirtualLoop()
        self.clock = loop.clock
        loop.set_exception_handler(
            lambda _, context: self.failures.append(context.get("exception") or BrokenLaw(context["message"]))
        )
        try:
            loop.run_until_complete(self._live())
        except BrokenLaw as law:
            raise BrokenLaw(f"seed {self.seed}: {law}") from law
        finally:
            loop.run_until_complete(_end_all())
            loop.close()

    # What actors need of the world.

    def connect(self, to_peer: Callable[[bytes], None]) -> Link:
        """Open a connection; while the desk is down it leads nowhere."""
        link = self.make_link(self.chance, to_desk=self._to_desk, to_peer=to_peer, on_gone=self._gone)
        if self.engine is None:
            link.is_cut = True
        self._links.append(link)
        return link

    def visitor_token(self, tenant: str, chance: random.Random) -> str:
        """Make a token as POST /v1/visitors does; tokens outlive restarts."""
        now_ms = self.clock.now_ms()
        from fastdesk.tenants.tokens import VisitorTokens

        visitor = new_id(now_ms, self.entropy)
        return VisitorTokens(SECRET).issue(TenantId(tenant), SiteId(tenant), visitor, now_ms=now_ms)

    def agent_token(self, tenant: str, name: str) -> str:
        return self._names[tenant, name]

    def agent_id(self, tenant: str, name: str) -> str:
        return name

    # How it runs.

    async def _live(self) -> None:
        await self._start()
        self._found()
        await self._drain_journal()
        visitors = []
        for number in range(self._conversations):
            tenant = TENANTS[number % len(TENANTS)]
            visitors.append(SimulatedVisitor(self, tenant, self.chance, self.chance.randint(1, 5)))
        agents = [
            SimulatedAgent(self, tenant, f"{tenant}-{index}", self.chance)
            for tenant in TENANTS
            for index in range(self._agents)
        ]
        self.actors += [*visitors, *agents]
        disk = asyncio.get_running_loop().create_task(self._commit_now_and_then())
        reaper = asyncio.get_running_loop().create_task(self._kill_now_and_then())
        working = [asyncio.get_running_loop().create_task(agent.run()) for agent in agents]
        talking = [asyncio.get_running_loop().create_task(self._arrive(visitor)) for visitor in visitors]
        while not all(task.done() for task in talking):
            await asyncio.sleep(0.5)
            self._check(talking, working, disk, reaper)
        await asyncio.sleep(5)
        for task in (reaper, *working):
            task.cancel()
        await asyncio.gather(reaper, *working, return_exceptions=True)
        await asyncio.sleep(5)
        disk.cancel()
        await asyncio.gather(disk, return_exceptions=True)
        await self._audit()
        self._check(talking)
        await self._stop()

    async def _arrive(self, visitor: SimulatedVisitor) -> None:
        await asyncio.sleep(self.chance.uniform(0, self._conversations / 40))
        await visitor.run()

    def _check(self, *tasks: Any) -> None:
        flat = [task for each in tasks for task in (each if isinstance(each, list) else [each])]
        for task in flat:
            if task.done() and not task.cancelled() and (failure := task.exception()) is not None:
                raise failure
        if self.failures:
            raise self.failures[0]

    async def _start(self) -> None:
        self._journal = MemoryJournal(self._disk, auto=False)
        self._store = memory_store(self.entropy, disk=self._disk, journal=self._journal)
        await self._store.start()
        self._tasks = InlineTasks(self.failures)
        engine = Engine(
            store=self._store,
            clock=self.clock,
            entropy=self.entropy,
            tasks=self._tasks,
            secret=SECRET,
            limits=Limits(
                enabled=False, address=Rate(1, 1), visitor=Rate(1, 1), agent=Rate(1, 1), tenant=Rate(1, 1)
            ),
            caller=_NoCalls(),
            plugins=[("slow", SlowHandler(self.chance))],
        )
        await engine.load()
        self.engine = engine

    def _found(self) -> None:
        """Make two tenants with a site, a rule and agents each."""
        assert self.engine is not None
        records, gate = self.engine.records, self.engine.gate
        for name in TENANTS:
            tenant = TenantId(name)
            records.put(HOUSE, "tenant", Tenant(id=tenant), actor="simulation")
            records.put(tenant, "site", Site(id=SiteId(name), after_resolve="reopen"), actor="simulation")
            rule = parse_rule(
                {"id": "hello", "contains": ["hello", "price", "你好"], "reply": f"{name} says hello"}
            )
            assert not isinstance(rule, list)
            records.put(tenant, "rule", rule, actor="simulation")
            for index in range(self._agents):
                agent = Agent(id=AgentId(f"{name}-{index}"), email=f"{name}-{index}@example.com")
                records.put(tenant, "agent", agent, actor="simulation")
                self._names[name, agent.id] = gate.sign_in(tenant, agent, address="", device="")

    async def _drain_journal(self) -> None:
        while len(self._journal):
            self._journal.commit()
            await asyncio.sleep(0)

    async def _commit_now_and_then(self) -> None:
        while True:
            hiccup_s = 0.2 if self.chance.random() < 0.1 else 0.0  # disks have them
            await asyncio.sleep(self.chance.expovariate(300) + hiccup_s)
            self._journal.commit(self.chance.choice((None, None, None, 1, 3)))

    async def _kill_now_and_then(self) -> None:
        for _ in range(self._kills):
            await asyncio.sleep(self.chance.uniform(0.2, max(self._conversations / 40, 1.0)))
            await self._stop()
            await asyncio.sleep(self.chance.uniform(0, 0.5))
            await self._start()

    async def _stop(self) -> None:
        """Kill the process: between any two commits, with everything in flight."""
        assert self.engine is not None
        self.engine = None
        self._journal.kill()
        links, self._links = self._links, []
        for link in links:
            link.is_cut = link.closed = True
        await self._tasks.stop()

    def _to_desk(self, link: Link, data: bytes) -> None:
        engine = self.engine
        if engine is None:
            return
        try:
            if link.principal is None:
                engine.opening.receive(link, data)
            else:
                engine.pipeline.accept(link, data)
        except Exception as failure:
            self.failures.append(failure)

    def _gone(self, link: Link) -> None:
        if self.engine is not None:
            self.engine.opening.leave(link)

    async def _audit(self) -> None:
        """Read what is on disk and hold it against what everybody was told."""
        await self._drain_journal()
        stored: dict[str, list[tuple[int, str]]] = {}
        for tenant in TENANTS:
            rev = 0
            while events := await self._store.since(TenantId(tenant), rev, 1000):
                rev = events[-1].rev
                for event in events:
                    if type(event).__name__ == "Said":
                        stored.setdefault(event.conversation, []).append((event.seq, event.id))  # type: ignore[union-attr]
        self.ledger.audit(stored)
