"""A real desk, a real browser, and the people in front of it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.consoles import Console
from tests.e2e.people import Agent, Visitor
from tests.running import RunningDesk

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
#: As root in a container there is no sandbox to enter; the rest keeps the browser from talking to anybody but us.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"there is no browser at {CHROMIUM} (set CHROMIUM to another one)")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """A desk with a few rules, where agents take from the queue; the tests of a module share it, each with visitors of its own."""
    running = RunningDesk(tmp_path_factory.mktemp("desk") / "data", LIMITS="off")
    running.start()
    running.rule(
        "refund",
        contains=["refund", "退款"],
        reply="Refunds take **three** days. See https://shop.example/refunds.",
    )
    by_hand = {"settings": {"routing": {"order": "manual"}}}
    assert running.ask("PATCH", "/v1/sites/demo", by_hand, running.token)[0] == 200
    yield running
    running.close()


@pytest.fixture
def visit(browser: Any, desk: RunningDesk) -> Iterator[Callable[..., Visitor]]:
    """Let visitors come, each with a browser profile of its own; what the page reports as an error fails the test."""
    visitors: list[Visitor] = []

    def come(path: str = "/", **profile: Any) -> Visitor:
        settings = {"locale": "en-US", "viewport": {"width": 1100, "height": 800}, **profile}
        visitor = Visitor(browser.new_context(**settings), desk.base)
        visitors.append(visitor)
        visitor.go(path)
        return visitor

    yield come
    troubles = [trouble for visitor in visitors for trouble in visitor.troubles]
    for visitor in visitors:
        visitor.context.close()
    assert troubles == []


@pytest.fixture
def agent(desk: RunningDesk) -> Iterator[Agent]:
    with Agent(desk) as someone:
        yield someone


@pytest.fixture
def console(browser: Any, desk: RunningDesk) -> Iterator[Callable[..., Console]]:
    """Let agents sign in, each with a browser profile of its own; what a page reports as an error fails the test."""
    consoles: list[Console] = []

    def sign_in(**profile: Any) -> Console:
        sign = {name: profile.pop(name) for name in ("email", "password") if name in profile}
        settings = {"locale": "en-US", "viewport": {"width": 1440, "height": 900}, **profile}
        someone = Console(browser.new_context(**settings), desk.base)
        consoles.append(someone)
        return someone.sign_in(**sign)

    yield sign_in
    troubles = [trouble for someone in consoles for trouble in someone.troubles]
    for someone in consoles:
        someone.context.close()
    assert troubles == []
