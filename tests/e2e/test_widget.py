"""The visitor's widget in a real browser, against a real desk."""

import gzip
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.people import Agent, Visitor
from tests.running import RunningDesk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

Visit = Callable[..., Visitor]
WEB = Path(str(files("fastdesk") / "web"))


def configure(desk: RunningDesk, key: str, **fields: Any) -> None:
    """Make a site of its own for one test."""
    status, answer = desk.ask("POST", "/v1/sites", {"id": key, "name": key, **fields}, desk.token)
    assert status == 201, answer


# Before and at the first opening.


def test_nothing_but_the_loader_is_there_before_the_visitor_opens_it(visit: Visit, desk: RunningDesk) -> None:
    visitor = visit()
    visitor.launcher.wait_for()
    visitor.page.wait_for_load_state("networkidle")
    own = [
        url for url in visitor.requests if "demo" not in url and "icon" not in url and url != desk.base + "/"
    ]
    assert own == [desk.base + "/widget.js"]
    assert visitor.page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    assert visitor.page.locator("fastdesk-chat iframe").count() == 0


def test_opening_asks_for_little_and_nobody_else(visit: Visit, desk: RunningDesk) -> None:
    visitor = visit()
    visitor.launcher.wait_for()
    before = len(visitor.requests)
    visitor.open()
    visitor.page.wait_for_load_state("networkidle")
    asked = visitor.requests[before:]
    assert len(asked) <= 6, asked
    assert all(url.startswith((desk.base, "blob:")) for url in visitor.requests), visitor.requests
    files_of = [url.removeprefix(desk.base).split("?")[0].lstrip("/") for url in asked]
    size = sum(len(gzip.compress((WEB / name).read_bytes())) for name in files_of if (WEB / name).is_file())
    assert 0 < size <= 45 * 1024


def test_nothing_is_stored_before_the_first_message(visit: Visit) -> None:
    visitor = visit().open()
    visitor.page.wait_for_timeout(200)  # time enough to do wrong
    assert visitor.frame.evaluate("localStorage.length") == 0
    visitor.say("hello")
    visitor.state("stored")
    assert visitor.frame.evaluate("localStorage.length") > 0


def test_the_button_is_a_button_for_everybody(visit: Visit) -> None:
    visitor = visit()
    launcher = visitor.page.get_by_role("button", name="Open chat", exact=True)
    launcher.focus()
    visitor.page.keyboard.press("Enter")
    field = visitor.chat.locator(".composer-text")
    field.wait_for()
    visitor.until(
        lambda: field.evaluate("field => field === document.activeElement"), "the composer has the focus"
    )
    assert visitor.launcher.get_attribute("aria-expanded") == "true"
    visitor.page.keyboard.press("Escape")
    visitor.until(
        lambda: visitor.launcher.evaluate("button => button === button.getRootNode().activeElement"),
        "the focus returns to the button",
    )
    assert visitor.launcher.get_attribute("aria-expanded") == "false"


# Talking.


def test_a_rule_answers(visit: Visit) -> None:
    visitor = visit().open()
    visitor.say("How do I get a refund?")
    visitor.state("stored")
    visitor.sees("Refunds take three days")
    answer = visitor.chat.locator(".message.is-bot[data-id] .bubble")
    assert answer.locator("strong").inner_text() == "three"
    assert answer.locator("a").get_attribute("rel") == "noopener noreferrer nofollow"


def test_a_person_is_asked_for_answers_resolves_and_is_rated(
    visit: Visit, agent: Agent, desk: RunningDesk
) -> None:
    visitor = visit().open()
    visitor.say("something hard")
    visitor.state("stored")
    visitor.chat.get_by_role("button", name="Talk to a person").click()
    visitor.chat.get_by_role("status").filter(
        has_text=re.compile("number 1 in line|Looking for someone")
    ).wait_for()
    conversation = visitor.conversation
    agent.take(conversation)
    visitor.chat.locator("h1", has_text="Admin").wait_for()
    agent.tell("typing", conversation=conversation, on=True)
    visitor.chat.locator(".busy", has_text="is typing").wait_for()
    agent.say(conversation, "Let me look.")
    visitor.sees("Let me look.")
    agent.tell("read", conversation=conversation, seq=1)
    visitor.state("read")
    agent.tell("resolve", conversation=conversation)
    stars = visitor.chat.get_by_role("radio")
    stars.nth(4).check(force=True)
    visitor.chat.get_by_label("Anything you would like to tell us").fill("quick")
    visitor.chat.get_by_role("button", name="Send rating").click()
    rated = agent.hear("note", lambda frame: frame["kind"] == "rating")
    assert (rated["body"]["score"], rated["text"]) == (5, "quick")
    assert visitor.chat.locator(".rating").count() == 0


def test_typing_is_told_to_the_agent_once_and_ended(visit: Visit, agent: Agent) -> None:
    visitor = visit().open()
    visitor.say("hello")
    visitor.state("stored")
    conversation = visitor.conversation
    agent.take(conversation)
    field = visitor.chat.locator(".composer-text")
    field.press_sequentially("abcdef", delay=20)
    typing = agent.hear("typing")
    assert (typing["on"], typing.get("preview")) == (True, None)
    field.press("Enter")
    assert agent.hear("typing")["on"] is False


def test_buttons_cards_and_forms(visit: Visit, agent: Agent) -> None:
    visitor = visit().open()
    visitor.say("hello")
    visitor.state("stored")
    conversation = visitor.conversation
    agent.take(conversation)
    agent.say(
        conversation,
        "Which one?",
        extra={"buttons": [{"label": {"en": "Tea", "zh-CN": "茶"}, "value": "tea-1"}]},
    )
    visitor.chat.get_by_role("button", name="Tea").click()
    assert agent.hear("message")["text"] == "tea-1"
    assert visitor.bubbles()[-1] == "Tea"
    assert visitor.chat.get_by_role("button", name="Tea").is_disabled()
    card = {
        "title": "Green",
        "text": "Fresh",
        "link": "javascript:alert(1)",
        "buttons": [{"label": "Order", "value": "order"}],
    }
    agent.say(conversation, "This may fit", extra={"card": card})
    visitor.chat.locator(".card", has_text="Green").wait_for()
    assert visitor.chat.locator(".card a").count() == 0
    fields = [
        {"name": "mail", "label": "E-mail", "type": "email", "required": True},
        {"name": "size", "label": "Size", "type": "choice", "choices": ["S", "L"]},
    ]
    agent.say(conversation, "Please fill in", extra={"form": {"id": "f1", "fields": fields}})
    form = visitor.chat.locator(".message .form")
    form.get_by_role("button", name="Submit").click()
    form.get_by_text("Please fill this in").wait_for()
    form.get_by_label("E-mail").fill("me@shop.example")
    form.get_by_label("Size").select_option("L")
    form.get_by_role("button", name="Submit").click()
    sent = agent.hear("message")
    assert sent["kind"] == "form"
    assert sent["extra"] == {"form": "f1", "values": {"mail": "me@shop.example", "size": "L"}}
    visitor.chat.locator(".form-sent").wait_for()


def test_enter_does_not_send_while_an_input_method_composes(visit: Visit) -> None:
    visitor = visit().open()
    field = visitor.chat.locator(".composer-text")
    field.fill("ni hao")
    for extra in ({"isComposing": True}, {"keyCode": 229}):
        field.dispatch_event("keydown", {"key": "Enter", "bubbles": True, "cancelable": True, **extra})
    assert visitor.bubbles() == []
    field.press("Shift+Enter")
    assert visitor.bubbles() == []
    field.press("Enter")
    visitor.sees("ni hao")


def test_a_new_message_after_the_end_opens_another_conversation(visit: Visit, agent: Agent) -> None:
    visitor = visit().open()
    visitor.say("first talk")
    visitor.state("stored")
    first = visitor.conversation
    agent.take(first)
    agent.tell("resolve", conversation=first)
    visitor.chat.get_by_text("This conversation has ended").wait_for()
    visitor.say("second talk")
    visitor.until(lambda: visitor.conversation != first, "another conversation")
    visitor.state("stored")
    agent.take(visitor.conversation)
    agent.say(visitor.conversation, "here again")
    visitor.sees("here again")
    assert visitor.bubbles()[0] == "first talk"


def test_the_talk_can_be_taken_home(visit: Visit) -> None:
    visitor = visit("/chat/demo")
    visitor.say("keep this, please")
    visitor.state("stored")
    visitor.chat.get_by_role("button", name="More").click()
    with visitor.page.expect_download() as taken:
        visitor.chat.get_by_role("menuitem", name="Download transcript").click()
    assert taken.value.suggested_filename == "chat.txt"
    assert "keep this, please" in Path(taken.value.path()).read_text()


# Forms before and instead of the talk.


def test_the_form_before_the_talk(visit: Visit, desk: RunningDesk) -> None:
    fields = [{"name": "name", "label": {"en": "Name"}, "type": "text", "required": True}]
    configure(desk, "with-form", forms={"pre_chat": {"id": "pre", "fields": fields}})
    visitor = visit("/chat/with-form")
    visitor.chat.get_by_role("button", name="Start chat").click()
    visitor.chat.get_by_text("Please fill this in").wait_for()
    visitor.chat.get_by_label("Name").fill("Ada")
    visitor.chat.get_by_role("button", name="Start chat").click()
    visitor.sees("Name: Ada")
    visitor.say("and now my question")
    visitor.state("stored")


def test_a_form_that_is_refused_comes_back_with_the_reason(visit: Visit, desk: RunningDesk) -> None:
    fields = [{"name": "nick", "label": {"en": "Nickname"}, "type": "text", "required": True}]
    configure(desk, "refusing", forms={"pre_chat": {"id": "pre", "fields": fields}})
    visitor = visit("/chat/refusing")
    form = visitor.chat.locator("form.form")
    form.locator("input").fill("x" * 600)
    form.locator("button").click()
    form.locator("[role=alert]", has_text="Nickname: is too long").wait_for()
    assert form.locator("input").input_value() == "x" * 600
    assert visitor.chat.locator(".message.is-mine").count() == 0
    form.locator("input").fill("Lee")
    form.locator("button").click()
    visitor.sees("Nickname: Lee")
    visitor.say("and now my question")
    visitor.state("stored")


def test_the_page_that_stands_alone_speaks_the_visitors_language(visit: Visit) -> None:
    visitor = visit(
        "/chat/demo", locale="zh-CN", viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True
    )
    visitor.chat.get_by_role("button", name="转人工").wait_for()
    assert visitor.page.evaluate("document.documentElement.lang") == "zh-CN"
    visitor.say("我要退款")
    visitor.sees("Refunds take three days")
    wide = visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


# What the host page can do.


def test_commands_of_the_host_page(visit: Visit, agent: Agent) -> None:
    visitor = visit()
    visitor.launcher.wait_for()
    visitor.page.evaluate("window.heard = []; fastdesk('on', 'open', () => heard.push('open'))")
    visitor.page.evaluate("() => void fastdesk.ready.then(() => heard.push('ready'))")
    visitor.command("message", "from the page", {"send": True})
    visitor.sees("from the page")
    visitor.state("stored")
    visitor.until(lambda: sorted(visitor.page.evaluate("heard")) == ["open", "ready"], "both events")
    visitor.command("locale", "zh-TW")
    visitor.chat.get_by_role("button", name="轉真人客服").wait_for()
    visitor.command("theme", "dark")
    visitor.until(
        lambda: visitor.frame.evaluate("document.documentElement.dataset.mode") == "dark", "dark mode"
    )
    visitor.command("hide")
    assert not visitor.launcher.is_visible()
    visitor.command("show")
    visitor.command("close")
    agent.take(visitor.conversation)
    agent.say(visitor.conversation, "are you there?")
    visitor.page.locator("fastdesk-chat .teaser", has_text="are you there?").wait_for()
    assert visitor.page.locator("fastdesk-chat .badge").inner_text() == "1"
    assert "(1" in str(visitor.launcher.get_attribute("aria-label"))
    visitor.page.locator("fastdesk-chat .teaser .text").click()
    visitor.until(lambda: visitor.page.locator("fastdesk-chat .badge").inner_text() == "", "read when opened")
    visitor.command("logout")
    visitor.until(lambda: visitor.frame.evaluate("localStorage.length") == 0, "nothing kept after logout")
    visitor.command("destroy")
    assert visitor.page.locator("fastdesk-chat").count() == 0
    assert visitor.page.evaluate("typeof fastdesk") == "undefined"


# Nothing lost, nothing doubled.


def test_a_reload_and_a_second_tab_show_the_same(visit: Visit, agent: Agent) -> None:
    visitor = visit().open()
    visitor.say("one")
    visitor.state("stored")
    conversation = visitor.conversation
    agent.take(conversation)
    visitor.page.reload()
    agent.say(conversation, "two")
    visitor.until(
        lambda: visitor.page.locator("fastdesk-chat .badge").inner_text() == "1", "unread after a reload"
    )
    visitor.open()
    visitor.sees("two")
    first_page = visitor.page
    visitor.go("/").open()
    visitor.sees("two")
    visitor.say("three")
    assert agent.hear("message")["text"] == "three"
    visitor.state("stored")
    agent.say(conversation, "four")
    for page in (first_page, visitor.page):
        visitor.page = page
        visitor.sees("four")
        assert visitor.bubbles() == ["one", "two", "three", "four"]
    first_page.close()
    agent.say(conversation, "five")
    visitor.sees("five")
    visitor.say("six")
    visitor.state("stored")
    assert visitor.bubbles() == ["one", "two", "three", "four", "five", "six"]


def test_what_is_written_without_a_network_is_sent_when_it_returns(visit: Visit, agent: Agent) -> None:
    visitor = visit().open()
    visitor.say("one")
    visitor.state("stored")
    conversation = visitor.conversation
    agent.take(conversation)
    visitor.context.set_offline(True)
    visitor.say("two")
    visitor.chat.locator(".state.is-waiting, .state.is-sending").wait_for()
    agent.say(conversation, "while away")
    visitor.chat.locator(".notice p", has_text="Connection lost").wait_for()
    visitor.context.set_offline(False)
    assert agent.hear("message")["text"] == "two"
    visitor.sees("while away")
    visitor.state("stored")
    assert sorted(visitor.bubbles()) == ["one", "two", "while away"]


def test_a_restart_of_the_desk_loses_and_doubles_nothing(visit: Visit, desk: RunningDesk) -> None:
    visitor = visit().open()
    visitor.say("before")
    visitor.state("stored")
    desk.stop()
    visitor.say("during")
    visitor.chat.locator(".state.is-waiting, .state.is-sending").wait_for()
    desk.start()
    visitor.page.evaluate("dispatchEvent(new Event('online'))")
    visitor.chat.locator(".state.is-stored").wait_for(timeout=40_000)
    visitor.page.reload()
    visitor.open()
    visitor.sees("during")
    assert visitor.bubbles() == ["before", "during"]


def test_long_poll_takes_over_where_no_websocket_gets_through(visit: Visit, agent: Agent) -> None:
    visitor = visit("about:blank")
    visitor.context.add_init_script(
        "window.WebSocket = class extends EventTarget { constructor() { super(); setTimeout(() => this.onclose?.()); } close() {} }"
    )
    visitor.go("/").open()
    visitor.say("a refund by post")
    visitor.chat.locator(".state.is-stored").wait_for(timeout=20_000)
    visitor.sees("Refunds take three days")
    agent.take(visitor.conversation)
    agent.say(visitor.conversation, "over the long way")
    visitor.sees("over the long way")
    assert any("/v1/events" in url for url in visitor.requests)
    assert not any("token" in url for url in visitor.requests)
