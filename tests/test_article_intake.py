"""Pages are read by their addresses, sitemaps name them, and what fails is told while the others are taken in."""

import gzip
from typing import Any

import pytest
from tests.pdf_files import pdf

from fastdesk.article_intake import Page, is_same, read_pages, read_sitemap, take_in
from fastdesk.model.article import Article, ArticleId
from fastdesk.model.ids import TenantId
from fastdesk.model.problem import Problem

MAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>"""


class Web:
    """A web of pages that a test made."""

    def __init__(self, **pages: Page | str | bytes) -> None:
        self._pages = pages
        self.asked: list[str] = []

    async def __call__(self, url: str) -> Page:
        self.asked.append(url)
        found = self._pages.get(url.rpartition("/")[2])
        if found is None:
            return Page(url=url, status=404)
        if isinstance(found, Page):
            return found
        content = found if isinstance(found, bytes) else found.encode()
        return Page(url=url, status=200, content=content, media="text/html; charset=utf-8")


async def read(web: Web, *names: str, **defaults: Any) -> tuple[list[Article], list[Problem]]:
    found: list[Any] = []
    counts: list[int] = []

    def step(done: int, read: list[Any]) -> None:
        counts.append(done)
        found.extend(read)

    await read_pages(web, [f"https://tea.example/{name}" for name in names], defaults, step)
    assert counts == list(range(1, len(web.asked) + 1))
    articles = [each for each in found if isinstance(each, Article)]
    return articles, [each for each in found if isinstance(each, Problem)]


async def test_pages_become_articles_that_name_their_source() -> None:
    web = Web(a="<h1>Opening hours</h1><p>9 to 5</p>", b=pdf("A file."))
    articles, problems = await read(web, "a", "b", state="published")
    assert not problems
    by_id = {each.id: each for each in articles}
    assert set(by_id) == {"tea.example-a", "tea.example-b"}
    first = by_id[ArticleId("tea.example-a")]
    assert (first.title, first.source, first.state) == ("Opening hours", "https://tea.example/a", "published")
    assert by_id[ArticleId("tea.example-b")].body == "A file."


async def test_an_address_is_read_once_and_faults_stop_nobody() -> None:
    web = Web(a="<p>x</p>", empty="<script>1</script>", refused=Page(url="", error="private_address"))
    articles, problems = await read(web, "a", "a", "gone", "empty", "refused")
    assert len(articles) == 1
    assert len(web.asked) == 4
    assert sorted(str(each.message)[:20] for each in problems) == [
        "the address answers ",
        "the address is priva",
        "the page holds no te",
    ]
    assert all(each.path.startswith("https://tea.example/") for each in problems)


async def test_pages_in_other_encodings() -> None:
    text = "<html><meta charset=gbk><h1>退款</h1>"
    (article,), _ = await read(
        Web(a=Page(url="u", status=200, content=text.encode("gbk"), media="text/html")), "a"
    )
    assert article.title == "退款"


async def test_sitemaps_are_followed_and_bounded() -> None:
    places = "".join(f"<url><loc> https://tea.example/p{n}?a=1&amp;b=2 </loc></url>" for n in range(5))
    index = "<sitemapindex><sitemap><loc>one.xml</loc></sitemap><sitemap><loc>two.xml.gz</loc></sitemap></sitemapindex>"
    web = Web(
        **{
            "map.xml": index,
            "one.xml": MAP.format(places),
            "two.xml.gz": gzip.compress(MAP.format(places).encode()),
        }
    )
    found = await read_sitemap(web, "https://tea.example/map.xml", 3)
    assert found == [f"https://tea.example/p{n}?a=1&b=2" for n in range(3)]
    assert len(await read_sitemap(web, "https://tea.example/map.xml", 100)) == 5  # type: ignore[arg-type]


async def test_sitemap_that_names_itself_ends() -> None:
    web = Web(**{"map.xml": "<sitemapindex><sitemap><loc>map.xml</loc></sitemap></sitemapindex>"})
    assert await read_sitemap(web, "https://tea.example/map.xml", 10) == []
    assert len(web.asked) <= 50


@pytest.mark.parametrize(
    "page", ["<html>no</html>", "", Page(url="", error="timeout"), Page(url="", status=500)]
)
async def test_what_is_no_sitemap_says_so(page: Page | str) -> None:
    found = await read_sitemap(Web(**{"map.xml": page}), "https://tea.example/map.xml", 10)
    assert isinstance(found, Problem)
    assert found.message


class Shelf:
    """Records of articles."""

    def __init__(self) -> None:
        self.held: dict[str, Article] = {}
        self.written = 0

    def get(self, struct: type[Article], tenant: TenantId, kind: str, id: str) -> Article | None:
        return self.held.get(id)

    def put(self, tenant: TenantId, kind: str, record: Article, *, actor: str, reason: str) -> None:
        self.held[record.id] = record
        self.written += 1


def test_what_did_not_change_is_not_written() -> None:
    shelf, tenant = Shelf(), TenantId("t")
    one = Article(id=ArticleId("a"), title="t", body="b")
    assert take_in(shelf, tenant, [one], actor="x").new == 1  # type: ignore[arg-type]
    assert take_in(shelf, tenant, [one], actor="x").same == 1  # type: ignore[arg-type]
    other = Article(id=ArticleId("a"), title="t", body="c")
    assert take_in(shelf, tenant, [other], actor="x").changed == 1  # type: ignore[arg-type]
    assert shelf.written == 2
    assert not is_same(None, one)
