"""Questions without an answer, and the articles made of them, over a real desk."""

from typing import Any

import pytest
from tests.running import RunningDesk
from tests.transport.http.test_contacts import ask, line

QUESTION = "Do you ship zirconium to Greenland?"


@pytest.fixture(scope="module")
def asked(desk: RunningDesk) -> dict[str, Any]:
    """Return the visitor who asked the same thing twice, was answered by a person, and left a number."""
    visitor = desk.visitor(locale="en")
    for number, text in enumerate((QUESTION, QUESTION.upper())):
        body = {"id": f"question-{number}", "text": text}
        assert desk.ask("POST", "/v1/messages", body, visitor["token"])[0] == 200
    with line(desk, desk.token) as agent:
        words = "Yes, call 13800138000 for prices."
        agent.send(t="send", id="answer-0001", conversation=visitor["conversation"], text=words)
        agent.next("ack")
    return visitor


def mine(desk: RunningDesk) -> dict[str, Any]:
    """Read the list until it has caught up; roll-ups follow within a second."""
    while True:
        for each in ask(desk, "GET", "/v1/reports/unanswered"):
            if each["question"].casefold() == QUESTION.casefold() and each["times"] >= 2:
                return each  # type: ignore[no-any-return]


def test_equal_questions_count_together_and_become_one_draft(
    desk: RunningDesk, asked: dict[str, Any]
) -> None:
    found = mine(desk)
    assert (found["times"], found["conversation"], found["article"]) == (2, asked["conversation"], None)
    place = {"conversation": found["conversation"], "seq": 1}
    article = ask(desk, "POST", "/v1/reports/unanswered/articles", place, 201)
    assert (article["title"], article["questions"]) == (QUESTION, [QUESTION])
    assert article["body"].startswith("Yes, call ")
    assert "13800138000" not in article["body"]
    assert article.get("state", "draft") == "draft"
    assert mine(desk)["article"] == article["id"]
    again = ask(desk, "POST", "/v1/reports/unanswered/articles", place, 409)
    assert again["code"] == "conflict"
    assert ask(desk, "POST", f"/v1/articles/{article['id']}/publish")["state"] == "published"
    ask(desk, "DELETE", f"/v1/articles/{article['id']}", status=204)


def test_what_is_no_question_becomes_no_article(desk: RunningDesk, asked: dict[str, Any]) -> None:
    path = "/v1/reports/unanswered/articles"
    here = asked["conversation"]
    assert ask(desk, "POST", path, {"conversation": here, "seq": 2}, 404)["code"] == "not_found"  # the bot's
    assert ask(desk, "POST", path, {"conversation": here, "seq": 999}, 404)["code"] == "not_found"
    assert ask(desk, "POST", path, {"conversation": "nothing", "seq": 1}, 404)["code"] == "not_found"
    for wrong in (
        {},
        {"conversation": here},
        {"conversation": here, "seq": 0},
        {"conversation": here, "seq": "1"},
    ):
        assert ask(desk, "POST", path, wrong, 422)["code"] == "invalid"
    assert desk.ask("POST", path, {"conversation": here, "seq": 1}, asked["token"])[0] == 403
