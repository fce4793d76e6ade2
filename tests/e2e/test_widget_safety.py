"""What others write is text, and only the right window is listened to."""

import http.server
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from tests.e2e.payloads import PAYLOADS
from tests.e2e.people import Agent, Visitor
from tests.running import RunningDesk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Visit = Callable[..., Visitor]

#: Elements and attributes that no text may bring into the page.
SMUGGLED = """() => {
  const bad = [...document.querySelectorAll('.log script, .log iframe, .log object, .log embed, .log form[action], .log style, .log img')];
  const loud = [...document.querySelectorAll('*')].filter(element => [...element.attributes].some(a => a.name.startsWith('on')));
  const links = [...document.querySelectorAll('a[href]')].filter(link => !/^(https?|mailto|tel|blob):/.test(link.href));
  return [...bad, ...loud, ...links].map(element => element.outerHTML.slice(0, 200));
}"""


def is_clean(visitor: Visitor) -> None:
    for frame in visitor.page.frames:
        assert frame.evaluate("window.hacked") is None
    assert visitor.frame.evaluate(SMUGGLED) == []


def test_there_are_enough_payloads() -> None:
    assert len(set(PAYLOADS)) >= 200


def test_nothing_that_an_agent_writes_runs(visit: Visit, agent: Agent, desk: RunningDesk) -> None:
    visitor = visit("/chat/demo")
    visitor.say("hello")
    visitor.state("stored")
    conversation = visitor.conversation
    agent.take(conversation)
    for payload in PAYLOADS:
        agent.say(conversation, payload)
    bare = PAYLOADS[:50]
    agent.say(
        conversation,
        "buttons",
        extra={"buttons": [{"label": each, "value": str(n)} for n, each in enumerate(bare)]},
    )
    cards = [{"title": each, "text": each, "link": each, "image": each} for each in bare]
    agent.say(conversation, "cards", extra={"cards": cards})
    for part in (bare[:25], bare[25:]):
        fields = [
            {"name": f"f{n}", "label": each, "type": "choice", "choices": [each]}
            for n, each in enumerate(part)
        ]
        form = {"id": "f", "title": bare[3], "text": bare[4], "submit": bare[5], "fields": fields}
        agent.say(conversation, "form", extra={"form": form})
    name = {"X_File_Name": quote(bare[3] + ".txt"), "Content_Type": "text/plain"}
    status, stored = desk.ask("POST", "/v1/files", b"tea", desk.token, **name)
    assert status in (200, 201), stored
    agent.say(conversation, "file", kind="file", extra={"file": stored})
    agent.say(conversation, "the end")
    visitor.sees("the end", within_ms=60_000)
    is_clean(visitor)


def test_nothing_that_a_visitor_writes_runs(visit: Visit) -> None:
    visitor = visit("/chat/demo")
    for payload in PAYLOADS[:50]:
        visitor.say(payload)
    visitor.say("the end")
    visitor.sees("the end")
    visitor.state("stored")
    is_clean(visitor)
    visitor.page.reload()
    visitor.sees("the end")
    is_clean(visitor)


def test_no_text_of_a_site_runs(visit: Visit, desk: RunningDesk) -> None:
    bad = PAYLOADS[3]
    texts = dict.fromkeys(("welcome", "announcement", "placeholder", "title", "subtitle"), bad)
    form = {"id": "p", "title": bad, "fields": [{"name": "n", "label": bad, "type": "text"}]}
    status, answer = desk.ask(
        "POST",
        "/v1/sites",
        {"id": "hostile", "name": bad, "texts": texts, "forms": {"pre_chat": form}},
        desk.token,
    )
    assert status == 201, answer
    visitor = visit("/chat/hostile")
    visitor.chat.locator(".announcement").wait_for()
    is_clean(visitor)


# Frames.


class _Shop(http.server.BaseHTTPRequestHandler):
    """A foreign web site with one page."""

    page = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def shop() -> Iterator[Callable[[str], str]]:
    """Serve a page from another origin; gives its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Shop)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def serve(page: str) -> str:
        _Shop.page = page.encode()
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    server.shutdown()
    thread.join()
    server.server_close()


def test_another_web_site_gets_the_chat_by_the_script_alone(
    visit: Visit, shop: Any, desk: RunningDesk
) -> None:
    address = shop(
        f"<!doctype html><title>Shop</title><script async src='{desk.base}/widget.js' data-site='demo'></script>"
    )
    visitor = visit(address + "/").open()
    visitor.say("a refund please")
    visitor.sees("Refunds take three days")
    visitor.state("stored")
    hosts = {url.split("/")[2] for url in visitor.requests if url.startswith("http")}
    assert hosts == {address.split("/")[2], desk.base.split("/")[2]}


def test_a_site_is_framed_by_its_own_origins_only(visit: Visit, shop: Any, desk: RunningDesk) -> None:
    status, answer = desk.ask(
        "POST", "/v1/sites", {"id": "closed", "name": "c", "origins": ["https://shop.example"]}, desk.token
    )
    assert status == 201, answer
    address = shop(f"<iframe src='{desk.base}/embed.html?site=closed'></iframe>")
    visitor = visit("about:blank")
    visitor.page.goto(address)
    visitor.until(
        lambda: any("frame-ancestors" in trouble for trouble in visitor.troubles),
        "the browser refuses the frame",
    )
    visitor.troubles.clear()
    assert not any("app.js" in url for url in visitor.requests)


def test_a_hostile_parent_hears_nothing_and_is_not_heard(visit: Visit, shop: Any, desk: RunningDesk) -> None:
    """The frame believes that its host is somebody else: what this parent says does not count, and it is told nothing."""
    address = shop(f"""<!doctype html>
        <iframe src='{desk.base}/embed.html?site=demo#host=https%3A%2F%2Fshop.example'></iframe>
        <script>
          window.heard = [];
          addEventListener('message', event => heard.push(event.data));
          const boot = {{fastdesk: 1, t: 'boot', isOpen: true, presence: true, modal: false, page: {{url: '', title: '', referrer: ''}},
                         commands: [['message', 'written by an attacker', {{send: true}}]]}};
          setInterval(() => frames[0].postMessage(boot, '*'), 50);
        </script>""")
    visitor = visit("about:blank")
    visitor.page.goto(address)
    visitor.page.wait_for_load_state("networkidle")
    visitor.page.wait_for_timeout(500)  # ten times the chance to be heard
    assert visitor.page.evaluate("heard") == []
    assert visitor.frame.locator(".app").count() == 0
    visitor.troubles = [trouble for trouble in visitor.troubles if "postMessage" not in trouble]


def test_a_hostile_child_commands_nothing(visit: Visit, desk: RunningDesk) -> None:
    visitor = visit()
    visitor.launcher.wait_for()
    visitor.page.evaluate("""() => new Promise(resolve => {
        const frame = document.createElement('iframe');
        frame.srcdoc = '';
        frame.onload = () => {
          for (const t of ['ready', 'close', 'event', 'look', 'teaser', 'known']) {
            const message = {fastdesk: 1, t, name: 'unread', detail: 99, text: 'fake', known: true, hidden: true};
            dispatchEvent(new MessageEvent('message', {data: message, origin: 'https://evil.example', source: frame.contentWindow}));
            dispatchEvent(new MessageEvent('message', {data: message, origin: location.origin, source: frame.contentWindow}));
          }
          resolve();
        };
        document.body.append(frame);
      })""")
    visitor.open()
    assert visitor.page.locator("fastdesk-chat .badge").inner_text() == ""
    assert visitor.page.locator("fastdesk-chat .teaser").count() == 0
    assert visitor.page.evaluate("localStorage.length") == 0
