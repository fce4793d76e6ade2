"""Visitors and agents: they connect, speak, lose their connections, come back, and say again what was not acknowledged."""

import asyncio
import random
from typing import TYPE_CHECKING, Any

import msgspec
from tests.simulation.ledger import BrokenLaw
from tests.simulation.link import Link

if TYPE_CHECKING:
    from tests.simulation.world import World

WORDS = ("hello", "price", "转人工", "slow question", "nothing that a rule knows", "refund", "你好")


class Actor:
    """One peer with one connection at a time."""

    def __init__(self, world: "World", tenant: str, chance: random.Random) -> None:
        self.world = world
        self.tenant = tenant
        self.chance = chance
        self.link: Link | None = None
        self.epoch: str | None = None
        self.after: int | None = None
        self.unacked: dict[str, dict[str, Any]] = {}
        self.welcomed = asyncio.Event()
        self._made = 0

    async def connect(self, token: str) -> None:
        """Say hello until welcomed; the desk may be down for a while."""
        while True:
            self.welcomed.clear()
            self.link = self.world.connect(self._receive)
            hello: dict[str, Any] = {"t": "hello", "token": token}
            if self.epoch is not None:
                hello |= {"epoch": self.epoch, "after": self.after or 0}
            else:
                hello["after"] = 0
            self.say(hello)
            try:
                async with asyncio.timeout(2):
                    await self.welcomed.wait()
            except TimeoutError:
                self.link.cut()
                await asyncio.sleep(self.chance.uniform(0.01, 0.3))
                continue
            for frame in list(self.unacked.values()):
                self.say(frame)
            return

    def say(self, frame: dict[str, Any]) -> None:
        """Send a frame; into the void when the connection is cut."""
        assert self.link is not None
        encoder = msgspec.json if self.link.codec.is_text else msgspec.msgpack
        self.link.send_up(encoder.encode(frame))

    def new_id(self) -> str:
        """Make the id of a message; ids of one run never meet."""
        self._made += 1
        return f"{id_prefix(self)}-{self._made:06}"

    @property
    def is_connected(self) -> bool:
        return self.link is not None and not self.link.is_cut and not self.link.closed

    def _receive(self, data: bytes) -> None:
        assert self.link is not None
        decoder = msgspec.json if self.link.codec.is_text else msgspec.msgpack
        frame = decoder.decode(data)
        handler = getattr(self, "_on_" + frame["t"], None)
        if handler is not None:
            handler(frame)


def id_prefix(actor: Actor) -> str:
    """Return what tells the ids of one actor from those of all others."""
    return f"{actor.tenant}-{actor.world.actors.index(actor):05}"


class SimulatedVisitor(Actor):
    """A visitor with one conversation."""

    words: tuple[str, ...] = WORDS

    def __init__(self, world: "World", tenant: str, chance: random.Random, sends: int) -> None:
        super().__init__(world, tenant, chance)
        self.conversation = ""
        self.visitor = ""
        self.sends = sends

    async def run(self) -> None:
        token = self.world.visitor_token(self.tenant, self.chance)
        await self.connect(token)
        for _ in range(self.sends):
            await asyncio.sleep(self.chance.expovariate(2))
            if not self.is_connected or self.chance.random() < 0.08:
                if self.link is not None:
                    self.link.cut()
                await asyncio.sleep(self.chance.uniform(0, 0.2))
                await self.connect(token)
            frame = {"t": "send", "id": self.new_id(), "text": self.chance.choice(self.words)}
            self.unacked[frame["id"]] = frame
            self.say(frame)
            if self.chance.random() < 0.2:
                self.say(frame)  # an impatient finger, or a proxy that repeats
        while self.unacked:
            await asyncio.sleep(1)
            if self.unacked and not self.is_connected:
                await self.connect(token)
            elif self.unacked:
                for frame in list(self.unacked.values()):
                    self.say(frame)
        if self.link is not None:
            self.link.cut()

    def _on_welcome(self, frame: dict[str, Any]) -> None:
        self.epoch = frame["epoch"]
        if frame["conversation"] != self.conversation:
            self.conversation, self.after = frame["conversation"], 0
        self.visitor = frame["visitor"]
        self.welcomed.set()

    def _on_ack(self, frame: dict[str, Any]) -> None:
        self.world.ledger.acknowledged(self.conversation, self.visitor, frame["id"], frame["seq"])
        self.unacked.pop(frame["id"], None)

    def _on_message(self, frame: dict[str, Any]) -> None:
        seq = frame["seq"]
        self.world.ledger.shown(self.tenant, self.conversation, seq, frame["id"], frame["from"]["role"])
        if seq <= (self.after or 0):
            raise BrokenLaw(f"visitor was shown {seq} after {self.after}")
        self.after = seq

    def _on_reset(self, frame: dict[str, Any]) -> None:
        raise BrokenLaw("a visitor was told to start afresh though nothing was lost")

    def _on_error(self, frame: dict[str, Any]) -> None:
        if frame["code"] not in ("retry_later", "rate_limited"):
            raise BrokenLaw(f"a good frame was refused: {frame}")


class SimulatedAgent(Actor):
    """An agent who takes waiting conversations and answers them."""

    def __init__(self, world: "World", tenant: str, name: str, chance: random.Random) -> None:
        super().__init__(world, tenant, chance)
        self.name = name
        self.waiting: dict[str, None] = {}
        self.mine: dict[str, int] = {}

    async def run(self) -> None:
        token = self.world.agent_token(self.tenant, self.name)
        await self.connect(token)
        while True:
            await asyncio.sleep(self.chance.expovariate(4))
            if not self.is_connected or self.chance.random() < 0.01:
                if self.link is not None:
                    self.link.cut()
                await asyncio.sleep(self.chance.uniform(0, 0.2))
                await self.connect(token)
            if self.waiting and self.chance.random() < 0.5:
                self.say({"t": "take", "conversation": self.waiting.popitem()[0]})
            elif self.mine:
                conversation = self.chance.choice(list(self.mine))
                if self.chance.random() < 0.1:
                    del self.mine[conversation]
                    self.say({"t": "unwatch", "conversation": conversation})
                else:
                    self._answer(conversation)

    def _answer(self, conversation: str) -> None:
        frame = {"t": "send", "conversation": conversation, "id": self.new_id(), "text": "an agent's answer"}
        self.unacked[frame["id"]] = frame
        self.say(frame)
        if self.chance.random() < 0.2:
            self.say({"t": "note", "conversation": conversation, "id": self.new_id(), "text": "for us only"})

    def _on_welcome(self, frame: dict[str, Any]) -> None:
        # What was missed comes behind the welcome: only its frames say that it has arrived.
        if self.after is None or self.epoch != frame["epoch"]:
            self.after = frame["rev"]
        self.epoch = frame["epoch"]
        self.welcomed.set()

    def _on_ack(self, frame: dict[str, Any]) -> None:
        self.world.ledger.acknowledged(frame["conversation"], self.name, frame["id"], frame["seq"])
        self.unacked.pop(frame["id"], None)

    def _on_conversation(self, frame: dict[str, Any]) -> None:
        conversation = frame["is"]
        if conversation["tenant"] != self.tenant:
            raise BrokenLaw(f"{self.tenant} was shown a conversation of {conversation['tenant']}")
        self._advance(frame)
        if conversation["mode"] == "queued":
            self.waiting[frame["conversation"]] = None
        else:
            self.waiting.pop(frame["conversation"], None)
        if conversation["assignee"] == self.world.agent_id(self.tenant, self.name):
            self.mine.setdefault(frame["conversation"], 0)
        else:
            self.mine.pop(frame["conversation"], None)

    def _on_message(self, frame: dict[str, Any]) -> None:
        self._advance(frame)
        conversation, seq = frame["conversation"], frame["seq"]
        self.world.ledger.shown(self.tenant, conversation, seq, frame["id"], frame["from"]["role"])

    def _advance(self, frame: dict[str, Any]) -> None:
        if frame.get("rev") is not None:
            self.after = max(self.after or 0, frame["rev"])

    def _on_error(self, frame: dict[str, Any]) -> None:
        if frame["code"] not in ("retry_later", "rate_limited", "conflict"):
            raise BrokenLaw(f"a good frame was refused: {frame}")
