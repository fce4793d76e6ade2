"""The contract of providers that speak the chat-completions format: our own and the official SDK's, one suite for both."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from benchmarks.load.stand_in_behaviour import Behaviour
from benchmarks.load.stand_in_model import StandInModel

from fastdesk.ai.openai_wire import request_body
from fastdesk.ai.provider import (
    Completion,
    Line,
    ModelRequest,
    Provider,
    ProviderKit,
    Tool,
    ToolCall,
    Usage,
    complete,
    stream,
)
from fastdesk.ai.registry import make_provider
from fastdesk.ai.settings import ModelSettings, read_models
from fastdesk.errors import ConfigError, ModelError

from .conftest import Heard, open_sockets, request


class Maker:
    """Makes providers of one kind, and closes them."""

    def __init__(self, name: str, model: StandInModel, kit: ProviderKit) -> None:
        self.name = name
        self.model = model
        self.kit = kit
        self.made: list[Provider] = []

    def __call__(self, **values: Any) -> Provider:
        settings = ModelSettings(
            provider=self.name, **{"base_url": self.model.base_url, "model": "m", **values}
        )
        self.made.append(make_provider(settings, self.kit))
        return self.made[-1]


@pytest.fixture(params=["openai_http", "openai"])
async def make(
    request: pytest.FixtureRequest, stand_in: StandInModel, kit: ProviderKit
) -> AsyncIterator[Maker]:
    before = open_sockets()
    maker = Maker(request.param, stand_in, kit)
    yield maker
    for provider in maker.made:
        await provider.close()
    for _ in range(200):
        if open_sockets() <= before:
            break
        await asyncio.sleep(0.005)
    assert open_sockets() <= before, "a socket was left open"


@pytest.mark.parametrize("streamed", [False, True])
async def test_answer_arrives_whole_and_counted(make: Maker, streamed: bool) -> None:
    make.model.set(text="您好，退款会在三天内到账。", chunks=7, prompt_tokens=11, completion_tokens=5)
    heard = Heard()
    make(stream=streamed).start(request(), heard)
    await heard.wait()
    assert heard.ends == [Completion(text="您好，退款会在三天内到账。", usage=Usage(11, 5))]
    assert "".join(heard.texts) == (heard.ends[0].text if streamed else "")
    assert make.model.counts().calls == 1


@pytest.mark.parametrize("streamed", [False, True])
async def test_convenient_forms(make: Maker, streamed: bool) -> None:
    make.model.set(text="one two three", chunks=3, chunk_gap_ms=5)
    provider = make(stream=streamed)
    assert (await complete(provider, request())).text == "one two three"
    pieces = [piece async for piece in stream(provider, request())]
    assert "".join(pieces) == "one two three"
    assert (len(pieces) > 1) == streamed


@pytest.mark.parametrize("streamed", [False, True])
async def test_request_is_what_the_sdk_sends(make: Maker, streamed: bool) -> None:
    make.model.set(record=True)
    tools = (
        Tool("order", "find an order", {"type": "object", "properties": {"number": {"type": "string"}}}),
    )
    talk = (
        Line("system", "Be brief."),
        Line("user", "订单 😀"),
        Line("assistant", "", tool_calls=(ToolCall("c1", "order", '{"number":"7"}'),)),
        Line("tool", '{"state":"sent"}', tool_call_id="c1"),
    )
    asked = ModelRequest(lines=talk, tools=tools, max_tokens=64)
    provider = make(stream=streamed, temperature=0.3, extra={"top_p": 0.9}, headers={"X-Shop": "7"})
    await complete(provider, asked)

    body = request_body(provider_settings(make, streamed), asked)
    names = {"model", "messages", "stream", "stream_options", "tools", "temperature", "top_p", "max_tokens"}
    async with openai.AsyncOpenAI(base_url=make.model.base_url, api_key="secret-key", max_retries=0) as sdk:
        answer = await sdk.chat.completions.create(**{name: body[name] for name in names & set(body)})
        if streamed:
            async for _ in answer:
                continue
    ours, reference = make.model.requests()
    assert json.loads(ours.body) == json.loads(reference.body)
    assert ours.path == reference.path
    for name in ("authorization", "content-type"):
        assert ours.headers[name] == reference.headers[name]
    assert ours.headers["x-shop"] == "7"


def provider_settings(make: Maker, streamed: bool) -> ModelSettings:
    return ModelSettings(
        base_url=make.model.base_url, model="m", stream=streamed, temperature=0.3, extra={"top_p": 0.9}
    )


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"fault": "close"}, "broken"),
        ({"fault": "reset"}, "broken"),
        ({"fault": "garbage"}, "garbage"),
        ({"fault": "html"}, "garbage"),
        ({"fault": "empty_choices"}, "garbage"),
        ({"fault": "null_content"}, "garbage"),
        ({"fault": "invalid_utf8"}, "garbage"),
        ({"fault": "huge_body"}, "too_large"),
        ({"fault": "status", "status": 500}, "status"),
        ({"fault": "status", "status": 503}, "status"),
        ({"fault": "status", "status": 401}, "status"),
        ({"fault": "status", "status": 400}, "status"),
    ],
    ids=lambda value: "-".join(str(part) for part in value.values()) if isinstance(value, dict) else "",
)
async def test_fault_is_one_failure_of_the_right_kind(
    make: Maker, streamed: bool, fault: dict[str, Any], kind: str
) -> None:
    make.model.set(**fault)
    heard = Heard()
    provider = make(stream=streamed)
    provider.start(request(), heard)
    await heard.wait()
    assert [failure.kind for failure in heard.failures] == [kind]
    assert heard.failures[0].status == fault.get("status", 0)
    assert not heard.ends
    make.model.reset()
    assert (await complete(provider, request())).text  # the next call is not harmed


async def test_words_that_are_no_http_are_a_failure(make: Maker) -> None:
    make.model.set(fault="garbage_http")
    with pytest.raises(ModelError) as raised:
        await complete(make(), request())
    assert raised.value.kind in {"garbage", "broken"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [("2", 2000), ("0.5", 500), (None, None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("soon", None)],
)
async def test_wish_to_be_left_alone_is_heard(make: Maker, given: str | None, expected: int | None) -> None:
    make.model.set(fault="status", status=429, retry_after=given)
    with pytest.raises(ModelError) as raised:
        await complete(make(), request())
    assert (raised.value.status, raised.value.retry_after_ms) == (429, expected)


@pytest.mark.parametrize("after", range(0, 20))
async def test_stream_cut_after_any_chunk_is_broken(make: Maker, after: int) -> None:
    make.model.set(fault="cut", fault_after=after, text="一二三四五六七八九十" * 2, chunks=20)
    heard = Heard()
    make().start(request(), heard)
    await heard.wait()
    assert [failure.kind for failure in heard.failures] == ["broken"]
    assert "".join(heard.texts) == ("一二三四五六七八九十" * 2)[:after]


async def test_plain_answer_cut_anywhere_is_broken(make: Maker) -> None:
    provider = make(stream=False)
    for after in (0, 1, 50, 150):
        make.model.set(fault="cut", fault_after=after)
        with pytest.raises(ModelError) as raised:
            await complete(provider, request())
        assert raised.value.kind == "broken"


@pytest.mark.parametrize("streamed", [False, True])
async def test_slow_drip_is_read(make: Maker, streamed: bool) -> None:
    make.model.set(fault="drip", drip_gap_ms=0.05, text="慢慢来。", chunks=2)
    assert (await complete(make(stream=streamed), request())).text == "慢慢来。"


@pytest.mark.parametrize("fault", ["hang_accept", "hang_request", "hang_headers", "hang_stream"])
async def test_cancelled_call_frees_its_socket_and_stays_silent(make: Maker, fault: str) -> None:
    provider = make()
    make.model.set(fault=fault, fault_after=2)
    before = open_sockets()
    heard = Heard()
    call = provider.start(request(), heard)
    if fault == "hang_stream":
        while not heard.texts:
            await asyncio.sleep(0.001)
    else:
        while open_sockets() <= before:
            await asyncio.sleep(0.001)
    call.cancel()
    call.cancel()
    make.model.reset()
    for _ in range(400):
        if make.model.counts().in_flight == 0:
            break
        await asyncio.sleep(0.005)
    assert make.model.counts().in_flight == 0
    assert not heard.ends
    assert not heard.failures


async def test_unknown_host_and_closed_port_are_no_connection(make: Maker) -> None:
    for address in ("http://no-such-host.invalid/v1", "http://127.0.0.1:1/v1"):
        with pytest.raises(ModelError) as raised:
            await complete(make(base_url=address), request())
        assert raised.value.kind == "connect"
        assert "secret" not in str(raised.value)


@pytest.mark.parametrize("streamed", [False, True])
async def test_tool_calls_arrive(make: Maker, streamed: bool) -> None:
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "order", "arguments": "{}"}}
    make.model.set(message={"role": "assistant", "content": None, "tool_calls": [call]})
    answer = await complete(make(stream=streamed), request())
    assert answer.tool_calls == (ToolCall("c1", "order", "{}"),)


async def test_scripted_faults_do_not_stick(make: Maker) -> None:
    provider = make()
    make.model.script(
        [Behaviour(fault="reset"), Behaviour(), Behaviour(fault="status", status=500), Behaviour()]
    )
    kinds = []
    for _ in range(4):
        try:
            await complete(provider, request())
            kinds.append("answer")
        except ModelError as error:
            kinds.append(error.kind)
    assert kinds == ["broken", "answer", "status", "answer"]


async def test_azure_is_asked_by_its_own_paths(stand_in: StandInModel, kit: ProviderKit) -> None:
    stand_in.set(text="Hello.", record=True)
    place = stand_in.base_url.removesuffix("/v1")
    for base_url in (place, place + "/openai/"):
        settings = ModelSettings(
            provider="openai", base_url=base_url, model="my deployment", api_version="2024-10-21"
        )
        provider = make_provider(settings, kit)
        assert (await complete(provider, request())).text == "Hello."
        await provider.close()
    for asked in stand_in.requests():
        path = "/openai/deployments/my%20deployment/chat/completions?api-version=2024-10-21"
        assert (asked.path, asked.headers["api-key"]) == (path, kit.key)
        assert "authorization" not in asked.headers
    assert len(stand_in.requests()) == 2


def test_sdk_is_not_for_whoever_may_not_reach_every_address(kit: ProviderKit) -> None:
    held = ProviderKit(kit.key, kit.clock, kit.spawn, lambda address: not address.startswith("127."))
    with pytest.raises(ConfigError, match="Only the operator"):
        make_provider(ModelSettings(provider="openai"), held)


def test_version_that_would_be_ignored_is_refused() -> None:
    with pytest.raises(ConfigError, match="api_version"):
        read_models([{"api_version": "2024-10-21"}])
