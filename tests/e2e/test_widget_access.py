"""WCAG 2.2 AA: the checks of axe-core in every state, light and dark, left to right and right to left."""

from collections.abc import Callable
from importlib.resources import files

import pytest
from tests.e2e.people import Agent, Visitor
from tests.running import RunningDesk

pytest.importorskip("axe_playwright_python", reason="axe is not installed")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

Visit = Callable[..., Visitor]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def check(visitor: Visitor, state: str) -> None:
    """Let axe look at what is drawn now."""
    if not visitor.frame.evaluate("'axe' in window"):
        visitor.frame.evaluate(AXE)
    found = visitor.frame.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
    )
    faults = [(fault["id"], [node["target"] for node in fault["nodes"]][:3]) for fault in found["violations"]]
    assert faults == [], state


@pytest.mark.parametrize("locale", ["en-US", "zh-CN", "ar"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_state(visit: Visit, agent: Agent, desk: RunningDesk, mode: str, locale: str) -> None:
    look = {
        "color_scheme": mode,
        "locale": locale,
        "viewport": {"width": 420, "height": 800},
        "reduced_motion": "reduce",
    }
    visitor = visit("/chat/demo", **look)
    chat = visitor.chat
    chat.locator(".composer-text").wait_for()
    assert visitor.page.evaluate("document.documentElement.dir") == ("rtl" if locale == "ar" else "ltr")
    check(visitor, "first opened")
    chat.locator("[aria-haspopup=menu]").click()
    check(visitor, "menu")
    visitor.page.keyboard.press("Escape")
    chat.locator(".composer-bar .icon-button").first.click()
    check(visitor, "emoji")
    visitor.page.keyboard.press("Escape")
    visitor.say("a refund please")
    chat.locator(".message.is-bot[data-id]").wait_for()
    check(visitor, "answered")
    chat.locator(".human").click()
    chat.locator(".system.is-status").wait_for()
    check(visitor, "waiting for a person")
    conversation = visitor.conversation
    agent.take(conversation)
    agent.tell("typing", conversation=conversation, on=True)
    chat.locator(".busy").wait_for()
    check(visitor, "agent types")
    rich = "## Title\n\n- **bold** `code`\n\n```\ncode\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quote [link](https://shop.example)"
    agent.say(conversation, rich)
    agent.say(conversation, "Which?", extra={"buttons": [{"label": "One", "value": "1"}]})
    chat.locator(".choice").wait_for()
    check(visitor, "buttons")
    agent.say(
        conversation,
        "Look",
        extra={"cards": [{"title": "A", "text": "b", "link": "https://shop.example"}, {"title": "C"}]},
    )
    chat.locator(".card").last.wait_for()
    check(visitor, "cards")
    field = {"name": "m", "label": "Mail", "type": "email", "required": True}
    agent.say(conversation, "Fill in", extra={"form": {"id": "f", "title": "Form", "fields": [field]}})
    chat.locator(".message .form .primary").click()
    chat.locator(".problem").wait_for()
    check(visitor, "form with a fault")
    visitor.context.set_offline(True)
    visitor.say("offline")
    chat.locator(".notice p").wait_for()
    check(visitor, "no network")
    visitor.context.set_offline(False)
    visitor.state("stored")
    agent.tell("resolve", conversation=conversation)
    chat.locator(".star").nth(3).click()
    check(visitor, "rating")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_forms_and_the_host_page(visit: Visit, desk: RunningDesk, mode: str) -> None:
    key = f"forms-{mode}"
    form = {"id": "p", "fields": [{"name": "n", "label": "Name", "type": "text", "required": True}]}
    texts = {"announcement": "**Holiday**: we are back on Monday."}
    status, answer = desk.ask(
        "POST",
        "/v1/sites",
        {"id": key, "name": "Shop", "forms": {"pre_chat": form}, "texts": texts},
        desk.token,
    )
    assert status == 201, answer
    visitor = visit(f"/chat/{key}", color_scheme=mode, reduced_motion="reduce")
    visitor.chat.locator(".sheet .form").wait_for()
    check(visitor, "form before the talk")
    visitor.go("/")
    visitor.launcher.wait_for()
    check(visitor, "host page with the button")
    visitor.open()
    check(visitor, "the chat in its frame")


def test_a_phone_keeps_the_focus_in_the_open_chat(visit: Visit) -> None:
    visitor = visit(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    visitor.open()
    chat_size = visitor.page.locator("fastdesk-chat iframe").bounding_box()
    assert (chat_size["width"], chat_size["height"]) == (390, 780)
    for _ in range(12):
        visitor.page.keyboard.press("Tab")
        assert visitor.frame.evaluate("document.hasFocus() && document.activeElement !== document.body")
    small = visitor.frame.evaluate(
        "() => [...document.querySelectorAll('button, a, input, textarea')].filter(e => e.offsetParent)"
        ".filter(e => e.offsetWidth < 24 || e.offsetHeight < 24).map(e => e.outerHTML.slice(0, 80))"
    )
    assert small == []


def test_arabic_is_spoken_and_written_from_the_right(visit: Visit) -> None:
    visitor = visit("/chat/demo", locale="ar-EG")
    visitor.chat.locator(".human", has_text="التحدث إلى موظف").wait_for()
    assert visitor.frame.evaluate("[document.documentElement.dir, document.documentElement.lang]") == [
        "rtl",
        "ar-EG",
    ]


def test_the_narrowest_phone_has_room_for_every_button(visit: Visit) -> None:
    visitor = visit("/chat/demo", viewport={"width": 320, "height": 560})
    visitor.chat.locator(".human").wait_for()
    boxes = [visitor.chat.locator(f".composer-bar {each}").bounding_box() for each in (".human", ".send")]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    label = visitor.chat.locator(".human")
    assert label.evaluate("button => button.scrollWidth <= button.clientWidth"), "the words are whole"
    assert boxes[1]["x"] + boxes[1]["width"] <= 320
