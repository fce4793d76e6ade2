"""What agents and owners do with people and with everything: invite, merge, erase, take out and bring in, guard their own door."""

import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.consoles import Console
from tests.e2e.people import Visitor
from tests.running import EMAIL, PASSWORD, RunningDesk

from fastdesk.tenants.second_factor import code_at

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Visit = Callable[..., Visitor]
SignIn = Callable[..., Console]


def written(desk: RunningDesk, text: str, **more: Any) -> dict[str, Any]:
    """Let somebody write over HTTP."""
    visitor = desk.visitor(**more)
    body = {"id": f"said-{time.monotonic_ns()}", "text": text}
    status, answer = desk.ask("POST", "/v1/messages", body, visitor["token"])
    assert status == 200, answer
    return visitor


def act_on_person(agent: Console, name: str) -> Any:
    """Choose from the menu beside the person's name; return the window that opens."""
    agent.page.locator(".person-menu .menu-button").click()
    agent.page.locator(".person-menu .menu-item", has_text=name).click()
    return agent.page.locator("dialog[open]")


def test_a_visitor_is_invited_before_the_first_word(visit: Visit, console: SignIn) -> None:
    visitor = visit("/")
    visitor.open()  # looks at the chat and says nothing
    agent = console().go("visitors")
    row = agent.page.locator("tbody tr", has_text="Teahouse").last
    row.get_by_role("button", name="Invite").click()
    agent.page.locator("dialog[open] textarea").fill("May I help you choose?")
    agent.page.locator("dialog[open] .primary").click()
    visitor.sees("May I help you choose?")
    row.get_by_role("button", name="Open").click()
    agent.sees("May I help you choose?")
    visitor.say("Yes, please.")
    agent.sees("Yes, please.")


def test_two_records_of_one_person_become_one(console: SignIn, desk: RunningDesk) -> None:
    phone = written(desk, "from my phone", fields={"name": "Mia on the phone"})
    laptop = written(desk, "from my laptop", fields={"name": "Mia at the desk"})
    desk.ask("PATCH", f"/v1/visitors/{phone['visitor']}", {"name": "Mia Phone"}, desk.token)
    desk.ask("PATCH", f"/v1/visitors/{laptop['visitor']}", {"name": "Mia Desk"}, desk.token)
    agent = console()
    agent.open(laptop["conversation"])
    window = act_on_person(agent, "Merge")
    window.locator("input[type=search]").fill("Mia Phone")
    window.locator(".pick-list li", has_text="Mia Phone").get_by_role("button").click()
    agent.page.locator(".notice").wait_for()
    agent.page.reload()
    agent.page.locator(".context .earlier-list li").wait_for()
    found = desk.ask("GET", f"/v1/conversations?visitor={laptop['visitor']}", None, desk.token)[1]["items"]
    assert len(found) == 2


def test_a_person_is_erased_everywhere(console: SignIn, desk: RunningDesk) -> None:
    someone = written(desk, "quicksilver is my secret word", fields={"name": "Nobody"})
    desk.ask("PATCH", f"/v1/visitors/{someone['visitor']}", {"name": "Otto"}, desk.token)
    agent = console()
    agent.show("All")
    agent.open(someone["conversation"])
    agent.sees("quicksilver")
    window = act_on_person(agent, "Erase")
    erase = window.locator(".danger-fill")
    assert erase.is_disabled()  # a slip of the hand does not do it
    window.locator("input").fill("Otto")
    erase.click()
    agent.page.locator(".notice", has_text="Erased").wait_for()
    agent.page.locator(".nothing-open").wait_for()
    assert agent.page.locator(".row", has_text="quicksilver").count() == 0
    assert agent.page.locator(".notice[data-tone=bad]").all_inner_texts() == []
    assert desk.ask("GET", f"/v1/conversations/{someone['conversation']}", None, desk.token)[0] == 404
    agent.press("Control+k")
    agent.page.keyboard.type("quicksilver")
    agent.page.wait_for_timeout(600)
    assert agent.page.locator(".palette-choice mark").count() == 0


def test_everything_goes_out_and_comes_in(console: SignIn, desk: RunningDesk, tmp_path: Path) -> None:
    someone = written(desk, "remember the osmanthus")
    agent = console().go("settings", "data")
    with agent.page.expect_download() as saved:
        agent.page.get_by_role("button", name="Export").click()
    archive = tmp_path / "fastdesk.zip"
    saved.value.save_as(archive)
    other = RunningDesk(tmp_path / "data", LIMITS="off").start()
    try:
        agent.base = other.base
        agent.sign_in()
        bring_in(agent, archive, "There is such a tenant here.")
        of_another_tenant(archive)
        bring_in(agent, archive, "Imported.")
        agent.context.add_init_script("localStorage.clear()")  # the owner of the first tenant leaves
        agent.sign_in(email="boss@acme.example")
        agent.show("All")
        agent.page.locator(".row").first.wait_for()
        agent.open(someone["conversation"])
        agent.sees("remember the osmanthus")
        sent = {row["conversation"]["id"] for row in everything(desk, desk.token)}
        boss = {"email": "boss@acme.example", "password": PASSWORD}
        token = other.ask("POST", "/v1/login", boss)[1]["token"]
        assert {row["conversation"]["id"] for row in everything(other, token)} == sent
        for id in sent:
            assert said_in(other, id, token) == said_in(desk, id, desk.token)
    finally:
        other.close()


def bring_in(agent: Console, archive: Path, answer: str) -> None:
    """Choose an archive on the page of data, and wait for what the desk says to it."""
    agent.go("settings", "data")
    agent.page.locator("input[type=file]").set_input_files(str(archive))
    agent.page.locator(".notice", has_text=answer).wait_for()
    agent.page.locator("button:not([disabled])", has_text="Choose").wait_for()


def everything(desk: RunningDesk, token: str) -> list[dict[str, Any]]:
    """Return all conversations of a tenant."""
    states = "open,pending,snoozed,resolved"
    status, page = desk.ask("GET", f"/v1/conversations?limit=200&state={states}", None, token)
    assert (status, page["cursor"]) == (200, None)
    return list(page["items"])


def said_in(desk: RunningDesk, conversation: str, token: str) -> list[tuple[str, str]]:
    """Return the messages of a conversation, with the roles of who said them."""
    _, page = desk.ask("GET", f"/v1/conversations/{conversation}/events?limit=500", None, token)
    return [(event["from"]["role"], event["text"]) for event in page["events"] if event["t"] == "message"]


def of_another_tenant(archive: Path) -> None:
    """Write an export anew as if it were of another tenant, with another site and another owner."""
    with zipfile.ZipFile(archive) as source:
        members = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(archive, "w") as target:
        for name, content in members.items():
            changed = content.replace(b'"tenant":"demo"', b'"tenant":"acme"')
            if name == "tenant.json":
                changed = changed.replace(b'"demo"', b'"acme"')
            elif name == "records.jsonl":
                changed = changed.replace(
                    b'"id":"demo","body":{"id":"demo"', b'"id":"acme","body":{"id":"acme"'
                )
                changed = changed.replace(EMAIL.encode(), b"boss@acme.example")
            target.writestr(name, changed)


def test_a_site_is_looked_at_without_losing_ones_place(console: SignIn) -> None:
    agent = console().go("settings", "sites", "demo")
    agent.page.frame_locator(".preview").locator(".composer-text").wait_for()
    agent.page.locator(".qr").wait_for()
    assert agent.page.evaluate("document.activeElement.tagName") != "IFRAME"
    assert agent.page.locator(".copyable", has_text="widget.js").first.is_visible()


def test_a_second_factor_guards_the_door(console: SignIn, desk: RunningDesk) -> None:
    account = {"email": "guarded@example.com", "password": "a long password", "name": "Guarded"}
    assert desk.ask("POST", "/v1/agents", account, desk.token)[0] == 201
    sign = {"email": account["email"], "password": account["password"]}
    agent = console(**sign).go("settings", "account")
    card = agent.page.locator("section.card", has_text="Second factor")
    card.locator("input[type=password]").fill(account["password"])
    card.locator("button[type=submit]").click()
    card.locator(".qr").wait_for()
    seed = card.locator(".copyable code").first.inner_text()
    card.locator("input[autocomplete=one-time-code]").fill(code_at(seed, int(time.time() * 1000)))
    card.locator("button[type=submit]").click()
    recovery = card.locator(".copyable code", has_text="-").inner_text().split()
    assert len(recovery) == 10
    agent.page.evaluate("localStorage.clear()")
    agent.page.reload()
    agent.page.locator("[name=email]").fill(account["email"])
    agent.page.locator("[name=password]").fill(account["password"])
    agent.page.keyboard.press("Enter")
    agent.page.locator(".problem").wait_for()  # the password alone opens nothing any more
    agent.page.locator("[name=code]").fill(recovery[0])
    agent.page.keyboard.press("Enter")
    agent.page.locator(".console").wait_for()


def test_the_owner_can_still_come_in(desk: RunningDesk) -> None:
    assert desk.ask("POST", "/v1/login", {"email": EMAIL, "password": PASSWORD})[0] == 200


def test_refusals_are_said_in_the_reader_s_language(browser: Any, desk: RunningDesk) -> None:
    someone = Console(browser.new_context(locale="zh-TW"), desk.base).open_tab()
    someone.page.locator("[name=email]").fill(EMAIL)
    someone.page.locator("[name=password]").fill("wrong")
    someone.page.keyboard.press("Enter")
    someone.page.get_by_text("電子郵件、密碼或驗證碼有誤。").wait_for()
    someone.context.close()
