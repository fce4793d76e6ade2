"""Visitors as agents see them, over a real desk: found, changed, merged, blocked, invited."""

import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.running import RunningDesk
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

SITE = "contacts"


@pytest.fixture(scope="module")
def shop(desk: RunningDesk) -> RunningDesk:
    status, answer = desk.ask("POST", "/v1/sites", {"id": SITE, "name": "Contacts"}, desk.token)
    assert status == 201, answer
    return desk


class Line:
    """A visitor's or agent's socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def send(self, **frame: Any) -> None:
        self._socket.send(json.dumps(frame))

    def next(self, *kinds: str) -> dict[str, Any]:
        """Return the next frame of one of these kinds."""
        while True:
            frame = json.loads(self._socket.recv(timeout=20))
            if frame["t"] in kinds:
                return frame  # type: ignore[no-any-return]


@contextmanager
def line(desk: RunningDesk, token: str) -> Iterator[Line]:
    with connect(desk.socket_url) as socket:
        opened = Line(socket)
        opened.send(t="hello", token=token)
        opened.next("welcome")
        yield opened


def come(desk: RunningDesk, **more: Any) -> dict[str, Any]:
    return desk.visitor(site=SITE, **more)


def say(desk: RunningDesk, visitor: dict[str, Any], text: str, id: str = "message-0001") -> tuple[int, Any]:
    return desk.ask("POST", "/v1/messages", {"id": id, "text": text}, visitor["token"])


def ask(desk: RunningDesk, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    found, answer = desk.ask(method, path, body, desk.token)
    assert found == status, answer
    return answer


# Knowing and changing.


def test_pages_fields_and_device_are_known_before_the_first_word(shop: RunningDesk) -> None:
    fields = {
        "page": "https://shop/a",
        "title": "A",
        "referrer": "https://search",
        "plan": "pro",
        "cart": {"n": 2},
    }
    visitor = come(shop, fields=fields, locale="en")
    path = f"/v1/visitors/{visitor['visitor']}"
    with line(shop, visitor["token"]) as socket:
        known = ask(shop, "GET", path)
        assert known["fields"] == {"plan": "pro", "cart": {"n": 2}}
        assert known["referrer"] == "https://search"
        assert known["device"].startswith("Python-urllib")
        socket.send(t="page", url="https://shop/b", title="B", referrer="https://elsewhere")
        while len((known := ask(shop, "GET", path))["trail"]) < 2:
            pass
        assert [page["url"] for page in known["trail"]] == ["https://shop/a", "https://shop/b"]
        assert known["referrer"] == "https://search"


def test_who_is_on_the_site_now(shop: RunningDesk) -> None:
    visitor = come(shop, fields={"page": "https://shop/now"})
    other = come(shop)
    with line(shop, visitor["token"]):
        here = ask(shop, "GET", f"/v1/visitors?live=1&site={SITE}")["items"]
        mine = next(each for each in here if each["id"] == visitor["visitor"])
        assert mine["page"]["url"] == "https://shop/now"
        assert mine["conversation"] is None
        assert other["visitor"] not in {each["id"] for each in here}
        assert say(shop, visitor, "hi")[0] == 200
        here = ask(shop, "GET", f"/v1/visitors?live=1&site={SITE}")["items"]
        assert (
            next(e for e in here if e["id"] == visitor["visitor"])["conversation"] == visitor["conversation"]
        )
    assert ask(shop, "GET", "/v1/visitors?live=1&site=none")["items"] == []


def test_agents_who_watch_see_the_page(shop: RunningDesk) -> None:
    visitor = come(shop)
    assert say(shop, visitor, "hi")[0] == 200
    with line(shop, shop.token) as agent, line(shop, visitor["token"]) as socket:
        agent.send(t="watch", conversation=visitor["conversation"], after=0)
        agent.next("message")
        agent.send(t="ping")
        agent.next("pong")
        socket.send(t="page", url="https://shop/checkout", title="Checkout")
        seen = agent.next("page")
        assert (seen["conversation"], seen["url"]) == (visitor["conversation"], "https://shop/checkout")


def test_a_visitor_is_changed_and_found_by_label(shop: RunningDesk) -> None:
    visitor = come(shop)
    assert say(shop, visitor, "hi")[0] == 200
    path = f"/v1/visitors/{visitor['visitor']}"
    change = {
        "name": "Li Lei",
        "note": "likes tea",
        "labels": ["vip", " vip ", "团购"],
        "attributes": {"plan": "pro"},
    }
    changed = ask(shop, "PATCH", path, change)
    assert changed["labels"] == ["vip", "团购"]
    assert ask(shop, "GET", path) == changed
    found = ask(shop, "GET", "/v1/visitors?label=%E5%9B%A2%E8%B4%AD")["items"]
    assert [each["id"] for each in found] == [visitor["visitor"]]
    assert ask(shop, "PATCH", path, {"attributes": {}}).get("attributes") is None
    assert ask(shop, "GET", path)["name"] == "Li Lei"


@pytest.mark.parametrize(
    "wrong",
    [
        {"nmae": "x"},
        {"name": 5},
        {"labels": "vip"},
        {"labels": [" "]},
        {"note": "x" * 4001},
        {"attributes": []},
        {"id": "y"},
    ],
)
def test_a_change_that_makes_no_sense_is_refused(shop: RunningDesk, wrong: dict[str, Any]) -> None:
    visitor = come(shop)
    assert say(shop, visitor, "hi")[0] == 200
    assert ask(shop, "PATCH", f"/v1/visitors/{visitor['visitor']}", wrong, 422)["code"] == "invalid"


def test_nobody_is_found_under_a_foreign_id(shop: RunningDesk) -> None:
    for method, path, body in (
        ("GET", "", None), ("PATCH", "", {"name": "x"}), ("POST", "/merge", {"from": "y"}), ("POST", "/invite", {"text": "x"}),
    ):  # fmt: skip
        assert ask(shop, method, f"/v1/visitors/nobody{path}", body, 404)["code"] == "not_found"


# Merging.


def signed(desk: RunningDesk, id: str, **more: Any) -> dict[str, Any]:
    secret = ask(desk, "GET", f"/v1/sites/{SITE}")["signing_secret"]
    signature = hmac.new(secret.encode(), id.encode(), "sha256").hexdigest()
    return come(desk, identity={"id": id, **more}, signature=signature)


def test_merging_keeps_all_messages_and_both_devices(shop: RunningDesk) -> None:
    phone, laptop = come(shop), come(shop)
    assert say(shop, phone, "from my phone")[0] == 200
    assert say(shop, laptop, "from my laptop")[0] == 200
    merged = ask(shop, "POST", f"/v1/visitors/{laptop['visitor']}/merge", {"from": phone["visitor"]})
    assert merged["id"] == laptop["visitor"]
    talks = ask(shop, "GET", f"/v1/conversations?visitor={laptop['visitor']}")["items"]
    assert {row["last_text"] for row in talks} >= {"from my phone", "from my laptop"} or len(talks) == 2
    assert {row["conversation"]["id"] for row in talks} == {phone["conversation"], laptop["conversation"]}
    assert ask(shop, "GET", f"/v1/conversations?visitor={phone['visitor']}")["items"] == []
    assert ask(shop, "GET", f"/v1/visitors/{phone['visitor']}")["id"] == laptop["visitor"]
    # Either device goes on, and a message sent twice is stored once.
    first = say(shop, phone, "still here", "message-0002")
    assert first[0] == 200
    assert say(shop, phone, "still here", "message-0002") == first
    for visitor in (phone, laptop):
        transcript = f"/v1/conversations/{visitor['conversation']}/transcript"
        assert shop.ask("GET", transcript, None, phone["token"])[0] == 200
        assert shop.ask("GET", transcript, None, come(shop)["token"])[0] == 404
    again = shop.ask("POST", "/v1/visitors", {"site": SITE}, phone["token"])[1]
    assert again["visitor"] == laptop["visitor"]


def test_erasing_a_merged_person_erases_both_records(shop: RunningDesk) -> None:
    phone, laptop = come(shop, fields={"plan": "rhubarb"}), come(shop)
    for visitor, text in ((phone, "quince from my phone"), (laptop, "quince from my laptop")):
        assert say(shop, visitor, text)[0] == 200
    ask(shop, "POST", f"/v1/visitors/{laptop['visitor']}/merge", {"from": phone["visitor"]})
    ask(shop, "POST", f"/v1/visitors/{phone['visitor']}/erase", {}, 200)
    for visitor in (phone, laptop):
        ask(shop, "GET", f"/v1/visitors/{visitor['visitor']}", status=404)
        ask(shop, "GET", f"/v1/conversations/{visitor['conversation']}", status=404)
    assert ask(shop, "GET", "/v1/search?q=quince")["items"] == []
    for file in (path for path in shop.data.rglob("*") if path.is_file()):
        content = file.read_bytes()
        assert b"rhubarb" not in content, file
        assert b"quince" not in content, file


def test_different_proven_persons_are_merged_only_by_who_is_sure(shop: RunningDesk) -> None:
    one, other = signed(shop, "customer-1", name="One"), signed(shop, "customer-2", name="Two")
    path = f"/v1/visitors/{one['visitor']}/merge"
    assert ask(shop, "POST", path, {"from": other["visitor"]}, 409)["code"] == "conflict"
    assert ask(shop, "GET", f"/v1/visitors/{other['visitor']}")["identity"] == "customer-2"
    assert ask(shop, "POST", path, {"from": other["visitor"], "sure": True})["identity"] == "customer-1"
    back = signed(shop, "customer-2")
    assert back["visitor"] == one["visitor"]
    assert ask(shop, "GET", f"/v1/visitors/{one['visitor']}")["identity"] == "customer-1"
    assert signed(shop, "customer-1")["visitor"] == one["visitor"]


def test_a_visitor_is_not_merged_with_itself_nor_across_sites(shop: RunningDesk) -> None:
    here, elsewhere = signed(shop, "customer-8"), shop.visitor()
    assert shop.ask("POST", "/v1/messages", {"id": "message-0001", "text": "x"}, elsewhere["token"])[0] == 200
    path = f"/v1/visitors/{here['visitor']}/merge"
    for other in (here, elsewhere):
        assert ask(shop, "POST", path, {"from": other["visitor"]}, 422)["code"] == "invalid"
    assert ask(shop, "POST", path, {}, 422)["code"] == "invalid"


# Blocks.


def test_a_blocked_visitor_is_shown_out_and_kept_out(shop: RunningDesk) -> None:
    visitor, other = come(shop), come(shop)
    with connect(shop.socket_url) as socket:
        mine = Line(socket)
        mine.send(t="hello", token=visitor["token"])
        mine.next("welcome")
        block = ask(shop, "POST", "/v1/blocks", {"visitor": visitor["visitor"], "reason": "spam"}, 201)
        assert mine.next("error")["code"] == "blocked"
        with pytest.raises(ConnectionClosed) as closed:
            mine.next("anything")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
    with connect(shop.socket_url) as socket:
        again = Line(socket)
        again.send(t="hello", token=visitor["token"])
        assert again.next("error", "welcome")["code"] == "blocked"
    status, problem = say(shop, visitor, "let me in")
    assert (status, problem["code"]) == (403, "blocked")
    assert shop.ask("POST", "/v1/visitors", {"site": SITE}, visitor["token"])[0] == 403
    assert say(shop, other, "I may")[0] == 200
    ask(shop, "DELETE", f"/v1/blocks/{block['id']}", status=204)
    assert say(shop, visitor, "thank you")[0] == 200


def test_an_address_is_kept_out_until_its_time_is_over(own_desk: RunningDesk) -> None:
    visitor = own_desk.visitor()
    block = {"id": "home", "address": "127.0.0.0/8", "until": 1 << 52}
    ask(own_desk, "POST", "/v1/blocks", block, 201)
    assert own_desk.ask("POST", "/v1/visitors", {"site": "demo"})[1]["code"] == "blocked"
    message = {"id": "message-0001", "text": "x"}
    assert own_desk.ask("POST", "/v1/messages", message, visitor["token"])[1]["code"] == "blocked"
    assert own_desk.ask("GET", "/v1/events?after=0", None, visitor["token"])[0] == 403
    own_desk.kill()  # a block outlives whatever happens after its answer
    own_desk.start()
    assert own_desk.ask("POST", "/v1/messages", message, visitor["token"])[1]["code"] == "blocked"
    ask(own_desk, "PATCH", "/v1/blocks/home", {"until": 1})
    assert own_desk.ask("POST", "/v1/messages", message, visitor["token"])[0] == 200


def test_a_block_that_makes_no_sense_is_refused(shop: RunningDesk) -> None:
    for wrong in (
        {},
        {"visitor": "x", "address": "1.2.3.4"},
        {"address": "0.0.0.0/0"},
        {"address": "shop"},
        {"visitor": 5},
    ):
        assert ask(shop, "POST", "/v1/blocks", wrong, 422)["code"] == "invalid"


# Invitations.


def test_an_agent_begins_to_talk(shop: RunningDesk) -> None:
    visitor = come(shop, locale="en")
    path = f"/v1/visitors/{visitor['visitor']}/invite"
    with line(shop, visitor["token"]) as socket:
        invited = ask(shop, "POST", path, {"text": "May I help?"})
        assert invited["conversation"] == visitor["conversation"]
        words = socket.next("message")
        assert (words["text"], words["from"]["role"], words["extra"]) == (
            "May I help?",
            "agent",
            {"invitation": True},
        )
        conversation = ask(shop, "GET", f"/v1/conversations/{invited['conversation']}")["conversation"]
        assert conversation["mode"] == "human"
        for wrong in ({}, {"text": ""}, {"text": "  "}, {"text": "x" * 4001}):
            assert ask(shop, "POST", path, wrong, 422)["code"] == "invalid"
    while ask(shop, "GET", f"/v1/conversations/{invited['conversation']}")["online"]:
        pass
    assert ask(shop, "POST", path, {"text": "Still there?"}, 409)["code"] == "conflict"


def test_a_rule_invites_once(shop: RunningDesk) -> None:
    rule = {
        "id": "prices",
        "site": SITE,
        "page": "/pricing",
        "text": {"zh": "需要帮助吗？", "en": "Questions about prices?"},
    }
    ask(shop, "POST", "/v1/invitations", rule, 201)
    visitor = come(shop, locale="en", fields={"page": "https://shop/start"})
    with line(shop, visitor["token"]) as socket:
        socket.send(t="page", url="https://shop/pricing", title="Prices")
        words = socket.next("message")
        assert words["text"] == "Questions about prices?"
        assert words["from"]["role"] == "bot"
        socket.send(t="page", url="https://shop/pricing?again", title="Prices")
        socket.send(t="send", id="message-0009", text="How much?")
        assert socket.next("ack")["seq"] == 2
    assert ask(shop, "DELETE", "/v1/invitations/prices", status=204) is not None


def test_everything_here_needs_its_permission(shop: RunningDesk) -> None:
    visitor = come(shop)
    _, key = shop.ask("POST", "/v1/keys", {"name": "reads", "scopes": ["site.read"]}, shop.token)
    path = f"/v1/visitors/{visitor['visitor']}"
    for method, where, body in (
        ("GET", "/v1/visitors?live=1", None), ("GET", path, None), ("PATCH", path, {}), ("POST", path + "/merge", {"from": "x"}),
        ("POST", path + "/invite", {"text": "x"}), ("GET", "/v1/blocks", None), ("POST", "/v1/blocks", {"visitor": "x"}),
        ("POST", "/v1/invitations", {"text": "x"}),
    ):  # fmt: skip
        assert shop.ask(method, where, body, key["key"])[0] == 403, where
        assert shop.ask(method, where, body, visitor["token"])[0] == 403, where
        assert shop.ask(method, where, body)[0] == 401, where
