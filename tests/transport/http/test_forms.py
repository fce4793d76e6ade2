"""Forms from end to end: written by an owner, offered by sites and agents, filled in by visitors."""

from typing import Any

import pytest
from tests.running import RunningDesk

CONTACT = {
    "id": "contact",
    "title": {"zh": "联系我们", "en": "Contact"},
    "fields": [
        {"name": "name", "label": "Name", "required": True},
        {"name": "phone", "label": "Phone", "type": "phone"},
        {"name": "order", "label": "Order", "required": True},
    ],
}


@pytest.fixture(scope="module")
def shop(desk: RunningDesk) -> RunningDesk:
    """A desk with a form, and a site that asks it first."""
    assert desk.ask("POST", "/v1/forms", CONTACT, desk.token)[0] == 201
    site = {
        "id": "forms",
        "name": "Forms",
        "forms": {"pre_chat": "contact", "offline": "gone"},
        "after_resolve": "reopen",
    }
    status, answer = desk.ask("POST", "/v1/sites", site, desk.token)
    assert status == 201, answer
    return desk


def fill(
    desk: RunningDesk, visitor: dict[str, Any], form: Any, values: Any, id: str = "filled-0001"
) -> tuple[int, Any]:
    extra = {"form": form, "values": values}
    body = {"id": id, "kind": "form", "text": "filled in", "extra": extra}
    return desk.ask("POST", "/v1/messages", body, visitor["token"])


def seen(desk: RunningDesk, visitor: dict[str, Any]) -> dict[str, Any]:
    status, answer = desk.ask("GET", f"/v1/conversations/{visitor['conversation']}", None, desk.token)
    assert status == 200, answer
    return answer  # type: ignore[no-any-return]


def test_a_sites_form_is_shown_whole(shop: RunningDesk) -> None:
    forms = shop.visitor(site="forms")["site"]["forms"]
    assert forms["pre_chat"]["fields"][0] == {"name": "name", "label": "Name", "required": True}
    assert "offline" not in forms


def test_what_is_filled_in_becomes_the_visitors_own(shop: RunningDesk) -> None:
    visitor = shop.visitor(site="forms")
    values = {"name": "Li Lei", "phone": "+86 13800138000", "order": "A-17"}
    assert fill(shop, visitor, "contact", values)[0] == 200
    known = seen(shop, visitor)
    assert (known["visitor"]["name"], known["visitor"]["phone"]) == ("Li Lei", "+86 13800138000")
    assert known["visitor"]["fields"]["order"] == "A-17"
    assert known["conversation"]["fields"] == values
    assert known["seq"] == 1  # nobody answers a form
    status, stored = shop.ask("GET", f"/v1/visitors/{visitor['visitor']}", None, shop.token)
    assert (status, stored["name"]) == (200, "Li Lei")


@pytest.mark.parametrize(
    ("form", "values", "code"),
    [
        ("contact", {"name": "Li Lei"}, "invalid"),
        ("contact", {"name": "Li Lei", "order": "1", "phone": "no"}, "invalid"),
        ("contact", {"name": "Li Lei", "order": "1", "more": "x"}, "invalid"),
        ("contact", None, "invalid"),
        ("contact", ["name"], "invalid"),
        ("nothing", {"name": "Li Lei"}, "not_found"),
        (None, {}, "not_found"),
        ({"id": "contact"}, {}, "not_found"),
    ],
)
def test_what_does_not_fit_is_refused_and_not_stored(
    shop: RunningDesk, form: Any, values: Any, code: str
) -> None:
    visitor = shop.visitor(site="forms", locale="en")
    status, problem = fill(shop, visitor, form, values)
    assert (status, problem["code"]) == ({"invalid": 422, "not_found": 404}[code], code)
    assert shop.ask("GET", "/v1/messages", None, visitor["token"])[1]["messages"] == []


@pytest.fixture(scope="module")
def strict(shop: RunningDesk) -> RunningDesk:
    """The same desk, with a site that takes nothing before its form is filled in."""
    forms = {"pre_chat": "contact", "pre_chat_required": True}
    status, answer = shop.ask("POST", "/v1/sites", {"id": "strict", "forms": forms}, shop.token)
    assert status == 201, answer
    return shop


def test_a_site_may_want_its_form_before_the_first_word(strict: RunningDesk) -> None:
    visitor = strict.visitor(site="strict", locale="en")
    first = {"id": "message-0001", "text": "hello"}
    status, problem = strict.ask("POST", "/v1/messages", first, visitor["token"])
    assert (status, problem["code"], problem["id"]) == (409, "form_first", "message-0001")
    assert "contact" in problem["message"]
    assert strict.ask("GET", "/v1/messages", None, visitor["token"])[1]["messages"] == []
    assert fill(strict, visitor, "contact", {"name": "Li"})[1]["code"] == "invalid"
    assert fill(strict, visitor, "contact", {"name": "Li", "order": "A-1"})[0] == 200
    assert strict.ask("POST", "/v1/messages", first, visitor["token"])[0] == 200


def test_who_is_known_is_not_asked_again(strict: RunningDesk) -> None:
    visitor = strict.visitor(site="strict", fields={"order": "A-1"})
    body = {"id": "message-0001", "text": "hello"}
    assert strict.ask("POST", "/v1/messages", body, visitor["token"])[1]["code"] == "form_first"
    other = strict.visitor(site="strict")
    assert fill(strict, other, "contact", {"name": "Li", "order": "A-1"})[0] == 200
    assert strict.ask("POST", "/v1/frames", {"t": "end"}, other["token"])[0] in (200, 204)
    assert strict.ask("POST", "/v1/messages", body, other["token"])[0] == 200


def test_a_message_left_while_nobody_is_there_waits_for_a_person(shop: RunningDesk) -> None:
    visitor = shop.visitor(site="forms")
    assert fill(shop, visitor, "offline", {"email": "li@shop.cn", "message": "Call me back"})[0] == 200
    known = seen(shop, visitor)
    assert known["conversation"]["mode"] == "queued"
    assert known["conversation"]["handoff"] == "offline"
    assert known["visitor"]["email"] == "li@shop.cn"


def test_a_form_is_stored_once_however_often_it_is_sent(shop: RunningDesk) -> None:
    visitor = shop.visitor(site="forms")
    values = {"name": "Li Lei", "order": "A-17"}
    first = fill(shop, visitor, "contact", values)
    assert fill(shop, visitor, "contact", values) == first


def test_what_a_signature_proved_is_not_overwritten(shop: RunningDesk) -> None:
    import hmac

    _, site = shop.ask("GET", "/v1/sites/forms", None, shop.token)
    signature = hmac.new(site["signing_secret"].encode(), b"customer-7", "sha256").hexdigest()
    visitor = shop.visitor(
        site="forms", identity={"id": "customer-7", "name": "Han Meimei"}, signature=signature
    )
    assert fill(shop, visitor, "contact", {"name": "Somebody else", "order": "1"})[0] == 200
    assert seen(shop, visitor)["visitor"]["name"] == "Han Meimei"


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "f"},
        {"id": "f", "fields": []},
        {"id": "f", "fields": [{"name": "a"}, {"name": "a"}]},
        {"id": "f", "fields": [{"name": "a", "type": "choice"}]},
        {"id": "f", "fields": [{"name": "a", "type": "password"}]},
        {"id": "f", "fields": [{"name": "a b"}]},
        {"id": "f", "fields": [{"name": "a", "oops": 1}]},
    ],
)
def test_a_form_that_makes_no_sense_is_refused(shop: RunningDesk, wrong: dict[str, Any]) -> None:
    status, problem = shop.ask("POST", "/v1/forms", wrong, shop.token)
    assert (status, problem["code"]) == (422, "invalid")
    status, problem = shop.ask("PATCH", "/v1/sites/forms", {"forms": {"pre_chat": wrong}}, shop.token)
    assert (status, problem["code"]) == (422, "invalid")


# Transcripts and ratings.


@pytest.fixture
def talk(shop: RunningDesk) -> dict[str, Any]:
    visitor = shop.visitor(site="forms")
    body = {"id": "transcript-1", "text": "你好, hello"}
    assert shop.ask("POST", "/v1/messages", body, visitor["token"])[0] == 200
    return visitor


def test_a_transcript_is_for_its_visitor_and_for_agents(shop: RunningDesk, talk: dict[str, Any]) -> None:
    path = f"/v1/conversations/{talk['conversation']}/transcript"
    for token in (talk["token"], shop.token):
        for name in (path, path + ".txt"):
            status, page = shop.ask("GET", name + "?zone=Asia/Shanghai", None, token)
            assert status == 200
            assert "CST] visitor: 你好, hello" in page.decode()
    stranger = shop.visitor(site="forms")["token"]
    assert shop.ask("GET", path, None, stranger)[0] == 404
    assert shop.ask("GET", path)[0] == 401
    assert shop.ask("GET", "/v1/conversations/nothing/transcript", None, shop.token)[0] == 404
    assert shop.ask("GET", path + "?zone=Moon", None, shop.token)[0] == 422


def test_each_resolution_is_rated_once(shop: RunningDesk, talk: dict[str, Any]) -> None:
    def frame(**fields: Any) -> int:
        return shop.ask("POST", "/v1/frames", fields, talk["token"])[0]

    assert frame(t="rate", score=5) == 409
    assert frame(t="end") == 204
    assert frame(t="rate", score=5) == 204
    assert frame(t="rate", score=1) == 409
    body = {"id": "transcript-2", "text": "again"}
    assert shop.ask("POST", "/v1/messages", body, talk["token"])[0] == 200
    assert seen(shop, talk)["conversation"]["rating"] == 0
    assert frame(t="end") == 204
    assert frame(t="rate", score=2) == 204
    assert seen(shop, talk)["conversation"]["rating"] == 2
