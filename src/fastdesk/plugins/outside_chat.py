"""Let a chat application outside answer, streamed: Dify, FastGPT, or another one that speaks server-sent events.

A site names it in its settings. It answers what no flow and no rule has answered; when it is late, breaks off or says nothing,
whatever it showed is taken back and the handlers behind it answer.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated, Any, NamedTuple, Protocol

import msgspec
import structlog
from msgspec import Meta, Struct

from fastdesk.ai import Screened
from fastdesk.ai.sentences import Sentences
from fastdesk.errors import ConfigError, ModelError
from fastdesk.model.ids import TenantId
from fastdesk.model.turn import Action, Outcome, Reply, Turn

__all__ = ["Asked", "ChatSettings", "Dialect", "Event", "Events", "OutsideChat", "Reading", "Stream"]

_log = structlog.get_logger("fastdesk.outside_chat")


class ChatSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an application is; `key` names its secret as models do (`env:NAME`, `file:NAME`)."""

    base_url: Annotated[str, Meta(pattern=r"^https?://[^\s]+$", max_length=500)]
    key: Annotated[str, Meta(pattern=r"^(env|file):[A-Za-z0-9_.\-]+$", max_length=200)]
    #: No first word by then, and somebody else answers.
    deadline_ms: Annotated[int, Meta(ge=100, le=60_000)] = 8_000
    total_ms: Annotated[int, Meta(ge=1_000, le=600_000)] = 60_000
    #: Values for the application's own variables.
    variables: dict[str, Any] = {}


class Event(NamedTuple):
    """One server-sent event."""

    name: str
    data: str


class Asked(NamedTuple):
    """A request: the path behind the base URL, and its JSON body."""

    path: str
    body: dict[str, Any]


class Reading(Protocol):
    """Reads the events of one answer. `text` is all so far, `fields` what to keep with the conversation."""

    text: str
    sources: list[dict[str, str]]
    fields: dict[str, Any]
    #: The answer is whole; nothing more is worth waiting for.
    has_ended: bool
    is_done: bool

    def read(self, event: Event) -> str | None:
        """Return the next piece, None when the text so far is replaced by `text`; raises `ModelError`."""


class Dialect(Protocol):
    """How one kind of application is spoken to."""

    name: str

    def ask(self, turn: Turn, settings: ChatSettings) -> Asked:
        """Return the request for a visitor's message."""

    def reading(self) -> Reading:
        """Return what reads its answer."""


class Stream(Protocol):
    """Send a request and give what comes, as it comes; private addresses are refused. Raises `ModelError`."""

    def __call__(
        self, url: str, *, headers: dict[str, str], body: dict[str, Any], total_ms: int
    ) -> AsyncGenerator[bytes, None]: ...


class Events:
    """Cut bytes into server-sent events (WHATWG HTML, 9.2.6), wherever the network has cut them."""

    def __init__(self) -> None:
        self._rest = b""
        self._name = ""
        self._data: list[str] = []

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes; return the events that are whole."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        events = []
        for raw in lines:
            line = raw.rstrip(b"\r").decode("utf-8", "replace")
            if not line:
                if self._data:
                    events.append(Event(self._name, "\n".join(self._data)))
                self._name, self._data = "", []
                continue
            field, _, value = line.partition(":")
            if field == "event":
                self._name = value.strip()
            elif field == "data":
                self._data.append(value.removeprefix(" "))
        return events


class OutsideChat:
    """Claim the messages of sites that name an application of one dialect."""

    def __init__(
        self,
        dialect: Dialect,
        *,
        stream: Stream,
        key_of: Callable[[ChatSettings, TenantId], str],
        screen: Callable[[TenantId, str], Screened],
    ) -> None:
        self.name = dialect.name
        self._dialect = dialect
        self._stream = stream
        self._key_of = key_of
        self._screen = screen

    def claim(self, turn: Turn) -> Any:
        """Return the site's settings for this kind of application, None where it has none that are right."""
        given = turn.site.settings.get(self.name)
        if given is None or turn.message.kind != "text":
            return None
        try:
            return msgspec.convert(given, ChatSettings)
        except msgspec.ValidationError as fault:
            _log.error("chat_settings_refused", site=turn.site.id, plugin=self.name, problem=str(fault))
            return None

    async def answer(self, turn: Turn, claim: ChatSettings) -> Outcome | None:
        """Stream the answer; None lets the next handler answer."""
        try:
            key = self._key_of(claim, turn.conversation.tenant)
            turn.port.thinking()
            reading = await self._read(turn, claim, key)
        except (ConfigError, ModelError, TimeoutError) as failure:
            _log.warning(
                "chat_gave_no_answer", plugin=self.name, site=turn.site.id, error=str(failure) or "late"
            )
            return None
        if not reading.text.strip():
            return None
        reply = Reply(text=reading.text, kind="markdown", role="assistant", sources=reading.sources or None)
        actions = (Action(do="fields", values=reading.fields),) if reading.fields else ()
        return Outcome(replies=(reply,), actions=actions, why={"by": self.name})

    async def _read(self, turn: Turn, settings: ChatSettings, key: str) -> Reading:
        path, body = self._dialect.ask(turn, settings)
        headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
        reading, events, sentences = self._dialect.reading(), Events(), Sentences()
        url = settings.base_url.rstrip("/") + path
        parts = self._stream(url, headers=headers, body=body, total_ms=settings.total_ms)
        async with aclosing(parts), asyncio.timeout(settings.deadline_ms / 1000) as patience:
            async for part in parts:
                for event in events.feed(part):
                    piece = reading.read(event)
                    if piece is None:
                        turn.port.show(self._checked(turn, reading.text), replace=True)
                    elif piece:
                        patience.reschedule(
                            None
                        )  # the first word is there: from now on the whole time counts
                        self._show(turn, sentences.feed(piece))
                    if reading.is_done:
                        return reading
        if not reading.has_ended:
            raise ModelError("The stream broke off.")
        return reading

    def _show(self, turn: Turn, ready: str) -> None:
        if ready:
            turn.port.show(self._checked(turn, ready))

    def _checked(self, turn: Turn, text: str) -> str:
        """Return what the word filter lets a visitor see."""
        screened = self._screen(turn.conversation.tenant, text)
        if screened.is_stopped:
            raise ModelError("The word filter stopped the answer.")
        return screened.text
