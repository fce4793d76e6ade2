"""Bring articles in: pages by their addresses or a sitemap, and whatever was read into a tenant's records."""

import asyncio
import html
import re
import zlib
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol
from urllib.parse import urljoin

from msgspec import Struct
from msgspec.structs import replace

from fastdesk.article_files import decode_text, read_articles, read_page
from fastdesk.model.article import Article
from fastdesk.model.ids import TenantId
from fastdesk.model.problem import Problem
from fastdesk.tenants.records import Records

__all__ = ["Fetch", "Page", "Taken", "is_same", "read_pages", "read_sitemap", "take_in"]

#: Pages that are asked for at the same time: an owner's site shall not feel it.
AT_ONCE: Final = 4
MAX_SITEMAPS: Final = 50
MAX_UNPACKED: Final = 16 << 20
_PLACES = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*(.*?)\s*(?:\]\]>)?\s*</loc>", re.DOTALL | re.IGNORECASE)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]+)", re.IGNORECASE)
#: Why a page could not be had, in words.
_REASONS: Final = {
    "private_address": "the address is private, and those are refused",
    "refused": "this is no address of a page",
    "timeout": "the page did not come in time",
    "too_large": "the page is too large",
    "unreachable": "there is no answer",
    "redirects": "the page leads from one address to the next without end",
}


class Page(Struct, frozen=True, kw_only=True):
    """What came from an address; `error` is empty when something did."""

    url: str
    status: int = 0
    content: bytes = b""
    media: str = ""
    error: str = ""


class Fetch(Protocol):
    """Get a page by its address; redirects are followed, private addresses refused. Never raises."""

    async def __call__(self, url: str) -> Page: ...


class Taken(Struct, frozen=True, kw_only=True):
    """How many articles were new, changed and as before."""

    new: int = 0
    changed: int = 0
    same: int = 0


def take_in(records: Records, tenant: TenantId, articles: Iterable[Article], *, actor: str) -> Taken:
    """Write articles that are new or not as before; the others keep their revision."""
    new = changed = same = 0
    for article in articles:
        before = records.get(Article, tenant, "article", article.id)
        if is_same(before, article):
            same += 1
            continue
        records.put(tenant, "article", article, actor=actor, reason="import")
        new += before is None
        changed += before is not None
    return Taken(new=new, changed=changed, same=same)


def is_same(before: Article | None, now: Article) -> bool:
    """Tell whether an article is what it was, its revision apart."""
    return before is not None and replace(before, revision=now.revision, updated_at=now.updated_at) == now


async def read_pages(
    fetch: Fetch, urls: Iterable[str], defaults: dict[str, object], step: Callable[[int, list[Any]], None]
) -> None:
    """Read pages, a few at a time; `step` is called after each with how many are done, and its articles or problems."""
    waiting = list(dict.fromkeys(url.strip() for url in urls if url.strip()))
    done = 0

    async def work() -> None:
        nonlocal done
        while waiting:
            url = waiting.pop(0)
            page = await fetch(url)
            read = await asyncio.to_thread(_read, url, page, defaults)
            done += 1
            step(done, read)

    await asyncio.gather(*(work() for _ in range(min(AT_ONCE, len(waiting)))))


def _read(url: str, page: Page, defaults: dict[str, object]) -> list[Any]:
    fault = _fault(page)
    if fault:
        return [Problem(message=fault, path=url)]
    if "pdf" in page.media or page.content.startswith(b"%PDF-"):
        read = read_articles("page.pdf", page.content, {**defaults, "source": page.url[:2_000]})
        return [
            replace(each, id=_page_id(url)) if isinstance(each, Article) else replace(each, path=url) for each in read
        ]  # fmt: skip
    text = _decoded(page)
    if isinstance(text, Problem):
        return [replace(text, path=url)]
    return [
        replace(each, id=_page_id(url)) if isinstance(each, Article) else replace(each, path=url)
        for each in read_page(page.url, text, defaults)
    ]


def _page_id(url: str) -> Any:
    """Return an id that can be read and stays the same: the address without its scheme, or the part that fits and a number."""
    name = re.sub(r"[^A-Za-z0-9_.\-]+", "-", url.partition("://")[2]).strip("-")
    if len(name) <= 64:
        return name or "page"
    return f"{name[:55]}-{zlib.crc32(url.encode()):08x}"


async def read_sitemap(fetch: Fetch, url: str, limit: int) -> list[str] | Problem:
    """Return the addresses of pages that a sitemap (sitemaps.org, plain or gzip) and the sitemaps it names list."""
    found: dict[str, None] = {}
    maps, seen = [url], 0
    while maps and len(found) < limit and seen < MAX_SITEMAPS:
        page = await fetch(maps.pop(0))
        seen += 1
        text = _fault(page) or _unpacked(page.content)
        if not text.lstrip().startswith("<") or "<loc" not in text.lower():
            if seen == 1:
                message = text if page.error or page.status != 200 else "this is no sitemap"
                return Problem(message=message[:200], path=url, hint="it has <urlset> or <sitemapindex>")
            continue
        places = [urljoin(page.url, html.unescape(place)) for place in _PLACES.findall(text)]
        if "<sitemapindex" in text.lower():
            maps += places
        else:
            found |= dict.fromkeys(places)
    return list(found)[:limit]


def _fault(page: Page) -> str:
    if page.error:
        return _REASONS.get(page.error, page.error)
    return "" if page.status == 200 else f"the address answers with status {page.status}"


def _unpacked(content: bytes) -> str:
    if content[:2] == b"\x1f\x8b":
        try:
            content = zlib.decompressobj(31).decompress(content, MAX_UNPACKED)
        except zlib.error:
            return ""
    return content.decode("utf-8", "replace")


def _decoded(page: Page) -> str | Problem:
    named = _CHARSET.search(page.media.encode()) or _CHARSET.search(page.content[:2048])
    if named is not None:
        try:
            return page.content.decode(named.group(1).decode(), "replace")
        except LookupError:
            pass
    return decode_text(page.content)
