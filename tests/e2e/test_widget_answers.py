"""How an answer that is being written looks to the visitor. The desk is real; the frames of the answer are put on its line."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.e2e.payloads import PAYLOADS
from tests.e2e.people import Visitor
from tests.e2e.test_widget_safety import is_clean

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

Visit = Callable[..., Visitor]


class Line:
    """The visitor's socket, with a hand on it."""

    def __init__(self, visitor: Visitor) -> None:
        self.sent: list[dict[str, Any]] = []
        self._visitor = visitor
        self._socket: Any = None
        visitor.context.route_web_socket("**/v1/ws", self._route)

    def _route(self, socket: Any) -> None:
        self._socket = socket
        desk = socket.connect_to_server()
        socket.on_message(lambda text: self._pass(desk, text))

    def _pass(self, desk: Any, text: str) -> None:
        frame = json.loads(text)
        self.sent.append(frame)
        if frame["t"] != "stop":
            desk.send(text)

    def give(self, t: str, **fields: Any) -> None:
        """Let the page hear a frame as if it came from the desk."""
        self._socket.send(json.dumps({"t": t, **fields}))

    def final(self, turn: str, seq: int, text: str, **more: Any) -> None:
        author = {"role": "assistant", "name": ""}
        self.give(
            "message",
            seq=seq,
            id=f"answer-{turn}",
            text=text,
            kind="text",
            at=1,
            extra={"turn": turn},
            **{"from": author},
            **more,
        )


@pytest.fixture
def talk(visit: Visit) -> tuple[Visitor, Line]:
    """A visitor who has just asked something."""
    visitor = visit("about:blank")
    line = Line(visitor)
    visitor.go("/chat/demo")
    visitor.say("what is the meaning of tea?")
    visitor.state("stored")
    visitor.chat.locator(".message.is-bot[data-id]").wait_for()  # the desk's own answer has number 2
    return visitor, line


def test_an_answer_grows_and_is_replaced_by_its_stored_form(talk: tuple[Visitor, Line]) -> None:
    visitor, line = talk
    line.give("status", state="thinking", turn="t9", agent={"note": "Looking into the leaves…"})
    visitor.chat.get_by_text("Looking into the leaves…").wait_for()
    answer = visitor.chat.locator(".message.is-assistant")
    for piece in ("First **para", "graph**.\n\n", "1. on", "e\n2. two"):
        line.give("delta", turn="t9", text=piece)
    answer.locator("li", has_text="two").wait_for()
    assert visitor.chat.get_by_text("Looking into the leaves…").count() == 0
    assert answer.locator(".ai-label").inner_text() == "AI"
    paragraph = answer.locator("p").first
    paragraph.evaluate("p => { p.marked = true; getSelection().selectAllChildren(p); }")
    line.give("delta", turn="t9", text=" and three")
    answer.get_by_text("two and three").wait_for()
    line.final(
        "t9",
        3,
        "First **paragraph**.\n\n1. one\n2. two and three",
        sources=[{"title": "Leaves", "url": "https://shop.example/leaves"}],
    )
    answer.locator(".source", has_text="Leaves").wait_for()
    assert paragraph.evaluate("p => p.marked") is True
    assert visitor.frame.evaluate("getSelection().toString()") == "First paragraph."
    assert answer.locator(".bubble li").count() == 2


def test_a_screen_reader_hears_each_sentence_once(talk: tuple[Visitor, Line]) -> None:
    visitor, line = talk
    region = visitor.chat.locator(".unseen[aria-live=polite] p")
    before = region.count()
    for piece in ("One ", "sentence. ", "Ano", "ther one! The", " last"):
        line.give("delta", turn="t9", text=piece)
    visitor.until(lambda: region.count() == before + 2, "two finished sentences")
    line.final("t9", 3, "One sentence. Another one! The last")
    visitor.until(lambda: region.count() == before + 3, "the last one")
    assert region.all_inner_texts()[before:] == ["AI assistant: One sentence.", "Another one!", "The last"]


def test_a_withdrawn_answer_leaves_nothing_of_it(talk: tuple[Visitor, Line]) -> None:
    visitor, line = talk
    line.give("delta", turn="t9", text="Something that should not")
    visitor.chat.get_by_text("Something that should not").wait_for()
    line.give("delta", turn="t9", text="This answer was withdrawn.", replace=True)
    visitor.chat.get_by_text("This answer was withdrawn.").wait_for()
    assert visitor.chat.get_by_text("Something that should not").count() == 0


def test_the_answer_can_be_stopped_copied_and_asked_for_again(talk: tuple[Visitor, Line]) -> None:
    visitor, line = talk
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    line.give("delta", turn="t9", text="A long")
    visitor.chat.get_by_role("button", name="Stop answering").click()
    visitor.until(lambda: {"t": "stop", "turn": "t9"} in line.sent, "the wish to stop")
    line.final("t9", 3, "A long")
    visitor.chat.get_by_role("button", name="Send", exact=True).wait_for()
    visitor.chat.get_by_role("button", name="Copy").click()
    visitor.chat.get_by_text("Copied").wait_for()
    assert visitor.page.evaluate("navigator.clipboard.readText()") == "A long"
    visitor.chat.get_by_role("button", name="Ask again").click()
    asked = [frame["text"] for frame in line.sent if frame["t"] == "send"]
    assert asked == ["what is the meaning of tea?"] * 2


def test_an_answer_that_is_never_finished_goes_with_the_next(talk: tuple[Visitor, Line]) -> None:
    visitor, line = talk
    line.give("delta", turn="t9", text="Half an")
    visitor.chat.get_by_text("Half an").wait_for()
    line.give("delta", turn="t11", text="The other")
    visitor.chat.get_by_text("The other").wait_for()
    assert visitor.chat.get_by_text("Half an").count() == 0


def test_nothing_that_the_assistant_writes_runs(talk: tuple[Visitor, Line]) -> None:
    visitor, line = talk
    for number, payload in enumerate(PAYLOADS):
        for start in range(0, len(payload), 30):
            line.give("delta", turn=f"t{number}", text=payload[start : start + 30])
        line.final(f"t{number}", number + 3, payload, sources=[{"title": payload, "url": payload}])
    last = f'[data-id="answer-t{len(PAYLOADS) - 1}"] .source'
    visitor.chat.locator(last).wait_for(timeout=90_000)
    is_clean(visitor)
