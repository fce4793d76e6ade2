"""Take the pictures of the documentation: a desk of its own, real browsers, real messages. `python tools/take_screens.py [FOLDER]`."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.e2e.conftest import CHROMIUM, FLAGS  # noqa: E402  (after the path is known)
from tests.e2e.people import Agent, Visitor  # noqa: E402
from tests.running import RunningDesk  # noqa: E402

RETURNS = {
    "en": "You can **return any order** within 30 days:\n\n1. Open *My orders* and choose the parcel.\n"
    "2. Show the code `RMA-2041` at the counter.\n3. We refund within 3 days after it arrives.",
    "zh-CN": "**可以退货。** 请在收到商品后 30 天内操作：\n\n1. 打开「我的订单」，选择要退的包裹。\n"
    "2. 在柜台出示退货码 `RMA-2041`。\n3. 我们收到后 3 天内退款。",
}
TEXTS = {
    "title": {"en": "Teahouse Lane", "zh-CN": "茶舍巷"},
    "subtitle": {"en": "We usually answer within a minute", "zh-CN": "通常一分钟内回复"},
    "bot_name": {"en": "Leaf", "zh-CN": "小茶"},
    "welcome": {"en": "Welcome! What can we do for you?", "zh-CN": "欢迎光临！有什么可以帮您？"},
}


def seed(desk: RunningDesk) -> None:
    """Give the desk something to say."""
    status, answer = desk.ask(
        "PATCH", "/v1/sites/demo", {"name": "Teahouse Lane", "texts": TEXTS}, desk.token
    )
    assert status == 200, answer
    _, agents = desk.ask("GET", "/v1/agents", token=desk.token)
    status, answer = desk.ask("PATCH", f"/v1/agents/{agents[0]['id']}", {"name": "李娜"}, desk.token)
    assert status == 200, answer
    desk.rule("returns", contains=["return", "退货"], reply=RETURNS)
    desk.rule(
        "greeting",
        exact=["你好", "hello"],
        reply={"zh-CN": "您好！我是小茶，马上为您接通客服。", "en": "Hello! I am Leaf."},
    )


class Studio:
    """Visitors with the right window, and a folder for their pictures."""

    def __init__(self, browser: Browser, desk: RunningDesk, folder: Path) -> None:
        self.browser = browser
        self.desk = desk
        self.folder = folder

    @contextmanager
    def visitor(self, path: str, locale: str, **profile: Any) -> Iterator[Visitor]:
        """A visitor on a page, gone afterwards."""
        settings = {
            "viewport": {"width": 1180, "height": 780},
            "device_scale_factor": 1.5,
            "reduced_motion": "reduce",
            **profile,
        }
        context = self.browser.new_context(locale=locale, **settings)
        try:
            yield Visitor(context, self.desk.base).go(path)
        finally:
            context.close()

    def take(self, visitor: Visitor, name: str) -> None:
        """Write one picture, the page at rest."""
        visitor.page.wait_for_timeout(400)
        visitor.page.screenshot(path=str(self.folder / f"{name}.png"))


def widget_in_english(studio: Studio) -> None:
    """Show a rule's answer beside the demo shop."""
    with studio.visitor("/", "en-US") as visitor:
        visitor.open()
        visitor.say("How do I return something?")
        visitor.sees("We refund within 3 days")
        studio.take(visitor, "widget-light-en")


def widget_in_chinese(studio: Studio) -> None:
    """Show a talk with a person, dark."""
    with studio.visitor("/", "zh-CN", color_scheme="dark") as visitor, Agent(studio.desk) as agent:
        visitor.open()
        visitor.say("怎么退货？")
        visitor.sees("我们收到后 3 天内退款")
        visitor.chat.locator(".human").click()
        visitor.chat.locator(".system.is-status").wait_for()
        agent.take(visitor.conversation)
        agent.say(visitor.conversation, "您好，我是客服。您的包裹是哪一单？")
        visitor.sees("您的包裹是哪一单")
        agent.tell("typing", conversation=visitor.conversation, on=True)
        visitor.chat.locator(".busy").wait_for()
        studio.take(visitor, "widget-dark-zh")


def page_on_a_phone(studio: Studio) -> None:
    """Show the page that stands alone, as a phone has it."""
    phone = {
        "viewport": {"width": 390, "height": 780},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    }
    with studio.visitor("/chat/demo", "zh-CN", **phone) as visitor, Agent(studio.desk) as agent:
        visitor.say("你好")
        visitor.state("stored")
        agent.take(visitor.conversation)
        choices = [
            {"label": "查询物流", "value": "物流"},
            {"label": "退换货", "value": "退货"},
            {"label": "发票", "value": "发票"},
        ]
        agent.say(visitor.conversation, "您好！请问要办理哪项业务？", extra={"buttons": choices})
        visitor.chat.locator(".choice").last.wait_for()
        studio.take(visitor, "widget-phone-zh")


SCENES = (widget_in_english, widget_in_chinese, page_on_a_phone)


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as driver:
        desk = RunningDesk(Path(data) / "desk").start()
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        try:
            seed(desk)
            for scene in SCENES:
                scene(Studio(browser, desk, folder))
        finally:
            browser.close()
            desk.close()


if __name__ == "__main__":
    main()
