"""Sends and polls: the quick way and the HTTP server's say the same, poll by poll and refusal by refusal."""

import http.client
import json
import threading
import time
from typing import Any

import pytest
from tests.running import RunningDesk

from fastdesk.transport.http.quick import MAX_BODY

Answer = tuple[int, dict[str, str], Any]


class Line:
    """One kept-alive connection of a visitor."""

    def __init__(self, desk: RunningDesk, token: str = "") -> None:
        self.token = token or desk.visitor()["token"]
        self._connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=30)

    def ask(self, method: str, path: str, body: Any = None, **fields: str) -> Answer:
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", **fields}
        self._connection.request(
            method, path, data, {name.replace("_", "-"): value for name, value in headers.items() if value}
        )
        response = self._connection.getresponse()
        shown = {name.lower(): value for name, value in response.getheaders()}
        content = response.read()
        return response.status, shown, json.loads(content) if content else None

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def line(desk: RunningDesk) -> Any:
    line = Line(desk)
    yield line
    line.close()


def by_server(answer: Answer) -> bool:
    return "server" in answer[1]


def meaning(answer: Answer) -> tuple[int, dict[str, str], Any]:
    """Leave out what may differ from one server to the other."""
    kept = {name: value for name, value in answer[1].items() if name not in ("server", "date", "connection")}
    return answer[0], kept, answer[2]


POLLS = [
    "?after=0",
    "?after=0&wait=0&epoch=",
    "?after=1",
    "?after=2&wait=0",
    "?after=99",
    "?after=0&epoch=another",
    "?after=x",
    "?after=-1",
    "?after=99999999999999999999",
    "?wait=61",
    "?after=1&after=0",
    "?after",
    "?&&after=0&other=1",
    "",
]


@pytest.mark.parametrize("query", POLLS)
def test_a_poll_means_the_same_on_both_ways(line: Line, query: str) -> None:
    line.ask("POST", "/v1/messages", {"id": "both-ways-1", "text": "hello"})
    quick = line.ask("GET", "/v1/events" + query)
    encoded = query.replace("after=", "%61fter=") if "after=" in query else query
    slow = line.ask("GET", "/v1/events" + encoded, Connection="close")
    assert not by_server(quick)
    assert by_server(slow)
    assert meaning(quick) == meaning(slow)


SENDS: list[Any] = [
    {"id": "same-id-01", "text": "hello"},
    {"id": "same-id-01", "text": "another text"},
    {"id": "short", "text": "x"},
    {"id": "same-id-02", "text": ""},
    {"id": "same-id-03", "text": "x" * 4001},
    {"id": "same-id-04", "text": "x", "kind": "nothing"},
    {"id": "same-id-05"},
    {"t": "read", "seq": 1},
    b"",
    b"{",
    b"[]",
    b"\xff",
    b'{"id": "same-id-06", "text": "\\ud800"}',
    b"[" * 20_000,
]


@pytest.mark.parametrize("body", SENDS, ids=range(len(SENDS)))
def test_a_send_means_the_same_on_both_ways(line: Line, body: Any) -> None:
    first = line.ask("POST", "/v1/messages", {"id": "same-id-01", "text": "hello"})
    assert first[0] == 200
    quick = line.ask("POST", "/v1/messages", body)
    slow = line.ask("POST", "/v1/messages", body, Connection="close")
    assert by_server(slow)
    assert not by_server(quick)
    assert meaning(quick) == meaning(slow)
    if body == SENDS[0]:
        assert quick[2]["seq"] == first[2]["seq"], "a repeat gets its first number"


def test_who_asks_is_checked_on_both_ways(desk: RunningDesk, line: Line) -> None:
    for token in ("", "nonsense", line.token[:-2] + "xx", desk.token):
        for method, path in (("GET", "/v1/events"), ("POST", "/v1/messages")):
            fields = {"Authorization": f"Bearer {token}" if token else ""}
            quick = line.ask(method, path, b"{}" if method == "POST" else None, **fields)
            slow = line.ask(method, path, b"{}" if method == "POST" else None, Connection="close", **fields)
            assert quick[0] in (401, 403)
            assert meaning(quick) == meaning(slow)


def test_a_large_body_is_for_the_server(line: Line) -> None:
    body = {"id": "large-body-1", "text": "hello", "padding": "x" * MAX_BODY}
    answer = line.ask("POST", "/v1/messages", body)
    assert by_server(answer)
    assert answer[0] == 200
    assert not by_server(line.ask("GET", "/v1/events"))
    too_large = line.ask("POST", "/v1/messages", b"x" * 1_100_000)
    assert (too_large[0], too_large[2]["code"]) == (413, "too_large")


def test_a_poll_hears_what_is_said_while_it_waits(desk: RunningDesk, line: Line) -> None:
    other = Line(desk, line.token)
    line.ask("GET", "/v1/events")
    heard: list[Answer] = []
    waiting = threading.Thread(target=lambda: heard.append(line.ask("GET", "/v1/events?after=0&wait=30")))
    waiting.start()
    sent = other.ask("POST", "/v1/messages", {"id": "while-waiting", "text": "hello"})
    waiting.join(30)
    events = heard[0][2]["events"]
    assert events[0]["id"] == "while-waiting"
    assert heard[0][2]["seq"] >= sent[2]["seq"] == 1
    other.close()


def test_a_poll_without_news_ends_in_its_time(line: Line) -> None:
    began = time.monotonic()
    status, _, answer = line.ask("GET", "/v1/events?after=0&wait=1")
    assert (status, answer["events"], answer["seq"]) == (200, [], 0)
    assert time.monotonic() - began >= 0.9


def test_who_hangs_up_is_not_waited_for(desk: RunningDesk) -> None:
    for _ in range(20):
        gone = Line(desk)
        gone._connection.request(
            "GET", "/v1/events?wait=60", headers={"Authorization": f"Bearer {gone.token}"}
        )
        gone.close()
    line = Line(desk)
    assert line.ask("GET", "/v1/events")[0] == 200
    line.close()


def test_a_stopping_desk_answers_who_waits(own_desk: RunningDesk) -> None:
    line = Line(own_desk)
    line.ask("GET", "/v1/events")
    heard: list[Answer] = []
    waiting = threading.Thread(target=lambda: heard.append(line.ask("GET", "/v1/events?after=0&wait=60")))
    waiting.start()
    began = time.monotonic()
    own_desk.stop()
    waiting.join(60)
    assert not waiting.is_alive()
    assert time.monotonic() - began < 50, "nobody waits for the end of the poll"
    line.close()


def test_other_methods_of_quick_paths_are_refused_as_ever(line: Line) -> None:
    for method in ("DELETE", "PUT", "OPTIONS"):
        status, fields, body = line.ask(method, "/v1/events")
        assert (status, body["code"]) == (405, "method_not_allowed")
        assert "GET" in fields["allow"]


def test_an_event_stream_is_for_the_server(line: Line) -> None:
    line._connection.request(
        "GET", "/v1/events?after=0",
        headers={"Authorization": f"Bearer {line.token}", "Accept": "text/event-stream"},
    )  # fmt: skip
    response = line._connection.getresponse()
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.read1(1)
