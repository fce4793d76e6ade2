"""The default provider: any OpenAI-compatible endpoint over our own lean HTTP/1.1.

OpenAI, DeepSeek, Qwen, vLLM, Ollama and many more speak it. It exists because the official SDK spends 3 to
6 milliseconds of CPU per call, which caps a core at a few hundred answers a second. What it lacks –
proxies, Azure's own paths, sign-in other than a key – the `openai` provider has.
"""

import re
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from fastdesk.ai.http_connection import Connection
from fastdesk.ai.http_endpoint import Endpoint, Sender
from fastdesk.ai.openai_wire import PlainReader, Reader, RequestWriter, StreamReader, read_error
from fastdesk.ai.provider import Call, Completion, Failure, ModelRequest, ProviderKit, Sink
from fastdesk.ai.settings import ModelSettings
from fastdesk.errors import ModelFault

__all__ = ["OpenAIHttp", "retry_after_ms"]

_RETRY_AFTER = re.compile(rb"\r\nretry-after(-ms)?:[ \t]*([^\r\n]*)", re.IGNORECASE)
_ERROR_BYTES = 4096


class OpenAIHttp:
    """Ask one model at one endpoint."""

    def __init__(self, settings: ModelSettings, kit: ProviderKit) -> None:
        self._kit = kit
        self._streams = settings.stream
        self._writer = RequestWriter(settings, _head(settings, kit.key))
        self.endpoint = Endpoint(
            settings.base_url,
            connect_s=settings.connect_ms / 1000,
            max_connections=settings.max_connections,
            kit=kit,
        )

    def start(self, request: ModelRequest, sink: Sink) -> Call:
        """Send on a free connection at once, or as soon as there is one."""
        written = self._writer.write(request)
        call = _HttpCall(self.endpoint, written, sink, self._streams, self._kit)
        self.endpoint.submit(call)
        return call

    async def close(self) -> None:
        """Close every connection."""
        await self.endpoint.close()


def _head(settings: ModelSettings, key: str) -> bytes:
    parts = urlsplit(settings.base_url)
    path = parts.path.rstrip("/") + "/chat/completions" + (f"?{parts.query}" if parts.query else "")
    fields = {
        "Host": parts.netloc.rpartition("@")[2],
        "Accept": "text/event-stream" if settings.stream else "application/json",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "User-Agent": "fastdesk",
    }
    if key:
        fields["Authorization"] = f"Bearer {key}"
    fields |= settings.headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {path} HTTP/1.1\r\n{lines}Content-Length: ".encode("ascii")


class _HttpCall(Sender):
    """One call: waits for a connection, sends, reads, reports once."""

    __slots__ = (
        "_connection",
        "_endpoint",
        "_error",
        "_kit",
        "_reader",
        "_request",
        "_retried",
        "_sink",
        "is_sent",
    )

    def __init__(
        self, endpoint: Endpoint, request: bytes, sink: Sink, streams: bool, kit: ProviderKit
    ) -> None:
        self._endpoint = endpoint
        self._request = request
        self._sink = sink
        self._kit = kit
        self._reader: Reader = StreamReader(sink.on_text) if streams else PlainReader()
        self._connection: Connection | None = None
        self._error = b""
        self._retried = False
        self.is_sent = False

    def cancel(self) -> None:
        self._reader.done = True
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()
        else:
            self._endpoint.withdraw(self)

    # Called by the endpoint.

    def send_on(self, connection: Connection) -> None:
        self._connection = connection
        self.is_sent = True
        connection.send(self._request, self)

    def on_unreachable(self, detail: str) -> None:
        self._sink.on_failure(Failure("connect", detail))

    # Called by the connection.

    def on_body(self, piece: bytes, status: int) -> bool:
        if status != 200:
            self._error = (self._error + piece)[:_ERROR_BYTES]
            return False
        failure = self._reader.feed(piece)
        if failure is not None and self._connection is not None:
            self.cancel()
            self._sink.on_failure(failure)
            return False
        return self._reader.done and self._connection is not None

    def on_whole(self, status: int, head: bytes) -> None:
        self._connection = None
        if status != 200:
            wait_ms = retry_after_ms(head, self._kit.clock.now_ms())
            self._sink.on_failure(Failure("status", read_error(self._error), status, wait_ms))
            return
        result = self._reader.finish()
        if isinstance(result, Completion):
            self._sink.on_end(result)
        else:
            self._sink.on_failure(result)

    def on_lost(self, kind: ModelFault, untouched: bool) -> None:
        connection, self._connection = self._connection, None
        if untouched and not self._retried and connection is not None and connection.carried > 1:
            # The server had closed this connection while it was idle: that is no fault, and the request was
            # not read.
            self._retried = True
            self._endpoint.submit(self, fresh=True)
            return
        self._sink.on_failure(
            Failure(kind, "the connection ended before the answer" if kind == "broken" else "")
        )


def retry_after_ms(head: bytes, now_ms: int) -> int | None:
    """Return how long the server asks to be left alone (RFC 9110, 10.2.3; `retry-after-ms`), or None."""
    wait_ms: int | None = None
    for in_ms, value in _RETRY_AFTER.findall(head):
        text = value.decode("latin-1").strip()
        try:
            number = float(text)
        except ValueError:
            if (at_ms := _date_ms(text)) is not None and wait_ms is None:
                wait_ms = max(0, at_ms - now_ms)
            continue
        if in_ms or wait_ms is None:
            wait_ms = max(0, int(min(number, 1e9) * (1 if in_ms else 1000)))
    return wait_ms


def _date_ms(text: str) -> int | None:
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return None
