"""Providers written as one generator, and the ways to ask one."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from fastdesk.ai.echo import Echo
from fastdesk.ai.prompt import PromptWriter
from fastdesk.ai.provider import (
    Completion,
    ModelRequest,
    Piece,
    ProviderKit,
    StreamProvider,
    Usage,
    complete,
    stream,
)
from fastdesk.ai.settings import AssistantSettings, ModelSettings
from fastdesk.errors import ModelError

from .conftest import Heard, request


class Counting(StreamProvider):
    """Counts to the number it is asked for."""

    closed = 0

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        try:
            asked = request.lines[-1].content
            if asked == "fail":
                yield "1"
                raise ModelError("too hard", kind="status", status=503, retry_after_ms=5)
            if asked == "crash":
                raise ZeroDivisionError("secret words")
            for number in range(int(asked)):
                yield str(number)
                await asyncio.sleep(0)
            yield ""
            yield Usage(1, int(asked))
        finally:
            type(self).closed += 1


@pytest.fixture
def counting(kit: ProviderKit) -> Counting:
    return Counting(ModelSettings(provider="counting"), kit)


async def test_generator_is_a_provider(counting: Counting) -> None:
    heard = Heard()
    counting.start(request("3"), heard)
    await heard.wait()
    assert heard.texts == ["0", "1", "2"]
    assert heard.ends == [Completion(text="012", usage=Usage(1, 3))]
    assert (await complete(counting, request("2"))).text == "01"
    assert [piece async for piece in stream(counting, request("2"))] == ["0", "1"]


async def test_failure_and_crash_are_one_failure_each(counting: Counting) -> None:
    with pytest.raises(ModelError) as raised:
        await complete(counting, request("fail"))
    assert (raised.value.kind, raised.value.status, raised.value.retry_after_ms) == ("status", 503, 5)
    with pytest.raises(ModelError) as raised:
        _ = [piece async for piece in stream(counting, request("crash"))]
    assert raised.value.kind == "broken"
    assert "secret" not in str(raised.value)


async def test_cancelled_call_is_silent_and_closes_the_generator(counting: Counting) -> None:
    heard = Heard()
    before = Counting.closed
    call = counting.start(request("1000000"), heard)
    while not heard.texts:
        await asyncio.sleep(0)
    call.cancel()
    said = len(heard.texts)
    while Counting.closed == before:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(heard.texts) == said
    assert not heard.ends
    assert not heard.failures


async def test_leaving_a_stream_ends_the_call(counting: Counting) -> None:
    before = Counting.closed
    pieces = stream(counting, request("1000000"))
    assert await anext(pieces) == "0"
    await pieces.aclose()  # type: ignore[attr-defined]
    while Counting.closed == before:
        await asyncio.sleep(0)


async def test_echo_needs_no_key_and_says_what_was_said(kit: ProviderKit) -> None:
    prompt = PromptWriter(AssistantSettings()).write("你好，世界，今天天气不错")
    echo = Echo(ModelSettings(provider="echo"), kit)
    heard = Heard()
    echo.start(ModelRequest(lines=prompt.lines), heard)
    await heard.wait()
    assert heard.ends[0].text == "你好，世界，今天天气不错"
    assert len(heard.texts) > 3
