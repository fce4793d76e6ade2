"""The example provider against a server that speaks Ollama's own format."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fastdesk.ai.provider import (
    Completion,
    Line,
    ModelRequest,
    Provider,
    ProviderKit,
    Usage,
    complete,
    stream,
)
from fastdesk.ai.registry import make_provider
from fastdesk.ai.settings import ModelSettings
from fastdesk.errors import ModelError
from fastdesk.observe.clock import SystemClock
from fastdesk.observe.tasks import Tasks

FILE = Path(__file__).parents[2] / "examples/providers/ollama_provider.py"
ASKED = ModelRequest(lines=(Line("system", "Be brief."), Line("user", "你好")), max_tokens=7)


class Ollama:
    """Says what the test wants it to say, and keeps what it was asked."""

    def __init__(self) -> None:
        self.lines: list[Any] = [
            {"message": {"content": "您"}},
            {"message": {"content": "好"}},
            {"message": {"content": ""}, "done": True, "prompt_eval_count": 5, "eval_count": 2},
        ]
        self.status = 200
        self.asked: list[Any] = []
        self.open = 0

    async def chat(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        response = web.StreamResponse(status=self.status)
        await response.prepare(request)
        self.open += 1
        try:
            for line in self.lines:
                if line == "hang":
                    await asyncio.sleep(60)
                await response.write((line if isinstance(line, str) else json.dumps(line)).encode() + b"\n")
        finally:
            self.open -= 1
        return response


@pytest.fixture
async def ollama() -> AsyncIterator[tuple[Ollama, Provider]]:
    own, app = Ollama(), web.Application()
    app.router.add_post("/api/chat", own.chat)
    tasks = Tasks()
    async with TestServer(app, handler_cancellation=True) as server:
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(str(FILE.parent))
            settings = ModelSettings(
                provider="ollama_provider:Ollama", base_url=str(server.make_url("")), model="qwen3"
            )
            yield own, make_provider(settings, ProviderKit("", SystemClock(), tasks.spawn))
        await tasks.stop()


def test_file_has_forty_lines_at_most() -> None:
    assert len(FILE.read_text("utf-8").splitlines()) <= 40


async def test_answer_streams_and_is_counted(ollama: tuple[Ollama, Provider]) -> None:
    own, provider = ollama
    assert [piece async for piece in stream(provider, ASKED)] == ["您", "好"]
    assert await complete(provider, ASKED) == Completion(text="您好", usage=Usage(5, 2))
    assert own.asked[0] == {
        "model": "qwen3",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "你好"}],
        "options": {"num_predict": 7},
    }


@pytest.mark.parametrize(
    ("lines", "status", "kind"),
    [
        ([], 503, "status"),
        (["no json"], 200, "broken"),
        ([{}], 200, "broken"),
        ([{"message": {"content": "半"}}], 200, "broken"),
    ],
)
async def test_fault_is_a_failure(
    ollama: tuple[Ollama, Provider], lines: list[Any], status: int, kind: str
) -> None:
    own, provider = ollama
    own.lines, own.status = lines, status
    with pytest.raises(ModelError) as raised:
        await complete(provider, ASKED)
    assert raised.value.kind == kind


async def test_leaving_closes_the_connection(ollama: tuple[Ollama, Provider]) -> None:
    own, provider = ollama
    own.lines = [{"message": {"content": "一"}}, "hang"]
    pieces = stream(provider, ASKED)
    assert await anext(pieces) == "一"
    await pieces.aclose()  # type: ignore[attr-defined]
    async with asyncio.timeout(10):
        while own.open:
            await asyncio.sleep(0.01)
