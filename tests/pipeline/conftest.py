"""Whole desks in virtual time, with people at them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvloop
from msgspec.structs import replace
from tests.ai.conftest import VirtualLoop
from tests.pipeline.handlers import Says
from tests.plugins.assistant_world import SITE, TENANT, Desk, Peer

from fastdesk.model.agent import Agent
from fastdesk.model.conversation import Conversation
from fastdesk.model.ids import AgentId


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run asynchronous tests in virtual time where a test file asks for that."""
    if getattr(item.getparent(pytest.Module).obj, "VIRTUAL_TIME", False):  # type: ignore[union-attr]
        return {"virtual": VirtualLoop}
    return {"uvloop": uvloop.new_event_loop}


class Floor(Desk):
    """A desk with agents of given abilities, whose rounds are made as time passes."""

    async def hire(self, name: str, **fields: Any) -> Peer:
        """Add an agent and let the console of that one connect."""
        agent = Agent(id=AgentId(name), email=f"{name}@example.com", name=name.title(), **fields)
        self.put(TENANT, "agent", agent)
        return await self.sign_in(name)

    async def sign_in(self, name: str, **hello: Any) -> Peer:
        token = self.engine.gate.sign_in(TENANT, self.agent_record(name), address="", device="")
        peer = Peer()
        self.engine.opening.receive(peer, json.dumps({"t": "hello", "token": token, **hello}).encode())
        await self.settle()
        return peer

    async def leave(self, peer: Peer) -> None:
        self.engine.opening.leave(peer)
        await self.settle()

    async def ask_for_person(self, name: str) -> Peer:
        """Let a visitor come and ask for a person."""
        peer = await self.visitor(name)
        await self.do(peer, t="human")
        return peer

    async def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            await asyncio.sleep(1)
            self.engine.rounds.make()
        await self.settle()

    def routing(self, **settings: Any) -> None:
        """Set how the site's conversations are routed."""
        self.site(settings={"routing": settings})

    def agent_record(self, name: str) -> Agent:
        agent = self.engine.records.get(Agent, TENANT, "agent", name)
        assert agent is not None
        return agent

    def change_agent(self, name: str, **fields: Any) -> None:
        self.put(TENANT, "agent", replace(self.agent_record(name), **fields))

    def conversation(self, peer: Peer) -> Conversation:
        live = self.engine.hub.current(TENANT, SITE, peer.live.visitor.id) if peer.live else None
        assert live is not None
        return live.conversation

    def owner(self, peer: Peer) -> str | None:
        return self.conversation(peer).assignee


@pytest.fixture
async def floor() -> AsyncIterator[Floor]:
    desk = Floor()
    await desk.start()
    yield desk
    await desk.stop()


@pytest.fixture
async def echoing_floor() -> AsyncIterator[Floor]:
    """A floor on which every message is answered at once, so that no answer is under way."""
    desk = Floor()
    desk.plugins = [("echo", Says("echo"))]
    await desk.start()
    yield desk
    await desk.stop()


OpenFloor = Callable[..., Awaitable[Floor]]
