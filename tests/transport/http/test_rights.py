"""A person who is erased is nowhere: planted strings are looked for in every file and every answer."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from tests.running import PASSWORD, RunningDesk
from websockets.sync.client import connect

from fastdesk.store.export import export as export_files

PLANTS = {
    "name": "Xqnamezz",
    "field": "Xqfieldzz",
    "message": "Xqmessagezz",
    "agent": "Xqagentzz",
    "note": "Xqnotezz",
    "file name": "Xqfilezz",
    "file": "Xqcontentzz",
    "sent": "Xqsentzz",
    "page": "Xqpagezz",
    "comment": "Xqcommentzz",
    "loose": "Xqloosezz",
}


@pytest.fixture
def asked_desk(tmp_path: Path) -> Iterator[RunningDesk]:
    """Return a desk whose assistant repeats what it is asked, so that it has something to remember."""
    running = RunningDesk(tmp_path / "data", LIMITS="off", AI_PROVIDER="echo").start()
    yield running
    running.close()


def get(desk: RunningDesk, path: str, token: str = "") -> bytes:
    connection = HTTPConnection("127.0.0.1", desk.port, timeout=30)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
    content = connection.getresponse().read()
    connection.close()
    return content


def export(desk: RunningDesk) -> bytes:
    connection = HTTPConnection("127.0.0.1", desk.port, timeout=30)
    connection.request("POST", "/v1/export", headers={"Authorization": f"Bearer {desk.token}"})
    response = connection.getresponse()
    content = response.read()
    connection.close()
    assert response.status == 200, content
    return content


def members(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def say(desk: RunningDesk, visitor: dict[str, Any], id: str, text: str, **more: Any) -> None:
    body = {"id": id, "text": text, **more}
    status, answer = desk.ask("POST", "/v1/messages", body, visitor["token"])
    assert status == 200, answer


def act(desk: RunningDesk, *frames: dict[str, Any]) -> None:
    """Send an agent's frames, and wait until all are carried out."""
    with connect(desk.socket_url) as socket:
        for frame in ({"t": "hello", "token": desk.token}, *frames, {"t": "ping"}):
            socket.send(json.dumps(frame))
        while (answer := json.loads(socket.recv(20)))["t"] != "pong":
            assert answer["t"] != "error", answer


def plant(desk: RunningDesk, mark: str = "") -> dict[str, Any]:
    """Let a visitor leave something of every kind."""
    words = {name: word + mark for name, word in PLANTS.items()}
    visitor = desk.visitor(fields={"street": words["field"], "name": words["name"]})
    token, conversation = visitor["token"], visitor["conversation"]
    _, file = desk.ask(
        "POST", "/v1/files", words["file"].encode(), token, X_File_Name=words["file name"] + ".txt"
    )
    desk.ask("POST", "/v1/files", words["loose"].encode(), token)
    say(desk, visitor, "message-0001", words["message"] + " please tell me more")
    say(desk, visitor, "message-0002", file["name"], kind="file", extra={"file": file})
    desk.ask("POST", "/v1/frames", {"t": "page", "url": f"https://x.example/{words['page']}"}, token)
    visitor["files"] = [file["url"]]
    _, sent = desk.ask("POST", "/v1/files", words["sent"].encode(), desk.token)
    visitor["files"].append(sent["url"])
    on = {"conversation": conversation}
    answer = {
        "t": "send",
        "id": "message-0003",
        "text": words["agent"],
        "kind": "file",
        "extra": {"file": sent},
    }
    note = {"t": "note", "id": "message-0004", "text": words["note"]}
    act(desk, answer | on, note | on, {"t": "resolve"} | on)
    rating = {"t": "rate", "score": 1, "comment": words["comment"]}
    desk.ask("POST", "/v1/frames", rating, token)
    return visitor


def places(desk: RunningDesk, word: bytes) -> list[str]:
    """Return the files in which a word stands."""
    files = [path for path in desk.data.rglob("*") if path.is_file()] + [desk.log]
    return [str(path) for path in files if word in path.read_bytes()]


def answers(desk: RunningDesk, visitor: dict[str, Any]) -> dict[str, bytes]:
    """Return what every address without a parameter answers, and those that name the visitor."""
    paths = json.loads(get(desk, "/openapi.json"))["paths"]
    plain = [path for path, methods in paths.items() if "get" in methods and "{" not in path]
    id, conversation = visitor["visitor"], visitor["conversation"]
    mine = [
        f"/v1/visitors/{id}",
        f"/v1/conversations/{conversation}",
        f"/v1/conversations/{conversation}/events",
    ]
    words = [f"/v1/search{kind}?q={word}" for kind in ("", "/contacts") for word in PLANTS.values()]
    found = {path: get(desk, path, desk.token) for path in (*plain, *mine, *words)}
    found |= {
        path: get(desk, path, visitor["token"])
        for path in ("/v1/messages", "/v1/transcript", "/v1/events?after=0")
    }
    return {**found, **{url: get(desk, url) for url in visitor["files"]}, **members(export(desk))}


def test_an_erased_person_is_nowhere(asked_desk: RunningDesk) -> None:
    desk = asked_desk
    gone, stays = plant(desk), plant(desk, "stays")
    before = answers(desk, gone)
    for name, word in PLANTS.items():
        assert any(word.encode() in content for content in before.values()), f"{name} was not planted"
        assert name == "page" or places(desk, word.encode()), f"{name} was not stored"
    status, answer = desk.ask(
        "POST", f"/v1/visitors/{gone['visitor']}/erase", {"reason": "asked"}, desk.token
    )
    assert (status, answer) == (200, {"visitor": gone["visitor"], "conversations": 1})
    after = answers(desk, gone)
    for word in PLANTS.values():
        for path, content in after.items():
            assert word.encode() not in content.replace(word.encode() + b"stays", b""), path
        for path in places(desk, word.encode()):
            content = Path(path).read_bytes()
            assert word.encode() not in content.replace(word.encode() + b"stays", b""), path
    assert stays["conversation"].encode() in after["/v1/conversations"]
    assert b"Xqmessagezzstays" in answers(desk, stays)["messages.jsonl"]
    # Coming back begins afresh.
    say(desk, gone, "message-0009", "Hello again")
    assert json.loads(get(desk, "/v1/messages", gone["token"]))["messages"][0]["seq"] == 1


def test_who_was_merged_is_erased_with_the_person(own_desk: RunningDesk) -> None:
    desk = own_desk
    one, two = plant(desk, "one"), plant(desk, "two")
    wish = {"from": two["visitor"]}
    status, answer = desk.ask("POST", f"/v1/visitors/{one['visitor']}/merge", wish, desk.token)
    assert status == 200, answer
    # Asked for by the name that is no more, the whole person goes.
    status, answer = desk.ask("POST", f"/v1/visitors/{two['visitor']}/erase", {}, desk.token)
    assert (status, answer["conversations"]) == (200, 2), answer
    for word in PLANTS.values():
        for mark in ("one", "two"):
            assert not places(desk, (word + mark).encode()), word


def test_who_is_not_known_cannot_be_erased(desk: RunningDesk) -> None:
    assert desk.ask("POST", "/v1/visitors/nobody/erase", {}, desk.token)[0] == 404
    _, key = desk.ask("POST", "/v1/keys", {"name": "x", "scopes": ["visitor.read"]}, desk.token)
    assert desk.ask("POST", "/v1/visitors/nobody/erase", {}, key["key"])[0] == 403


def test_retention_removes_what_is_old_and_nothing_else(own_desk: RunningDesk) -> None:
    desk = own_desk
    assert desk.ask("GET", "/v1/retention", None, desk.token) == (
        200,
        {"days": 0, "audit_days": 0, "last_at": 0},
    )
    assert desk.ask("POST", "/v1/retention", {"days": -1}, desk.token)[0] == 422
    visitor = desk.visitor()
    say(desk, visitor, "message-0001", "young and here to stay")
    assert desk.ask("POST", "/v1/retention", {"days": 30}, desk.token)[1]["days"] == 30
    deadline = time.monotonic() + 20
    while not desk.ask("GET", "/v1/retention", None, desk.token)[1]["last_at"]:
        assert time.monotonic() < deadline, "it was not carried out"
    assert b"here to stay" in get(desk, "/v1/messages", visitor["token"])


def test_an_exported_tenant_comes_in_again_byte_by_byte(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    first = RunningDesk(tmp_path / "first" / "data", LIMITS="off").start()
    try:
        visitor = plant(first)
        out = export(first)
    finally:
        first.close()
    second = RunningDesk(tmp_path / "second" / "data", LIMITS="off").start()
    try:
        assert second.ask("POST", "/v1/import", out, second.token)[1]["code"] == "conflict"
        other = _renamed(out)
        status, answer = second.ask("POST", "/v1/import", other, second.token)
        assert (status, answer["tenant"]) == (200, "acme"), answer
        assert second.ask("POST", "/v1/import", other, second.token)[0] == 403  # now there are two
        second.stop()
        export_files(second.data, tmp_path / "out", "acme")
        found = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
        assert found == members(other)
        second.start()
        status, signed = second.ask("POST", "/v1/login", {"email": "boss@acme.example", "password": PASSWORD})
        assert status == 200, signed
        _, page = second.ask("GET", "/v1/conversations", None, signed["token"])
        assert [row["conversation"]["id"] for row in page["items"]] == [visitor["conversation"]]
    finally:
        second.close()


def test_an_imported_tenant_is_served_at_once(own_desk: RunningDesk) -> None:
    visitor = plant(own_desk)
    assert own_desk.ask("POST", "/v1/import", _renamed(export(own_desk)), own_desk.token)[0] == 200
    assert own_desk.ask("POST", "/v1/visitors", {"site": "acme"})[0] == 200
    status, signed = own_desk.ask("POST", "/v1/login", {"email": "boss@acme.example", "password": PASSWORD})
    assert status == 200, signed
    _, found = own_desk.ask("GET", "/v1/search?q=" + PLANTS["message"], None, signed["token"])
    assert visitor["conversation"] in json.dumps(found)
    assert len(found["items"]) == 1


def test_an_import_cannot_write_into_another_tenant(own_desk: RunningDesk) -> None:
    plant(own_desk)
    for part in (b'"conversation":{', b'"body":{"id"'):
        forged = io.BytesIO()
        with zipfile.ZipFile(forged, "w") as target:
            for name, content in members(_renamed(export(own_desk))).items():
                if name in ("conversations.jsonl", "records.jsonl") and part in content:
                    content = content.replace(b'"tenant":"acme"', b'"tenant":"demo"')
                target.writestr(name, content)
        status, problem = own_desk.ask("POST", "/v1/import", forged.getvalue(), own_desk.token)
        assert (status, problem["code"]) == (422, "invalid"), problem


def _renamed(archive: bytes) -> bytes:
    """Return the export as if it were of another tenant, site and owner."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in members(archive).items():
            if name.startswith("files/"):
                continue
            content = content.replace(b'"tenant":"demo"', b'"tenant":"acme"')
            if name == "tenant.json":
                content = content.replace(b'"demo"', b'"acme"')
            elif name == "records.jsonl":
                content = content.replace(
                    b'"kind":"site","id":"demo","body":{"id":"demo"',
                    b'"kind":"site","id":"acme","body":{"id":"acme"',
                )
                content = content.replace(b"admin@example.com", b"boss@acme.example")
            target.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + b"x" * 100])
def test_what_is_no_export_is_refused(desk: RunningDesk, content: bytes) -> None:
    status, problem = desk.ask("POST", "/v1/import", content, desk.token)
    assert (status, problem["code"]) == (422, "invalid")


def test_only_owners_export_and_import(desk: RunningDesk) -> None:
    _, key = desk.ask("POST", "/v1/keys", {"name": "x", "scopes": ["conversation.read"]}, desk.token)
    assert desk.ask("POST", "/v1/export", b"", key["key"])[0] == 403
    assert desk.ask("POST", "/v1/import", b"", key["key"])[0] == 403
    assert desk.ask("GET", "/v1/export", None, desk.token) == (200, {"running": "", "done": 0, "total": 0})
