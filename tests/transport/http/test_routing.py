"""Presence, hours, routing settings, targets and whispers over HTTP."""

import asyncio
import json
from collections.abc import Iterator

import pytest
import websockets
from tests.running import RunningDesk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    running = RunningDesk(tmp_path_factory.mktemp("routed") / "data", LIMITS="off").start()
    yield running
    running.close()


def test_the_desk_lists_who_is_there(desk: RunningDesk) -> None:
    status, everybody = desk.ask("GET", "/v1/presence", token=desk.token)
    assert status == 200
    (me,) = everybody
    assert (me["presence"], me["load"], me["assignable"]) == ("offline", 0, False)
    assert desk.ask("GET", "/v1/presence")[0] == 401


@pytest.mark.parametrize(
    ("wish", "expected"), [({"presence": "away"}, 204), ({"presence": "asleep"}, 422), ({}, 422)]
)
def test_an_agent_says_to_be_away(desk: RunningDesk, wish: dict[str, str], expected: int) -> None:
    assert desk.ask("PUT", "/v1/agents/me/presence", wish, desk.token)[0] == expected


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"zone": "Asia/Shanghai", "week": {"mon": [["09:00", "18:00"]]}, "holidays": ["10-01"]}, 201),
        ({"zone": "Mars/Olympus"}, 422),
        ({"week": {"mon": [["9", "18"]]}}, 422),
        ({"week": {"someday": []}}, 422),
        ({"exceptions": {"2026-02-30": []}}, 422),
        ({"holidays": ["2026-13-01"]}, 422),
    ],
)
def test_hours_are_checked(desk: RunningDesk, fields: dict[str, object], status: int) -> None:
    got, answer = desk.ask("POST", "/v1/hours", fields, desk.token)
    assert got == status, answer


@pytest.mark.parametrize(
    ("routing", "status"),
    [
        ({"order": "round_robin", "gone_s": 60}, 200),
        ({"order": "whoever"}, 422),
        ("all", 422),
        ({"pace": 1}, 422),
    ],
)
def test_a_sites_routing_is_checked(desk: RunningDesk, routing: object, status: int) -> None:
    got, answer = desk.ask("PATCH", "/v1/sites/demo", {"settings": {"routing": routing}}, desk.token)
    assert got == status, answer


def test_a_site_tells_when_it_opens(desk: RunningDesk) -> None:
    desk.ask("POST", "/v1/hours", {"id": "never"}, desk.token)
    desk.ask("PATCH", "/v1/sites/demo", {"hours": "never", "closed": "hidden"}, desk.token)
    assert desk.visitor()["site"]["hours"] == {"open": False, "next_open_ms": None, "offline": "hide"}
    desk.ask("PATCH", "/v1/sites/demo", {"hours": None}, desk.token)
    assert desk.visitor()["site"]["hours"]["open"] is True


async def test_a_visitor_finds_the_agent_who_is_there(desk: RunningDesk) -> None:
    """From the wish for a person to the status `assigned`, over real sockets."""
    token = desk.token
    assert desk.ask("PUT", "/v1/agents/me/presence", {"presence": "online"}, token)[0] == 204
    desk.ask("POST", "/v1/targets", {"id": "soon", "name": "Soon", "first_s": 300}, token)
    async with websockets.connect(desk.socket_url) as console, websockets.connect(desk.socket_url) as widget:
        await console.send(json.dumps({"t": "hello", "token": token}))
        assert json.loads(await console.recv())["t"] == "welcome"
        await widget.send(json.dumps({"t": "hello", "token": desk.visitor()["token"]}))
        await widget.send(json.dumps({"t": "human"}))
        async with asyncio.timeout(5):
            while True:
                frame = json.loads(await widget.recv())
                if frame["t"] == "status" and frame["state"] == "assigned":
                    break
            while (frame := json.loads(await console.recv()))["t"] != "conversation" or frame["is"][
                "mode"
            ] != "human":
                pass
        id = frame["conversation"]
        loop = asyncio.get_running_loop()
        presence = await loop.run_in_executor(None, desk.ask, "GET", "/v1/presence", None, token)
        assert (presence[1][0]["presence"], presence[1][0]["load"]) == ("online", 1)
        promised = await loop.run_in_executor(
            None, desk.ask, "GET", f"/v1/conversations/{id}/targets", None, token
        )
        assert promised[1]["target"] == "soon"
        assert promised[1]["due"]["first"] > frame["is"]["wanted_at"]
        path = f"/v1/conversations/{id}/whisper"
        whispered = await loop.run_in_executor(None, desk.ask, "POST", path, {"text": "be kind"}, token)
        assert whispered[0] == 204
        async with asyncio.timeout(5):
            while (frame := json.loads(await console.recv()))["t"] != "whisper":
                pass
        assert frame["text"] == "be kind"


def test_nobody_hears_a_whisper_where_nobody_is(desk: RunningDesk) -> None:
    assert desk.ask("POST", "/v1/conversations/none/whisper", {"text": "hello"}, desk.token)[0] == 404
    status, answer = desk.ask("GET", "/metrics")
    assert status == 200
    assert b'fastdesk_routing{name="assigned"} 1.0' in answer
