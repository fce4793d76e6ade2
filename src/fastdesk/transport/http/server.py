"""The HTTP side of the port: aiohttp with every page of the API."""

from collections.abc import Callable

from aiohttp import web

from fastdesk.article_intake import Fetch
from fastdesk.config import Settings
from fastdesk.engine import Engine
from fastdesk.transport.door import Door
from fastdesk.transport.http.admission import Admission
from fastdesk.transport.http.agents import AgentRoutes
from fastdesk.transport.http.archives import ArchiveRoutes
from fastdesk.transport.http.articles import ArticleRoutes
from fastdesk.transport.http.assistant import AssistantRoutes
from fastdesk.transport.http.audit import AuditRoutes
from fastdesk.transport.http.bots import BotRoutes
from fastdesk.transport.http.contacts import ContactRoutes
from fastdesk.transport.http.conversations import ConversationRoutes
from fastdesk.transport.http.files import FileRoutes
from fastdesk.transport.http.front import Front
from fastdesk.transport.http.gofly import Gofly
from fastdesk.transport.http.importing import ImportRoutes
from fastdesk.transport.http.operation import Figures, OperationRoutes
from fastdesk.transport.http.pages import Pages
from fastdesk.transport.http.phrases import PhraseRoutes
from fastdesk.transport.http.problems import problem
from fastdesk.transport.http.quick import QuickRoutes
from fastdesk.transport.http.records import RecordRoutes
from fastdesk.transport.http.reports import ReportRoutes
from fastdesk.transport.http.rights import RightsRoutes
from fastdesk.transport.http.routing import RoutingRoutes
from fastdesk.transport.http.searching import SearchRoutes
from fastdesk.transport.http.second_factor import SecondFactorRoutes
from fastdesk.transport.http.settings import SettingsRoutes
from fastdesk.transport.http.teaching import TeachingRoutes
from fastdesk.transport.http.teaching_files import TeachingFileRoutes
from fastdesk.transport.http.transcripts import TranscriptRoutes
from fastdesk.transport.http.unanswered import UnansweredRoutes
from fastdesk.transport.http.visitors import VisitorRoutes
from fastdesk.transport.http.webhooks import WebhookRoutes
from fastdesk.transport.http.why import WhyRoutes
from fastdesk.transport.seats import Answered

__all__ = ["HttpServer"]


class HttpServer:
    """Make the protocol for connections that are not WebSockets."""

    def __init__(
        self,
        engine: Engine,
        *,
        settings: Settings,
        figures: Figures,
        is_ready: Callable[[], str],
        fetch: Fetch,
    ) -> None:
        rooms = engine.rooms
        self.door: Door | None = None
        self.front = Front(
            admission=Admission(gate=engine.gate, limits=rooms.limits, clock=rooms.clock),
            audit=engine.audit,
            peer_of=self._peer_of,
            durable_now=rooms.store.durable_now,
        )
        self._visitors = VisitorRoutes(
            rooms, gate=engine.gate, opening=engine.opening, pipeline=engine.pipeline
        )
        self._app = web.Application(middlewares=[_answer_unknown], client_max_size=0)
        front, app = self.front, self._app
        front.add(app, self._visitors.routes())
        agents = AgentRoutes(rooms, gate=engine.gate, audit=engine.audit, limits_on=settings.limits == "on")
        front.add(app, agents.routes())
        files = FileRoutes(rooms, limits_on=settings.limits == "on")
        if settings.gofly:
            Gofly(engine, agents, files, peer_of=self._peer_of).add(app)
        front.add(
            app, SecondFactorRoutes(rooms, gate=engine.gate, limits_on=settings.limits == "on").routes()
        )
        front.add(app, AuditRoutes(engine.audit).routes())
        front.add(app, SettingsRoutes(rooms).routes())
        front.add(app, ConversationRoutes(rooms).routes())
        front.add(app, SearchRoutes(rooms).routes())
        front.add(app, ArticleRoutes(rooms, engine.faq.settings).routes())
        front.add(app, ImportRoutes(rooms, fetch).routes())
        front.add(app, WebhookRoutes(rooms, engine.webhooks).routes())
        front.add(app, WhyRoutes(rooms).routes())
        front.add(app, AssistantRoutes(rooms, engine.assistance).routes())
        front.add(app, BotRoutes(engine).routes())
        front.add(app, TeachingRoutes(rooms, engine.trials).routes())
        front.add(app, TeachingFileRoutes(rooms).routes())
        front.add(app, RightsRoutes(rooms, engine.rights).routes())
        front.add(app, self._archives(engine, settings).routes())
        front.add(app, files.routes())
        front.add(app, ContactRoutes(rooms, engine.contacts, engine.cards).routes())
        front.add(app, PhraseRoutes(rooms, engine.phrases).routes())
        front.add(app, UnansweredRoutes(rooms).routes())  # before the reports, whose names stand in the path
        front.add(app, ReportRoutes(rooms).routes())
        front.add(app, TranscriptRoutes(rooms, opening=engine.opening).routes())
        front.add(
            app,
            RoutingRoutes(
                rooms, presences=engine.presences, commands=engine.commands, targets=engine.targets
            ).routes(),
        )
        for kind in engine.records.kinds.values():
            if kind.read:
                front.add(app, RecordRoutes(rooms, kind, path="/v1/" + kind.plural).routes())
        front.add(
            app, OperationRoutes(front, figures=figures, ledger=engine.ledger, is_ready=is_ready).routes()
        )
        Pages(rooms).add(app)
        self.quick = QuickRoutes(front, rooms.clock)
        # A guest of the door ends idle connections.
        self._runner = web.AppRunner(
            app, access_log_class=Answered, handle_signals=False, keepalive_timeout=3600
        )

    def _archives(self, engine: Engine, settings: Settings) -> ArchiveRoutes:
        def may_import() -> bool:
            return settings.allow_import or sum(1 for _ in engine.records.tenants()) <= 1

        return ArchiveRoutes(
            engine.rooms, data=settings.data, adoption=engine.adoption, may_import=may_import
        )

    async def start(self) -> Callable[[], web.RequestHandler]:
        """Get ready and return the factory of protocols."""
        await self._runner.setup()
        server = self._runner.server
        assert server is not None
        return server

    def stopping(self) -> None:
        """Let long polls and event streams end."""
        self._visitors.stop()

    async def stop(self) -> None:
        """Finish what runs and close."""
        await self._runner.cleanup()

    def _peer_of(self, request: web.Request) -> str:
        return self.door.peer_of(request) if self.door is not None else request.remote or ""


@web.middleware
async def _answer_unknown(
    request: web.Request, handler: Callable[[web.Request], object]
) -> web.StreamResponse:
    """Give aiohttp's own refusals the shape of all others."""
    try:
        return await handler(request)  # type: ignore[misc, no-any-return]
    except web.HTTPNotFound:
        return problem("not_found", "There is nothing at this address.")
    except web.HTTPMethodNotAllowed as refusal:
        return problem("method_not_allowed", headers={"Allow": ", ".join(sorted(refusal.allowed_methods))})
    except web.HTTPRequestEntityTooLarge:
        return problem("too_large")
