"""The whole corridor without sockets: bytes of a message in, acknowledgement and reply out, store in memory."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from typing import Any

from benchmarks.load.desk import ANSWER, QUESTION, RULE
from fastdesk.engine import Engine
from fastdesk.hub.session import Session
from fastdesk.model.call import CallAnswer
from fastdesk.model.ids import SiteId, TenantId
from fastdesk.model.rule import Http
from fastdesk.model.site import Site, Tenant
from fastdesk.observe.clock import SeededEntropy, SystemClock, new_id
from fastdesk.observe.tasks import Tasks
from fastdesk.rules import parse_rule
from fastdesk.store.memory import memory_store
from fastdesk.tenants.limits import Limits, Rate
from fastdesk.tenants.records import HOUSE

_SECRET = "a secret of the benchmarks, longer than 32 characters"
_TENANT, _SITE = TenantId("demo"), SiteId("demo")
_IN_FLIGHT = 16


class Peer(Session):
    """A visitor's session that counts the replies it gets."""

    __slots__ = ("_answer", "_engine", "replies")

    def __init__(self, engine: Engine, answer: str) -> None:
        super().__init__()
        self._engine = engine
        self._answer = answer.encode()
        self.replies = 0

    def say(self, frame: bytes) -> None:
        """Send a frame to the desk."""
        self._engine.pipeline.accept(self, frame)

    def write(self, data: bytes) -> None:
        self.replies += self._answer in data

    def close(self, code: int, reason: str) -> None:
        raise RuntimeError(f"the desk has closed the session: {code} {reason}")


class _NoCalls:
    """No rule of the benchmark calls anything outside."""

    async def call(self, tenant: TenantId, request: Http) -> CallAnswer:
        return CallAnswer(error="unreachable")

    async def send(
        self, method: str, url: str, *, headers: dict[str, str], body: object, timeout_ms: int
    ) -> tuple[int, bytes, str]:
        return 0, b"", "unreachable"


def corridor_run() -> Callable[[int], None]:
    """Return a run in which a rule answers each message of one visitor."""
    loop = asyncio.new_event_loop()
    try:
        peer = loop.run_until_complete(start_peers(1, ANSWER))[0]
    except BaseException:
        loop.close()
        raise
    said = 0

    async def say(count: int) -> None:
        nonlocal said
        for number in range(said, said + count):
            text = QUESTION.replace("{n}", str(number))
            frame = f'{{"t":"send","id":"018f3a5c-0001-7abc-8def-{number:012x}","text":"{text}"}}'
            peer.say(frame.encode())
            if number % _IN_FLIGHT == 0:
                await asyncio.sleep(0)
        said += count
        for _ in range(1000):
            if peer.replies == said:
                return
            await asyncio.sleep(0)
        raise RuntimeError(f"{peer.replies} replies to {said} messages")

    def run(count: int) -> None:
        loop.run_until_complete(say(count))

    weakref.finalize(run, loop.close)
    return run


async def start_peers(visitors: int, answer: str, **rooms: Any) -> list[Peer]:
    """Return visitors of a desk whose store is in memory; each counts the messages that hold `answer`."""
    engine = await start_engine(**rooms)
    peers = [Peer(engine, answer) for _ in range(visitors)]
    for peer in peers:
        engine.opening.receive(peer, f'{{"t":"hello","token":"{visitor_token(engine)}"}}'.encode())
    for _ in range(1000):
        await asyncio.sleep(0.001)
        if all(peer.live is not None for peer in peers):
            return peers
    raise RuntimeError("the visitors were not let in")


def visitor_token(engine: Engine) -> str:
    """Return the token of a new visitor."""
    now_ms = engine.rooms.clock.now_ms()
    return engine.gate.visitors.issue(_TENANT, _SITE, new_id(now_ms, engine.rooms.entropy), now_ms=now_ms)


async def start_engine(**rooms: Any) -> Engine:
    """Return a desk whose store is in memory, with the rule of the benchmarks."""
    clock, entropy = SystemClock(), SeededEntropy(1)
    store = memory_store(entropy)
    await store.start()
    rate = Rate(1, 1)
    engine = Engine(
        store=store,
        clock=clock,
        entropy=entropy,
        tasks=Tasks(),
        secret=_SECRET,
        limits=Limits(enabled=False, address=rate, visitor=rate, agent=rate, tenant=rate),
        caller=_NoCalls(),
        **rooms,
    )
    await engine.load()
    rule = parse_rule(RULE)
    assert not isinstance(rule, list)
    engine.records.put(HOUSE, "tenant", Tenant(id=_TENANT), actor="benchmark")
    engine.records.put(_TENANT, "site", Site(id=_SITE), actor="benchmark")
    engine.records.put(_TENANT, "rule", rule, actor="benchmark")
    await asyncio.sleep(0.05)  # the rule book is compiled in a thread
    return engine
