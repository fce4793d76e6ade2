"""Who may not see phone numbers, mail addresses and card numbers sees them nowhere."""

import json
from typing import Any

import pytest
from tests.running import RunningDesk
from websockets.sync.client import connect

SECRETS = ("13812345678", "ann@example.com", "6222021234567890128", "4111111111111111")
TEXT = f"Call {SECRETS[0]}, write to {SECRETS[1]}, pay with {SECRETS[3]}. Order 2025112200017."


@pytest.fixture(scope="module")
def talk(desk: RunningDesk) -> dict[str, Any]:
    """Return a visitor who has said too much."""
    fields = {"phone": SECRETS[0], "mail": SECRETS[1], "deep": [{"card": SECRETS[3]}]}
    visitor = desk.visitor(fields=fields)
    body = {"id": "message-with-numbers", "text": TEXT}
    assert desk.ask("POST", "/v1/messages", body, visitor["token"])[0] == 200
    return visitor


def key(desk: RunningDesk, *scopes: str) -> str:
    _, made = desk.ask("POST", "/v1/keys", {"name": "k", "scopes": list(scopes)}, desk.token)
    return str(made["key"])


READS = ("conversation.read", "visitor.read", "report.read", "site.read")


def test_no_address_tells_what_is_masked(desk: RunningDesk, talk: dict[str, Any]) -> None:
    masked, clear = key(desk, *READS), key(desk, *READS, "visitor.unmasked")
    _, page = desk.ask("GET", "/openapi.json")
    plain = [path for path, methods in page["paths"].items() if "get" in methods and "{" not in path]
    conversation = f"/v1/conversations/{talk['conversation']}"
    mine = [
        conversation, f"{conversation}/events", f"{conversation}/transcript", f"/v1/visitors/{talk['visitor']}",
        "/v1/search?q=write+to", "/v1/visitors?limit=200",
    ]  # fmt: skip
    shown = ""
    for path in (*plain, *mine):
        status, answer = desk.ask("GET", path, None, masked)
        assert status < 500, path
        text = answer.decode() if isinstance(answer, bytes) else json.dumps(answer)
        assert not [secret for secret in SECRETS if secret in text], path
        shown += text
    assert "[phone]" in shown
    assert "[email]" in shown
    assert "2025112200017" in shown
    for path in (f"{conversation}/events", f"{conversation}/transcript", f"/v1/visitors/{talk['visitor']}"):
        _, answer = desk.ask("GET", path, None, clear)
        text = answer.decode() if isinstance(answer, bytes) else json.dumps(answer)
        assert SECRETS[0] in text, path


def test_what_is_masked_cannot_be_guessed_by_asking(desk: RunningDesk, talk: dict[str, Any]) -> None:
    masked = key(desk, *READS)
    for path in (f"/v1/search?q={SECRETS[0]}", f"/v1/visitors?text={SECRETS[1]}"):
        assert desk.ask("GET", path, None, masked)[0] == 403


@pytest.mark.parametrize("protocol", ["fastdesk.v1.json"])
def test_frames_are_masked_too(desk: RunningDesk, talk: dict[str, Any], protocol: str) -> None:
    with connect(desk.socket_url, subprotocols=[protocol]) as socket:  # type: ignore[list-item]
        socket.send(json.dumps({"t": "hello", "token": key(desk, *READS), "after": 0}))
        socket.send(json.dumps({"t": "watch", "conversation": talk["conversation"], "after": 0}))
        socket.send(json.dumps({"t": "ping"}))
        heard = [socket.recv(20)]
        while "Order 2025" not in str(heard):
            heard.append(socket.recv(20))
        desk.ask("POST", "/v1/messages", {"id": "message-live-one", "text": "now " + TEXT}, talk["token"])
        while "now Call" not in str(heard[-1]):
            heard.append(socket.recv(20))
    for frame in heard:
        assert not [secret for secret in SECRETS if secret in str(frame)], frame


def test_the_visitor_sees_what_it_wrote(desk: RunningDesk, talk: dict[str, Any]) -> None:
    _, page = desk.ask("GET", "/v1/messages", None, talk["token"])
    assert page["messages"][-1]["text"].endswith(TEXT) or any(
        TEXT in each["text"] for each in page["messages"]
    )
