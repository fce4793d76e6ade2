"""What calls people who look elsewhere: a number, the title, a tone, a notice of the browser."""

from collections.abc import Callable

import pytest
from tests.e2e.consoles import Console
from tests.e2e.people import Agent, Visitor
from tests.running import RunningDesk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

#: Lets a page believe that it is out of sight while `away` is set, and counts tones and notices, which nobody sees or hears here.
EARS = """
Object.defineProperty(document, "hidden", { get: () => Boolean(window.away) });
window.tones = 0;
const make = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.tones += 1; return make.call(this); };
window.notices = [];
window.Notification = class {
  static permission = "granted";
  constructor(title, options) { window.notices.push([title, options.body]); }
};
"""
LEAVE = "() => { window.away = true; document.dispatchEvent(new Event('visibilitychange')); }"
RETURN = "() => { window.away = false; document.dispatchEvent(new Event('visibilitychange')); }"


def test_a_visitor_who_looks_elsewhere_is_called(visit: Callable[..., Visitor], agent: Agent) -> None:
    visitor = visit()
    visitor.context.add_init_script(EARS)
    visitor.go("/").open()
    visitor.say("hello")
    visitor.state("stored")
    visitor.command("close")
    title = visitor.page.title()
    visitor.page.evaluate(LEAVE)
    agent.take(visitor.conversation)
    agent.say(visitor.conversation, "are you there?")
    badge = visitor.page.locator("fastdesk-chat .badge")
    visitor.until(lambda: badge.inner_text() == "1", "a number at the button")
    visitor.until(lambda: visitor.page.title() == f"(1) {title}", "a number in the title")
    visitor.until(lambda: visitor.frame.evaluate("window.tones") > 0, "a tone")
    visitor.page.evaluate(RETURN)
    visitor.until(lambda: visitor.page.title() == title, "the title as it was")
    visitor.command("open")
    visitor.until(lambda: badge.inner_text() == "", "read when opened")


def test_an_agent_who_looks_elsewhere_is_called(console: Callable[..., Console], desk: RunningDesk) -> None:
    agent = console()
    agent.context.add_init_script(EARS)
    agent.open_tab()
    agent.page.locator(
        "[role=tab] b", has_text="0"
    ).first.wait_for()  # it is at work, and listens for gestures
    agent.page.keyboard.press("Shift")  # browsers are silent before the first gesture
    before = agent.page.title()
    agent.page.evaluate(LEAVE)
    visitor = desk.visitor()
    for path, body in (
        ("messages", {"id": "is-anybody-there", "text": "is anybody there?"}),
        ("frames", {"t": "human"}),
    ):
        assert desk.ask("POST", f"/v1/{path}", body, visitor["token"])[0] in (200, 204)
    agent.until(lambda: agent.page.evaluate("window.notices.length") > 0, "a notice of the browser")
    agent.until(lambda: agent.page.evaluate("window.tones") > 0, "a tone")
    agent.until(lambda: agent.page.title() != before, "a number in the title")
    assert agent.page.title().startswith("(")
