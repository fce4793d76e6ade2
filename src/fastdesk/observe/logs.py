"""Logs: one line an event, JSON for machines or colours for people, never the text of a message nor a secret."""

import logging
import sys
from typing import Any, Final

import structlog

__all__ = ["configure_logs"]

#: Fields that must never be logged, whoever passes them; a test looks for their values in the logs of all runs.
_FORBIDDEN: Final = frozenset({"text", "token", "password", "secret", "api_key", "preview", "body"})


def configure_logs(level: str, style: str) -> None:
    """Set the process's logging up; `style` is json, console, or auto (console on a terminal)."""
    is_console = style == "console" or (style == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _drop_forbidden,
    ]
    last: Any = (
        structlog.dev.ConsoleRenderer()
        if is_console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    if not is_console:
        # Frames and lines, but no local variables: those hold message texts.
        frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        shared.append(structlog.processors.ExceptionRenderer(frames))
    least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=last, foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(least)
    for noisy in ("aiohttp.access", "alembic", "picows", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    # aiohttp logs bytes of malformed requests, which may hold a token: the door counts those instead.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)


def _drop_forbidden(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    for name in _FORBIDDEN & event.keys():
        event[name] = "…"
    return event
