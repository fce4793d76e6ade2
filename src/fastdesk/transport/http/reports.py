"""Reports over HTTP: figures of a period, one row per conversation as CSV, and the live board."""

from datetime import datetime
from functools import partial
from typing import Any, Final

from aiohttp import web
from msgspec import Struct
from sqlalchemy import Connection

from fastdesk.errors import Refused
from fastdesk.model.agent import Agent, Team
from fastdesk.model.ids import TenantId
from fastdesk.model.site import Site
from fastdesk.pipeline.reply import pick_text
from fastdesk.pipeline.rooms import Rooms
from fastdesk.reports import (
    REPORTS,
    Period,
    Report,
    read_conversations,
    read_table,
)
from fastdesk.reports.facts import Facts
from fastdesk.reports.spreadsheet import HEADER, rows_of, write_rows
from fastdesk.transport.http.routes import Call, Query, Route
from fastdesk.transport.http.zones import moment_of, zone_of

__all__ = ["PERIOD", "ReportRoutes", "period_of"]

#: The longest period of a report; its sums are read row by row.
MAX_DAYS: Final = 3660
DEFAULT_DAYS: Final = 7
PAGE: Final = 1000


class Title(Struct, frozen=True):
    """A title in Chinese and English."""

    zh: str
    en: str


class ColumnView(Struct, frozen=True):
    """A column: `unit` is key, count, ms, share (of 1), score (of 5) or money (millionths)."""

    name: str
    title: Title
    unit: str


class ReportView(Struct, frozen=True):
    """A report that can be asked for, and what `by` may be."""

    name: str
    title: Title
    by: tuple[str, ...]
    columns: list[ColumnView]


class ReportAnswer(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A report: rows begin with their keys; `names` says what an id is called; null is "nothing to say"."""

    report: str
    by: str
    from_: int
    to: int
    columns: list[ColumnView]
    rows: list[list[Any]]
    total: list[Any]
    previous: list[list[Any]]
    previous_total: list[Any]
    names: dict[str, str]


class LiveAgent(Struct, frozen=True):
    """An agent on the live board."""

    id: str
    name: str
    connected: bool
    conversations: int
    capacity: int


class LiveBoard(Struct, frozen=True, kw_only=True):
    """The desk as it is now."""

    at: int
    states: dict[str, int]
    by_bot: int
    waiting: int
    longest_wait_ms: int
    with_people: int
    visitors_connected: int
    agents: list[LiveAgent]
    today: dict[str, Any]


#: What every report of a period takes.
PERIOD: Final = (
    Query("from", str, None, "First day (2026-01-31) or time in milliseconds; a week ago by default"),
    Query("to", str, None, "Last day, or the time before which; now by default"),
    Query("zone", str, "UTC", "Time zone such as Asia/Shanghai: days and hours are its own"),
)

_KEYS: Final = {
    "day": [ColumnView("day", Title("日期", "Day"), "key")],
    "hour": [ColumnView("weekday", Title("星期", "Weekday"), "key"), ColumnView("hour", Title("小时", "Hour"), "key")],
    "site": [ColumnView("site", Title("站点", "Site"), "key")],
    "team": [ColumnView("team", Title("团队", "Team"), "key")],
    "label": [ColumnView("label", Title("标签", "Label"), "key")],
    "agent": [ColumnView("agent", Title("客服", "Agent"), "key")],
    "model": [ColumnView("model", Title("模型", "Model"), "key")],
    "reason": [ColumnView("reason", Title("原因", "Reason"), "key")],
    "trouble": [ColumnView("trouble", Title("原因", "Reason"), "key")],
    "handler": [ColumnView("handler", Title("来源", "Handler"), "key")],
}  # fmt: skip


class ReportRoutes:
    """What can be known of the work done."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag, read = "reports", "report.read"
        only = tuple(
            Query(name, str, None, f"Only this {name}; with by=day and by=hour")
            for name in ("site", "team", "label", "agent")
        )
        return [
            Route(method="GET", path="/v1/reports", handler=self.every, access=read, tag=tag, answer=list[ReportView],
                  summary="List the reports, their columns and how they may be split"),
            Route(method="GET", path="/v1/reports/live", handler=self.live, access=read, tag=tag, answer=LiveBoard,
                  query=(PERIOD[2],), summary="The desk as it is now"),
            Route(method="GET", path="/v1/reports/conversations.csv", handler=self.conversations, access=read, tag=tag,
                  query=PERIOD, gives="text/csv", summary="Download one row per conversation, oldest first"),
            Route(method="GET", path="/v1/reports/{name}", handler=self.read, access=read, tag=tag, answer=ReportAnswer,
                  query=(*PERIOD, Query("by", str, "all", "all, day, hour, site, team, label or agent"), *only),
                  summary="Read a report of a period and of the one before it"),
        ]  # fmt: skip

    async def every(self, call: Call) -> list[ReportView]:
        """Return what reports there are."""
        return [
            ReportView(report.name, Title(report.zh, report.en), report.splits, _columns(report, "all"))
            for report in REPORTS.values()
        ]

    async def read(self, call: Call) -> ReportAnswer:
        """Return one report."""
        report = REPORTS.get(call.path("name"))
        if report is None:
            raise Refused("not_found", "There is no such report.", hint=f"Known: {', '.join(REPORTS)}.")
        period, split, tenant = (
            period_of(call, self._rooms.clock.now_ms()),
            call.query["by"],
            call.principal.tenant,
        )
        if split not in report.splits:
            raise Refused("invalid", f"This report can be split by {', '.join(report.splits)}.")
        only = [(name, key) for name in ("site", "team", "label", "agent") if (key := call.query[name])]
        if only and (split not in ("day", "hour", "all") or report.dimension or len(only) > 1):
            raise Refused(
                "invalid", "One of site, team, label and agent may be given, with by=all, day or hour."
            )
        place = only[0] if only else None
        now, before = await self._rooms.store.run(
            lambda c: (
                read_table(c, tenant, report, period, split, place),
                read_table(c, tenant, report, period.before, split, place),
            ),
            tenant,
            fresh=False,
        )
        return ReportAnswer(
            report=report.name,
            by=split,
            from_=period.first_ms,
            to=period.last_ms,
            columns=_columns(report, split),
            rows=now.rows,
            total=now.total,
            previous=before.rows,
            previous_total=before.total,
            names=self._names(tenant, split),
        )

    async def conversations(self, call: Call) -> web.StreamResponse:
        """Send one row per conversation, page by page."""
        period, tenant = period_of(call, self._rooms.clock.now_ms()), call.principal.tenant
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/csv; charset=utf-8",
                "Content-Disposition": 'attachment; filename="conversations.csv"',
                "Cache-Control": "no-store",
            }
        )
        await response.prepare(call.request)
        await response.write(write_rows([HEADER]))
        after = (0, "")
        while True:
            page = await self._rooms.store.run(
                partial(_next_page, tenant, period, after), tenant, fresh=False
            )
            if not page:
                return response
            await response.write(write_rows(rows_of(page, period.zone)))
            after = (page[-1][1].opened_at, page[-1][0])

    async def live(self, call: Call) -> LiveBoard:
        """Return who waits, who works and what today came to."""
        rooms, tenant = self._rooms, call.principal.tenant
        now_ms, zone = rooms.clock.now_ms(), zone_of(call.query["zone"])
        midnight = datetime.fromtimestamp(now_ms / 1000, zone).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        today = Period(int(midnight.timestamp() * 1000), now_ms, zone)
        overview = REPORTS["overview"]
        counts = await rooms.store.counts(tenant, fresh=False)  # nobody who writes waits for a board
        table = await rooms.store.run(lambda c: read_table(c, tenant, overview, today), tenant, fresh=False)
        since = rooms.boards.waiting_since(tenant)
        agents = [
            LiveAgent(
                agent.id, agent.name, bool(rooms.hub.agent_sessions(tenant, agent.id)),
                counts.assignees.get(agent.id, 0), agent.capacity,
            )
            for agent in rooms.records.all(Agent, tenant, "agent") if agent.enabled
        ]  # fmt: skip
        connected = sum(
            1 for live in rooms.hub.lives() if live.visitors and live.conversation.tenant == tenant
        )
        return LiveBoard(
            at=now_ms,
            states=counts.states,
            by_bot=counts.modes.get("bot", 0),
            waiting=counts.modes.get("queued", 0),
            longest_wait_ms=0 if since is None else now_ms - since,
            with_people=counts.modes.get("human", 0),
            visitors_connected=connected,
            agents=agents,
            today=dict(zip((column.name for column in overview.columns), table.total, strict=True)),
        )

    def _names(self, tenant: TenantId, split: str) -> dict[str, str]:
        records = self._rooms.records
        if split == "agent":
            return {agent.id: agent.name for agent in records.all(Agent, tenant, "agent")}
        if split == "team":
            return {team.id: pick_text(team.name, "zh") for team in records.all(Team, tenant, "team")}
        if split == "site":
            return {site.id: pick_text(site.name, "zh") for site in records.all(Site, tenant, "site")}
        return {}


def period_of(call: Call, now_ms: int) -> Period:
    """Return the period that a caller asks for."""
    wish = call.query
    zone = zone_of(wish["zone"])
    last = moment_of(wish["to"], zone, days=1) if wish["to"] else now_ms
    first = moment_of(wish["from"], zone) if wish["from"] else last - DEFAULT_DAYS * 86_400_000
    if not 0 <= first < last:
        raise Refused("invalid", "The period begins before it ends.")
    if last - first > MAX_DAYS * 86_400_000:
        raise Refused("invalid", f"A period has at most {MAX_DAYS} days.")
    return Period(first, last, zone)


def _next_page(
    tenant: TenantId, period: Period, after: tuple[int, str], connection: Connection
) -> list[tuple[str, Facts]]:
    return read_conversations(connection, tenant, period, after, PAGE)


def _columns(report: Report, split: str) -> list[ColumnView]:
    keys = _KEYS.get(report.dimension or split, [])
    return [*keys, *(ColumnView(each.name, Title(each.zh, each.en), each.unit) for each in report.columns)]
