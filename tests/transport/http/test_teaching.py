"""What a desk was taught can be tried, and what it shall be taught can be checked, without storing anything."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.running import RunningDesk

SHOP = Path(__file__).parents[3] / "examples" / "shop"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """Return a desk that was taught the example shop."""
    running = RunningDesk(tmp_path_factory.mktemp("shop") / "data", LIMITS="off", DEMO=str(SHOP)).start()
    try:
        while not try_question(running, "请问你们周末几点上班")["candidates"]:
            pass  # articles are in force within a second
        yield running
    finally:
        running.close()


def try_question(desk: RunningDesk, question: str, **more: Any) -> dict[str, Any]:
    status, answer = desk.ask("POST", "/v1/knowledge/test", {"question": question, **more}, desk.token)
    assert status == 200, answer
    return answer  # type: ignore[no-any-return]


def stages(trial: dict[str, Any]) -> dict[str, Any]:
    return {stage["name"]: stage for stage in trial["stages"]}


def test_question_shows_decision_candidates_and_every_stage(shop: RunningDesk) -> None:
    trial = try_question(shop, "请问你们周末几点上班")
    assert trial["decision"] in ("answer", "suggest", "rules")
    assert trial["texts"]
    best = trial["candidates"][0]
    assert 0 < best["score"] <= 1
    assert best["title"]
    assert trial["stages"][0]["name"] == "words"
    assert {"human", "flows", "rules", "faq", "assistant", "fallback"} <= set(stages(trial))
    assert stages(trial)["rules"]["line"]["en"].startswith("message:")
    assert trial["answer_at"] > trial["suggest_at"] > 0


def test_question_that_begins_a_flow_or_asks_for_a_person(shop: RunningDesk) -> None:
    trial = try_question(shop, "怎么退款")
    assert trial["decision"] == "flows"
    assert "订单号" in "".join(trial["texts"])
    assert try_question(shop, "转人工")["decision"] == "human"


def test_nonsense_says_which_article_came_closest(shop: RunningDesk) -> None:
    trial = try_question(shop, "qwertz uiop")
    assert trial["decision"] == "fallback"
    assert not stages(trial)["faq"]["claims"]
    assert stages(trial)["faq"]["line"]["zh"]


def test_trial_leaves_nothing_behind(shop: RunningDesk) -> None:
    _, before = shop.ask("GET", "/v1/conversations/counts", None, shop.token)
    try_question(shop, "转人工")
    _, after = shop.ask("GET", "/v1/conversations/counts", None, shop.token)
    assert before == after


def test_audience_decides_what_is_found(shop: RunningDesk) -> None:
    body = {
        "id": "staff-only",
        "title": "内部员工折扣码",
        "body": "STAFF-7",
        "audience": ["staff"],
        "state": "published",
    }
    assert shop.ask("POST", "/v1/articles", body, shop.token)[0] == 201
    while "staff-only" not in [
        each["article"] for each in try_question(shop, "内部员工折扣码", audience=["staff"])["candidates"]
    ]:
        pass  # within a second
    assert "staff-only" not in [
        each["article"] for each in try_question(shop, "内部员工折扣码")["candidates"]
    ]


def test_words_are_named_with_their_list(shop: RunningDesk) -> None:
    body = {"id": "tried", "level": "mask", "words": [{"text": "斗牛士"}]}
    assert shop.ask("POST", "/v1/words", body, shop.token)[0] == 201
    while True:
        _, said = shop.ask("POST", "/v1/words/test", {"text": "我是斗 牛 士"}, shop.token)
        if said["level"] != "clean":
            break  # a list is in force within a second
    assert said["level"] == "mask"
    assert "*" in said["shown"]
    assert (said["hits"][0]["list"], said["hits"][0]["text"]) == ("tried", "斗牛士")
    assert "tried#1" in said["reason"]["en"]


def test_rules_are_checked_with_their_lines(shop: RunningDesk) -> None:
    good = (SHOP / "rules.yaml").read_bytes()
    status, checked = shop.ask("POST", "/v1/rules/check", good, shop.token)
    assert (status, checked["good"]) == (200, True)
    assert checked["records"]
    bad = b"rules:\n  - id: a\n    exact: [x]\n    replay: y\n"
    status, checked = shop.ask("POST", "/v1/rules/check", bad, shop.token)
    assert (status, checked["good"]) == (200, False)
    assert checked["problems"][0]["line"] == 4
    assert "reply" in checked["problems"][0]["hint"]


def test_flow_is_checked_drawn_and_played(shop: RunningDesk) -> None:
    source = (SHOP / "flows" / "refund.yaml").read_bytes()
    _, checked = shop.ask("POST", "/v1/flows/check", source, shop.token)
    assert checked["good"], checked
    status, picture = shop.ask("POST", "/v1/flows/draw?language=en", source, shop.token)
    assert status == 200
    assert picture.startswith(b"<svg")
    status, played = shop.ask("POST", "/v1/flows/test", source, shop.token)
    assert status == 200
    assert played
    assert all(each["passed"] for each in played)


def test_wrong_flow_is_told_with_its_line_and_not_drawn(shop: RunningDesk) -> None:
    bad = b"id: a\nname: a\nstart: one\nstates:\n  one:\n    say: hi\n    next: nowhere\n"
    _, checked = shop.ask("POST", "/v1/flows/check", bad, shop.token)
    assert not checked["good"]
    assert checked["problems"][0]["line"] > 0
    status, refusal = shop.ask("POST", "/v1/flows/draw", bad, shop.token)
    assert (status, refusal["code"]) == (422, "invalid")


@pytest.mark.parametrize("path", ["/v1/rules/check", "/v1/flows/check", "/v1/flows/draw", "/v1/flows/test"])
@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"[" * 100_000, b"a: &a [*a]", b"{"])
def test_rubbish_is_no_fault_of_ours(shop: RunningDesk, path: str, body: bytes) -> None:
    assert shop.ask("POST", path, body, shop.token)[0] in (200, 400, 422)


def test_needs_the_permission(shop: RunningDesk) -> None:
    token = shop.visitor()["token"]
    for path in ("/v1/knowledge/test", "/v1/words/test", "/v1/flows/check"):
        assert shop.ask("POST", path, {"question": "x", "text": "x"}, token)[0] == 403
