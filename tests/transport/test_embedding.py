"""An OpenAI-compatible service is asked for embeddings; what is no answer is a `ModelError`."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fastdesk.errors import ModelError
from fastdesk.transport.embedding import BATCH, EmbeddingService
from fastdesk.transport.outgoing import Outgoing


class Service:
    """A service whose next answers a test sets."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, object]] = []
        self.keys: list[str] = []
        self.answer: web.Response | None = None

    async def embed(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        self.keys.append(request.headers.get("Authorization", ""))
        rows = [{"index": at, "embedding": [float(len(text)), 1.0]} for at, text in enumerate(body["input"])]
        return self.answer or web.json_response({"data": rows[::-1]})


@pytest.fixture
async def asked() -> AsyncIterator[tuple[Service, EmbeddingService]]:
    """Return a service on this machine and what asks it."""
    service, outgoing = Service(), Outgoing(allow_private=True)
    app = web.Application()
    app.router.add_post("/v1/embeddings", service.embed)
    server = TestServer(app)
    await server.start_server()
    yield service, EmbeddingService(str(server.make_url("/v1/")), "small", "a key", outgoing)
    await outgoing.stop()
    await server.close()


async def test_vectors_come_in_the_order_of_the_texts(asked: tuple[Service, EmbeddingService]) -> None:
    service, embedding = asked
    texts = ["x" * (number + 1) for number in range(BATCH + 3)]
    assert [vector[0] for vector in await embedding.embed(texts)] == [float(len(text)) for text in texts]
    assert [len(body["input"]) for body in service.bodies] == [BATCH, 3]  # type: ignore[arg-type]
    assert service.bodies[0]["model"] == "small"
    assert service.keys[0] == "Bearer a key"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 401},
        {"text": "<html>"},
        {"text": '{"data": []}'},
        {"text": '{"data": [{"embedding": []}]}'},
        {"text": '{"data": [{"embedding": ["a"]}]}'},
        {"body": b"\xff"},
    ],
)
async def test_what_is_no_answer_is_an_error(
    asked: tuple[Service, EmbeddingService], answer: dict[str, object]
) -> None:
    service, embedding = asked
    service.answer = web.Response(**answer)  # type: ignore[arg-type]
    with pytest.raises(ModelError) as caught:
        await embedding.embed(["x"])
    assert "a key" not in str(caught.value)


async def test_service_that_is_not_there() -> None:
    outgoing = Outgoing(allow_private=True)
    with pytest.raises(ModelError):
        await EmbeddingService("http://127.0.0.1:9/", "m", "", outgoing).embed(["x"])
    await outgoing.stop()
