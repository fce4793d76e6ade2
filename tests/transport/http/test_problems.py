"""A refusal over HTTP says the same as the frame does, and when to come back."""

import json
from typing import Any

import pytest

from fastdesk.errors import Refused
from fastdesk.protocol.codes import CODES, Rejection
from fastdesk.transport.http.problems import Problem, problem, problem_of, write_problem


def body(made: Problem) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(made.body)
    return read


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_its_status_and_sentence(code: str) -> None:
    made = write_problem(code)
    status, sentence = CODES[code]
    assert made.status == status
    assert body(made) == {
        "type": f"urn:fastdesk:{code}", "title": sentence, "status": status, "code": code, "message": sentence,
    }  # fmt: skip


def test_an_answer_carries_the_media_type_and_a_readable_body() -> None:
    response = problem("not_found", "没有这个访客。", headers={"Allow": "GET"})
    assert (response.status, response.headers["Allow"]) == (404, "GET")
    assert response.content_type == "application/problem+json"
    assert "没有这个访客。".encode() in (response.body or b"")  # type: ignore[operator]


@pytest.mark.parametrize(("wait_ms", "seconds"), [(1, "1"), (1000, "1"), (1001, "2"), (59_999, "60")])
def test_whole_seconds_are_never_too_few(wait_ms: int, seconds: str) -> None:
    made = problem_of(Rejection("rate_limited", retry_after_ms=wait_ms))
    assert (made.fields["Retry-After"], body(made)["retry_after_ms"]) == (seconds, wait_ms)


def test_who_is_not_signed_in_is_told_how() -> None:
    assert write_problem("unauthenticated").fields == {"WWW-Authenticate": "Bearer"}
    assert write_problem("forbidden").fields == {}


def test_a_rejection_names_its_message() -> None:
    made = body(problem_of(Rejection("id_reuse", "It was another text.", id="message-1")))
    assert (made["id"], made["message"], made["title"]) == (
        "message-1",
        "It was another text.",
        CODES["id_reuse"][1],
    )


def test_a_refusal_of_the_house_keeps_its_hint_and_an_unknown_code_is_a_fault_of_ours() -> None:
    known = problem_of(Refused("conflict", "Taken.", hint="Take another.", retry_after_ms=5))
    assert (known.status, body(known)["hint"], body(known)["message"]) == (409, "Take another.", "Taken.")
    unknown = problem_of(Refused("made_up", "Hm."))
    assert (unknown.status, body(unknown)["code"]) == (500, "internal")
