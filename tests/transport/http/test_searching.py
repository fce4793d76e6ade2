"""Search over a real desk: messages, contacts, articles, and what nobody may find."""

from typing import Any
from urllib.parse import quote

import pytest
from tests.running import RunningDesk

SITE = "searching"
READS = ("conversation.read", "visitor.read", "knowledge.read")


def key(desk: RunningDesk, *scopes: str) -> str:
    _, made = desk.ask("POST", "/v1/keys", {"name": "k", "scopes": list(scopes)}, desk.token)
    return str(made["key"])


def find(desk: RunningDesk, path: str, words: str, token: str = "", **filters: str) -> list[dict[str, Any]]:
    more = "".join(f"&{name}={quote(value)}" for name, value in filters.items())
    status, answer = desk.ask("GET", f"/v1/search{path}?q={quote(words)}{more}", None, token or desk.token)
    assert status == 200, answer
    return answer["items"]  # type: ignore[no-any-return]


def come(desk: RunningDesk, text: str = "good day", **fields: Any) -> str:
    """Return a visitor who has said something: before that there is nothing to be found."""
    visitor = desk.visitor(site=SITE, fields=fields)
    status, answer = desk.ask("POST", "/v1/messages", {"id": "first-words", "text": text}, visitor["token"])
    assert status == 200, answer
    return str(visitor["visitor"])


@pytest.fixture(scope="module")
def contact(desk: RunningDesk) -> str:
    """Return a contact of whom much is known."""
    desk.ask("POST", "/v1/sites", {"id": SITE, "name": "Searching"}, desk.token)
    visitor = come(desk, "call 13998765432 please", order="A-778899", deep={"colour": "ultramarine"})
    change = {
        "name": "欧阳建国",
        "email": "ouyang@searched.example",
        "phone": "13998765432",
        "labels": ["团购客户"],
        "note": "Likes Jasmine tea",
    }
    status, answer = desk.ask("PATCH", f"/v1/visitors/{visitor}", change, desk.token)
    assert status == 200, answer
    come(desk, order="B-1")
    return visitor


@pytest.mark.parametrize(
    ("words", "name", "text"),
    [
        ("建国", "name", "建国"),
        ("阳", "name", "阳"),
        ("SEARCHED", "email", "searched"),
        ("987654", "phone", "987654"),
        ("团购", "labels.0", "团购"),
        ("778899", "fields.order", "778899"),
        ("ultramarine", "fields.deep", "ultramarine"),
        ("jasmine", "note", "Jasmine"),
    ],
)
def test_a_contact_is_found_by_anything_known_of_it(
    desk: RunningDesk, contact: str, words: str, name: str, text: str
) -> None:
    [found] = find(desk, "/contacts", words, site=SITE)
    visitor = found["visitor"]
    assert visitor["id"] == contact
    kind, _, part = name.partition(".")
    shown = visitor[kind][int(part)] if kind == "labels" else visitor[kind][part] if part else visitor[kind]
    [[start, end]] = found["highlights"][name]
    if isinstance(shown, str):
        assert shown[start:end] == text


def test_all_words_must_be_known_and_filters_hold(desk: RunningDesk, contact: str) -> None:
    assert find(desk, "/contacts", "建国 778899", site=SITE, label="团购客户")
    assert not find(desk, "/contacts", "建国 missing", site=SITE)
    assert not find(desk, "/contacts", "建国", site="demo")
    assert not find(desk, "/contacts", "建国", label="vip")
    assert not find(desk, "/contacts", "colour_of_no_field", site=SITE)


def test_names_of_fields_are_no_words_of_a_contact(desk: RunningDesk, contact: str) -> None:
    assert not find(desk, "/contacts", "last_seen", site=SITE)
    assert not find(desk, "/contacts", "identity", site=SITE)


def test_pages_of_contacts_go_on(desk: RunningDesk, contact: str) -> None:
    made = {come(desk, batch="quicksilver") for _ in range(5)}
    path, seen = f"/v1/search/contacts?q=quicksilver&site={SITE}&limit=2", []
    cursor = ""
    while True:
        status, page = desk.ask("GET", path + cursor, None, desk.token)
        assert status == 200, page
        seen += [each["visitor"]["id"] for each in page["items"]]
        if not page["cursor"]:
            break
        cursor = f"&cursor={page['cursor']}"
    assert (len(seen), set(seen)) == (5, made)


def test_an_article_is_found_by_two_characters(desk: RunningDesk) -> None:
    for id, state, title, body in (
        ("s-title", "published", "蔷薇花养护", "每周浇水一次。"),
        ("s-draft", "draft", "浇水", "很长的前言。" * 60 + "关于蔷薇的一切。"),
        ("s-other", "published", "月季", "没有那个字。"),
    ):
        fields = {"id": id, "title": title, "body": body, "state": state, "labels": ["园艺"]}
        assert desk.ask("POST", "/v1/articles", fields, desk.token)[0] == 201
    first, second = find(desk, "/articles", "蔷薇")
    assert (first["id"], second["id"]) == ("s-title", "s-draft")
    assert first["highlights"] == {"title": [[0, 2]]}
    [[start, end]] = second["highlights"]["snippet"]
    assert second["snippet"][start:end] == "蔷薇"
    assert len(second["snippet"]) <= 160
    assert [each["id"] for each in find(desk, "/articles", "蔷薇", state="draft")] == ["s-draft"]
    assert not find(desk, "/articles", "蔷薇", label="vip")
    assert {each["id"] for each in find(desk, "/articles", "浇水 蔷薇")} == {"s-title", "s-draft"}


@pytest.mark.parametrize(
    ("path", "scope"),
    [("", "conversation.read"), ("/contacts", "visitor.read"), ("/articles", "knowledge.read")],
)
def test_each_search_needs_its_own_permission(desk: RunningDesk, path: str, scope: str) -> None:
    others = key(desk, *(each for each in READS if each != scope))
    assert desk.ask("GET", f"/v1/search{path}?q=tea", None, others)[0] == 403
    assert desk.ask("GET", f"/v1/search{path}?q=tea", None, desk.visitor()["token"])[0] == 403
    assert desk.ask("GET", f"/v1/search{path}?q=tea", None, key(desk, scope))[0] == 200
    for wrong in (
        "",
        "?q=%20",
        "?q=%21",
        "?q=tea&limit=0",
        "?q=tea&cursor=%21" if path != "/articles" else "",
    ):
        status, answer = desk.ask("GET", f"/v1/search{path}{wrong}", None, desk.token)
        assert (status, answer["code"]) == (422, "invalid"), wrong


def test_nothing_behind_a_mask_is_found_by_parts_of_it(desk: RunningDesk, contact: str) -> None:
    masked, clear = key(desk, *READS), key(desk, *READS, "visitor.unmasked")
    assert find(desk, "/contacts", "139987", clear)
    assert find(desk, "", "139987", clear)
    for path in ("/contacts", ""):
        assert not find(desk, path, "139987", masked), path
    for wanted, token, number in (
        ("13998", clear, 1),
        ("13998", masked, 0),
        ("ouyang", masked, 0),
        ("欧", masked, 1),
    ):
        _, page = desk.ask("GET", f"/v1/visitors?text={quote(wanted)}&site={SITE}", None, token)
        assert len(page["items"]) == number, (wanted, token == clear)
    [found] = find(desk, "/contacts", "建国", masked, site=SITE)
    assert found["visitor"]["phone"] == "[phone]"
    assert found["highlights"] == {"name": [[2, 4]]}
    [said] = find(desk, "", "please", masked, site=SITE)
    [[start, end]] = said["highlights"]
    assert said["said"]["text"][start:end] == "please"
