"""A conversation as text: what visitor and agents said to each other, for those who may read it."""

from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import quote

from tests.running import RunningDesk

from fastdesk.transport.http.transcripts import PAGE


def said(desk: RunningDesk, visitor: dict[str, Any], text: str, number: int = 1, **more: Any) -> None:
    body = {"id": f"message-{number:04d}", "text": text, **more}
    assert desk.ask("POST", "/v1/messages", body, visitor["token"])[0] == 200


def downloaded(desk: RunningDesk, path: str, token: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", desk.port, timeout=20)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()


def test_a_visitor_saves_the_talk_as_a_file_that_no_cache_keeps(desk: RunningDesk) -> None:
    visitor = desk.visitor()
    said(desk, visitor, "你好")
    response, page = downloaded(desk, "/v1/transcript", visitor["token"])
    assert response.getheader("Content-Type") == "text/plain; charset=utf-8"
    assert response.getheader("Content-Disposition") == 'attachment; filename="chat.txt"'
    assert response.getheader("Cache-Control") == "no-store"
    assert page.splitlines()[0].endswith("UTC] visitor: 你好")


def test_notes_of_agents_are_not_in_it(desk: RunningDesk) -> None:
    visitor = desk.visitor()
    said(desk, visitor, "hello")
    noting = {"name": "A note", "actions": [{"do": "note", "text": "a canary"}]}
    _, macro = desk.ask("POST", "/v1/macros", noting, desk.token)
    path = f"/v1/conversations/{visitor['conversation']}"
    assert desk.ask("POST", f"{path}/macros/{macro['id']}", None, desk.token)[0] == 200
    _, history = desk.ask("GET", f"{path}/events", None, desk.token)
    assert "a canary" in [event.get("text") for event in history["events"]]
    for token in (visitor["token"], desk.token):
        _, page = downloaded(desk, f"{path}/transcript", token)
        assert "Hello, visitor!" in page
        assert "canary" not in page


def test_a_file_stands_in_it_by_its_name(desk: RunningDesk) -> None:
    visitor = desk.visitor()
    _, file = desk.ask("POST", "/v1/files", b"text", visitor["token"], X_File_Name=quote("坏了.txt"))
    said(desk, visitor, "look", kind="file", extra={"file": file})
    _, page = downloaded(desk, "/v1/transcript", visitor["token"])
    assert "visitor: look [坏了.txt]\n" in page


def test_a_site_may_keep_it_from_visitors_and_agents_have_it_still(desk: RunningDesk) -> None:
    site = {"id": "silent", "name": "Silent", "features": {"transcript": False}}
    assert desk.ask("POST", "/v1/sites", site, desk.token)[0] == 201
    visitor = desk.visitor(site="silent")
    said(desk, visitor, "hello")
    path = f"/v1/conversations/{visitor['conversation']}/transcript"
    for each in ("/v1/transcript", path):
        status, problem = desk.ask("GET", each, None, visitor["token"])
        assert (status, problem["code"]) == (403, "forbidden")
    assert "visitor: hello" in downloaded(desk, path, desk.token)[1]


def test_a_talk_of_more_than_a_page_is_whole_and_in_order(desk: RunningDesk) -> None:
    visitor = desk.visitor()
    for number in range(PAGE + 5):
        said(desk, visitor, f"number {number}.", number)
    _, page = downloaded(desk, "/v1/transcript", visitor["token"])
    numbers = [line.rpartition("number ")[2] for line in page.splitlines() if "visitor: number" in line]
    assert numbers == [f"{number}." for number in range(PAGE + 5)]
