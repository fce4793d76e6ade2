"""Macros, canned replies, mentions and views, over a real desk."""

from typing import Any
from urllib.parse import quote

import pytest
from tests.running import RunningDesk
from tests.transport.http.test_contacts import ask, line

SITE = "phrases"
PASSWORD = "another password"


@pytest.fixture(scope="module")
def shop(desk: RunningDesk) -> RunningDesk:
    ask(desk, "POST", "/v1/sites", {"id": SITE, "name": "Tea & Co"}, 201)
    return desk


@pytest.fixture(scope="module")
def colleague(shop: RunningDesk) -> dict[str, Any]:
    """A second agent, with a token."""
    account = {"email": "meimei@shop.cn", "password": PASSWORD, "name": "Han Meimei", "role": "agent"}
    agent = ask(shop, "POST", "/v1/agents", account, 201)
    status, answer = shop.ask("POST", "/v1/login", {"email": "meimei@shop.cn", "password": PASSWORD})
    assert status == 200, answer
    return {"id": agent["id"], "token": answer["token"]}


@pytest.fixture
def talk(shop: RunningDesk) -> dict[str, Any]:
    visitor = shop.visitor(site=SITE, locale="en")
    status, answer = shop.ask("POST", "/v1/messages", {"id": "message-0001", "text": "Hi"}, visitor["token"])
    assert status == 200, answer
    return visitor


def now(desk: RunningDesk, talk: dict[str, Any]) -> dict[str, Any]:
    return ask(desk, "GET", f"/v1/conversations/{talk['conversation']}")["conversation"]  # type: ignore[no-any-return]


def events(desk: RunningDesk, talk: dict[str, Any]) -> list[dict[str, Any]]:
    return ask(desk, "GET", f"/v1/conversations/{talk['conversation']}/events?limit=500")["events"]  # type: ignore[no-any-return]


# Macros.


def run(desk: RunningDesk, talk: dict[str, Any], actions: list[dict[str, Any]], status: int = 200) -> Any:
    macro = ask(desk, "POST", "/v1/macros", {"name": "A macro", "actions": actions}, 201)
    return ask(desk, "POST", f"/v1/conversations/{talk['conversation']}/macros/{macro['id']}", status=status)


def test_a_macro_does_everything_in_order(shop: RunningDesk, talk: dict[str, Any]) -> None:
    ask(shop, "PATCH", f"/v1/visitors/{talk['visitor']}", {"name": "Li Lei"})
    found = run(
        shop,
        talk,
        [
            {"do": "say", "text": "Dear {{visitor.name | friend}}, {{site.name}} has refunded you."},
            {"do": "note", "text": "refunded by {{agent.name}}"},
            {"do": "label", "add": ["refund"]},
            {"do": "priority", "priority": "high"},
            {"do": "resolve"},
        ],
    )["conversation"]
    assert (found["state"], found["labels"], found["priority"]) == ("resolved", ["refund"], "high")
    said = [
        each["text"]
        for each in events(shop, talk)
        if each["t"] == "message" and each["from"]["role"] == "agent"
    ]
    assert said == ["Dear Li Lei, Tea & Co has refunded you."]
    assert any(each["t"] == "note" and each["text"].startswith("refunded by") for each in events(shop, talk))


@pytest.mark.parametrize(
    ("last", "status", "code"),
    [
        ({"do": "assign", "agent": "nobody"}, 404, "not_found"),
        ({"do": "assign", "team": "nobody"}, 404, "not_found"),
        ({"do": "form", "form": "nothing", "text": "Fill in"}, 404, "not_found"),
    ],
)
def test_when_one_action_is_not_possible_none_is_done(
    shop: RunningDesk, talk: dict[str, Any], last: dict[str, Any], status: int, code: str
) -> None:
    before, seen = now(shop, talk), events(shop, talk)
    problem = run(
        shop,
        talk,
        [{"do": "say", "text": "x"}, {"do": "label", "add": ["x"]}, {"do": "resolve"}, last],
        status,
    )
    assert problem["code"] == code
    assert "Action 4" in problem["message"]
    assert now(shop, talk) == before
    assert events(shop, talk) == seen


def test_actions_build_on_those_before(shop: RunningDesk, talk: dict[str, Any]) -> None:
    problem = run(shop, talk, [{"do": "resolve"}, {"do": "snooze", "minutes": 5}], 409)
    assert problem["code"] == "closed"
    found = run(shop, talk, [{"do": "assign", "agent": "me"}, {"do": "snooze", "minutes": 5}])["conversation"]
    assert found["state"] == "snoozed"
    assert found["assignee"] == ask(shop, "GET", "/v1/me")["id"]


def test_runs_are_counted_and_survive_a_new_version(shop: RunningDesk, talk: dict[str, Any]) -> None:
    macro = {"id": "counted", "name": "Counted", "actions": [{"do": "label", "add": ["a"]}]}
    ask(shop, "POST", "/v1/macros", macro, 201)
    for _ in range(2):
        ask(shop, "POST", f"/v1/conversations/{talk['conversation']}/macros/counted")
    assert ask(shop, "PUT", "/v1/macros/counted", macro)["uses"] == 2


@pytest.mark.parametrize(
    "actions",
    [
        [],
        [{"do": "dance"}],
        [{"do": "say"}],
        [{"do": "say", "text": " "}],
        [{"do": "say", "text": "{{visitor.name"}],
        [{"do": "note", "text": "{{1}}"}],
        [{"do": "label", "add": ["@me"]}],
        [{"do": "priority", "priority": "most"}],
        [{"do": "snooze", "minutes": -1}],
        [{"do": "resolve", "more": 1}],
    ],
)
def test_a_macro_that_makes_no_sense_is_refused(shop: RunningDesk, actions: list[dict[str, Any]]) -> None:
    assert ask(shop, "POST", "/v1/macros", {"name": "x", "actions": actions}, 422)["code"] == "invalid"


def test_macros_are_found_where_they_are(
    shop: RunningDesk, talk: dict[str, Any], colleague: dict[str, Any]
) -> None:
    ask(shop, "POST", f"/v1/conversations/{talk['conversation']}/macros/nothing", status=404)
    ask(shop, "POST", "/v1/conversations/nothing/macros/counted", status=404)
    me = ask(shop, "GET", "/v1/me")["id"]
    mine = {"id": "mine-only", "name": "Mine", "owner": me, "actions": [{"do": "resolve"}]}
    ask(shop, "POST", "/v1/macros", mine, 201)
    path = f"/v1/conversations/{talk['conversation']}/macros/mine-only"
    assert shop.ask("POST", path, None, colleague["token"])[0] == 404
    assert shop.ask("GET", "/v1/macros/mine-only", None, colleague["token"])[0] == 404
    assert shop.ask("DELETE", "/v1/macros/mine-only", None, colleague["token"])[0] == 404
    assert "mine-only" not in {
        each["id"] for each in shop.ask("GET", "/v1/macros", None, colleague["token"])[1]
    }
    assert (
        ask(shop, "POST", "/v1/macros", {**mine, "id": "y", "owner": colleague["id"]}, 403)["code"]
        == "forbidden"
    )


# Canned replies.


def test_a_canned_reply_is_filled_in_and_counted(shop: RunningDesk, talk: dict[str, Any]) -> None:
    text = "Hello {{visitor.name | friend}}, I am {{agent.name}}."
    ask(
        shop, "POST", "/v1/canned", {"id": "hello", "title": "Hello", "text": text, "group": "Greetings"}, 201
    )
    filled = ask(shop, "POST", "/v1/canned/hello/fill", {"conversation": talk["conversation"]})["text"]
    assert filled == f"Hello friend, I am {ask(shop, 'GET', '/v1/me')['name']}."
    assert ask(shop, "GET", "/v1/canned/hello")["uses"] == 1
    ask(shop, "PATCH", "/v1/canned/hello", {"title": "Hi"})
    assert ask(shop, "GET", "/v1/canned/hello")["uses"] == 1
    ask(shop, "POST", "/v1/canned/hello/fill", {"conversation": "nothing"}, 404)
    ask(shop, "POST", "/v1/canned/nothing/fill", {"conversation": talk["conversation"]}, 404)
    ask(shop, "POST", "/v1/canned/hello/fill", {}, 422)
    assert ask(shop, "POST", "/v1/canned", {"title": "x", "text": "{{oops"}, 422)["code"] == "invalid"


def test_canned_replies_and_macros_are_found_by_their_words(shop: RunningDesk) -> None:
    ask(
        shop,
        "POST",
        "/v1/canned",
        {"id": "tea", "title": "茶叶", "text": "OOLONG is out", "group": "Stock"},
        201,
    )
    for words, found in (("oolong", {"tea"}), ("茶", {"tea"}), ("stock", {"tea"}), ("coffee", set())):
        status, answer = shop.ask("GET", f"/v1/canned?text={quote(words)}", None, shop.token)
        assert (status, {each["id"] for each in answer}) == (200, found)
    assert len(ask(shop, "GET", "/v1/canned")) > 1


# Mentions and lists.


def test_a_mentioned_colleague_is_told_and_finds_it(
    shop: RunningDesk, talk: dict[str, Any], colleague: dict[str, Any]
) -> None:
    with line(shop, colleague["token"]) as theirs, line(shop, shop.token) as mine:
        mine.send(
            t="note",
            id="note-00001",
            conversation=talk["conversation"],
            text="@Han Meimei, what do you think?",
        )
        told = theirs.next("note")
        while "mentions" not in (told["body"] or {}):  # a conversation may be given to them at that moment
            told = theirs.next("note")
        assert (told["conversation"], told["body"]) == (talk["conversation"], {"mentions": [colleague["id"]]})

    def mentions(token: str, whom: str) -> list[str]:
        page = shop.ask("GET", f"/v1/conversations?mentioned={whom}", None, token)[1]
        return [row["conversation"]["id"] for row in page["items"]]

    assert mentions(colleague["token"], "me") == [talk["conversation"]]
    assert mentions(shop.token, colleague["id"]) == [talk["conversation"]]
    assert mentions(shop.token, "me") == []
    counts = ask(shop, "GET", "/v1/conversations/counts")
    assert counts["mentions"] == {colleague["id"]: 1}
    assert not any(label.startswith("@") for label in counts["labels"])
    # Visitors never hear of it.
    heard = shop.ask("GET", "/v1/events?after=0", None, talk["token"])[1]["events"]
    assert all("Meimei" not in str(frame) for frame in heard)


def test_views_hold_what_their_filter_says(shop: RunningDesk, colleague: dict[str, Any]) -> None:
    visitors = []
    for number in range(3):
        visitor = shop.visitor(site=SITE)
        body = {"id": "message-0001", "text": f"view {number}"}
        assert shop.ask("POST", "/v1/messages", body, visitor["token"])[0] == 200
        visitors.append(visitor)
    run(shop, visitors[0], [{"do": "label", "add": ["tea"]}, {"do": "priority", "priority": "urgent"}])
    run(shop, visitors[1], [{"do": "label", "add": ["tea"]}, {"do": "assign", "agent": "me"}])
    run(shop, visitors[2], [{"do": "label", "add": ["tea"]}, {"do": "resolve"}])

    def held(filter: dict[str, Any], more: str = "") -> set[int]:
        view = ask(shop, "POST", "/v1/views", {"name": "A view", "filter": {"label": "tea", **filter}}, 201)
        items = ask(shop, "GET", f"/v1/conversations?view={view['id']}{more}")["items"]
        if not more:
            assert ask(shop, "GET", "/v1/views/counts")[view["id"]] == len(items)
        ids = [visitor["conversation"] for visitor in visitors]
        return {ids.index(row["conversation"]["id"]) for row in items}

    assert held({}) == {0, 1}
    assert held({"priority": "urgent"}) == {0}
    assert held({"assignee": "me"}) == {1}
    assert held({"assignee": "none"}) == {0}
    assert held({"state": "resolved"}) == {2}
    assert held({"mode": "human"}) == {1}
    assert held({"site": SITE}) == {0, 1}
    assert held({"team": "nobody"}) == set()
    assert held({"mentioned": "me"}) == set()
    assert held({}, "&state=resolved") == {2}
    assert held({}, "&assignee=none") == {0}


def test_a_private_view_is_ones_own(shop: RunningDesk, colleague: dict[str, Any]) -> None:
    view = {"name": "Mine", "filter": {}, "owner": colleague["id"]}
    status, made = shop.ask("POST", "/v1/views", view, colleague["token"])
    assert status == 201
    assert made["id"] not in {each["id"] for each in ask(shop, "GET", "/v1/views")}
    assert ask(shop, "GET", f"/v1/conversations?view={made['id']}", status=404)["code"] == "not_found"
    assert made["id"] not in ask(shop, "GET", "/v1/views/counts")
    assert shop.ask("GET", f"/v1/conversations?view={made['id']}", None, colleague["token"])[0] == 200


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x", "filter": {"colour": 1}}, {"name": "x", "filter": {"state": "gone"}}],
)
def test_a_view_that_makes_no_sense_is_refused(shop: RunningDesk, wrong: dict[str, Any]) -> None:
    assert ask(shop, "POST", "/v1/views", wrong, 422)["code"] == "invalid"


@pytest.mark.parametrize("query", ["state=gone", "mode=x", "priority=most", "cursor=%2B", "limit=0"])
def test_a_list_that_makes_no_sense_is_refused(shop: RunningDesk, query: str) -> None:
    assert ask(shop, "GET", f"/v1/conversations?{query}", status=422)["code"] == "invalid"


def test_labels_do_not_look_like_mentions(shop: RunningDesk, talk: dict[str, Any]) -> None:
    with line(shop, shop.token) as mine:
        mine.send(t="label", conversation=talk["conversation"], add=["@me"])
        assert mine.next("error")["code"] == "invalid"
