"""A whole desk in memory and in virtual time, with a model that says what the test wants."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Protocol

from msgspec.structs import replace
from tests.ai.conftest import LoopClock, ScriptedModel

from fastdesk.ai import AssistantSettings, Limits, ModelSettings
from fastdesk.engine import Engine
from fastdesk.hub.session import Session
from fastdesk.model.agent import Agent
from fastdesk.model.article import Article, ArticleId
from fastdesk.model.call import CallAnswer
from fastdesk.model.event import Noted, Said
from fastdesk.model.ids import AgentId, SiteId, TenantId
from fastdesk.model.rule import Http
from fastdesk.model.site import Site, Tenant
from fastdesk.observe.clock import SeededEntropy
from fastdesk.observe.tasks import Tasks
from fastdesk.plugins.assistance import AssistantOptions
from fastdesk.plugins.meaning import Meaning
from fastdesk.rules import parse_rule
from fastdesk.store.memory import MemoryDisk, memory_store
from fastdesk.tenants.limits import Limits as RateLimits
from fastdesk.tenants.limits import Rate
from fastdesk.tenants.records import HOUSE
from fastdesk.tenants.tokens import VisitorTokens

SECRET = "a secret of tests that is longer than 32 characters"
TENANT, SITE = TenantId("shop"), SiteId("shop")


class InlineTasks(Tasks):
    """Tasks whose threads run in place, so that time can be virtual."""

    async def offload(self, work: Callable[..., Any], *args: Any) -> Any:
        return work(*args)


class Peer(Session):
    """A session that keeps the frames it gets."""

    __slots__ = ("frames",)

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        self.frames.append(json.loads(data))

    def close(self, code: int, reason: str) -> None:
        raise AssertionError(f"the desk closed the session: {code} {reason}")

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["t"] == kind]

    @property
    def texts(self) -> list[str]:
        """What the desk has said, without one's own messages."""
        return [frame["text"] for frame in self.of("message") if frame["from"]["role"] != "visitor"]


class Endpoint:
    """The shop's own system, as tools call it."""

    def __init__(self) -> None:
        self.calls: list[Http] = []
        self.answer = CallAnswer(status=200, body={"state": "sent"})
        #: Who takes what webhooks send; nobody is there at first.
        self.receiver: Receiver | None = None

    async def call(self, tenant: TenantId, request: Http) -> CallAnswer:
        self.calls.append(request)
        return self.answer

    async def send(
        self, method: str, url: str, *, headers: dict[str, str], body: object, timeout_ms: int
    ) -> tuple[int, bytes, str]:
        if self.receiver is None:
            return 0, b"", "unreachable"
        return await self.receiver.take(url, headers, body)


class Receiver(Protocol):
    """Another system that hears of events."""

    async def take(self, url: str, headers: dict[str, str], body: object) -> tuple[int, bytes, str]: ...


class Desk:
    """A desk with one site; `kill` forgets everything that is not durable."""

    def __init__(self, **settings: Any) -> None:
        given = {
            "models": (ModelSettings(model="a", price_in=10**6, price_out=10**6),),
            "limits": Limits(visitor_requests=0),
        }
        self.defaults = AssistantSettings(**{**given, **settings})
        self.models: dict[str, ScriptedModel] = {}
        self.disk = MemoryDisk()
        self.clock = LoopClock()
        self.endpoint = Endpoint()
        self.sent = 0
        #: Further parts of the product, and plug-ins of the owner, by name.
        self.own: list[tuple[str, object]] = []
        self.plugins: list[tuple[str, object]] = []
        #: Makes what finds articles by meaning; None finds them by their words alone.
        self.make_meaning: Callable[[Tasks], Meaning] | None = None

    @property
    def model(self) -> ScriptedModel:
        return self.models["a"]

    async def start(self, *, is_first: bool = True) -> "Desk":
        entropy = SeededEntropy(7)
        self.tasks = InlineTasks()
        self.store = memory_store(entropy, disk=self.disk)
        await self.store.start()
        rate = Rate(1, 1)
        self.engine = Engine(
            store=self.store,
            clock=self.clock,
            entropy=entropy,
            tasks=self.tasks,
            secret=SECRET,
            limits=RateLimits(enabled=False, address=rate, visitor=rate, agent=rate, tenant=rate),
            caller=self.endpoint,
            own=self.own,
            plugins=self.plugins,
            meaning=None if self.make_meaning is None else self.make_meaning(self.tasks),
            assistant=AssistantOptions(
                defaults=self.defaults,
                make_provider=lambda settings, kit: self.models.setdefault(settings.model, ScriptedModel()),
            ),
        )
        await self.engine.load()
        if is_first:
            self.put(HOUSE, "tenant", Tenant(id=TENANT))
            self.put(TENANT, "site", Site(id=SITE, name="Tea & Co", after_resolve="reopen"))
            await self.settle()
        return self

    async def kill(self) -> None:
        """End the process and start another one."""
        await self.tasks.stop()
        await self.start(is_first=False)

    async def stop(self) -> None:
        await self.engine.assistance.assistant.close()
        await self.tasks.stop()
        await self.store.stop()

    async def settle(self, seconds: float = 0.001) -> None:
        """Let everything happen that takes no time."""
        await asyncio.sleep(seconds)

    # What an owner does.

    def put(self, tenant: TenantId, kind: str, record: Any) -> None:
        self.engine.records.put(tenant, kind, record, actor="test")

    def site(self, **changes: Any) -> None:
        site = self.engine.records.site(TENANT, SITE)
        assert site is not None
        self.put(TENANT, "site", replace(site, **changes))

    async def rule(self, **fields: Any) -> None:
        rule = parse_rule(fields)
        assert not isinstance(rule, list), rule
        self.put(TENANT, "rule", rule)
        await self.settle()

    async def article(self, id: str, title: str, body: str, **fields: Any) -> None:
        self.put(
            TENANT, "article", Article(id=ArticleId(id), title=title, body=body, state="published", **fields)
        )
        await self.settle()

    # Who comes.

    async def visitor(self, name: str = "visitor-1") -> Peer:
        peer = Peer()
        token = VisitorTokens(SECRET).issue(TENANT, SITE, name, now_ms=self.clock.now_ms())
        self.engine.opening.receive(peer, json.dumps({"t": "hello", "token": token, "after": 0}).encode())
        await self.settle()
        assert peer.live is not None
        return peer

    async def agent(self, name: str = "agent-1") -> Peer:
        agent = Agent(id=AgentId(name), email=f"{name}@example.com")
        self.put(TENANT, "agent", agent)
        token = self.engine.gate.sign_in(TENANT, agent, address="", device="")
        peer = Peer()
        self.engine.opening.receive(peer, json.dumps({"t": "hello", "token": token}).encode())
        await self.settle()
        return peer

    async def do(self, peer: Peer, **frame: Any) -> None:
        self.engine.pipeline.accept(peer, json.dumps(frame).encode())
        await self.settle()

    def say(self, peer: Peer, text: str) -> None:
        """Send a message without letting anything happen yet."""
        self.sent += 1
        frame = {"t": "send", "id": f"message-{self.sent:04d}", "text": text}
        self.engine.pipeline.accept(peer, json.dumps(frame).encode())

    async def ask(self, peer: Peer, text: str) -> None:
        self.say(peer, text)
        await self.settle()

    # What became of it.

    async def said(self, peer: Peer) -> list[Said]:
        assert peer.live is not None
        return await self.store.said(TENANT, peer.live.conversation.id)

    async def notes(self, peer: Peer, kind: str) -> list[Noted]:
        assert peer.live is not None
        events = await self.store.history(TENANT, peer.live.conversation.id, None, 1000)
        return [event for event in events if isinstance(event, Noted) and event.kind == kind]
