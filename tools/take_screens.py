"""Take the pictures of the documentation: a desk of its own, real browsers, real messages. `python tools/take_screens.py [FOLDER]`."""

import itertools
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.e2e.conftest import CHROMIUM, FLAGS  # noqa: E402  (after the path is known)
from tests.e2e.consoles import Console  # noqa: E402
from tests.e2e.people import Agent, Visitor  # noqa: E402
from tests.running import PASSWORD, RunningDesk, free_port  # noqa: E402

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

    def take(self, visitor: Visitor | Console, name: str) -> None:
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


#: Visitors as a shop has them on a morning: name, language, pages, and what they write; some ask for a person.
PEOPLE: tuple[tuple[str, str, tuple[str, ...], bool], ...] = (
    ("张晓雨", "zh-CN", ("收到的茶杯碎了，怎么办？", "订单号 20260817"), True),
    ("Oliver Smith", "en", ("Hello", "How long does shipping to London take?"), False),
    ("刘洋", "zh-CN", ("怎么退货？",), False),
    ("Sofia García", "en", ("Do you have gift cards?", "Can I add a note?"), True),
    ("赵敏", "zh-CN", ("会员有什么优惠？", "你好"), False),
    ("Emily Chen", "en", ("How do I return something?",), False),
    ("周杰", "zh-CN", ("发票怎么开？",), True),
)
PAGES = (("/", "茶舍巷"), ("/oolong", "乌龙茶 · 春季"), ("/cart", "购物车"))
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"


def open_shop(desk: RunningDesk) -> list[str]:
    """Let visitors come and write, and colleagues be there; return the conversations."""
    status, answer = desk.ask(
        "PATCH", "/v1/sites/demo", {"settings": {"routing": {"order": "manual"}}}, desk.token
    )
    assert status == 200, answer
    for name, address in (("王伟", "wang@example.com"), ("Emma Stone", "emma@example.com")):
        desk.ask("POST", "/v1/agents", {"email": address, "password": PASSWORD, "name": name}, desk.token)
    desk.ask("POST", "/v1/teams", {"id": "after_sales", "name": "售后组"}, desk.token)
    greeting = {
        "title": "hello",
        "text": "您好 {{visitor.name | 朋友}}，我是{{agent.name}}。",
        "group": "问候",
    }
    desk.ask("POST", "/v1/canned", greeting, desk.token)
    found = []
    for n, (name, language, texts, wants_person) in enumerate(PEOPLE):
        fields = {"name": name, "plan": "gold" if n % 2 else "silver"}
        if n == 0:
            fields["order"] = "20260002"  # which the shop's plug-in shows beside the conversation
        wish = {"site": "demo", "locale": language, "fields": fields}
        _, visitor = desk.ask("POST", "/v1/visitors", wish, User_Agent=BROWSER)
        token = visitor["token"]
        for path, title in PAGES:
            page = {"t": "page", "url": desk.base + path, "title": title}
            desk.ask("POST", "/v1/frames", page, token, User_Agent=BROWSER)
        for m, text in enumerate(texts):
            desk.ask("POST", "/v1/messages", {"id": f"morning-{n}-{m}", "text": text}, token)
        if wants_person:
            desk.ask("POST", "/v1/frames", {"t": "human"}, token)
        found.append(visitor["conversation"])
    return found


@contextmanager
def console(studio: Studio, **profile: Any) -> Iterator[Console]:
    """An agent at the console, gone afterwards."""
    settings = {
        "viewport": {"width": 1440, "height": 860},
        "device_scale_factor": 1.25,
        "reduced_motion": "reduce",
        **profile,
    }
    context = studio.browser.new_context(**settings)
    try:
        yield Console(context, studio.desk.base).sign_in()
    finally:
        context.close()


def answer_as_agent(agent: Console, conversation: str) -> None:
    """Take a conversation, answer, and leave a note."""
    agent.show("全部|All")
    agent.open(conversation)
    take = agent.page.get_by_role("button", name="接待", exact=True)
    if take.count():
        take.click()
        agent.say("非常抱歉！请拍一张照片发给我，我马上为您补发一只新的。")
        agent.page.locator(".entry[data-role=agent]").wait_for()
        agent.press("n")
        agent.write("老客户，优先补发。@王伟 请安排仓库")
        agent.page.keyboard.press("Enter")
        agent.page.locator(".entry[data-role=note] mark").wait_for()
        agent.press("r")


def console_at_work(studio: Studio) -> None:
    """Show an agent's morning: light in Chinese, dark in English, and on a phone."""
    conversations = open_shop(studio.desk)
    with console(studio, locale="zh-CN") as agent:
        answer_as_agent(agent, conversations[0])
        agent.page.locator(".visitor-card").wait_for()
        studio.take(agent, "console-light-zh")
        for row in (1, 3):
            pick = agent.page.locator(".rows li:has(.row)").nth(row).locator(".pick input")
            pick.click(modifiers=["Shift"] if row > 1 else [])
        agent.press("a")
        studio.take(agent, "console-several-zh")
        agent.page.keyboard.press("Escape")
        agent.press("Control+k")
        agent.page.keyboard.type("茶")
        agent.page.wait_for_timeout(600)
        studio.take(agent, "console-search-zh")
    with console(studio, locale="en-US", color_scheme="dark") as agent:
        agent.show("All")
        agent.open(conversations[3])
        agent.page.locator(".why summary").first.wait_for()
        studio.take(agent, "console-dark-en")
    phone = {
        "viewport": {"width": 390, "height": 780},
        "is_mobile": True,
        "has_touch": True,
        "device_scale_factor": 2,
    }
    with console(studio, locale="zh-CN", **phone) as agent:
        agent.show("全部")
        agent.page.locator(".row").nth(3).wait_for()
        studio.take(agent, "console-phone-list-zh")
        agent.open(conversations[0])
        studio.take(agent, "console-phone-zh")


def keep_busy(desk: RunningDesk, seconds: float) -> None:
    """Let visitors ask for a while, now more and now less."""
    tokens = [desk.visitor()["token"] for _ in range(6)]
    begin = time.monotonic()
    for n in itertools.count():
        past = time.monotonic() - begin
        if past > seconds:
            return
        body = {"id": f"busy-{n:06}", "text": ("How do I return something?", "hello", "你好")[n % 3]}
        desk.ask("POST", "/v1/messages", body, tokens[n % len(tokens)])
        time.sleep(0.02 + 0.03 * (1 + math.sin(past)))


def owner_at_work(studio: Studio) -> None:
    """Show what an owner decides and sees: a site with its preview, a rule as text, reports, the live page."""
    with console(studio, locale="zh-CN") as agent:
        agent.go("settings", "sites", "demo")
        agent.page.locator(".preview").wait_for()
        agent.page.frame_locator(".preview").locator(".composer-text").wait_for()
        studio.take(agent, "settings-site-zh")
        agent.go("reports")
        agent.page.locator(".uplot, .bars").first.wait_for()
        studio.take(agent, "reports-zh")
    with console(studio, locale="en-US") as agent:
        agent.go("settings", "rules", "returns")
        agent.page.locator(".try input").fill("How do I return something?")
        agent.page.locator(".try button").click()
        agent.page.locator(".verdict").wait_for()
        studio.take(agent, "settings-rule-en")
    with console(studio, locale="en-US", color_scheme="dark") as agent:
        agent.go("operations")
        keep_busy(studio.desk, seconds=20)  # a line needs its points
        studio.take(agent, "live-dark-en")


SCENES = (widget_in_english, widget_in_chinese, page_on_a_phone, console_at_work, owner_at_work)


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    shop, port = ROOT / "examples/shop", free_port()
    orders = subprocess.Popen(
        [sys.executable, str(shop / "order_server.py"), "--port", str(port)], stdout=subprocess.DEVNULL
    )
    with tempfile.TemporaryDirectory() as data, sync_playwright() as driver:
        options = Path(data) / "fastdesk.toml"
        options.write_text(f'[plugins.orders]\nurl = "http://127.0.0.1:{port}"\n')
        plugins = {"PLUGINS_DIR": str(shop / "plugins"), "CONFIG": str(options)}
        desk = RunningDesk(Path(data) / "desk", LIMITS="off", **plugins).start()
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        try:
            seed(desk)
            for scene in SCENES:
                scene(Studio(browser, desk, folder))
        finally:
            browser.close()
            desk.close()
            orders.terminate()


if __name__ == "__main__":
    main()
