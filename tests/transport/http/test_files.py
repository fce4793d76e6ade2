"""Files over HTTP, with a real desk."""

from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.running import RunningDesk

TEXT = b"The order 4711 arrived broken."


@pytest.fixture(scope="module")
def small_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """Return a desk that has room for three files of a thousand bytes."""
    settings = {
        "UPLOAD_MAX_BYTES": "1000",
        "UPLOAD_QUOTA_BYTES": "3000",
        "UPLOAD_TYPES": "text/plain,image/png",
    }
    running = RunningDesk(tmp_path_factory.mktemp("small") / "data", LIMITS="off", **settings).start()
    yield running
    running.close()


def post(desk: RunningDesk, token: str, content: bytes, name: str = "x.txt") -> tuple[int, Any]:
    return desk.ask("POST", "/v1/files", content, token, X_File_Name=quote(name))


def get(desk: RunningDesk, url: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", desk.port, timeout=20)
    try:
        connection.request("GET", url)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_a_visitor_sends_a_file_and_an_agent_reads_it(desk: RunningDesk) -> None:
    visitor = desk.visitor()
    status, file = post(desk, visitor["token"], TEXT, "坏了.txt")
    assert (status, set(file)) == (201, {"id", "url", "name", "type", "size"})
    message = {"id": "message-with-file", "text": file["name"], "kind": "file", "extra": {"file": file}}
    assert desk.ask("POST", "/v1/messages", message, visitor["token"])[0] == 200
    _, history = desk.ask("GET", f"/v1/conversations/{visitor['conversation']}/events", None, desk.token)
    shown = next(event for event in history["events"] if event.get("id") == "message-with-file")
    assert shown["extra"]["file"] == file
    response, content = get(desk, file["url"])
    assert content == TEXT
    assert response.getheader("Content-Type") == "text/plain"
    assert response.getheader("Content-Disposition") == f"attachment; filename*=UTF-8''{quote('坏了.txt')}"
    assert response.getheader("X-Content-Type-Options") == "nosniff"
    assert "sandbox" in (response.getheader("Content-Security-Policy") or "")


def test_a_page_of_html_is_never_served_as_one(desk: RunningDesk) -> None:
    _, file = post(desk, desk.visitor()["token"], b"<html><script>alert(1)</script>", "x.html")
    assert (file["name"], file["type"]) == ("x.html.txt", "text/plain")
    response, _ = get(desk, file["url"])
    assert response.getheader("Content-Type") == "text/plain"
    assert (response.getheader("Content-Disposition") or "").startswith("attachment")


def test_a_message_with_somebody_elses_file_is_refused(desk: RunningDesk) -> None:
    _, file = post(desk, desk.visitor()["token"], TEXT)
    message = {"id": "message-with-file", "text": "x", "kind": "file", "extra": {"file": file}}
    status, problem = desk.ask("POST", "/v1/messages", message, desk.visitor()["token"])
    assert (status, problem["code"]) == (422, "invalid")
    forged = {**message, "extra": {"file": {**file, "url": "https://elsewhere.example/x"}}}
    assert desk.ask("POST", "/v1/messages", forged, desk.visitor()["token"])[0] == 422


def test_an_agent_sends_a_file(desk: RunningDesk) -> None:
    status, file = post(desk, desk.token, TEXT)
    assert status == 201
    assert get(desk, file["url"])[1] == TEXT


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"x" * 1001, 413, "too_large"),
        (b"MZ\x90\x00\x03", 415, "file_type"),
        (b"%PDF-1.7", 415, "file_type"),
        (b"", 422, "invalid"),
        (b"\x89PNG\r\n\x1a\n and no picture", 422, "invalid"),
    ],
)
def test_what_is_not_taken_is_refused(
    small_desk: RunningDesk, content: bytes, status: int, code: str
) -> None:
    if code == "invalid" and content:
        pytest.importorskip("PIL")
    found, problem = post(small_desk, small_desk.visitor()["token"], content)
    assert (found, problem["code"]) == (status, code)


def test_without_a_length_the_limit_holds_too(small_desk: RunningDesk) -> None:
    connection = HTTPConnection("127.0.0.1", small_desk.port, timeout=20)
    token = small_desk.visitor()["token"]
    parts = iter([b"x" * 900, b"x" * 200])
    connection.request("POST", "/v1/files", parts, {"Authorization": f"Bearer {token}"}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_the_tenants_room_ends(small_desk: RunningDesk) -> None:
    token = small_desk.visitor()["token"]
    answers = [post(small_desk, token, b"x" * 1000) for _ in range(4)]
    assert [status for status, _ in answers] == [201, 201, 201, 413]
    assert answers[-1][1]["code"] == "quota_full"


def test_what_a_site_takes_is_told_and_may_be_nothing(small_desk: RunningDesk) -> None:
    limits = small_desk.visitor()["site"]["limits"]
    assert (limits["upload_bytes"], limits["upload_types"]) == (1000, ["text/plain", "image/png"])
    wish = {"features": {"upload": False}}
    assert small_desk.ask("PATCH", "/v1/sites/demo", wish, small_desk.token)[0] == 200
    assert post(small_desk, small_desk.visitor()["token"], b"x")[0] == 403
    small_desk.ask("PATCH", "/v1/sites/demo", {"features": {"upload": True}}, small_desk.token)


def test_only_who_is_known_sends_files(desk: RunningDesk) -> None:
    assert post(desk, "", TEXT)[0] == 401
    assert post(desk, "no-token", TEXT)[0] == 401
    _, made = desk.ask("POST", "/v1/keys", {"name": "reads", "scopes": ["conversation.read"]}, desk.token)
    assert post(desk, made["key"], TEXT)[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        "/v1/files/demo.x/x",
        "/v1/files/" + quote("../../main.sqlite3", safe="") + "/x",
        "/v1/files/..%2f..%2f..%2fetc/passwd",
        "/v1/files/demo." + "x" * 40 + "/..%2f..%2fsecret",
        "/v1/files/.arriving/x",
        "/v1/files/%00/%00",
    ],
)
def test_no_path_leads_anywhere_else(desk: RunningDesk, path: str) -> None:
    response, content = get(desk, path)
    assert response.status == 404
    assert b"SQLite" not in content


def test_a_file_survives_a_restart(own_desk: RunningDesk) -> None:
    _, file = post(own_desk, own_desk.visitor()["token"], TEXT)
    own_desk.kill()
    own_desk.start()
    assert get(own_desk, file["url"])[1] == TEXT


def test_an_upload_that_breaks_off_leaves_nothing(own_desk: RunningDesk) -> None:
    connection = HTTPConnection("127.0.0.1", own_desk.port, timeout=20)
    token = own_desk.visitor()["token"]
    connection.putrequest("POST", "/v1/files")
    connection.putheader("Authorization", f"Bearer {token}")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"x" * 500)
    connection.close()
    assert own_desk.stop() == 0
    assert [path for path in (Path(own_desk.data) / "files").rglob("*") if path.is_file()] == []
