"""The composition root: names the concrete back-ends, and starts and stops the rooms in order."""

import asyncio
import os
import resource
import signal
import ssl
import sys
from collections.abc import Callable

import structlog
import uvloop

from fastdesk._core import WsEndpoint
from fastdesk.ai import AssistantSettings, Budget, Keys, ModelSettings, Screened, read_models
from fastdesk.ai import Limits as AiLimits
from fastdesk.config import Settings
from fastdesk.desk.sniffing import ENDINGS
from fastdesk.engine import Engine
from fastdesk.errors import ConfigError
from fastdesk.hooks.discovery import load_plugins
from fastdesk.model.file import FileLimits
from fastdesk.model.ids import TenantId
from fastdesk.model.site import Site
from fastdesk.observe.clock import SystemClock, SystemEntropy
from fastdesk.observe.collector import Collector
from fastdesk.observe.cutoff import Cutoff
from fastdesk.observe.tasks import Tasks
from fastdesk.plugins.assistance import AssistantOptions
from fastdesk.plugins.dify import Dify
from fastdesk.plugins.fastgpt import FastGpt
from fastdesk.plugins.mail_notice import MailNotice
from fastdesk.plugins.meaning import Meaning
from fastdesk.plugins.outside_chat import ChatSettings, Dialect, OutsideChat
from fastdesk.reports import RollUps
from fastdesk.store.embedded import embedded_store
from fastdesk.store.files import FileFolder
from fastdesk.store.keyfile import load_secret, read_key
from fastdesk.store.protocol import StoreSettings
from fastdesk.store.sqlite import SqliteStore
from fastdesk.store.unsent import Unsent
from fastdesk.store.vectors import VectorFiles
from fastdesk.teaching import teach
from fastdesk.tenants.first_start import DEMO, found_installation
from fastdesk.tenants.limits import Limits, Rate
from fastdesk.transport.door import Door, DoorLimits
from fastdesk.transport.echo import echo_endpoint
from fastdesk.transport.embedding import EmbeddingService
from fastdesk.transport.handshake import Handshake
from fastdesk.transport.http.server import HttpServer
from fastdesk.transport.mail import Mailer, read_server
from fastdesk.transport.outgoing import Outgoing, is_public
from fastdesk.transport.peers import TrustedProxies
from fastdesk.transport.websocket import WebSockets

__all__ = ["App", "open_store", "run"]

#: Seconds after which a thread that computes lets another one on.
SWITCH_S = 0.0005

_log = structlog.get_logger("fastdesk")


def open_store(settings: Settings) -> SqliteStore:
    """Return the store that the settings name, not yet started."""
    return embedded_store(
        StoreSettings(data=settings.data, durability=settings.durability, readers=settings.workers_readers),
        SystemEntropy(),
        followers=[RollUps(), Unsent()],
    )


def limits_of(settings: Settings) -> Limits:
    """Return the rate limits that the settings name."""
    return Limits(
        enabled=settings.limits == "on",
        address=Rate(settings.limit_address_per_s, settings.limit_address_burst),
        visitor=Rate(settings.limit_visitor_per_s, settings.limit_visitor_burst),
        agent=Rate(settings.limit_agent_per_s, settings.limit_agent_burst),
        tenant=Rate(settings.limit_tenant_per_s, settings.limit_tenant_burst),
    )


def file_limits(settings: Settings) -> FileLimits:
    """Return what the settings say of files. Raises ConfigError for a type that can't be told from the bytes."""
    for type in settings.upload_types:
        if type not in ENDINGS:
            raise ConfigError(
                f"FASTDESK_UPLOAD_TYPES: {type} cannot be told from a file's bytes.",
                hint=f"Possible are {', '.join(ENDINGS)}.",
            )
    return FileLimits(
        max_bytes=settings.upload_max_bytes,
        quota_bytes=settings.upload_quota_bytes,
        types=settings.upload_types,
    )


def assistant_options(settings: Settings) -> AssistantOptions:
    """Return what the settings say of models: none without a key, a base URL or a provider that needs neither."""
    keys = dict(os.environ)
    if settings.ai_api_key is not None:
        keys["OPENAI_API_KEY"] = settings.ai_api_key.get_secret_value()
    models: tuple[ModelSettings, ...] = ()
    is_openai = settings.ai_provider in ("openai_http", "openai")
    if settings.ai_base_url or "OPENAI_API_KEY" in keys or not is_openai:
        first = {
            "provider": settings.ai_provider,
            "model": settings.ai_model,
            "api_version": settings.ai_api_version,
            "base_url": settings.ai_base_url or ModelSettings().base_url,
            "key": "env:OPENAI_API_KEY" if "OPENAI_API_KEY" in keys else "",
            "stream": settings.ai_stream,
            "max_tokens": settings.ai_max_tokens,
            "price_in": round(settings.ai_price_in * 1_000_000),
            "price_out": round(settings.ai_price_out * 1_000_000),
        }
        models = read_models((first, *settings.ai_more_models))
    is_limited = settings.limits == "on"
    return AssistantOptions(
        defaults=AssistantSettings(
            models=models,
            deadline_ms=settings.ai_deadline_ms,
            late=settings.ai_late,
            prompt=settings.ai_prompt,
            limits=AiLimits(visitor_requests=settings.ai_visitor_per_minute if is_limited else 0),
            budget=Budget(
                day=round(settings.ai_budget_day * 1_000_000),
                month=round(settings.ai_budget_month * 1_000_000),
            ),
        ),
        key_of=Keys(keys, lambda name: read_key(settings.ai_keys, name)).key_of,
        may_connect=(lambda address: True) if settings.allow_private_urls else is_public,
        max_active=settings.ai_concurrency,
        max_waiting=settings.ai_queue,
    )


class App:
    """A whole desk on one port. `first_password` is set after the start that made the first agent."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.first_password: str | None = None
        self._clock = SystemClock()
        self._entropy = SystemEntropy()
        self._tasks = Tasks()
        self._lag_s = 0.0
        self._cutoff = Cutoff(settings.plugin_limit_ms / 1000)

    async def start(self) -> None:
        """Open the store, load, and let the street in.

        Raises:
            FastdeskError: says in plain words what is in the way.
        """
        settings = self.settings
        secret = (
            settings.secret.get_secret_value()
            if settings.secret
            else load_secret(settings.data, self._entropy)
        )
        self._store = open_store(settings)
        self._store.on_fatal = self._die
        await self._store.start()
        self._outgoing = Outgoing(allow_private=settings.allow_private_urls)
        self._operator_calls = Outgoing(allow_private=True)
        assistant = assistant_options(settings)
        self.engine = Engine(
            store=self._store,
            clock=self._clock,
            entropy=self._entropy,
            tasks=self._tasks,
            secret=secret,
            limits=limits_of(settings),
            caller=self._outgoing,
            flush=self._flush,
            own=[*self._chats(assistant), *self._notices()],
            plugins=load_plugins(settings.plugins_dir),
            cutoff=self._cutoff,
            assistant=assistant,
            meaning=self._meaning(),
            folder=FileFolder(settings.data),
            file_limits=file_limits(settings),
        )
        # Before anything is loaded: what that writes comes back committed, and is flushed to whoever is connected.
        self._endpoint = self._make_endpoint()
        await self.engine.load()
        password = settings.admin_password.get_secret_value() if settings.admin_password else None
        self.first_password = found_installation(
            self.engine.records,
            email=settings.admin_email,
            password=password,
            clock=self._clock,
            entropy=self._entropy,
        )
        if self.first_password is not None and settings.demo is not None:
            teach(self.engine.records, DEMO, settings.demo, actor="first start")
        await self._open_street()
        self._cutoff.install()
        self._tasks.spawn(self.engine.run_rounds(), "rounds")
        self._tasks.spawn(self._watch_loop(), "loop lag")
        if settings.limits == "off":
            _log.warning("limits_off", hint="FASTDESK_LIMITS=off is for load tests only")

    def _chats(self, options: AssistantOptions) -> list[tuple[str, object]]:
        """Return the handlers of chat applications outside, which sites name in their settings."""

        def key_of(chat: ChatSettings, tenant: TenantId) -> str:
            return options.key_of(ModelSettings(base_url=chat.base_url, key=chat.key), tenant)

        def screen(tenant: TenantId, text: str) -> Screened:
            return self.engine.assistance.screen(tenant, text, "output")

        dialects: tuple[Dialect, ...] = (Dify(), FastGpt())
        stream = self._outgoing.stream
        return [
            (each.name, OutsideChat(each, stream=stream, key_of=key_of, screen=screen)) for each in dialects
        ]

    def _notices(self) -> list[tuple[str, object]]:
        """Return what sends mail to agents who are not there, where the settings name a mail server."""
        settings = self.settings
        if settings.smtp_url is None:
            return []
        server = read_server(settings.smtp_url.get_secret_value())
        mailer = Mailer(server, settings.smtp_from, offload=self._tasks.offload, pause=asyncio.sleep)

        def is_anybody_there(tenant: TenantId) -> bool:
            return any(each["presence"] == "online" for each in self.engine.presences.everybody(tenant))

        notice = MailNotice(
            find=lambda tenant, id: self.engine.hub.find(tenant, id), is_anybody_there=is_anybody_there, send=mailer.send,
            tasks=self._tasks, console=settings.public_url.rstrip("/"),
        )  # fmt: skip
        return [(notice.name, notice)]

    def _meaning(self) -> Meaning | None:
        """Return what finds articles by meaning, where the settings name a service for that."""
        settings = self.settings
        if settings.embed_base_url is None:
            return None
        key = settings.embed_api_key.get_secret_value() if settings.embed_api_key else ""
        service = EmbeddingService(settings.embed_base_url, settings.embed_model, key, self._operator_calls)
        keep = VectorFiles(settings.data / "vectors", settings.embed_model)
        return Meaning(service, keep, tasks=self._tasks, deadline_s=settings.embed_deadline_ms / 1000)

    def _make_endpoint(self) -> WsEndpoint:
        sockets = WebSockets(pipeline=self.engine.pipeline, opening=self.engine.opening)
        return WsEndpoint(
            on_message=sockets.on_message,
            on_open=sockets.on_open,
            on_close=sockets.on_close,
            on_error=sockets.on_error,
            on_writable=sockets.on_writable,
            call_soon=asyncio.get_running_loop().call_soon,
        )

    async def _open_street(self) -> None:
        settings = self.settings
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # each connection takes one descriptor
        endpoints = {"/v1/ws": self._endpoint}
        if settings.echo:
            endpoints["/v1/echo"] = echo_endpoint(asyncio.get_running_loop().call_soon)
        self._http = HttpServer(
            self.engine,
            settings=settings,
            figures=self._figures,
            is_ready=self._trouble,
            fetch=self._outgoing.fetch,
        )
        self._door = Door(
            http=await self._http.start(),
            endpoints=endpoints,
            clock=self._clock,
            limits=DoorLimits(settings.max_connections, settings.max_connections_per_address),
            proxies=TrustedProxies(settings.trusted_proxies),
            may_enter=self._may_enter,
            quick=self._http.quick.find,
        )
        self._http.door = self._door
        try:
            await self._door.open(settings.host, settings.port, ssl_context=_tls(settings))
        except OSError as problem:
            raise ConfigError(
                f"Cannot listen on {settings.host}:{settings.port}: {problem.strerror or problem}.",
                hint="Another program may use the port; choose one with FASTDESK_PORT or --port.",
            ) from problem

    @property
    def address(self) -> tuple[str, int]:
        """Return host and port that the desk listens on."""
        return self._door.addresses[0]

    async def stop(self) -> None:
        """Let nobody in, spread the goodbyes over some seconds, then store everything. Nothing is lost."""
        self._http.stopping()
        await self._door.drain(spread_s=self.settings.drain_s)
        await self._door.close()
        await self._http.stop()
        await self.engine.assistance.assistant.close()
        await self._tasks.stop()
        await self._outgoing.stop()
        await self._operator_calls.stop()
        await self._store.stop()
        self._cutoff.remove()

    def _flush(self) -> None:
        self._endpoint.flush_dirty()

    def _may_enter(self, handshake: Handshake) -> bool:
        """Check a browser's origin: a page may open sockets when some site allows it, or when it is ours."""
        if handshake.origin is None or handshake.path != "/v1/ws":
            return True
        if handshake.origin.partition("://")[2] == handshake.host:
            return True
        return any(
            not site.origins or handshake.origin in site.origins
            for tenant in self.engine.records.tenants()
            for site in self.engine.records.all(Site, tenant.id, "site")
        )

    async def _watch_loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + 0.5
            await asyncio.sleep(0.5)
            self._lag_s = max(0.0, loop.time() - due)

    def _trouble(self) -> str:
        return "" if self._store.accepting else "The store does not take messages now."

    def _figures(self) -> dict[str, float | dict[str, float]]:
        engine = self.engine
        return {
            "fastdesk_messages": engine.pipeline.messages,
            "fastdesk_refusals": dict(engine.pipeline.refusals),
            "fastdesk_requests": self._http.front.requests,
            "fastdesk_connections": len(self._endpoint),
            "fastdesk_conversations_live": len(engine.hub),
            "fastdesk_tasks": len(self._tasks),
            "fastdesk_loop_lag_seconds": self._lag_s,
            "fastdesk_listener": dict(self._endpoint.counters()),
            "fastdesk_door": dict(self._door.counters()),
            "fastdesk_store": self._store.figures(),
            "fastdesk_assistant": engine.assistance.figures(),
            "fastdesk_routing": engine.routing.figures(),
            "fastdesk_plugin_failures": dict(engine.hooks.failures),
        }

    def _die(self, reason: str) -> None:
        """Leave at once: after a failed flush nothing that we would acknowledge is sure to be on disk."""
        _log.critical("store_failed", reason=reason)
        os._exit(70)


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as problem:
        raise ConfigError(
            f"The certificate {settings.tls_certificate} cannot be used: {problem}.",
            hint="Both FASTDESK_TLS_CERTIFICATE and FASTDESK_TLS_KEY name PEM files.",
        ) from problem
    return context


def run(settings: Settings, announce: Callable[[App], None]) -> None:
    """Serve until SIGTERM or SIGINT, then drain; `announce` is called once the desk is ready."""

    async def serve() -> None:
        app = App(settings)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await app.start()
        collector = Collector()
        collector.start(loop)
        # The threads behind the loop write and count all the time; the loop waits for the interpreter's lock no longer than this.
        sys.setswitchinterval(SWITCH_S)
        announce(app)
        await stop.wait()
        _log.info("draining")
        await app.stop()
        collector.stop()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
