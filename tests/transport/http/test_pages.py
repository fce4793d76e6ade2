"""Pages as browsers get them: compressed where they take that, fresh when they changed, framed by the site's own pages only."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from tests.pipeline.conftest import Floor

from fastdesk.transport.http.pages import Pages

Browser = TestClient[web.Request, web.Application]


@pytest.fixture
async def floor() -> AsyncIterator[Floor]:
    floor = Floor(models=())
    await floor.start()
    yield floor
    await floor.stop()


@pytest.fixture
async def browser(floor: Floor, tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser that asks for nothing but what a test says, and pages of known content."""
    folder = tmp_path / "web"
    (folder / "console").mkdir(parents=True)
    (folder / "assets").mkdir()
    for name in (
        "index.html",
        "embed.html",
        "chat.html",
        "widget.js",
        "console/index.html",
        "console/app.js",
    ):
        (folder / name).write_text(f"plain {name}")
    (folder / "widget.js.gz").write_bytes(gzip.compress(b"small widget.js"))
    (folder / "assets" / "odd.xyz").write_text("plain")
    (tmp_path / "secret").write_text("a secret")
    app = web.Application()
    Pages(floor.engine.rooms, folder).add(app)
    async with TestClient(TestServer(app), skip_auto_headers=["Accept-Encoding"]) as browser:
        yield browser


async def test_who_takes_a_compressed_file_gets_its_twin(browser: Browser) -> None:
    small = await browser.get("/widget.js", headers={"Accept-Encoding": "br, gzip"})
    assert (small.headers["Content-Encoding"], await small.text()) == ("gzip", "small widget.js")
    plain = await browser.get("/widget.js", headers={"Accept-Encoding": "identity"})
    assert ("Content-Encoding" in plain.headers, await plain.text()) == (False, "plain widget.js")
    assert small.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert small.headers["ETag"] != plain.headers["ETag"], "a cache must not take one for the other"
    assert plain.headers["Access-Control-Allow-Origin"] == "*"


async def test_what_the_browser_has_is_not_sent_again(browser: Browser) -> None:
    tag = (await browser.get("/console/app.js")).headers["ETag"]
    again = await browser.get("/console/app.js", headers={"If-None-Match": tag})
    assert (again.status, await again.read()) == (304, b"")
    assert (await browser.get("/console/app.js", headers={"If-None-Match": '"other"'})).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/chat/shop", "/console/", "/console/conversations/c1", "/embed.html?site=shop"]
)
async def test_pages_are_asked_for_anew_and_guarded(browser: Browser, path: str) -> None:
    page = await browser.get(path)
    assert page.status == 200
    assert (page.content_type, page.headers["Cache-Control"]) == ("text/html", "no-cache")
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "{" not in policy


async def test_nobody_frames_the_console_and_each_site_says_who_frames_its_chat(
    browser: Browser, floor: Floor
) -> None:
    assert (
        (await browser.get("/console/")).headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
    )
    floor.site(origins=("https://shop.example",))
    policy = (await browser.get("/embed.html?site=shop")).headers["Content-Security-Policy"]
    assert "https://shop.example" in policy.partition("frame-ancestors")[2]
    assert (await browser.get("/embed.html?site=nobody")).status == 404
    assert (await browser.get("/embed.html")).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret",
        "/assets/%2e%2e/%2e%2e/secret",
        "/assets/..%2f..%2fsecret",
        "/console/..%2f..%2fsecret.x",
    ],
)
async def test_no_name_leads_out_of_the_folder(browser: Browser, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status == 404
    assert b"a secret" not in await answer.read()


async def test_a_file_of_no_known_kind_is_bytes(browser: Browser) -> None:
    answer = await browser.get("/assets/odd.xyz")
    assert (answer.status, answer.content_type) == (200, "application/octet-stream")
    assert (await browser.get("/console", allow_redirects=False)).headers["Location"] == "/console/"
