"""The console in a real browser: an agent's work with a visitor in another one."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.load.stand_in_model import StandInModel
from tests.e2e.consoles import Console
from tests.e2e.people import Visitor
from tests.running import RunningDesk, free_port

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Visit = Callable[..., Visitor]
SignIn = Callable[..., Console]
SHOP = Path(__file__).parents[2] / "examples/shop"
ANSWER = "Oolong likes **90 degrees**. Rinse it once. Then let it stand for a minute."


@pytest.fixture(scope="module")
def model() -> Iterator[StandInModel]:
    with StandInModel(text=ANSWER, chunk_gap_ms=30) as running:
        yield running


@pytest.fixture(scope="module")
def order_server() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, str(SHOP / "order_server.py"), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        yield f"http://127.0.0.1:{port}"
        running.terminate()


@pytest.fixture(scope="module")
def desk(
    tmp_path_factory: pytest.TempPathFactory, model: StandInModel, order_server: str
) -> Iterator[RunningDesk]:
    """A desk with a rule, an article, a model and a plug-in, where agents take from the queue themselves."""
    folder = tmp_path_factory.mktemp("desk")
    options = folder / "fastdesk.toml"
    options.write_text(f'[plugins.orders]\nurl = "{order_server}"\n')
    settings = {
        "AI_BASE_URL": model.base_url,
        "AI_API_KEY": "any",
        "AI_DEADLINE_MS": "20000",
        "LIMITS": "off",
        "PLUGINS_DIR": str(SHOP / "plugins"),
        "CONFIG": str(options),
    }
    running = RunningDesk(folder / "data", **settings)
    running.start()
    running.rule("refund", contains=["refund"], reply="Refunds take **three** days.")
    article = {
        "title": "Opening hours",
        "body": "We are here from nine to six, Monday to Friday.",
        "questions": ["when are you open", "what are your opening hours"],
        "state": "published",
    }
    for method, path, body in (
        ("POST", "/v1/articles", article),
        ("PATCH", "/v1/sites/demo", {"settings": {"routing": {"order": "manual"}}}),
        (
            "POST",
            "/v1/canned",
            {"title": "hello", "text": "Hello {{visitor.name | friend}}, this is {{agent.name}}."},
        ),
    ):
        status, answer = running.ask(method, path, body, running.token)
        assert status in (200, 201), answer
    yield running
    running.close()


def waiting(visit: Visit, text: str) -> Visitor:
    """A visitor who has written and waits for a person."""
    visitor = visit("/chat/demo")
    visitor.say(text)
    visitor.state("stored")
    visitor.chat.locator(".human").click()
    visitor.chat.locator(".system.is-status").wait_for()
    return visitor


def test_the_whole_story(visit: Visit, console: SignIn) -> None:
    agent = console()
    visitor = visit("/")
    visitor.open()
    visitor.say("How do I get a refund?")
    visitor.sees("Refunds take three days")
    visitor.say("what are your opening hours")
    visitor.sees("from nine to six")
    visitor.say("How hot should the water for oolong be?")
    answer = visitor.chat.locator(".message.is-assistant")
    answer.get_by_text("Oolong likes").wait_for()
    answer.locator(".actions").wait_for()
    visitor.chat.locator(".human").click()
    visitor.chat.locator(".system.is-status").wait_for()

    agent.show("Waiting")
    agent.page.locator(".row").first.click()
    agent.sees("Refunds take three days")
    agent.sees("Oolong likes 90 degrees")
    assert agent.page.locator(".entry[data-role=assistant] .ai").first.inner_text() == "AI"
    agent.page.locator(".why summary").first.click()
    agent.page.locator(".why dl").first.wait_for()
    agent.page.get_by_role("button", name="Take", exact=True).click()
    visitor.chat.locator("h1", has_text="Admin").wait_for()
    agent.say("Let me look.")
    visitor.sees("Let me look.")
    agent.page.locator(".entry[data-role=agent] .icon-checks").wait_for()
    visitor.say("thank you")
    agent.sees("thank you")
    agent.press("e")
    visitor.chat.locator(".rating").wait_for()
    visitor.chat.locator(".rating button, .rating input").nth(4).click(force=True)
    submit = visitor.chat.locator(".rating button[type=submit]")
    if submit.count():
        submit.click()
    agent.page.locator(".rating [aria-label^='5']").wait_for()
    agent.page.locator(".thread-head", has_text="resolved").wait_for()


def test_nothing_is_lost_over_reload_tabs_and_a_broken_line(visit: Visit, console: SignIn) -> None:
    visitor = waiting(visit, "one")
    agent = console()
    agent.open(visitor.conversation)
    agent.page.get_by_role("button", name="Take", exact=True).click()
    agent.say("two")
    visitor.sees("two")
    agent.page.reload()
    agent.sees("two")
    first = agent.page
    agent.open_tab(f"#/inbox/{visitor.conversation}")
    agent.sees("two")
    agent.say("three")
    visitor.sees("three")
    agent.page, second = first, agent.page
    agent.sees("three")
    agent.context.set_offline(True)
    agent.page.locator(".banner").wait_for()
    agent.say("four")
    visitor.say("five")
    visitor.state("stored")
    agent.context.set_offline(False)
    for agent.page in (first, second):
        agent.sees("five")
        agent.sees("four")
        assert sorted(agent.texts()) == ["five", "four", "one", "three", "two"]
    assert sorted(visitor.bubbles()) == ["five", "four", "one", "three", "two"]


def test_a_restart_of_the_desk_leaves_no_stale_screen(
    visit: Visit, console: SignIn, desk: RunningDesk
) -> None:
    visitor = waiting(visit, "before")
    agent = console()
    agent.open(visitor.conversation)
    agent.page.get_by_role("button", name="Take", exact=True).click()
    agent.page.locator(".thread-head", has_text="You have it").wait_for()
    desk.stop()
    agent.page.locator(".banner").wait_for()
    agent.say("during")
    desk.start()
    for page in (agent.page, visitor.page):
        page.evaluate("dispatchEvent(new Event('online'))")
    visitor.sees("during", within_ms=60_000)
    visitor.say("after")
    agent.entry("after").wait_for(timeout=60_000)
    agent.page.locator(".entry[data-role=agent]:not([data-pending])", has_text="during").wait_for()
    assert agent.texts() == ["before", "during", "after"]


def test_what_is_typed_read_and_written_by_a_colleague_is_seen(
    visit: Visit, console: SignIn, desk: RunningDesk
) -> None:
    wang = {"email": "wang@example.com", "password": "a long password", "name": "Wang"}
    status, answer = desk.ask("POST", "/v1/agents", wang, desk.token)
    assert status == 201, answer
    visitor = waiting(visit, "hello there")
    agent = console()
    agent.open(visitor.conversation)
    colleague = console(email=wang["email"], password=wang["password"])
    colleague.open(visitor.conversation)
    visitor.chat.locator(".composer-text").press_sequentially("a long question")
    agent.page.locator(".typing .dots").wait_for()
    colleague.page.locator("#composer").press_sequentially("I think")
    agent.page.locator(".collision", has_text="Wang").wait_for()
    colleague.page.get_by_role("button", name="Note", exact=True).click()
    colleague.write("please look, @Adm")
    colleague.page.locator(".offers button", has_text="Admin").click()
    colleague.page.keyboard.press("Enter")
    agent.page.locator("mark strong", has_text="Admin").wait_for()
    assert "please look" not in visitor.chat.locator("body").inner_text()


def test_an_agent_is_helped(visit: Visit, console: SignIn) -> None:
    visitor = waiting(visit, "how hot for oolong?")
    agent = console()
    agent.open(visitor.conversation)
    agent.write("/hel")
    agent.page.locator(".offers button", has_text="hello").wait_for()
    agent.page.keyboard.press("Enter")
    assert agent.page.locator("#composer").input_value() == "Hello friend, this is Admin."
    agent.write("")
    agent.page.keyboard.press("Control+j")
    agent.page.locator(".copilot .menu-item", has_text="Draft").click()
    agent.page.locator(".suggested .primary").wait_for()
    agent.page.locator("#composer").focus()
    agent.page.keyboard.press("Tab")
    assert "Oolong likes" in agent.page.locator("#composer").input_value()
    agent.page.keyboard.press("Control+Shift+Enter")
    visitor.sees("Oolong likes 90 degrees")
    agent.page.locator(".thread-head", has_text="resolved").wait_for()


def test_the_copilot_rewrites_translates_and_sums_up(visit: Visit, console: SignIn) -> None:
    visitor = waiting(visit, "is oolong good in the evening?")
    agent = console()
    agent.open(visitor.conversation)

    def help_with(task: str) -> Any:
        agent.page.keyboard.press("Control+j")
        agent.page.locator(".copilot .menu-item", has_text=task).click()
        return agent.page.locator(".suggested")

    for task in ("Rewrite", "Translate"):
        agent.write("")
        help_with(task)
        agent.page.locator(".notice[data-tone=bad]").wait_for()  # there is nothing to work on yet
        agent.page.locator(".notice .sign-button").first.click()
        agent.write("yes its fine")
        suggested = help_with(task)
        suggested.locator(".primary").wait_for()
        assert agent.page.locator("#composer").input_value() == "yes its fine"  # until it is taken
        agent.page.locator("#composer").focus()
        agent.page.keyboard.press("Tab")
        assert agent.page.locator("#composer").input_value().startswith("Oolong likes")
    agent.write("")
    help_with("Summarise").locator(".primary").click()
    agent.page.locator(".entry[data-role=note]", has_text="Oolong likes").wait_for()
    assert "Oolong likes" not in visitor.chat.locator("body").inner_text()


def test_plugins_show_what_they_know_of_the_visitor(visit: Visit, console: SignIn, desk: RunningDesk) -> None:
    """The shop's own plug-in and its order server, as `make run` starts them."""
    visitor = waiting(visit, "where is my parcel?")
    agent = console()
    agent.open(visitor.conversation)
    card = agent.page.locator(".context .visitor-card")
    agent.page.locator(".context .facts").first.wait_for()
    assert card.count() == 0
    visitor = visit("/")  # the page of the shop passes the number of the order
    visitor.open()
    visitor.say("hello, where is it?")
    visitor.state("stored")
    agent.open(visitor.conversation)
    card.get_by_text("Order 20260002").wait_for()
    assert card.locator("[data-tone=good]").inner_text() == "on its way"
    card.get_by_text("SF1234567890").wait_for()
    card.get_by_text("the visitor is not verified").wait_for()


def test_files_go_to_the_visitor(visit: Visit, console: SignIn, tmp_path: Path) -> None:
    visitor = waiting(visit, "do you have a catalogue?")
    agent = console()
    agent.open(visitor.conversation)
    catalogue = tmp_path / "catalogue.txt"
    catalogue.write_text("tea")
    agent.page.locator("input[type=file]").set_input_files(str(catalogue))
    agent.page.locator(".attached", has_text="catalogue.txt").wait_for()
    visitor.sees("catalogue.txt")


def test_keys_do_everything(visit: Visit, console: SignIn) -> None:
    visitor = waiting(visit, "where is my oolong parcel")
    agent = console()
    agent.show("All")
    agent.page.locator(".row").first.wait_for()
    agent.press("j")
    agent.page.locator(".thread-head").wait_for()
    agent.open(visitor.conversation)
    agent.press("a")
    agent.page.keyboard.press("Enter")
    agent.page.locator(".thread-head", has_text="You have it").wait_for()
    agent.press("t")
    agent.until(lambda: agent.page.evaluate("document.activeElement.id") == "add-label", "the label field")
    agent.page.keyboard.type("parcel")
    agent.page.keyboard.press("Enter")
    agent.page.locator(".labels .chip", has_text="parcel").wait_for()
    agent.press("?")
    agent.page.locator("dialog .key-map").wait_for()
    agent.page.keyboard.press("Escape")
    agent.press("Control+k")
    agent.page.keyboard.type("oolong parcel")
    agent.page.locator(".palette-choice mark").first.wait_for()
    agent.page.keyboard.press("Escape")
    agent.press("g")
    agent.press("s")
    agent.page.locator(".settings").wait_for()
    agent.press("g")
    agent.press("i")
    agent.press("s")
    agent.page.locator(".menu-panel", has_text="Tomorrow").wait_for()
    agent.page.keyboard.press("Escape")


def test_several_conversations_are_done_at_once(visit: Visit, console: SignIn) -> None:
    visitors = [waiting(visit, f"many of us, number {n}") for n in range(4)]
    agent = console()
    agent.show("Waiting")
    agent.page.locator(".row", has_text="many of us, number 3").wait_for()
    rows = agent.page.locator(".rows li:has(.row)")
    rows.nth(0).hover()
    rows.nth(0).locator(".pick input").click()
    rows.nth(3).locator(".pick input").click(modifiers=["Shift"])
    agent.page.get_by_role("heading", name="4 ticked").wait_for()
    agent.press("t")
    agent.page.keyboard.type("rush")
    agent.page.keyboard.press("Enter")
    agent.page.locator(".notice", has_text="4 conversations").wait_for()
    agent.until(
        lambda: agent.page.locator(".row .tags", has_text="rush").count() == 4, "all four are labelled"
    )
    agent.page.locator(".row").first.click(modifiers=["Control"])
    agent.page.get_by_role("button", name="All", exact=True).click()
    agent.press("a")
    agent.page.keyboard.press("Enter")
    agent.until(lambda: agent.page.locator(".row").count() == 0, "nobody waits any more")
    for visitor in visitors:
        visitor.chat.locator("h1", has_text="Admin").wait_for()
    agent.show("Mine")
    agent.page.locator(".row").first.click(modifiers=["Control"])
    agent.press("Escape")
    agent.page.get_by_role("heading", name="Mine").wait_for()


def test_presence_is_set_and_kept(console: SignIn) -> None:
    agent = console()
    agent.page.locator(".self .menu-button").click()
    agent.page.locator(".self .menu-item", has_text="Away").click()
    agent.page.locator(".self .dot[data-presence=away]").first.wait_for()
    agent.page.reload()
    agent.page.locator(".self .dot[data-presence=away]").first.wait_for()
    agent.page.locator(".self .menu-button").click()
    agent.page.locator(".self .menu-item", has_text="Online").click()
    agent.page.locator(".self .dot[data-presence=online]").first.wait_for()


def test_the_first_page_is_light_and_asks_nobody_else(console: SignIn, desk: RunningDesk) -> None:
    agent = console()
    agent.page.wait_for_load_state("networkidle")
    assert all(url.startswith((desk.base, "blob:", "data:")) for url in agent.requests), agent.requests
    scripts = {url.split("/")[-1] for url in agent.requests if url.endswith(".js")}
    assert scripts == {"console.js", "shared.js"}


def test_a_long_list_stays_light(console: SignIn, desk: RunningDesk) -> None:
    for n in range(250):
        visitor = desk.visitor(fields={"name": f"Visitor number {n}"})
        status, answer = desk.ask(
            "POST", "/v1/messages", {"id": f"long-list-{n:04}", "text": f"question {n}"}, visitor["token"]
        )
        assert status == 200, answer
    answered = "/v1/conversations?limit=200"
    while any(
        row["last_text"].startswith("question ")
        for row in desk.ask("GET", answered, token=desk.token)[1]["items"]
    ):
        time.sleep(0.1)  # a row that is answered while one scrolls rightly moves to the top
    agent = console(viewport={"width": 1200, "height": 600})
    agent.show("All")
    agent.page.locator(".row", has_text="Visitor number 249").wait_for()
    seen: dict[str, int] = agent.page.evaluate(
        """async () => {
          const list = document.querySelector(".rows"), names = new Set();
          let most = 0, still = 0;
          while (still < 120) {
            const top = list.scrollTop;
            list.scrollTop += 300;
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            const rows = [...list.querySelectorAll(".row")];
            most = Math.max(most, rows.length);
            for (const row of rows) names.add(row.querySelector(".who").textContent);
            still = list.scrollTop === top ? still + 1 : 0;
          }
          return {most, seen: [...names].filter(name => name.startsWith("Visitor number")).length};
        }"""
    )
    assert seen["seen"] == 250  # every page has been read, with the names
    assert 0 < seen["most"] < 30  # only those in sight are in the document
    assert [url for url in agent.requests if "/v1/visitors" in url] == []
