"""The stand-in model answers as OpenAI does, commits each programmed fault, and counts."""

import asyncio
import http.client
import json
import socket
import time
import urllib.error
import urllib.request

import aiohttp
import openai
import pytest
from benchmarks.load.stand_in_behaviour import Behaviour
from benchmarks.load.stand_in_model import StandInModel

QUESTION = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "你好 ref-abc?"}]


@pytest.fixture(scope="module")
def running():
    with StandInModel() as model:
        yield model


@pytest.fixture
def model(running):
    running.reset()
    yield running
    running.reset()
    running.drop_connections()


def ask(model, stream=False, timeout=5.0):
    """Return (status, headers, body) of one call on a fresh connection."""
    request = urllib.request.Request(
        model.base_url + "/chat/completions",
        data=json.dumps({"model": "m", "messages": QUESTION, "stream": stream}).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, refusal.read()


def content(body):
    return json.loads(body)["choices"][0]["message"]["content"]


async def test_official_sdk_reads_plain_and_streamed_answers(model):
    async with openai.AsyncOpenAI(base_url=model.base_url, api_key="any", max_retries=0) as sdk:
        answer = await sdk.chat.completions.create(model="m", messages=QUESTION)
        assert answer.choices[0].message.content == "The stand-in model answers ref-abc."
        assert answer.usage.total_tokens == 120
        stream = await sdk.chat.completions.create(
            model="m", messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )
        pieces, usage = [], None
        async for event in stream:
            pieces += [choice.delta.content for choice in event.choices if choice.delta.content]
            usage = event.usage or usage
    assert "".join(pieces) == "The stand-in model answers ref-abc."
    assert len(pieces) == 20
    assert usage.completion_tokens == 20
    counts = model.counts()
    assert (counts.calls, counts.streams, counts.finished, counts.faults) == (2, 1, 2, 0)


def test_delay_is_kept(model):
    model.set(delay_ms=50)
    started = time.monotonic()
    ask(model)
    assert 0.048 <= time.monotonic() - started < 1


def test_script_runs_out_into_the_set_behaviour(model):
    model.set(text="healthy")
    model.script([Behaviour(fault="status", status=503), Behaviour(text="second")])
    assert ask(model)[0] == 503
    assert content(ask(model)[2]) == "second"
    assert content(ask(model)[2]) == "healthy"


def test_status_carries_retry_after_only_when_set(model):
    model.set(fault="status", status=429, retry_after="7")
    status, headers, _ = ask(model)
    assert (status, headers["retry-after"]) == (429, "7")
    model.set(fault="status", status=429)
    status, headers, _ = ask(model)
    assert (status, headers["retry-after"]) == (429, None)


@pytest.mark.parametrize("fault", ["hang_accept", "hang_request", "hang_headers"])
def test_hanging_faults_never_answer(model, fault):
    model.set(fault=fault)
    with pytest.raises(TimeoutError):
        ask(model, timeout=0.2)


def test_connections_that_waited_are_accepted_after_the_hang(model):
    model.set(fault="hang_accept")
    with socket.create_connection(("127.0.0.1", model.port), timeout=5) as waiting:
        waiting.sendall(b"GET /v1/models HTTP/1.1\r\n\r\n")
        assert model.counts().connections == 0
        model.set()
        assert waiting.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("garbage", b"not json"),
        ("html", b"<!doctype html>"),
        ("invalid_utf8", b"\xff\xfe"),
        ("empty_choices", b'"choices":[]'),
        ("null_content", b'"content":null'),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_wrong_bodies_arrive_with_status_200(model, fault, expected, stream):
    model.set(fault=fault)
    status, _, body = ask(model, stream=stream)
    assert status == 200
    assert expected in body


def test_huge_body_is_as_large_as_asked(model):
    model.set(fault="huge_body", huge_bytes=5_000_000)
    assert len(content(ask(model)[2])) == 5_000_000


async def read_events(model, seen, timeout=5.0):
    """Collect the events of one streamed answer into `seen`, which keeps what came before an error."""
    call = {"model": "m", "messages": QUESTION, "stream": True}
    async with (
        aiohttp.ClientSession() as session,
        asyncio.timeout(timeout),
        session.post(model.base_url + "/chat/completions", json=call) as response,
    ):
        async for line in response.content:
            if line.startswith(b"data:"):
                seen.append(line)


@pytest.mark.parametrize("fault_after", [0, 1, 5, 19])
async def test_cut_ends_the_stream_after_the_chosen_chunk(model, fault_after):
    model.set(fault="cut", fault_after=fault_after)
    seen = []
    with pytest.raises(aiohttp.ClientPayloadError):
        await read_events(model, seen)
    assert len(seen) == fault_after


async def test_hang_in_the_stream_leaves_the_first_chunks(model):
    model.set(fault="hang_stream", fault_after=3)
    seen = []
    with pytest.raises(TimeoutError):
        await read_events(model, seen, timeout=0.3)
    assert len(seen) == 3


@pytest.mark.parametrize("fault", ["close", "reset", "garbage_http"])
def test_connection_faults_end_the_connection(model, fault):
    model.set(fault=fault)
    with pytest.raises((OSError, http.client.BadStatusLine)):
        ask(model)
    assert model.counts().open_connections == 0


def test_drip_sends_the_whole_answer_slowly(model):
    model.set(fault="drip", drip_gap_ms=1, text="slow")
    started = time.monotonic()
    assert content(ask(model)[2]) == "slow"
    assert time.monotonic() - started > 0.2


async def test_a_caller_that_leaves_is_counted_as_abandoned(model):
    model.set(fault="hang_request")
    async with aiohttp.ClientSession() as session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await session.post(model.base_url + "/chat/completions", json={"messages": QUESTION})
    for _ in range(500):
        counts = model.counts()
        if counts.open_connections == 0:
            break
    assert (counts.abandoned, counts.in_flight, counts.open_connections) == (1, 0, 0)


def test_recorded_requests_show_what_was_sent(model):
    model.set(record=True)
    ask(model)
    (request,) = model.requests()
    assert request.path == "/v1/chat/completions"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body)["messages"] == QUESTION


def test_bad_requests_are_refused_and_counted(model):
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(model.base_url + "/chat/completions", data=b"{", timeout=5)
    refusal.value.close()
    assert refusal.value.code == 400
    assert model.counts().bad_requests == 1
