"""What administrators do, and who reads personal data, stands in the audit log; never what was written."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.running import EMAIL, PASSWORD, RunningDesk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """Return a desk of this module's own, so that the log holds what its tests do."""
    running = RunningDesk(tmp_path_factory.mktemp("audited") / "data", LIMITS="off").start()
    yield running
    running.close()


def log(desk: RunningDesk, **query: object) -> list[dict[str, Any]]:
    status, page = desk.ask("GET", f"/v1/audit?limit=200&{urlencode(query)}", None, desk.token)
    assert status == 200, page
    return list(page["items"])


def test_changes_stand_in_the_log_with_who_when_what_and_where(desk: RunningDesk) -> None:
    desk.ask("POST", "/v1/rules", {"id": "r1", "exact": ["Xqsecretzz"], "reply": "x"}, desk.token)
    desk.ask("PATCH", "/v1/rules/r1", {"enabled": False}, desk.token)
    desk.ask("DELETE", "/v1/rules/r1", None, desk.token)
    _, me = desk.ask("GET", "/v1/me", None, desk.token)
    found = log(desk, act="knowledge.write")
    whats = [entry["what"] for entry in found]
    assert whats == ["DELETE /v1/rules/r1", "PATCH /v1/rules/r1", "POST /v1/rules"]
    assert {(entry["actor"], entry["name"], entry["address"]) for entry in found} == {
        (me["id"], me["name"], "127.0.0.1")
    }
    assert found[0]["at"] >= found[-1]["at"] > 1_700_000_000_000
    assert "Xqsecretzz" not in json.dumps(log(desk))


def test_what_was_refused_was_not_done(desk: RunningDesk) -> None:
    before = len(log(desk))
    assert desk.ask("POST", "/v1/rules", {"id": "r1", "exact": 5}, desk.token)[0] == 422
    assert desk.ask("DELETE", "/v1/rules/nothing", None, desk.token)[0] == 404
    assert len(log(desk)) == before


def test_keys_agents_and_exports_stand_in_the_log_without_secrets(desk: RunningDesk) -> None:
    _, key = desk.ask("POST", "/v1/keys", {"name": "k", "scopes": ["visitor.read"]}, desk.token)
    agent = {"email": "Xqmail@example.com", "password": "Xqpasswordzz"}
    desk.ask("POST", "/v1/agents", agent, desk.token)
    desk.ask("POST", "/v1/export", b"", desk.token)
    whole = log(desk)
    whats = {(entry["act"], entry["what"]) for entry in whole}
    assert {
        ("key.write", "POST /v1/keys"), ("agent.write", "POST /v1/agents"), ("export.run", "POST /v1/export"),
    } <= whats  # fmt: skip
    text = json.dumps(whole)
    assert key["key"] not in text
    assert "Xq" not in text


def test_reading_a_person_is_noted_once_in_a_while(desk: RunningDesk) -> None:
    visitor = desk.visitor()
    desk.ask("POST", "/v1/messages", {"id": "message-1", "text": "Xqtextzz"}, visitor["token"])
    path = f"/v1/visitors/{visitor['visitor']}"
    for _ in range(3):
        assert desk.ask("GET", path, None, desk.token)[0] == 200
    transcript = f"/v1/conversations/{visitor['conversation']}/transcript"
    assert desk.ask("GET", transcript, None, desk.token)[0] == 200
    assert desk.ask("GET", transcript, None, visitor["token"])[0] == 200
    assert len(log(desk, what=f"GET {path}")) == 1
    assert len(log(desk, what=f"GET {transcript}")) == 1
    assert "Xqtextzz" not in json.dumps(log(desk))


def test_sign_ins_and_refused_ones_are_told_apart(desk: RunningDesk) -> None:
    wrong = {"email": EMAIL, "password": "Xqwrongzz"}
    assert desk.ask("POST", "/v1/login", wrong)[0] == 401
    assert desk.ask("POST", "/v1/login", {"email": "Xqnobody@example.com", "password": "x"})[0] == 401
    assert desk.ask("POST", "/v1/login", {"email": EMAIL, "password": PASSWORD})[0] == 200
    refused = log(desk, act="sign_in.refused")
    assert len(refused) == 1
    assert "actor" not in refused[0]
    assert log(desk, act="sign_in")
    assert "Xq" not in json.dumps(log(desk))


def test_the_log_is_paged_and_filtered(desk: RunningDesk) -> None:
    for number in range(5):
        desk.ask("POST", "/v1/words", {"id": f"w{number}", "words": ["x"]}, desk.token)
    whole = log(desk)
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        _, page = desk.ask("GET", f"/v1/audit?limit=3{cursor}", None, desk.token)
        found += page["items"]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"
    assert found == whole
    middle = whole[len(whole) // 2]["at"]
    assert log(desk, after=middle) == [entry for entry in whole if entry["at"] >= middle]
    assert log(desk, before=middle) == [entry for entry in whole if entry["at"] < middle]
    assert log(desk, actor="nobody") == []


def test_the_log_is_for_who_may_read_it(desk: RunningDesk) -> None:
    _, key = desk.ask("POST", "/v1/keys", {"name": "k", "scopes": ["visitor.read"]}, desk.token)
    assert desk.ask("GET", "/v1/audit", None, key["key"])[0] == 403
    assert desk.ask("GET", "/v1/audit?cursor='--&limit=1", None, desk.token)[0] == 200


def test_the_log_survives_a_restart(tmp_path: Path) -> None:
    running = RunningDesk(tmp_path / "data", LIMITS="off").start()
    try:
        running.ask("POST", "/v1/words", {"id": "w", "words": ["x"]}, running.token)
        before = log(running)
        running.kill()
        running.start()
        assert log(running)[-len(before) :] == before
    finally:
        running.close()


def test_a_refused_text_stands_in_the_log_with_the_words_list(desk: RunningDesk) -> None:
    desk.ask("POST", "/v1/words", {"id": "arms", "words": ["炸药"]}, desk.token)
    visitor = desk.visitor()
    while True:  # a list is in force within a second
        body = {"id": f"blocked-{len(log(desk)):04d}-{visitor['seq']}", "text": "出售炸药"}
        status, refusal = desk.ask("POST", "/v1/messages", body, visitor["token"])
        if status == 422:
            break
        visitor = desk.visitor()
    assert refusal["code"] == "blocked_text"
    while not (found := log(desk, act="word_filter.blocked")):
        pass  # it follows its note to the disk
    assert found[0]["what"] == f"input of conversation {visitor['conversation']}: word list arms#1"
    assert "炸药" not in json.dumps(found, ensure_ascii=False)
    desk.ask("DELETE", "/v1/words/arms", None, desk.token)
