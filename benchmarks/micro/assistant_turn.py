"""A turn that a model answers, without sockets: bytes of a message in, request to the model, its answer, reply out."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable

from benchmarks.load.fast_model import ANSWER
from benchmarks.micro.corridor import Peer, start_peers
from fastdesk.ai import AssistantSettings, Limits, ModelSettings
from fastdesk.ai.http_connection import Connection
from fastdesk.ai.openai_http import OpenAIHttp
from fastdesk.ai.provider import ProviderKit
from fastdesk.plugins.assistance import AssistantOptions

_VISITORS = 32
_QUESTION = "你好，请介绍一下编号为 ref-{n} 的商品"
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
_PLAIN = (
    b'{"id":"chatcmpl-1","object":"chat.completion","created":1767225600,"model":"stand-in","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"%b"},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}}'
)


class _Wire:
    """A transport whose other end answers at once."""

    def __init__(self, connection: Connection, answer: bytes) -> None:
        self._connection = connection
        self._answer = answer
        self._loop = asyncio.get_running_loop()

    def write(self, request: bytes) -> None:
        self._loop.call_soon(self._connection.data_received, self._answer)

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        """Say nothing more."""


def _make_model(settings: ModelSettings, kit: ProviderKit) -> OpenAIHttp:
    provider = OpenAIHttp(settings, kit)
    body = _PLAIN % ANSWER.encode()
    for _ in range(_VISITORS):
        connection = Connection(provider.endpoint)
        connection.connection_made(_Wire(connection, _HEAD % len(body) + body))  # type: ignore[arg-type]
        provider.endpoint.on_free(connection)
    return provider


def assistant_run() -> Callable[[int], None]:
    """Return a run in which a model answers each message of some visitors."""
    model = ModelSettings(stream=False, base_url="http://127.0.0.1:1/v1", price_in=1, price_out=1)
    options = AssistantOptions(
        # The usual limit of a visitor would end the run after some rounds.
        AssistantSettings(models=(model,), limits=Limits(visitor_requests=0)),
        may_connect=lambda address: True,
        make_provider=_make_model,
    )
    loop = asyncio.new_event_loop()
    try:
        peers = loop.run_until_complete(start_peers(_VISITORS, ANSWER, assistant=options))
    except BaseException:
        loop.close()
        raise
    said = 0

    async def say(count: int) -> None:
        nonlocal said
        for number in range(said, said + count):
            peer = peers[number % _VISITORS]
            text = _QUESTION.replace("{n}", str(number))
            peer.say(f'{{"t":"send","id":"018f3a5c-0001-7abc-8def-{number:012x}","text":"{text}"}}'.encode())
            if (number + 1) % _VISITORS == 0:
                await _answered(peers, number + 1)
        said += count
        await _answered(peers, said)

    def run(count: int) -> None:
        loop.run_until_complete(say(count))

    weakref.finalize(run, loop.close)
    return run


async def _answered(peers: list[Peer], count: int) -> None:
    for _ in range(1000):
        if sum(peer.replies for peer in peers) == count:
            return
        await asyncio.sleep(0)
    raise RuntimeError(f"{sum(peer.replies for peer in peers)} answers to {count} questions")
