"""What agents do every day beside writing: whisper, let sleep, run macros, be called; and the pages behind it."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.e2e.consoles import Console
from tests.e2e.people import Visitor
from tests.running import RunningDesk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Visit = Callable[..., Visitor]
SignIn = Callable[..., Console]


def waiting(visit: Visit, text: str, **profile: Any) -> Visitor:
    """A visitor who has written and waits for a person."""
    visitor = visit("/chat/demo", **profile)
    visitor.say(text)
    visitor.state("stored")
    visitor.chat.locator(".human").click()
    visitor.chat.locator(".system.is-status").wait_for()
    return visitor


def test_a_supervisor_whispers_to_the_agent_alone(visit: Visit, console: SignIn, desk: RunningDesk) -> None:
    account = {"email": "mei@example.com", "password": "a long password", "name": "Mei", "role": "agent"}
    assert desk.ask("POST", "/v1/agents", account, desk.token)[0] == 201
    visitor = waiting(visit, "my tea is cold")
    mei = console(email=account["email"], password=account["password"])
    mei.open(visitor.conversation)
    mei.page.get_by_role("button", name="Take", exact=True).click()
    visitor.chat.locator("h1", has_text="Mei").wait_for()
    boss = console()
    boss.open(visitor.conversation)
    boss.page.locator(".voices button", has_text="Whisper").click()
    boss.say("offer a voucher")
    mei.entry("offer a voucher").wait_for()
    assert "voucher" not in visitor.chat.locator("body").inner_text()


def test_a_conversation_sleeps_and_is_woken_by_its_visitor(visit: Visit, console: SignIn) -> None:
    visitor = waiting(visit, "back next week")
    agent = console()
    agent.open(visitor.conversation)
    agent.page.get_by_role("button", name="Take", exact=True).click()
    agent.press("s")
    agent.page.locator(".thread-head .menu-item:visible").first.click()
    agent.page.locator(".thread-head", has_text="Snoozed").wait_for()
    visitor.say("here I am already")
    agent.sees("here I am already")
    agent.page.locator(".thread-head", has_text="Snoozed").wait_for(state="detached")


def test_a_macro_does_several_things_at_once(visit: Visit, console: SignIn, desk: RunningDesk) -> None:
    steps = [{"do": "say", "text": "We are on it."}, {"do": "label", "add": ["tea"]}]
    body = {"id": "on-it", "name": "On it", "actions": steps}
    status, answer = desk.ask("POST", "/v1/macros", body, desk.token)
    assert status == 201, answer
    visitor = waiting(visit, "the cup is broken")
    agent = console()
    agent.open(visitor.conversation)
    agent.page.locator("#composer").blur()
    agent.page.locator(
        ".composer .menu-button[aria-label*=acro], .composer .menu-button[title*=acro]"
    ).click()
    agent.page.locator(".menu-item:visible", has_text="On it").click()
    visitor.sees("We are on it.")
    agent.page.locator(".context", has_text="tea").wait_for()


def test_who_looks_elsewhere_is_called(visit: Visit, console: SignIn) -> None:
    agent = console(permissions=["notifications"])
    agent.page.evaluate(
        """() => {
          window.called = [];
          window.Notification = class { static permission = "granted"; constructor(title) { called.push(title); } };
          Object.defineProperty(document, "hidden", {get: () => true});
        }"""
    )
    waiting(visit, "anybody here?")
    agent.until(lambda: "Somebody waits" in agent.page.evaluate("window.called"), "a notice")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
@pytest.mark.parametrize("page", ["flows", "hours", "keys", "forms", "macros", "data"])
def test_a_page_opens_without_a_fault(console: SignIn, page: str, locale: str) -> None:
    agent = console(locale=locale).go("settings", page)
    agent.page.locator(".settings h1, .one-page h1, .records h1, main h1").first.wait_for()
    agent.page.wait_for_load_state("networkidle")
    assert agent.page.locator(".notice[data-tone=bad]").all_inner_texts() == []


def test_what_is_kept_is_set_with_the_audit_log(console: SignIn, desk: RunningDesk) -> None:
    agent = console().go("settings", "data")
    agent.page.get_by_label("Audit log, days").fill("400")
    agent.page.locator("form.card .primary").first.click()
    agent.page.locator(".notice", has_text="Saved").wait_for()
    kept = desk.ask("GET", "/v1/retention", None, desk.token)[1]
    assert (kept["days"], kept["audit_days"]) == (0, 400)
    agent.page.reload()
    agent.page.locator("input[type=number]").nth(1).wait_for()
    agent.until(lambda: agent.page.get_by_label("Audit log, days").input_value() == "400", "the setting")


def test_the_form_is_wanted_first_where_the_site_says_so(
    visit: Visit, console: SignIn, desk: RunningDesk
) -> None:
    fields = [{"name": "name", "label": {"en": "Name"}, "type": "text", "required": True}]
    body = {"id": "strict", "name": "Strict", "forms": {"pre_chat": {"id": "pre", "fields": fields}}}
    assert desk.ask("POST", "/v1/sites", body, desk.token)[0] == 201
    agent = console().go("settings", "sites", "strict")
    wanted = agent.page.get_by_label("Must be filled in first")
    wanted.wait_for()
    wanted.check()
    agent.page.get_by_role("button", name="Save", exact=True).click()
    agent.page.locator(".notice", has_text="Saved").wait_for()
    assert desk.ask("GET", "/v1/sites/strict", None, desk.token)[1]["forms"]["pre_chat_required"] is True
    visitor = visit("/chat/strict")
    visitor.chat.locator(".human").click()
    visitor.chat.get_by_text("Please fill in the form first.").wait_for()
    visitor.chat.get_by_label("Name").fill("Ada")
    visitor.chat.get_by_role("button", name="Start chat").click()
    visitor.sees("Name: Ada")
    visitor.chat.locator(".human").click()  # the first press was not the last
    visitor.chat.locator(".system.is-status").wait_for()


def test_the_reason_of_an_assignment_is_told_in_the_reader_s_language(
    console: SignIn, desk: RunningDesk
) -> None:
    site = {"locale": "zh-CN", "settings": {"routing": {"order": "least_busy"}}}
    assert desk.ask("PATCH", "/v1/sites/demo", site, desk.token)[0] == 200
    agent = console()
    name = "Maximiliana Bartholomew-Featherstonehaugh of Upper Slaughter"
    visitor = desk.visitor(fields={"name": name})
    for n in range(8):
        desk.ask("POST", "/v1/messages", {"id": f"told-{n:08}", "text": f"question {n}"}, visitor["token"])
    assert desk.ask("POST", "/v1/frames", {"t": "human"}, visitor["token"])[0] == 204
    agent.open(visitor["conversation"])
    agent.page.locator(".why", has_text="Assigned to Admin").wait_for()
    by_hand = {"locale": "", "settings": {"routing": {"order": "manual"}}}
    assert desk.ask("PATCH", "/v1/sites/demo", by_hand, desk.token)[0] == 200
    agent.until(
        lambda: agent.page.locator(".entries").evaluate(
            "box => box.scrollHeight - box.scrollTop - box.clientHeight < 2"
        ),
        "the newest stands in sight, also when its reason comes later",
    )
    title = agent.page.locator(".thread-head .name")
    assert title.get_attribute("title") == name
    assert title.bounding_box()["width"] > 150, "the buttons leave room for the name"
    assert title.evaluate("one => getComputedStyle(one).textOverflow") == "ellipsis"


def picture() -> bytes:
    """The smallest picture that there is."""
    return bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
        "a5f645400000000049454e44ae426082"
    )


def test_several_pictures_bring_one_offer_and_no_questions(visit: Visit, console: SignIn) -> None:
    visitor = visit("/chat/demo")
    pictures = [{"name": f"cup{n}.png", "mimeType": "image/png", "buffer": picture()} for n in range(3)]
    visitor.chat.locator("input[type=file]").set_input_files(pictures)
    visitor.until(lambda: visitor.chat.locator(".message.is-mine img").count() == 3, "three pictures")
    visitor.sees("I have your file")
    visitor.say("these cups are broken")
    visitor.sees("I cannot answer this")
    assert visitor.chat.locator(".message.is-bot[data-id]", has_text="I have your file").count() == 1
    visitor.chat.locator(".human").click()
    agent = console()
    agent.show("All")
    agent.open(visitor.conversation)
    summary = agent.page.locator(".entry[data-kind=summary]")
    assert "these cups are broken" in summary.inner_text()
    assert "cup1.png" not in summary.inner_text()


def test_what_is_begun_as_a_note_stays_one(visit: Visit, console: SignIn) -> None:
    visitor, other = waiting(visit, "my cup is cracked"), waiting(visit, "my tea is stale")
    agent = console()
    agent.open(visitor.conversation)
    agent.press("n")
    agent.page.keyboard.type("a difficult person\n")
    agent.page.keyboard.type("be patient\n")  # the second line is no message either
    agent.entry("be patient").wait_for()
    agent.page.keyboard.type("not yet saved")
    agent.open(other.conversation)
    assert agent.page.locator("[data-voice=reply]").count() == 1
    agent.open(visitor.conversation)
    agent.page.locator("#composer").press("Enter")
    agent.page.locator(".entry[data-role=note]", has_text="not yet saved").wait_for()
    assert agent.page.locator(".entry[data-role=agent]").count() == 0
    agent.press("r")
    agent.page.keyboard.type("We send you a new one.\n")
    visitor.sees("We send you a new one.")
    assert "patient" not in visitor.chat.locator("body").inner_text()
