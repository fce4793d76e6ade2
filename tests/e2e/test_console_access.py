"""The console is for everybody, and runs nothing that others write."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from tests.e2e.consoles import Console
from tests.e2e.payloads import PAYLOADS
from tests.e2e.people import Visitor
from tests.running import RunningDesk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

Visit = Callable[..., Visitor]
SignIn = Callable[..., Console]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

#: Elements and attributes that no text may bring into the page. Handlers of the console are set by script, never by attribute.
SMUGGLED = """() => {
  const where = document.querySelector('.console');
  const bad = [...where.querySelectorAll('script, iframe:not(.preview), object, embed, style, base, .bubble img, .bubble form')];
  const loud = [...document.querySelectorAll('*')].filter(element => [...element.attributes].some(a => a.name.startsWith('on')));
  const links = [...document.querySelectorAll('a[href]')].filter(link => !/^(https?|mailto|tel|blob):/.test(link.href));
  return [...bad, ...loud, ...links].map(element => element.outerHTML.slice(0, 200));
}"""


def is_clean(agent: Console) -> None:
    assert agent.page.evaluate("window.hacked") is None
    assert agent.page.evaluate(SMUGGLED) == []


def talk(desk: RunningDesk, texts: list[str], **more: Any) -> dict[str, Any]:
    """Let a visitor say something over HTTP, and ask for a person."""
    visitor = desk.visitor(**more)
    for n, text in enumerate(texts):
        body = {"id": f"said-{n:06}", "text": text}
        status, answer = desk.ask("POST", "/v1/messages", body, visitor["token"])
        assert status == 200, answer
    desk.ask("POST", "/v1/frames", {"t": "human"}, visitor["token"])
    return visitor


def test_nothing_that_a_visitor_writes_runs(console: SignIn, desk: RunningDesk) -> None:
    visitor = talk(desk, [*PAYLOADS, "the end"])
    agent = console()
    agent.open(visitor["conversation"])
    agent.sees("the end")
    while agent.page.locator(".earlier").count():
        before = agent.page.locator(".entry").count()
        agent.page.locator(".earlier").click()
        agent.until(lambda before=before: agent.page.locator(".entry").count() > before, "earlier messages")
    for payload in (PAYLOADS[0], PAYLOADS[3], PAYLOADS[60]):
        assert payload.splitlines()[0][:20] in agent.page.locator(".entries").inner_text()
    is_clean(agent)


def test_nothing_that_a_visitor_is_runs(console: SignIn, desk: RunningDesk) -> None:
    bad = PAYLOADS[:50]
    fields = {f"field{n}": payload for n, payload in enumerate(bad[:40])} | {"name": bad[3]}
    visitor = talk(desk, ["hello"], fields=fields)
    page = {"t": "page", "url": "javascript:window.hacked=1", "title": bad[3], "referrer": bad[4]}
    desk.ask("POST", "/v1/frames", page, visitor["token"])
    agent = console()
    agent.open(visitor["conversation"])
    agent.page.locator(".context .facts").wait_for()
    is_clean(agent)
    agent.go("contacts")
    agent.page.locator(".plain-list .row").first.wait_for()
    agent.page.locator(".plain-list .row").first.click()
    agent.page.locator(".wide-facts").wait_for()
    is_clean(agent)
    agent.press("Control+k")
    agent.page.keyboard.type("hello")
    agent.page.locator(".palette-choice mark").first.wait_for()
    is_clean(agent)


def test_nothing_in_records_or_as_an_answer_runs(visit: Visit, console: SignIn, desk: RunningDesk) -> None:
    bad = PAYLOADS[3]
    records: list[tuple[str, dict[str, Any]]] = [
        ("teams", {"id": "hostile", "name": bad}),
        ("canned", {"title": bad[:90], "text": bad, "group": bad[:90]}),
        ("articles", {"title": bad, "body": "\n\n".join(PAYLOADS[:50]), "questions": [bad], "state": "published"}),
        ("rules", {"id": "hostile", "name": bad, "contains": ["hostile"], "reply": "\n\n".join(PAYLOADS[:40])[:3900]}),
        ("webhooks", {"name": bad, "url": "https://shop.example/hook", "enabled": False}),
    ]  # fmt: skip
    for kind, record in records:
        status, answer = desk.ask("POST", f"/v1/{kind}", record, desk.token)
        assert status == 201, answer
    agent = console()
    for kind, _ in records:
        agent.go("settings", kind)
        agent.page.locator(".record-row").first.wait_for()
        agent.page.locator(".record-row").first.click()
        agent.page.locator(".record-form").wait_for()
        is_clean(agent)
    visitor = visit("/chat/demo")
    visitor.say("hostile")
    visitor.state("stored")
    agent.open(visitor.conversation)
    agent.page.locator(".entry[data-role=bot]").wait_for()
    agent.page.locator("[aria-controls], .menu-button").first.wait_for()
    is_clean(agent)


def test_a_file_leads_nowhere_else(console: SignIn, desk: RunningDesk) -> None:
    visitor = desk.visitor()
    for n, url in enumerate(("https://evil.example/x.png", "javascript:window.hacked=1", "//evil.example/x")):
        file = {"id": "x", "url": url, "name": "a.png", "type": "image/png", "size": 1}
        body = {"id": f"file-{n:06}", "text": "a.png", "kind": "image", "extra": {"file": file}}
        desk.ask("POST", "/v1/messages", body, visitor["token"])
    desk.ask("POST", "/v1/messages", {"id": "file-end", "text": "the end"}, visitor["token"])
    agent = console()
    agent.open(visitor["conversation"])
    agent.sees("the end")
    is_clean(agent)
    assert all("evil.example" not in url for url in agent.requests)


# Accessibility.


@pytest.fixture(scope="module")
def axe() -> str:
    pytest.importorskip("axe_playwright_python", reason="axe is not installed")
    return files("axe_playwright_python").joinpath("axe.min.js").read_text()


def check(agent: Console, axe: str, state: str) -> None:
    """Let axe look at what is drawn now."""
    if not agent.page.evaluate("'axe' in window"):
        agent.page.evaluate(axe)
    found = agent.page.evaluate(
        "rules => axe.run({exclude: [['.preview']]}, {runOnly: {type: 'tag', values: rules}, iframes: false})",
        RULES,
    )
    faults = [
        (fault["id"], [(node["target"], node["html"][:120]) for node in fault["nodes"]][:3])
        for fault in found["violations"]
    ]
    assert faults == [], state


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_every_screen(console: SignIn, desk: RunningDesk, axe: str, mode: str, locale: str) -> None:
    visitor = talk(desk, ["How do I get a refund?", "**hello** https://shop.example"])
    agent = console(color_scheme=mode, locale=locale, reduced_motion="reduce")
    agent.page.locator(".tabs").wait_for()
    check(agent, axe, "empty inbox")
    agent.open(visitor["conversation"])
    agent.page.locator(".entry[data-role=bot]").first.wait_for()
    agent.page.locator(".why summary").first.click()
    check(agent, axe, "thread")
    for menu in ("assign", "snooze"):
        agent.press(menu[0])
        agent.page.locator(".menu-panel").wait_for()
        check(agent, axe, menu)
        agent.page.keyboard.press("Escape")
    agent.press("n")
    agent.page.locator("[data-voice=note]").wait_for()
    check(agent, axe, "note")
    agent.page.locator(".self .menu-button").click()
    check(agent, axe, "own menu")
    agent.page.keyboard.press("Escape")
    agent.press("?")
    check(agent, axe, "keys")
    agent.page.keyboard.press("Escape")
    agent.press("Control+k")
    check(agent, axe, "palette")
    agent.page.keyboard.press("Escape")
    places = (
        "contacts", "visitors", "reports", "operations", "settings/sites/demo", "settings/rules/refund", "settings/rules/+",
        "settings/flows/+", "settings/articles/+", "settings/words/+", "settings/hours/+", "settings/forms/+", "settings/agents/+",
        "settings/keys/+", "settings/webhooks/+", "settings/account", "settings/signins", "settings/audit", "settings/data",
        "settings/assistant",
    )  # fmt: skip
    for place in places:
        agent.go(*place.split("/"))
        agent.page.locator(":is(.page, .records):not([aria-busy=true])").first.wait_for()
        agent.page.wait_for_timeout(400)  # what is read for the page has come by then
        check(agent, axe, place)


def test_the_door(browser: Any, desk: RunningDesk, axe: str) -> None:
    someone = Console(browser.new_context(locale="zh-CN", reduced_motion="reduce"), desk.base).open_tab()
    someone.page.locator(".sign-in").wait_for()
    check(someone, axe, "sign-in")
    someone.page.locator("[name=email]").fill("nobody@example.com")
    someone.page.locator("[name=password]").fill("wrong")
    someone.page.keyboard.press("Enter")
    someone.page.locator("[role=alert]").wait_for()
    check(someone, axe, "refused")
    someone.context.close()


def test_a_phone_has_one_pane_at_a_time(console: SignIn, desk: RunningDesk) -> None:
    visitor = talk(desk, ["hello from afar"])
    agent = console(viewport={"width": 390, "height": 780})
    agent.page.locator(".lists").wait_for()
    agent.open(visitor["conversation"])
    assert not agent.page.locator(".lists").is_visible()
    assert agent.page.evaluate("document.documentElement.scrollWidth") <= 390
    agent.page.locator(".thread-head .back").click()
    agent.page.locator(".lists").wait_for()
    assert not agent.page.locator(".thread").is_visible()


@pytest.mark.parametrize(
    "place", ["hours/+", "sites/demo", "rules/refund", "signins", "keys/+", "account", "assistant"]
)
def test_the_settings_fit_a_phone(console: SignIn, place: str) -> None:
    agent = console(viewport={"width": 390, "height": 780}).go("settings", *place.split("/"))
    page = agent.page.locator(":is(.editor, .one-page)")
    page.locator("h1, h2").first.wait_for()
    agent.page.wait_for_load_state("networkidle")
    assert page.evaluate("box => [box.getBoundingClientRect().left, box.scrollWidth]") == [0, 390]
    for pane in (".editor", ".records-list") if "/" in place else (".one-page",):
        agent.page.locator(f"{pane} .back").click()
    agent.page.locator(".side-bar").wait_for()  # the way back leads to all settings


def test_contacts_and_visitors_fit_a_phone(visit: Visit, console: SignIn, desk: RunningDesk) -> None:
    talk(desk, ["hello"], fields={"name": "Ada Lovelace"})
    visit("/").open()
    agent = console(viewport={"width": 390, "height": 780}).go("contacts")
    agent.page.locator(".row", has_text="Ada Lovelace").click()
    agent.page.locator(".wide-person", has_text="Ada Lovelace").wait_for()
    assert not agent.page.locator(".split-list").is_visible()
    agent.page.locator(".split .back").click()
    agent.page.locator(".split-list").wait_for()
    agent.go("visitors")
    invite = agent.page.get_by_role("button", name="Invite").first
    invite.wait_for()
    box = invite.bounding_box()
    assert box["x"] + box["width"] <= 390, "within reach without scrolling"


def test_the_console_can_be_installed(console: SignIn) -> None:
    agent = console()
    agent.page.wait_for_load_state("networkidle")
    errors = agent.context.new_cdp_session(agent.page).send("Page.getInstallabilityErrors")
    assert [error["errorId"] for error in errors["installabilityErrors"]] in (
        [],
        ["in-incognito"],
    )  # as every test is
    icons = agent.page.evaluate(
        """async () => {
          const {icons} = await (await fetch(document.querySelector('link[rel=manifest]').href)).json();
          const load = async ({src, sizes}) => {
            const image = new Image();
            image.src = src;
            await image.decode();
            return sizes === 'any' || sizes === `${image.naturalWidth}x${image.naturalHeight}`;
          };
          return Promise.all(icons.map(load));
        }"""
    )
    assert icons == [True] * 4
