"""Dify and FastGPT answer for a site, streamed as they write; what breaks off is taken back and somebody else answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.running import RunningDesk

from fastdesk.plugins.dify import DifyReading
from fastdesk.plugins.fastgpt import FastGptReading
from fastdesk.plugins.outside_chat import Event, Events


class Application:
    """A stand-in that speaks both dialects; `steps` are sent one after the other, a number waits so many seconds."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.steps: list[str | float] = []
        self.status = 200

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, request.headers["Authorization"], await request.json()))
        response = web.StreamResponse(status=self.status, headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for step in self.steps:
            if isinstance(step, str):
                await response.write(step.encode())
            else:
                await asyncio.sleep(step)
        return response


def dify(event: str, **fields: Any) -> str:
    return "data: " + json.dumps({"event": event, "conversation_id": "dify-7", **fields}) + "\n\n"


def chunk(text: str, event: str = "answer") -> str:
    data = {"choices": [{"delta": {"content": text}, "index": 0, "finish_reason": None}]}
    return f"event: {event}\ndata: {json.dumps(data)}\n\n"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a desk whose keys for both applications stand in its environment."""
    import os

    os.environ |= {"AI_KEY_DEMO__DIFY": "app-dify", "AI_KEY_DEMO__FASTGPT": "fastgpt-key"}
    running = RunningDesk(
        tmp_path_factory.mktemp("asked") / "data", LIMITS="off", ALLOW_PRIVATE_URLS="true"
    ).start()
    yield running
    running.close()
    del os.environ["AI_KEY_DEMO__DIFY"], os.environ["AI_KEY_DEMO__FASTGPT"]


@pytest.fixture
async def application() -> AsyncIterator[Application]:
    """Serve an application on this machine."""
    made = Application()
    app = web.Application()
    app.router.add_post("/{tail:.*}", made.answer)
    server = TestServer(app)
    await server.start_server()
    made.base = str(server.make_url("/v1"))  # type: ignore[attr-defined]
    yield made
    await server.close()


async def talk(
    desk: RunningDesk, application: Application, kind: str, *texts: str, **settings: Any
) -> list[dict[str, Any]]:
    """Ask on a site that names the application; return the frames of the last answer."""
    base = application.base if kind == "dify" else application.base.removesuffix("/v1")  # type: ignore[attr-defined]
    own = {"base_url": base, "key": f"env:AI_KEY_DEMO__{kind.upper()}", "deadline_ms": 1_000, **settings}
    change = {"settings": {"dify": None, "fastgpt": None, kind: own}}
    status, _ = await asyncio.to_thread(desk.ask, "PATCH", "/v1/sites/demo", change, desk.token)
    assert status == 200
    visitor = await asyncio.to_thread(desk.visitor)
    headers = {"Authorization": f"Bearer {visitor['token']}"}
    frames: list[dict[str, Any]] = []
    async with aiohttp.ClientSession(desk.base, headers=headers) as http:
        for number, text in enumerate(texts):
            frames.clear()
            stream = await http.get("/v1/events", headers={"Accept": "text/event-stream"})
            async with http.post("/v1/messages", json={"id": f"question-{number}", "text": text}) as answer:
                assert answer.status == 200
            async for line in stream.content:
                if line.startswith(b"data: "):
                    frames.append(json.loads(line[6:]))
                    if frames[-1]["t"] == "message" and frames[-1]["from"]["role"] != "visitor":
                        break
            stream.close()
    return frames


async def test_dify_streams_and_goes_on_with_its_conversation(
    asked: RunningDesk, application: Application
) -> None:
    cited = {
        "retriever_resources": [
            {"document_id": "d1", "document_name": "Tea"},
            {"document_id": "d1", "document_name": "Tea"},
        ]
    }
    application.steps = [
        "event: ping\n\n", dify("workflow_started"), dify("message", answer="Green tea. "), 0.2,
        dify("message", answer="It keeps a year."), dify("message_end", metadata=cited),
    ]  # fmt: skip
    frames = await talk(
        asked, application, "dify", "how long does tea keep", "and black tea", variables={"shop": "t"}
    )
    assert next(frame["text"] for frame in frames if frame["t"] == "delta") == "Green tea. "
    assert frames[-1]["text"] == "Green tea. It keeps a year."
    assert frames[-1]["sources"] == [{"id": "d1", "title": "Tea", "url": ""}]
    (path, key, first), (_, _, second) = application.asked
    assert (path, key) == ("/v1/chat-messages", "Bearer app-dify")
    assert (first["query"], first["response_mode"], first["conversation_id"]) == (
        "how long does tea keep",
        "streaming",
        "",
    )
    assert first["inputs"] == {"shop": "t"}
    assert (second["conversation_id"], second["user"]) == ("dify-7", first["user"])


async def test_fastgpt_streams_with_its_sources(asked: RunningDesk, application: Application) -> None:
    nodes = [
        {"moduleName": "search", "quoteList": [{"sourceId": "s1", "sourceName": "Returns.md", "q": "…"}]}
    ]
    application.steps = [
        chunk("七天内"), chunk("可以退。"), "event: answer\ndata: [DONE]\n\n", f"event: flowResponses\ndata: {json.dumps(nodes)}\n\n",
    ]  # fmt: skip
    frames = await talk(asked, application, "fastgpt", "可以退货吗")
    assert frames[-1]["text"] == "七天内可以退。"
    assert frames[-1]["sources"] == [{"id": "s1", "title": "Returns.md", "url": ""}]
    path, key, body = application.asked[0]
    assert (path, key) == ("/v1/chat/completions", "Bearer fastgpt-key")
    assert body["messages"] == [{"role": "user", "content": "可以退货吗"}]
    assert body["stream"] is True
    assert body["chatId"]


@pytest.mark.parametrize("kind", ["dify", "fastgpt"])
@pytest.mark.parametrize(
    "steps",
    [
        [],
        ["data: rubbish\n\n"],
        [dify("error", status=400, code="quota", message="secret detail"), "event: error\ndata: {}\n\n"],
        [3.0],
        [dify("message", answer="Half of it. "), chunk("Half of it. ")],
    ],
    ids=["nothing", "garbage", "error", "late", "broken"],
)
async def test_what_fails_is_answered_by_somebody_else(
    asked: RunningDesk, application: Application, kind: str, steps: list[Any]
) -> None:
    application.steps = steps
    frames = await talk(asked, application, kind, "can you help me with this")
    assert frames[-1]["t"] == "message"
    assert "Half" not in frames[-1]["text"]
    assert "secret" not in str(frames)


async def test_refused_key_and_unknown_key_leave_the_rules(
    asked: RunningDesk, application: Application
) -> None:
    application.status = 401
    assert (await talk(asked, application, "dify", "what now"))[-1]["text"]
    before = len(application.asked)
    assert (await talk(asked, application, "dify", "what now", key="env:PATH"))[-1]["text"]
    assert len(application.asked) == before


def test_wrong_settings_are_refused(asked: RunningDesk) -> None:
    wrong = {"settings": {"dify": {"base_url": "ftp://x", "key": "env:AI_KEY_DEMO__DIFY"}}}
    status, problem = asked.ask("PATCH", "/v1/sites/demo", wrong, asked.token)
    assert (status, problem["code"]) == (422, "invalid")


def test_fastgpt_without_details_ends_with_done() -> None:
    reading = FastGptReading()
    assert reading.read(Event("", '{"choices": [{"delta": {"content": "Hi"}}]}')) == "Hi"
    reading.read(Event("", "[DONE]"))
    assert (reading.text, reading.is_done) == ("Hi", True)


def test_dify_may_replace_what_it_said() -> None:
    reading = DifyReading()
    reading.read(Event("", '{"event": "message", "answer": "bad words"}'))
    assert reading.read(Event("", '{"event": "message_replace", "answer": "Sorry."}')) is None
    assert reading.text == "Sorry."


def test_events_are_the_same_wherever_they_are_cut() -> None:
    data = "event: answer\r\ndata: 你好\r\n\r\n: note\ndata: a\ndata: b\n\ndata: unfinished".encode()
    for size in (1, 2, 3, 7, len(data)):
        events = Events()
        found = [event for at in range(0, len(data), size) for event in events.feed(data[at : at + size])]
        assert found == [Event("answer", "你好"), Event("", "a\nb")]
