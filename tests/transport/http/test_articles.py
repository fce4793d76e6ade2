"""Articles keep their history, and a draft stands beside what is published."""

from typing import Any

import pytest
from tests.running import RunningDesk

from fastdesk.model.article import KEPT_REVISIONS


def ask(desk: RunningDesk, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    return desk.ask(method, "/v1/articles" + path, body, desk.token)


@pytest.fixture
def article(desk: RunningDesk, request: pytest.FixtureRequest) -> str:
    """Return the id of a published article."""
    id = request.node.name.replace("test_", "")[:40]
    status, answer = ask(
        desk, "POST", "", {"id": id, "title": "Opening hours", "body": "First.", "state": "published"}
    )
    assert status == 201, answer
    return id


def test_every_change_is_a_revision_and_can_be_undone(desk: RunningDesk, article: str) -> None:
    for text in ("Second.", "Third."):
        assert ask(desk, "PATCH", f"/{article}", {"body": text})[0] == 200
    _, listed = ask(desk, "GET", f"/{article}/revisions")
    assert [(each["revision"], each["current"]) for each in listed] == [(3, True), (2, False), (1, False)]
    assert ask(desk, "GET", f"/{article}/revisions/1")[1]["body"] == "First."
    status, restored = ask(desk, "POST", f"/{article}/restore", {"revision": 1})
    assert (status, restored["body"], restored["revision"]) == (200, "First.", 4)
    assert ask(desk, "GET", f"/{article}/revisions/3")[1]["body"] == "Third."


def test_old_revisions_make_room(desk: RunningDesk, article: str) -> None:
    for number in range(KEPT_REVISIONS + 3):
        ask(desk, "PATCH", f"/{article}", {"body": f"Text {number}."})
    _, listed = ask(desk, "GET", f"/{article}/revisions")
    assert len(listed) == KEPT_REVISIONS + 1
    assert ask(desk, "GET", f"/{article}/revisions/1")[0] == 404
    assert ask(desk, "POST", f"/{article}/restore", {"revision": 1})[0] == 404


def test_draft_changes_nothing_until_it_is_published(desk: RunningDesk, article: str) -> None:
    draft = {"id": article, "title": "Opening hours", "body": "Not yet."}
    assert ask(desk, "PUT", f"/{article}/draft", draft)[0] == 200
    assert ask(desk, "GET", f"/{article}")[1]["body"] == "First."
    assert ask(desk, "GET", f"/{article}/draft")[1]["body"] == "Not yet."
    status, published = ask(desk, "POST", f"/{article}/publish")
    assert (status, published["body"], published["state"]) == (200, "Not yet.", "published")
    assert ask(desk, "GET", f"/{article}/draft")[0] == 404


def test_draft_of_an_older_revision_is_not_published_over_a_newer_one(
    desk: RunningDesk, article: str
) -> None:
    ask(desk, "PUT", f"/{article}/draft", {"id": article, "title": "t", "body": "Draft."})
    ask(desk, "PATCH", f"/{article}", {"body": "Somebody was faster."})
    status, refusal = ask(desk, "POST", f"/{article}/publish")
    assert (status, refusal["code"]) == (409, "conflict")
    assert ask(desk, "DELETE", f"/{article}/draft")[0] == 204
    assert ask(desk, "GET", f"/{article}")[1]["body"] == "Somebody was faster."


def test_unpublished_article_keeps_its_text(desk: RunningDesk, article: str) -> None:
    assert ask(desk, "POST", f"/{article}/unpublish")[1].get("state", "draft") == "draft"
    assert ask(desk, "POST", f"/{article}/publish")[1]["state"] == "published"


@pytest.mark.parametrize("path", ["/none/revisions", "/none/draft", "/none/revisions/1"])
def test_unknown_article(desk: RunningDesk, path: str) -> None:
    assert ask(desk, "GET", path)[0] == 404


def test_wrong_revision_is_refused(desk: RunningDesk, article: str) -> None:
    assert ask(desk, "GET", f"/{article}/revisions/newest")[0] == 422
    assert ask(desk, "POST", f"/{article}/restore", {"revision": 0})[0] == 422


def test_thresholds_are_checked_and_put_in_force(desk: RunningDesk) -> None:
    path = "/v1/knowledge/settings"
    _, before = desk.ask("GET", path, None, desk.token)
    for wrong in (
        {"answer_at": 0.1, "suggest_at": 0.9},
        {"answer_at": 2},
        {"answr_at": 0.5},
        {"max_chunk_characters": 0},
    ):
        assert desk.ask("PUT", path, wrong, desk.token)[0] == 422
    assert desk.ask("PUT", path, {**before, "answer_at": 0.9}, desk.token)[0] == 200
    assert desk.ask("GET", path, None, desk.token)[1]["answer_at"] == 0.9
    assert desk.ask("PUT", path, before, desk.token)[0] == 200
