"""Clients that were written for gofly go on: its paths, its envelope, its frames; but an id alone opens nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest
from tests.running import EMAIL, PASSWORD, RunningDesk


@pytest.fixture(scope="module")
def gofly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """Return a desk that serves gofly's clients."""
    running = RunningDesk(tmp_path_factory.mktemp("gofly") / "data", LIMITS="off", GOFLY="true").start()
    yield running
    running.close()


@pytest.fixture
async def browsers(gofly: RunningDesk) -> AsyncIterator[list[aiohttp.ClientSession]]:
    """Return three browsers: a visitor's, an agent's, a stranger's."""
    jars = [aiohttp.CookieJar(unsafe=True) for _ in range(3)]
    sessions = [aiohttp.ClientSession(gofly.base, cookie_jar=jar) for jar in jars]
    yield sessions
    for session in sessions:
        await session.close()


async def post(browser: aiohttp.ClientSession, path: str, **form: str) -> dict[str, Any]:
    async with browser.post(path, data=form) as answer:
        assert answer.status == 200
        return await answer.json()  # type: ignore[no-any-return]


async def get(browser: aiohttp.ClientSession, path: str) -> dict[str, Any]:
    async with browser.get(path) as answer:
        assert answer.status == 200
        return await answer.json()  # type: ignore[no-any-return]


async def hear(socket: aiohttp.ClientWebSocketResponse, kind: str, holds: str = "") -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            frame = json.loads((await socket.receive()).data)
            if frame["type"] == kind and holds in json.dumps(frame, ensure_ascii=False):
                return frame  # type: ignore[no-any-return]


async def test_visitor_and_agent_talk_as_gofly_s_clients_do(browsers: list[aiohttp.ClientSession]) -> None:
    visitor, agent, _ = browsers
    entered = await post(visitor, "/visitor_login", to_id="demo", refer="https://shop.example/")
    id = entered["result"]["visitor_id"]
    signed = await post(agent, "/check", username=EMAIL, password=PASSWORD)
    assert (entered["code"], signed["code"]) == (200, 200)
    assert signed["result"]["token"]
    async with (
        agent.ws_connect("/ws_kefu") as desk,
        visitor.ws_connect(f"/ws_visitor?visitor_id={id}") as line,
    ):
        await line.send_str('{"type": "ping", "data": ""}')
        assert (await hear(line, "pong"))["type"] == "pong"
        sent = await post(visitor, "/2/message", from_id=id, to_id="demo", content="你好", type="visitor")
        assert sent["result"]["data"]["content"] == "你好"
        assert (await hear(desk, "userOnline"))["data"]["uid"] == id
        answered = await post(agent, "/kefu/message", from_id="agent", to_id=id, content="您好，我是小李")
        assert answered["result"]["data"]["is_kefu"] == "yes"
        heard = await hear(line, "message", "小李")
        assert heard["data"]["content"] == "您好，我是小李"
        await post(visitor, "/2/message", from_id=id, to_id="demo", content="退款", type="visitor")
        assert (await hear(desk, "message", "退款"))["data"]["id"] == id
        history = (await get(visitor, f"/2/messages?visitor_id={id}"))["result"]
        assert [row["content"] for row in history if row["mes_type"] == "visitor"] == ["你好", "退款"]
        page = (await get(agent, f"/2/messagesPages?visitor_id={id}&page=1&pagesize=1"))["result"]
        assert (len(page["list"]), page["list"][0]["content"]) == (1, "退款")
        online = (await get(agent, "/visitors_kefu_online"))["result"]
        assert [each["uid"] for each in online] == [id]
        assert id in [each["visitor_id"] for each in (await get(agent, "/visitors"))["result"]["list"]]
        assert (await get(agent, f"/2/message_close?visitor_id={id}"))["code"] == 200
        assert (await hear(line, "close"))["data"] == id
    again = await post(visitor, "/visitor_login", to_id="demo", visitor_id=id)
    assert again["result"]["visitor_id"] == id


async def test_id_alone_opens_nothing(browsers: list[aiohttp.ClientSession]) -> None:
    visitor, _, stranger = browsers
    id = (await post(visitor, "/visitor_login", to_id="demo"))["result"]["visitor_id"]
    await post(visitor, "/2/message", from_id=id, to_id="demo", content="secret", type="visitor")
    other = (await post(stranger, "/visitor_login", to_id="demo", visitor_id=id))["result"]["visitor_id"]
    assert other != id
    for path in (f"/2/messages?visitor_id={id}", f"/2/messagesPages?visitor_id={id}", f"/2/message_close?visitor_id={id}", "/visitors",
                 "/visitors_kefu_online", "/kefuinfo", "/replys", f"/ws_visitor?visitor_id={id}", "/ws_kefu"):  # fmt: skip
        answer = await get(stranger, path)
        assert answer["code"] == 400, path
        assert "secret" not in str(answer)
    assert (await post(stranger, "/2/message", from_id=id, to_id="demo", content="x", type="visitor"))[
        "code"
    ] == 400
    assert (await post(stranger, "/2/message", from_id="a", to_id=id, content="x", type="kefu"))[
        "code"
    ] == 400


async def test_page_of_another_site_gets_no_socket(browsers: list[aiohttp.ClientSession]) -> None:
    visitor = browsers[0]
    id = (await post(visitor, "/visitor_login", to_id="demo"))["result"]["visitor_id"]
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await visitor.ws_connect(f"/ws_visitor?visitor_id={id}", origin="https://evil.example")


async def test_wrong_values(browsers: list[aiohttp.ClientSession]) -> None:
    visitor, agent, _ = browsers
    assert (await post(visitor, "/visitor_login", to_id="none"))["code"] == 400
    assert (await post(agent, "/check", username=EMAIL, password="wrong password"))["code"] == 400
    id = (await post(visitor, "/visitor_login", to_id="demo"))["result"]["visitor_id"]
    for text in ("", "   ", "x" * 5_000):
        assert (await post(visitor, "/2/message", from_id=id, to_id="demo", content=text, type="visitor"))[
            "code"
        ] == 400
    assert (await get(visitor, "/notice?kefu_id=demo"))["code"] == 200
    assert (await get(visitor, "/notice?kefu_id=none"))["code"] == 400


async def test_routes_are_off_unless_wanted(desk: RunningDesk) -> None:
    assert desk.ask("POST", "/visitor_login", {})[0] == 404


def picture() -> bytes:
    return bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
    )


async def upload(browser: aiohttp.ClientSession, path: str, content: bytes) -> dict[str, Any]:
    form = aiohttp.FormData()
    form.add_field("imgfile", content, filename="photo.png", content_type="image/png")
    async with browser.post(path, data=form) as answer:
        assert answer.status == 200
        return await answer.json()  # type: ignore[no-any-return]


async def test_an_uploaded_picture_is_one_for_everybody(
    gofly: RunningDesk, browsers: list[aiohttp.ClientSession]
) -> None:
    visitor, _, stranger = browsers
    assert (await upload(stranger, "/uploadimg", picture()))["code"] == 400
    id = (await post(visitor, "/visitor_login", to_id="demo"))["result"]["visitor_id"]
    assert (await upload(visitor, "/uploadimg", b"\x7fELF\x02\x01\x01" + bytes(60)))["code"] == 400
    path = (await upload(visitor, "/uploadimg", picture()))["result"]["path"]
    await post(visitor, "/2/message", from_id=id, to_id="demo", content=f"img[{path}]", type="visitor")
    _, found = gofly.ask("GET", f"/v1/conversations?visitor={id}", None, gofly.token)
    conversation = found["items"][0]["conversation"]["id"]
    _, history = gofly.ask("GET", f"/v1/conversations/{conversation}/events", None, gofly.token)
    borne = [event for event in history["events"] if event.get("kind") == "image"]
    assert "/" + path == borne[0]["extra"]["file"]["url"]
    assert (await post(visitor, "/uploadimg"))["code"] == 400


async def test_addresses_are_kept_out_and_let_in(browsers: list[aiohttp.ClientSession]) -> None:
    _, agent, stranger = browsers
    assert (await post(stranger, "/ipblack", ip="203.0.113.7"))["code"] == 400
    await post(agent, "/check", username=EMAIL, password=PASSWORD)
    assert (await post(agent, "/ipblack", ip="no address"))["code"] == 400
    assert (await post(agent, "/ipblack", ip="203.0.113.7"))["code"] == 200
    assert [row["ip"] for row in (await get(agent, "/ipblacks"))["result"]["list"]] == ["203.0.113.7"]
    async with agent.delete("/ipblack?ip=203.0.113.7") as answer:
        assert (await answer.json())["code"] == 200
    assert (await get(agent, "/ipblacks"))["result"]["list"] == []


async def test_what_is_set_up_elsewhere_says_where(browsers: list[aiohttp.ClientSession]) -> None:
    _, agent, stranger = browsers
    await post(agent, "/check", username=EMAIL, password=PASSWORD)
    for answer in (
        await get(agent, "/roles"),
        await post(agent, "/role", role_id="1"),
        await post(agent, "/kefuinfo"),
    ):
        assert answer["code"] == 400
        assert "/console/" in answer["msg"]
    assert (await get(stranger, "/roles"))["msg"] == "请先登录"


async def test_whoever_may_not_see_numbers_does_not_see_them_here(
    gofly: RunningDesk, browsers: list[aiohttp.ClientSession]
) -> None:
    visitor, viewer, _ = browsers
    sign_in = {"email": "viewer@example.com", "password": "a password of viewers"}
    assert gofly.ask("POST", "/v1/agents", {**sign_in, "role": "viewer"}, gofly.token)[0] == 201
    await post(viewer, "/check", username=sign_in["email"], password=sign_in["password"])
    id = (await post(visitor, "/visitor_login", to_id="demo"))["result"]["visitor_id"]
    async with viewer.ws_connect("/ws_kefu") as desk, visitor.ws_connect(f"/ws_visitor?visitor_id={id}"):
        await desk.send_str('{"type": "ping", "data": ""}')
        await hear(desk, "pong")
        await post(
            visitor, "/2/message", from_id=id, to_id="demo", content="call 13912345678", type="visitor"
        )
        spoken = await hear(desk, "message", "call")
        history = await get(viewer, f"/2/messages?visitor_id={id}")
        paths = ("/visitors_kefu_online", f"/2/messagesPages?visitor_id={id}", "/visitors")
        shown = json.dumps([spoken, history, *[await get(viewer, path) for path in paths]])
    assert "13912345678" not in shown
    assert "call [" in history["result"][0]["content"]
    read = [entry["what"] for entry in gofly.ask("GET", "/v1/audit", None, gofly.token)[1]["items"]]
    assert {"GET /visitors", "GET /visitors_kefu_online", f"GET /2/messages {id}"} <= set(read)


async def test_agent_hears_the_first_word_of_somebody_who_is_there_already(
    browsers: list[aiohttp.ClientSession],
) -> None:
    visitor, agent, _ = browsers
    id = (await post(visitor, "/visitor_login", to_id="demo"))["result"]["visitor_id"]
    await post(agent, "/check", username=EMAIL, password=PASSWORD)
    await post(
        visitor, "/2/message", from_id=id, to_id="demo", content="before anybody listens", type="visitor"
    )
    async with agent.ws_connect("/ws_kefu") as desk:
        await desk.send_str('{"type": "ping", "data": ""}')
        await hear(desk, "pong")
        await post(visitor, "/2/message", from_id=id, to_id="demo", content="没有人吗", type="visitor")
        assert (await hear(desk, "message", "没有人吗"))["data"]["id"] == id


async def test_somebody_else_s_canned_replies_stay_theirs(
    gofly: RunningDesk, browsers: list[aiohttp.ClientSession]
) -> None:
    agent = browsers[1]
    sign_in = {"email": "colleague@example.com", "password": "a password of theirs"}
    colleague = gofly.ask("POST", "/v1/agents", sign_in, gofly.token)[1]["id"]
    token = gofly.ask("POST", "/v1/login", sign_in)[1]["token"]
    for id, owner in (("shared", ""), ("theirs", colleague)):
        wish = {"id": id, "title": id, "text": "Hello", "owner": owner}
        assert gofly.ask("POST", "/v1/canned", wish, token)[0] == 201
    await post(agent, "/check", username=EMAIL, password=PASSWORD)
    shown = [each["item_id"] for group in (await get(agent, "/replys"))["result"] for each in group["items"]]
    assert shown == ["shared"]


async def test_agent_hears_somebody_who_comes_back(
    gofly: RunningDesk, browsers: list[aiohttp.ClientSession]
) -> None:
    visitor, agent, _ = browsers
    id = (await post(visitor, "/visitor_login", to_id="demo"))["result"]["visitor_id"]
    await post(visitor, "/2/message", from_id=id, to_id="demo", content="今天先这样", type="visitor")
    assert gofly.stop() == 0
    gofly.start()
    await post(agent, "/check", username=EMAIL, password=PASSWORD)
    async with agent.ws_connect("/ws_kefu") as desk:
        await desk.send_str('{"type": "ping", "data": ""}')
        await hear(desk, "pong")
        await post(visitor, "/2/message", from_id=id, to_id="demo", content="我又来了", type="visitor")
        assert (await hear(desk, "message", "我又来了"))["data"]["id"] == id
