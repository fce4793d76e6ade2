"""Play real dialogues through a running desk, both sides, and prove that nothing is lost, doubled or reordered.

    make run                                             (in one terminal; FASTDESK_LIMITS=off for full speed)
    python examples/replay_dialogues.py --password PASSWORD

One side of each dialogue is a visitor (WebSocket and HTTP polling in turn), the other an agent in the console's socket.
Every tenth connection is cut in mid-dialogue and resumed. What was not acknowledged is sent again under the same id, so the
desk may even be killed and started again meanwhile. The exit code is 1 when anything was lost, doubled or out of order.

The dialogues are CrossWOZ's (thu-coai, Apache-2.0): a zip with one JSON of {id: {"messages": [{"content": …}]}}.
"""

import argparse
import asyncio
import json
import sys
import time
import uuid
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

RETRY_S = 0.3
PATIENCE_S = 60.0


class Tally:
    """Count what happened, and how long it took."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.ack_ms: list[float] = []
        self.delivery_ms: list[float] = []
        self.sent_at: dict[str, float] = {}

    def sent(self, id: str) -> None:
        self.counts["sent"] += 1
        self.sent_at[id] = time.perf_counter()

    def acked(self, id: str) -> None:
        self.counts["acked"] += 1
        self.ack_ms.append((time.perf_counter() - self.sent_at[id]) * 1000)

    def delivered(self, side: str, id: str) -> None:
        self.counts[f"to {side}"] += 1
        if id in self.sent_at:
            self.delivery_ms.append((time.perf_counter() - self.sent_at[id]) * 1000)


class Side:
    """One end of a dialogue: knows which numbers it has seen, and refuses to see one twice or a gap."""

    def __init__(self, name: str, tally: Tally) -> None:
        self.name = name
        self.tally = tally
        self.conversation = ""
        self.seen: dict[int, str] = {}
        self.texts: asyncio.Queue[str] = asyncio.Queue()
        self.waiting: dict[str, asyncio.Event] = {}

    @property
    def after(self) -> int:
        """Return the highest number up to which nothing is missing."""
        seq = 0
        while seq + 1 in self.seen:
            seq += 1
        return seq

    def take(self, frame: dict[str, Any], *, is_replay: bool = False) -> None:
        """Take a message of the other side (or a replay of one's own)."""
        seq, id = frame["seq"], frame["id"]
        if seq in self.seen:
            if self.seen[seq] != id:
                self.tally.counts["out of order"] += 1
            elif id not in self.waiting and not is_replay:
                self.tally.counts["duplicates"] += 1
            return
        if seq != self.after + 1:
            self.tally.counts["out of order"] += 1
        self.seen[seq] = id
        if id in self.waiting:
            return
        self.tally.delivered(self.name, id)
        self.texts.put_nowait(frame["text"])

    def take_ack(self, id: str, seq: int) -> None:
        """Take the acknowledgement of a message of one's own."""
        if self.seen.setdefault(seq, id) != id:
            self.tally.counts["out of order"] += 1
        event = self.waiting[id]
        if not event.is_set():
            self.tally.acked(id)
            event.set()

    async def send(self, text: str) -> None:
        """Send until acknowledged, always under the same id."""
        id = uuid.uuid4().hex
        event = self.waiting[id] = asyncio.Event()
        self.tally.sent(id)
        async with asyncio.timeout(PATIENCE_S):
            while not event.is_set():
                await self.send_once(id, text)
                try:
                    async with asyncio.timeout(2):
                        await event.wait()
                except TimeoutError:
                    self.tally.counts["sent again"] += 1

    async def send_once(self, id: str, text: str) -> None:
        raise NotImplementedError

    async def hear(self) -> str:
        """Wait for the next message of the other side."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.texts.get()


class Socket(Side):
    """A side on a WebSocket that comes back by itself."""

    def __init__(self, name: str, tally: Tally, desk: "Desk", token: str) -> None:
        super().__init__(name, tally)
        self.desk = desk
        self.token = token
        self.epoch: str | None = None
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self.ready = asyncio.Event()
        self.task = asyncio.create_task(self._keep())

    def hello(self) -> dict[str, Any]:
        return {
            "t": "hello",
            "token": self.token,
            "after": self.after,
            **({"epoch": self.epoch} if self.epoch else {}),
        }

    async def _keep(self) -> None:
        while True:
            try:
                async with self.desk.http.ws_connect(
                    self.desk.base + "/v1/ws", max_msg_size=1 << 20
                ) as socket:
                    self.socket = socket
                    await socket.send_json(self.hello())
                    async for message in socket:
                        self.on_frame(json.loads(message.data))
            except (aiohttp.ClientError, OSError):
                pass
            self.ready.clear()
            self.socket = None
            await asyncio.sleep(RETRY_S)

    def on_frame(self, frame: dict[str, Any]) -> None:
        match frame["t"]:
            case "welcome":
                self.epoch = frame["epoch"]
                self.ready.set()
            case "ack":
                self.take_ack(frame["id"], frame["seq"])
            case "message":
                self.take(frame)
            case "error" if "retry_after_ms" in frame:
                self.tally.counts["asked to wait"] += 1
            case "reset":
                self.tally.counts["gaps"] += 1

    async def frame(self, frame: dict[str, Any]) -> None:
        await self.ready.wait()
        if self.socket is not None:
            try:
                await self.socket.send_json(frame)
            except (aiohttp.ClientError, OSError):
                return

    async def send_once(self, id: str, text: str) -> None:
        await self.frame({"t": "send", "id": id, "text": text})

    async def ask_for_person(self) -> None:
        await self.frame({"t": "human"})

    async def cut(self) -> None:
        """Drop the connection without a word."""
        if self.socket is not None and self.socket._response.connection is not None:
            self.socket._response.connection.close()

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


class Poller(Side):
    """A side that sends by POST and hears by long poll."""

    def __init__(self, name: str, tally: Tally, desk: "Desk", token: str) -> None:
        super().__init__(name, tally)
        self.desk = desk
        self.token = token
        self.task = asyncio.create_task(self._poll())

    async def _poll(self) -> None:
        while True:
            try:
                answer = await self.desk.get(f"/v1/events?after={self.after}&wait=20", self.token)
                for frame in answer["events"]:
                    if frame["t"] == "message":
                        self.take(frame, is_replay=frame["seq"] in self.seen)
            except (aiohttp.ClientError, OSError, TimeoutError):
                await asyncio.sleep(RETRY_S)

    async def send_once(self, id: str, text: str) -> None:
        try:
            stored = await self.desk.post("/v1/messages", {"id": id, "text": text}, self.token)
            self.take_ack(stored["id"], stored["seq"])
        except (aiohttp.ClientError, OSError, TimeoutError):
            await asyncio.sleep(RETRY_S)

    async def ask_for_person(self) -> None:
        await self.desk.post("/v1/frames", {"t": "human"}, self.token)

    async def cut(self) -> None:
        """Break the poll that is open and begin another."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.task = asyncio.create_task(self._poll())

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


class AgentEnd(Side):
    """An agent's end of one dialogue, on the console's socket that several dialogues share."""

    def __init__(self, console: "ConsoleSocket", tally: Tally, conversation: str) -> None:
        super().__init__("agents", tally)
        self.console = console
        self.conversation = conversation
        console.ends[conversation] = self

    async def send_once(self, id: str, text: str) -> None:
        await self.console.frame({"t": "send", "conversation": self.conversation, "id": id, "text": text})


class ConsoleSocket(Socket):
    """An agent's socket: takes conversations, and after a break watches each one from where it stood."""

    def __init__(self, tally: Tally, desk: "Desk", token: str) -> None:
        self.ends: dict[str, AgentEnd] = {}
        self.taken: dict[str, asyncio.Event] = {}
        self.watches: list[asyncio.Task[None]] = []
        super().__init__("agents", tally, desk, token)

    def hello(self) -> dict[str, Any]:
        return {"t": "hello", "token": self.token}

    def on_frame(self, frame: dict[str, Any]) -> None:
        conversation = frame.get("conversation")
        match frame["t"]:
            case "welcome":
                self.ready.set()
                for id, end in self.ends.items():
                    self.watches.append(
                        asyncio.create_task(
                            self.frame({"t": "watch", "conversation": id, "after": end.after})
                        )
                    )
            case "ack":
                self.ends[conversation].take_ack(frame["id"], frame["seq"])
            case "message" if conversation in self.ends:
                self.ends[conversation].take(frame, is_replay=frame["seq"] in self.ends[conversation].seen)
            case "conversation" if conversation in self.taken and frame["is"].get("assignee"):
                self.taken[conversation].set()
            case "reset":
                self.tally.counts["gaps"] += 1

    async def take_over(self, conversation: str) -> AgentEnd | None:
        """Take a waiting conversation: ask until the desk says it is ours; None when it went down before it was stored."""
        end = AgentEnd(self, self.tally, conversation)
        taken = self.taken[conversation] = asyncio.Event()
        while not taken.is_set():
            await self.frame({"t": "take", "conversation": conversation})
            try:
                async with asyncio.timeout(1):
                    await taken.wait()
            except TimeoutError:  # what would have told us may have gone down with a connection
                try:
                    row = await self.desk.get(f"/v1/conversations/{conversation}", self.token)
                except (aiohttp.ClientError, OSError) as failure:
                    if isinstance(failure, aiohttp.ClientResponseError) and failure.status == 404:
                        del self.ends[conversation], self.taken[conversation]
                        return None
                    continue
                if row["conversation"]["assignee"]:
                    taken.set()
        return end


class Desk:
    """The desk's address and what is asked of it over HTTP."""

    def __init__(self, base: str, http: aiohttp.ClientSession) -> None:
        self.base = base.rstrip("/")
        self.http = http

    async def post(self, path: str, body: Any, token: str = "") -> Any:
        return await self._ask("POST", path, token, json=body)

    async def get(self, path: str, token: str) -> Any:
        return await self._ask("GET", path, token)

    async def _ask(self, method: str, path: str, token: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.request(method, self.base + path, headers=headers, **more) as response:
            if response.status == 204:
                return None
            answer = await response.json(content_type=None)
            response.raise_for_status()
            return answer


async def play(
    number: int, lines: list[str], desk: Desk, console: ConsoleSocket, tally: Tally, site: str
) -> str:
    """Play one dialogue and return its conversation."""
    visitor, agent, conversation = await _meet(kind_of(number), desk, console, tally, site)
    try:
        for turn, text in enumerate(lines):
            speaker, listener = (visitor, agent) if turn % 2 == 0 else (agent, visitor)
            if number % 10 == 0 and turn == len(lines) // 2:
                tally.counts["connections cut"] += 1
                await visitor.cut()
            await speaker.send(text)
            if await listener.hear() != text:
                tally.counts["out of order"] += 1
        tally.counts["gaps"] += (visitor.after != len(lines)) + (agent.after != len(lines))
    finally:
        await visitor.end()
    return conversation


def kind_of(number: int) -> "type[Socket | Poller]":
    """Let every other visitor come without a WebSocket."""
    return Socket if number % 2 == 0 else Poller


async def _meet(
    kind: "type[Socket | Poller]", desk: Desk, console: ConsoleSocket, tally: Tally, site: str
) -> tuple["Socket | Poller", AgentEnd, str]:
    """Let a visitor come and ask for a person, and an agent take the conversation; again when it was never stored."""
    while True:
        admitted = await _retry(lambda: desk.post("/v1/visitors", {"site": site}))
        visitor = kind("visitors", tally, desk, admitted["token"])
        await _retry(visitor.ask_for_person)
        agent = await console.take_over(admitted["conversation"])
        if agent is not None:
            return visitor, agent, str(admitted["conversation"])
        await visitor.end()


async def _retry(step: Any) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await step()
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(RETRY_S)


async def check_store(desk: Desk, token: str, conversation: str, lines: list[str], tally: Tally) -> None:
    """Compare what the desk has stored with what was said."""
    page = await _retry(lambda: desk.get(f"/v1/conversations/{conversation}/events?limit=500", token))
    texts = [event["text"] for event in page["events"] if event["t"] == "message"]
    tally.counts["stored"] += len(texts)
    tally.counts["lost"] += texts != lines


def read_dialogues(path: Path, most: int) -> list[list[str]]:
    """Read the dialogues' texts."""
    with zipfile.ZipFile(path) as archive:
        content = json.loads(archive.read(archive.namelist()[0]))
    every = content.values() if isinstance(content, dict) else content
    return [[message["content"] for message in dialogue["messages"]] for dialogue in every][:most]


async def replay(options: argparse.Namespace, console: Console) -> Tally:
    """Play everything, with a progress bar."""
    dialogues = read_dialogues(options.data, options.dialogues)
    tally = Tally()
    timeout = aiohttp.ClientTimeout(total=40)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as http:
        desk = Desk(options.base, http)
        token = (await desk.post("/v1/login", {"email": options.email, "password": options.password}))[
            "token"
        ]
        consoles = [ConsoleSocket(tally, desk, token) for _ in range(options.agents)]
        places = asyncio.Semaphore(options.at_once)
        with Progress(console=console) as progress:
            bar = progress.add_task("Dialogues", total=len(dialogues))

            async def one(number: int, lines: list[str]) -> None:
                async with places:
                    conversation = await play(
                        number, lines, desk, consoles[number % len(consoles)], tally, options.site
                    )
                    await check_store(desk, token, conversation, lines, tally)
                tally.counts["dialogues"] += 1
                progress.advance(bar)

            await asyncio.gather(*(one(number, lines) for number, lines in enumerate(dialogues)))
        for each in consoles:
            await each.end()
    return tally


def show(tally: Tally, console: Console) -> None:
    """Print the result as a table."""
    table = Table(title="Dialogues replayed")
    table.add_column("what")
    table.add_column("figure", justify="right")
    names = (
        "dialogues",
        "connections cut",
        "sent",
        "sent again",
        "acked",
        "to visitors",
        "to agents",
        "stored",
        "duplicates",
        "gaps",
    )
    for name in (*names, "out of order", "lost"):
        table.add_row(name, f"{tally.counts[name]:,}")
    for name, values in (("ack", tally.ack_ms), ("delivery", tally.delivery_ms)):
        ordered = sorted(values) or [0.0]
        middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        table.add_row(f"{name} p50 / p99", f"{middle:.1f} / {late:.1f} ms")
    console.print(table)


def main() -> int:
    """Return 0 when every message arrived once, in order, on both sides, and stands in the store."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", default="http://127.0.0.1:8080", help="address of the desk")
    parser.add_argument("--email", default="admin@example.com", help="agent to sign in as")
    parser.add_argument("--password", required=True, help="that agent's password")
    parser.add_argument("--site", default="demo", help="site key")
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data/crosswoz/val.json.zip"), help="zip of dialogues"
    )
    parser.add_argument("--dialogues", type=int, default=500, help="how many to play")
    parser.add_argument("--at-once", type=int, default=50, help="how many at the same time")
    parser.add_argument("--agents", type=int, default=5, help="agents' sockets")
    options = parser.parse_args()
    console = Console()
    tally = asyncio.run(replay(options, console))
    show(tally, console)
    faults = sum(tally.counts[name] for name in ("duplicates", "gaps", "out of order", "lost"))
    return 1 if faults or tally.counts["sent"] != tally.counts["acked"] else 0


if __name__ == "__main__":
    sys.exit(main())
