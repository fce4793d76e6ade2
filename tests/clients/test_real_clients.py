"""The desk talks to the clients that people really use."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import aiohttp
import msgspec
import pytest
import websockets
from tests.running import RunningDesk

NODE_CLIENT = """
const WebSocket = globalThis.WebSocket ?? require("ws");
const [url, token] = process.argv.slice(2);
const socket = new WebSocket(url);
socket.onopen = () => socket.send(JSON.stringify({t: "hello", token}));
socket.onmessage = ({data}) => {
  const frame = JSON.parse(data);
  if (frame.t === "welcome") socket.send(JSON.stringify({t: "send", id: "from-node-1", text: "hello"}));
  if (frame.t === "message") { console.log(frame.text); socket.close(); process.exit(0); }
};
setTimeout(() => process.exit(1), 10000);
"""


async def test_websockets_library(desk: RunningDesk) -> None:
    visitor = desk.visitor()
    async with websockets.connect(desk.socket_url, subprotocols=["fastdesk.v1.json"]) as socket:  # type: ignore[list-item]
        assert socket.subprotocol == "fastdesk.v1.json"
        await socket.send(json.dumps({"t": "hello", "token": visitor["token"]}))
        assert json.loads(await socket.recv())["t"] == "welcome"
        assert json.loads(await socket.recv()) == {"t": "status", "state": "open"}
        await socket.send(json.dumps({"t": "send", "id": "websockets-1", "text": "hello"}))
        ack, answer = json.loads(await socket.recv()), json.loads(await socket.recv())
    assert (ack["t"], ack["id"], ack["seq"]) == ("ack", "websockets-1", 1)
    assert (answer["t"], answer["seq"], answer["text"]) == ("message", 2, "Hello, visitor!")


async def test_messagepack(desk: RunningDesk) -> None:
    visitor = desk.visitor()
    async with websockets.connect(desk.socket_url, subprotocols=["fastdesk.v1.msgpack"]) as socket:  # type: ignore[list-item]
        await socket.send(msgspec.msgpack.encode({"t": "hello", "token": visitor["token"]}))
        assert msgspec.msgpack.decode(await socket.recv())["t"] == "welcome"
        assert msgspec.msgpack.decode(await socket.recv())["t"] == "status"
        await socket.send(msgspec.msgpack.encode({"t": "send", "id": "msgpack-0001", "text": "hello"}))
        assert msgspec.msgpack.decode(await socket.recv())["seq"] == 1
        assert msgspec.msgpack.decode(await socket.recv())["text"] == "Hello, visitor!"


async def test_aiohttp(desk: RunningDesk) -> None:
    visitor = desk.visitor()
    async with aiohttp.ClientSession() as http, http.ws_connect(desk.socket_url) as socket:
        await socket.send_json({"t": "hello", "token": visitor["token"]})
        assert (await socket.receive_json())["t"] == "welcome"


def test_node(desk: RunningDesk, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here")
    script = tmp_path / "client.cjs"
    script.write_text(NODE_CLIENT)
    command = [node, "--experimental-websocket", str(script), desk.socket_url, desk.visitor()["token"]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "Hello, visitor!"


def test_curl_sends_and_polls(desk: RunningDesk) -> None:
    token = desk.visitor()["token"]
    sent = _curl(desk, token, "/v1/messages", "-d", '{"id":"from-curl-1","text":"hello"}')
    assert json.loads(sent)["seq"] == 1
    polled = json.loads(_curl(desk, token, "/v1/events?after=0&wait=5"))
    assert [frame["text"] for frame in polled["events"]] == ["hello", "Hello, visitor!"]
    assert polled["seq"] == 2


def test_curl_reads_an_event_stream(desk: RunningDesk) -> None:
    token = desk.visitor()["token"]
    _curl(desk, token, "/v1/messages", "-d", '{"id":"from-curl-2","text":"hello"}')
    stream = _curl(
        desk, token, "/v1/events?after=0", "-H", "Accept: text/event-stream", "-N", "--max-time", "2"
    )
    frames = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: ")]
    assert [frame["seq"] for frame in frames if frame["t"] == "message"] == [1, 2]
    assert "id: 2" in stream


def _curl(desk: RunningDesk, token: str, path: str, *options: str) -> str:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl here")
    command = [
        curl,
        "-sS",
        "-H",
        f"Authorization: Bearer {token}",
        "-H",
        "Content-Type: application/json",
        *options,
    ]
    return subprocess.run(
        [*command, desk.base + path], capture_output=True, text=True, timeout=30, check=False
    ).stdout


async def test_same_messages_same_order_on_every_transport(desk: RunningDesk) -> None:
    visitor = desk.visitor()
    token = visitor["token"]
    async with websockets.connect(desk.socket_url) as socket:
        await socket.send(json.dumps({"t": "hello", "token": token, "after": 0}))
        await socket.recv()
        await socket.recv()
        for number in range(5):
            await asyncio.to_thread(
                desk.ask, "POST", "/v1/messages", {"id": f"transport-{number}", "text": "hello"}, token
            )
        heard = [json.loads(await socket.recv()) for _ in range(10)]
    status, polled = await asyncio.to_thread(desk.ask, "GET", "/v1/events?after=0", None, token)
    assert status == 200
    assert heard == polled["events"]
    assert [frame["seq"] for frame in heard] == list(range(1, 11))


@pytest.mark.browser
def test_chromium(desk: RunningDesk) -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no Chromium here")
    script = """async ([url, token]) => {
        const polled = fetch("/v1/events?after=0&wait=10", {headers: {Authorization: "Bearer " + token}}).then(r => r.json());
        const answer = await new Promise((resolve, reject) => {
            const socket = new WebSocket(url);
            socket.onopen = () => socket.send(JSON.stringify({t: "hello", token}));
            socket.onerror = reject;
            socket.onmessage = ({data}) => {
                const frame = JSON.parse(data);
                if (frame.t === "welcome") socket.send(JSON.stringify({t: "send", id: "chromium-1", text: "hello"}));
                if (frame.t === "message") resolve(frame.text);
            };
        });
        return [answer, (await polled).events.length];
    }"""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        try:
            page = browser.new_page()
            page.goto(desk.base + "/healthz")
            answer, polled = page.evaluate(script, [desk.socket_url, desk.visitor()["token"]])
        finally:
            browser.close()
    assert answer == "Hello, visitor!"
    assert polled > 0
