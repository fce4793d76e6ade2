"""Outside bots and channels open conversations, bring in and say messages, hand over, and never speak over a person."""

import json
from typing import Any

import pytest
from tests.running import RunningDesk
from websockets.sync.client import connect

PATH = "/v1/bot/conversations"


class Channel:
    """A system outside with a key of its own."""

    def __init__(self, desk: RunningDesk) -> None:
        self.desk = desk
        status, made = desk.ask("POST", "/v1/keys", {"name": "telegram", "scopes": ["bot.speak"]}, desk.token)
        assert status == 201, made
        self.key = made["key"]

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return self.desk.ask(method, PATH + path, body, self.key)

    def open(self, reference: str, **more: Any) -> dict[str, Any]:
        status, opened = self.ask(
            "POST", "", {"site": "demo", "channel": "telegram", "person": {"reference": reference, **more}}
        )
        assert status == 200, opened
        return opened  # type: ignore[no-any-return]

    def say(self, id: str, text: str, role: str = "bot", name: str = "message-0001") -> tuple[int, Any]:
        return self.ask("POST", f"/{id}/messages", {"id": name, "text": text, "role": role})


@pytest.fixture(scope="module")
def channel(desk: RunningDesk) -> Channel:
    """Return a channel of the shared desk."""
    return Channel(desk)


def test_person_is_found_again_and_the_desk_answers(channel: Channel) -> None:
    opened = channel.open("tg-1", name="Li", fields={"plan": "gold"})
    again = channel.open("tg-1")
    assert (again["conversation"], again["visitor"]) == (opened["conversation"], opened["visitor"])
    assert channel.open("tg-2")["visitor"] != opened["visitor"]
    id = opened["conversation"]
    assert channel.say(id, "hello", "visitor")[0] == 200
    _, heard = channel.ask("GET", f"/{id}/events?after=1&wait=5")
    assert [frame["text"] for frame in heard["events"]] == ["Hello, visitor!"]
    assert (heard["seq"], heard["mode"]) == (2, "bot")
    _, stored = channel.desk.ask("GET", f"/v1/conversations/{id}", None, channel.desk.token)
    assert stored["conversation"]["channel"] == "telegram"
    assert (stored["visitor"]["name"], stored["visitor"]["fields"]["plan"]) == ("Li", "gold")


def test_bot_speaks_once_for_each_id(channel: Channel) -> None:
    id = channel.open("tg-3")["conversation"]
    first = channel.say(id, "I am a bot.")
    assert channel.say(id, "I am a bot.") == first
    assert channel.say(id, "Something else.")[1]["code"] == "id_reuse"
    _, heard = channel.ask("GET", f"/{id}/events")
    assert [(frame["text"], frame["from"]["role"]) for frame in heard["events"]] == [("I am a bot.", "bot")]


def test_hand_over_and_silence_when_a_person_answers(channel: Channel) -> None:
    desk = channel.desk
    id = channel.open("tg-4")["conversation"]
    channel.say(id, "A moment.")
    status, opened = channel.ask(
        "POST", f"/{id}/handoff", {"reason": "wants a refund", "summary": "Order 7, asked twice."}
    )
    assert (status, opened["mode"]) == (200, "queued")
    assert channel.ask("POST", f"/{id}/handoff", {})[0] == 200  # twice is once
    _, events = desk.ask("GET", f"/v1/conversations/{id}/events", None, desk.token)
    notes = [
        event["text"] for event in events["events"] if event["t"] == "note" and event["kind"] == "summary"
    ]
    assert notes.count("Order 7, asked twice.") == 1
    with connect(desk.socket_url) as socket:
        socket.send(json.dumps({"t": "hello", "token": desk.token}))
        socket.send(json.dumps({"t": "take", "conversation": id}))
        while channel.open("tg-4")["mode"] != "human":
            pass  # the frame is on its way
    status, refusal = channel.say(id, "I say something all the same.", name="message-0009")
    assert (status, refusal["code"]) == (409, "conflict")
    assert channel.ask("POST", f"/{id}/resolve")[1]["code"] == "conflict"


def test_resolved_conversation_is_closed_and_the_next_one_is_new(channel: Channel) -> None:
    id = channel.open("tg-5")["conversation"]
    channel.say(id, "Goodbye.")
    assert channel.ask("POST", f"/{id}/resolve")[1]["state"] == "resolved"
    assert channel.say(id, "One more thing.", name="message-0002")[1]["code"] == "closed"
    assert channel.open("tg-5")["conversation"] != id


def test_site_of_an_outside_bot_leaves_the_answer_to_it(channel: Channel) -> None:
    desk = channel.desk
    site = {"id": "outside", "name": "Outside", "settings": {"bot": {"outside": True}}}
    assert desk.ask("POST", "/v1/sites", site, desk.token)[0] == 201
    _, opened = channel.ask("POST", "", {"site": "outside", "channel": "web", "person": {"reference": "a"}})
    id = opened["conversation"]
    channel.say(id, "what is the weather", "visitor")
    channel.say(id, "Sunny.", name="message-0002")
    channel.say(id, "转人工", "visitor", name="message-0003")
    _, heard = channel.ask("GET", f"/{id}/events?after=0")
    texts = [frame["text"] for frame in heard["events"]]
    assert texts[:2] == ["what is the weather", "Sunny."]
    assert len(texts) == 4  # the wish for a person is honoured
    assert heard["mode"] == "queued"


def test_poll_wakes_when_something_is_said(channel: Channel) -> None:
    import threading

    id = channel.open("tg-6")["conversation"]
    heard: list[Any] = []
    waiting = threading.Thread(
        target=lambda: heard.append(channel.ask("GET", f"/{id}/events?after=0&wait=20"))
    )
    waiting.start()
    channel.say(id, "Now.")
    waiting.join(15)
    assert [frame["text"] for frame in heard[0][1]["events"]] == ["Now."]


def test_needs_the_permission_and_good_values(channel: Channel) -> None:
    desk = channel.desk
    _, made = desk.ask("POST", "/v1/keys", {"name": "x", "scopes": ["conversation.write"]}, desk.token)
    body = {"site": "demo", "channel": "telegram", "person": {"reference": "a"}}
    assert desk.ask("POST", PATH, body, made["key"])[0] == 403
    assert desk.ask("POST", PATH, body, desk.visitor()["token"])[0] == 403
    for wrong, status in (({"site": "none"}, 404), ({"channel": "No Way"}, 422), ({"person": {}}, 422)):
        assert channel.ask("POST", "", {**body, **wrong})[0] == status
    assert channel.say("none", "x")[0] == 404
    id = channel.open("tg-7")["conversation"]
    assert channel.say(id, "x" * 5000)[1]["code"] == "text_too_long"
