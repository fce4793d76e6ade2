"""A desk under load: its own process and data folder, a rule to answer by, visitors and agents to come."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import aiohttp

from benchmarks.load.server import Server, free_port

QUESTION = "您好，请问这款商品的价格是多少？我想买两件送给朋友。bench price {n}"
ANSWER = "您好，这款商品现价 128 元，两件起包邮，今天下单明天送达。还有什么可以帮您？"

_ADMIN = {"email": "bench@example.com", "password": "bench password 4 load tests"}
RULE = {
    "id": "bench-price",
    "name": "Load test",
    "when": {"kind": "contains", "texts": ["bench price"]},
    "do": [{"act": "reply", "text": ANSWER}],
}
_VISITORS_AT_ONCE = 64
AGENT_PASSWORD = "agent password 4 load tests"


class Desk:
    """One desk on one core, with rate limits off; use it as a context manager.

    Args:
        folder: takes data and log.
        core: of the server process.
        durability: `fsync` or `os`.
        settings: further FASTDESK_ settings, without the prefix.
    """

    def __init__(
        self,
        folder: Path,
        *,
        core: int | None,
        durability: str = "fsync",
        settings: dict[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.durability = durability
        self.port = free_port()
        self._visitors: list[str] = []
        self._token = ""
        chosen = {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATA": str(folder / "data"),
            "LIMITS": "off",
            "DURABILITY": durability,
            "LOG_LEVEL": "warning",
            "ADMIN_EMAIL": _ADMIN["email"],
            "ADMIN_PASSWORD": _ADMIN["password"],
            **(settings or {}),
        }
        self.server = Server(
            [sys.executable, "-m", "fastdesk", "serve"],
            folder / "desk.log",
            self._is_ready,
            core=core,
            environment={f"FASTDESK_{name}": value for name, value in chosen.items()},
        )

    @property
    def pid(self) -> int:
        return self.server.pid

    def start(self) -> Self:
        self.server.start()
        return self

    def stop(self) -> None:
        self.server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2):
                return True
        except OSError:
            return False

    def stands(self) -> dict[str, int]:
        """Return how far SQLite is (`fed`), and each follower behind it."""
        path = self.folder / "data" / "main.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT key, value FROM store WHERE key != 'epoch'").fetchall()
        return {"fed": 0} | {key: int(value.split()[-1]) for key, value in found}

    # What the scenarios need.

    def token(self) -> str:
        """Return the administrator's token."""
        if not self._token:
            self._token = self.call("POST", "/v1/login", _ADMIN)["token"]
        return self._token

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Make one API call as the administrator and return the decoded answer."""
        token = "" if path == "/v1/login" else self.token()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.loads(response.read() or b"null")
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise RuntimeError(f"{method} {path}: {refusal.code} {refusal.read()!r}") from refusal

    def add_rule(self) -> Self:
        """Let the desk answer `QUESTION` with `ANSWER`."""
        if all(rule["id"] != RULE["id"] for rule in self.call("GET", "/v1/rules")):
            self.call("POST", "/v1/rules", RULE)
        return self

    def sessions(self, count: int, on_progress: Callable[[int], None] = lambda _: None) -> Path:
        """Return a file with `count` visitors for the generator; visitors of earlier calls are used again."""
        missing = count - len(self._visitors)
        if missing > 0:
            self._visitors += asyncio.run(self._make_visitors(missing, on_progress))
        path = self.folder / f"sessions-{count}"
        path.write_text("\n".join(self._visitors[:count]) + "\n")
        return path

    def forget_visitors(self) -> None:
        """Let the next `sessions` make new visitors."""
        self._visitors = []

    def add_agent(self, email: str) -> str:
        """Return the token of an agent with this address, made when there is none."""
        known = {agent["email"] for agent in self.call("GET", "/v1/agents")}
        sign_in = {"email": email, "password": AGENT_PASSWORD}
        if email not in known:
            self.call("POST", "/v1/agents", {**sign_in, "name": email.partition("@")[0], "role": "agent"})
        token: str = self.call("POST", "/v1/login", sign_in)["token"]
        return token

    def agents(self, agents: int, sessions: Path) -> Path:
        """Return a file with agents for the generator; they share the conversations of `sessions`."""
        conversations = [json.loads(line)["conversation"] for line in sessions.read_text().splitlines()]
        lines = []
        for number in range(agents):
            token = self.add_agent(f"agent-{number}@example.com")
            takes = [
                json.dumps({"t": "take", "conversation": conversation})
                for conversation in conversations[number::agents]
            ]
            lines.append("\t".join([token, *takes]))
        path = self.folder / "agents"
        path.write_text("\n".join(lines) + "\n")
        return path

    async def _make_visitors(self, count: int, on_progress: Callable[[int], None]) -> list[str]:
        made: list[str] = []
        wanted = iter(range(count))  # shared: each maker takes the next one
        url = f"http://127.0.0.1:{self.port}/v1/visitors"

        async def make(http: aiohttp.ClientSession) -> None:
            for _ in wanted:
                async with http.post(url, json={"site": "demo"}) as answer:
                    text = await answer.text()
                    if answer.status not in (200, 201):
                        raise RuntimeError(f"POST /v1/visitors: {answer.status} {text}")
                made.append(json.dumps(json.loads(text)))
                on_progress(1)

        connector = aiohttp.TCPConnector(limit=_VISITORS_AT_ONCE)
        async with aiohttp.ClientSession(connector=connector) as http:
            await asyncio.gather(*(make(http) for _ in range(_VISITORS_AT_ONCE)))
        return made
