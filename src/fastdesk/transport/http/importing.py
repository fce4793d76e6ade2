"""Bring articles in over HTTP: a file in one request, web pages in a job that says how far it is."""

import asyncio
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote

from msgspec import Meta, Struct

from fastdesk.article_files import read_articles
from fastdesk.article_intake import Fetch, Taken, read_pages, read_sitemap, take_in
from fastdesk.errors import Refused
from fastdesk.model.article import EVERYONE, Article
from fastdesk.model.ids import TenantId
from fastdesk.model.problem import Problem
from fastdesk.observe.clock import new_id
from fastdesk.pipeline.rooms import Rooms
from fastdesk.plugins.kinds import refuse
from fastdesk.protocol.codes import Rejection
from fastdesk.transport.http.routes import Call, Query, Route, read_body

__all__ = ["ImportRoutes"]

Label = Annotated[str, Meta(min_length=1, max_length=100)]
Address = Annotated[str, Meta(min_length=8, max_length=2_000, pattern="^https?://")]

MAX_FILE: Final = 32 << 20
#: Jobs of one tenant that may run at the same time, and finished ones that are remembered.
MAX_RUNNING: Final = 2
KEPT_JOBS: Final = 20
KEPT_PROBLEMS: Final = 200


class PagesWish(Struct, frozen=True, kw_only=True):
    """Which pages to read: by their addresses, or those of a sitemap, or both."""

    urls: Annotated[tuple[Address, ...], Meta(max_length=10_000)] = ()
    sitemap: Annotated[str, Meta(max_length=2_000)] = ""
    #: At most so many pages of the sitemap.
    most: Annotated[int, Meta(ge=1, le=10_000)] = 500
    audience: Annotated[tuple[Label, ...], Meta(min_length=1, max_length=50)] = (EVERYONE,)
    language: Annotated[str, Meta(max_length=35)] = ""
    state: Literal["draft", "published"] = "published"


class Fault(Struct, frozen=True, kw_only=True):
    """A page that was not read, and why."""

    url: str
    message: str


class Job(Struct, kw_only=True):
    """How far an import of pages is; `total` is 0 while the sitemap is read."""

    id: str
    state: Literal["running", "done", "failed", "cancelled"] = "running"
    done: int = 0
    total: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    problems: list[Fault] = []


class ImportRoutes:
    """Imports into the knowledge base."""

    def __init__(self, rooms: Rooms, fetch: Fetch) -> None:
        self._rooms = rooms
        self._fetch = fetch
        self._jobs: dict[TenantId, dict[str, Job]] = {}
        self._running: dict[str, asyncio.Task[Any]] = {}

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag, write, pages = "knowledge", "knowledge.write", "/v1/knowledge/pages"
        told = (
            Query("name", str, "", "The file's name, where the header X-File-Name does not say it"),
            Query("audience", str, EVERYONE, "Who may see the articles: labels with commas between them"),
            Query("language", str, "", "Their language where the file says none"),
            Query("state", str, "published", "draft or published"),
        )
        return [
            Route(method="POST", path="/v1/knowledge/import", handler=self.take_file, access=write, tag=tag, answer=Taken, query=told,
                  takes="application/octet-stream", summary="Bring in the articles of a file: .md, .txt, .csv, .html or .pdf"),
            Route(method="POST", path=pages, handler=self.start, access=write, tag=tag, body=PagesWish, answer=Job, status=202,
                  summary="Begin to bring in web pages; private addresses are refused"),
            Route(method="GET", path=pages, handler=self.all, access="knowledge.read", tag=tag, answer=list[Job],
                  summary="List imports of pages since the start of the desk"),
            Route(method="GET", path=pages + "/{id}", handler=self.one, access="knowledge.read", tag=tag, answer=Job,
                  summary="How far an import of pages is"),
            Route(method="DELETE", path=pages + "/{id}", handler=self.cancel, access=write, tag=tag, status=204,
                  summary="Stop an import of pages; what it has brought in stays"),
        ]  # fmt: skip

    async def take_file(self, call: Call) -> Taken:
        """Read a file and write its articles; nothing is written unless all of it is right."""
        raw = await read_body(call.request, MAX_FILE)
        if isinstance(raw, Rejection):
            raise Refused(raw.code, raw.sentence)
        name = unquote(call.request.headers.get("X-File-Name", "")) or call.query["name"]
        if not name:
            raise Refused("invalid", "The file has no name.", hint="Say it: ?name=faq.csv, or X-File-Name.")
        state = call.query["state"]
        if state not in ("draft", "published"):
            raise Refused("invalid", "state is draft or published.")
        audience = [label.strip() for label in call.query["audience"].split(",") if label.strip()]
        defaults = {"audience": audience, "language": call.query["language"], "state": state}
        read = await self._rooms.tasks.offload(read_articles, name, raw, defaults)
        problems = [each for each in read if isinstance(each, Problem)]
        if problems:
            raise refuse(problems)
        articles = [each for each in read if isinstance(each, Article)]
        return take_in(self._rooms.records, call.principal.tenant, articles, actor=call.principal.id)

    async def start(self, call: Call) -> Job:
        """Begin a job."""
        wish: PagesWish = call.body
        if not wish.urls and not wish.sitemap:
            raise Refused("invalid", "Say which pages.", hint="Give urls, or a sitemap.")
        tenant = call.principal.tenant
        jobs = self._jobs.setdefault(tenant, {})
        if sum(job.state == "running" for job in jobs.values()) >= MAX_RUNNING:
            raise Refused("conflict", "Other imports are still running.", hint="Wait for them, or stop one.")
        job = Job(id=new_id(self._rooms.clock.now_ms(), self._rooms.entropy), total=len(wish.urls))
        jobs[job.id] = job
        while len(jobs) > KEPT_JOBS:
            del jobs[next(id for id, each in jobs.items() if each.state != "running")]
        work = self._run(job, wish, tenant, call.principal.id)
        self._running[job.id] = self._rooms.tasks.spawn(work, f"import {job.id}")
        return job

    async def all(self, call: Call) -> list[Job]:
        """Return the tenant's jobs."""
        return list(self._jobs.get(call.principal.tenant, {}).values())

    async def one(self, call: Call) -> Job:
        """Return one job."""
        job = self._jobs.get(call.principal.tenant, {}).get(call.path("id"))
        if job is None:
            raise Refused("not_found", "There is no such import.")
        return job

    async def cancel(self, call: Call) -> None:
        """Stop a job."""
        job = await self.one(call)
        if job.id in self._running:
            self._running[job.id].cancel()

    async def _run(self, job: Job, wish: PagesWish, tenant: TenantId, actor: str) -> None:
        defaults: dict[str, object] = {
            "audience": list(wish.audience),
            "language": wish.language,
            "state": wish.state,
        }

        def take(done: int, read: list[Any]) -> None:
            job.done = done
            taken = take_in(
                self._rooms.records, tenant, (each for each in read if isinstance(each, Article)), actor=actor
            )
            job.new, job.changed, job.same = (
                job.new + taken.new,
                job.changed + taken.changed,
                job.same + taken.same,
            )
            self._complain(job, [each for each in read if isinstance(each, Problem)])

        outcome: Literal["done", "failed", "cancelled"] = "failed"
        try:
            urls = list(wish.urls)
            if wish.sitemap:
                listed = await read_sitemap(self._fetch, wish.sitemap, wish.most)
                if isinstance(listed, Problem):
                    self._complain(job, [listed])
                else:
                    urls += listed
            job.total = len(set(urls))
            await read_pages(self._fetch, urls, defaults, take)
            outcome = "done" if job.new + job.changed + job.same else "failed"
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            job.state = outcome
            del self._running[job.id]

    def _complain(self, job: Job, problems: list[Problem]) -> None:
        room = KEPT_PROBLEMS - len(job.problems)
        job.problems += [Fault(url=each.path, message=each.message) for each in problems[:room]]
