"""The chat-completions format, without I/O: requests to bytes, bytes of an answer to text, plain or streamed.

What is sent and what is accepted follows the official SDK; the contract suite compares the two. Bodies may
arrive cut at any byte. Hidden reasoning (`reasoning_content`) is skipped.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from fastdesk.ai.openai_body import UNDECODABLE, Choice, CountedTokens, Fault, decode_body
from fastdesk.ai.provider import Completion, Failure, Line, ModelRequest, Tool, ToolCall, Usage
from fastdesk.ai.settings import ModelSettings

__all__ = [
    "Events",
    "PlainReader",
    "Reader",
    "RequestWriter",
    "StreamReader",
    "error_name",
    "read_error",
    "request_body",
]

_encode = msgspec.json.encode


# Requests.


def fixed_fields(settings: ModelSettings) -> dict[str, Any]:
    """Return what is the same in every request to this model."""
    fields: dict[str, Any] = {"model": settings.model}
    if settings.stream:
        fields["stream"] = True
        if settings.stream_usage:
            fields["stream_options"] = {"include_usage": True}
    if settings.temperature is not None:
        fields["temperature"] = settings.temperature
    return fields | settings.extra


def limit_field(settings: ModelSettings) -> str:
    """Return the name this endpoint has for the limit of tokens; empty when the owner has set one himself."""
    if "max_completion_tokens" in settings.extra or "max_tokens" in settings.extra:
        return ""
    # COMPAT: OpenAI's newer models refuse `max_tokens`, most other servers know nothing else.
    return "max_completion_tokens" if "openai.com/" in settings.base_url + "/" else "max_tokens"


def request_body(settings: ModelSettings, request: ModelRequest) -> dict[str, Any]:
    """Return the body of `request` as plain values."""
    body = fixed_fields(settings) | {"messages": [_message(line) for line in request.lines]}
    if limit := limit_field(settings):
        body[limit] = request.max_tokens
    if request.tools:
        body["tools"] = [
            {"type": "function", "function": msgspec.to_builtins(tool)} for tool in request.tools
        ]
    return body


class RequestWriter:
    """Write the same as bytes, quickly: what never changes is encoded once.

    Args:
        head: the head of a request up to its length, which is its last value.
    """

    def __init__(self, settings: ModelSettings, head: bytes) -> None:
        limit = limit_field(settings)
        self._head = head
        self._limit = b',"%b":' % limit.encode() if limit else b""
        self._start = _encode(fixed_fields(settings))[:-1] + b',"messages":'
        self._last_tools: tuple[Tool, ...] | None = None
        self._last_limit = 0
        self._last_end = b""

    def write(self, request: ModelRequest) -> bytes:
        """Return head and JSON body of `request`."""
        lines: Any = request.lines
        encoded = request.encoded
        if not encoded:  # a line is its own wire form, unless there are calls of tools
            plain = [_message(line) for line in lines] if lines[-1].role == "tool" else lines
            encoded = (_encode(plain)[:-1],)
        start, end = self._start, self._end(request.max_tokens, request.tools)
        length = len(start) + len(end)
        for piece in encoded:
            length += len(piece)
        return b"".join((self._head, b"%d\r\n\r\n" % length, start, *encoded, end))

    def _end(self, max_tokens: int, tools: tuple[Tool, ...]) -> bytes:
        """Return the end of a body, which is the same for every question."""
        if tools is not self._last_tools or max_tokens != self._last_limit:
            self._last_tools, self._last_limit = tools, max_tokens
            limit = self._limit + b"%d" % max_tokens if self._limit else b""
            offered = [{"type": "function", "function": tool} for tool in tools]
            self._last_end = b"]" + limit + (b',"tools":' + _encode(offered) if offered else b"") + b"}"
        return self._last_end


def _message(line: Line) -> dict[str, Any]:
    message: dict[str, Any] = {"role": line.role, "content": line.content}
    if line.tool_calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in line.tool_calls
        ]
    if line.tool_call_id:
        message["tool_call_id"] = line.tool_call_id
    return message


# Answers.


class Reader:
    """Read one answer's body. A class and no protocol: compiled, it is called directly."""

    def __init__(self) -> None:
        #: Nothing more is wanted of the body.
        self.done = False

    def feed(self, piece: bytes) -> Failure | None:
        """Take the next bytes; a failure ends the call."""
        raise NotImplementedError

    def finish(self) -> Completion | Failure:
        """Say what the body was, once it is whole."""
        raise NotImplementedError


class PlainReader(Reader):
    """Read an answer that comes whole."""

    def __init__(self) -> None:
        super().__init__()
        self._body = b""

    def feed(self, piece: bytes) -> Failure | None:
        self._body = self._body + piece if self._body else piece
        return None

    def finish(self) -> Completion | Failure:
        try:
            body = decode_body(self._body)
        except UNDECODABLE:
            return Failure("garbage", "the body is no chat completion")
        if not body.choices:
            return Failure("garbage", "no choices")
        choice = body.choices[0]
        message = choice.message
        if message is None:
            return Failure("garbage", "a choice without a message")
        calls = tuple(
            ToolCall(part.id or f"call_{at}", part.function.name or "", part.function.arguments or "")
            for at, part in enumerate(message.tool_calls or ())
            if part.function is not None
        )
        return _whole(
            message.content or message.refusal or "",
            _counted(body.usage),
            choice.finish_reason or "stop",
            calls,
        )


class Events:
    """Cut a stream of server-sent events (WHATWG HTML, 9.2.6) into their payloads; empty ones are left out."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """Return the payloads of the events that are whole by now."""
        if self._rest:
            piece = self._rest + piece
        self._rest = b""
        if b"\r" in piece:
            if piece.endswith(b"\r"):  # perhaps half of a line end
                piece, self._rest = piece[:-1], b"\r"
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        events = piece.split(b"\n\n")
        self._rest = events.pop() + self._rest
        return [payload for event in events if (payload := _payload(event))]

    def finish(self) -> bytes:
        """Return the payload of a last event without the empty line behind it; some servers end so."""
        return _payload(self._rest.rstrip(b"\r\n"))


class StreamReader(Reader):
    """Read a streamed answer; `on_text` hears what each read brought."""

    def __init__(self, on_text: Callable[[str], None]) -> None:
        super().__init__()
        self._on_text = on_text
        self._events = Events()
        self._chunks = 0
        self._parts: list[str] = []
        self._usage: CountedTokens | None = None
        self._finish = ""
        self._tools: dict[int, list[str]] = {}

    def feed(self, piece: bytes) -> Failure | None:
        known = len(self._parts)
        failure = None
        for payload in self._events.feed(piece):
            failure = self._read(payload)
            if failure is not None or self.done:
                break
        if len(self._parts) > known:
            self._on_text("".join(self._parts[known:]))
        return failure

    def finish(self) -> Completion | Failure:
        if not self.done and (payload := self._events.finish()):
            failure = self._read(payload)
            if failure is not None and not self._finish:
                return failure
        if not self.done and not self._finish:
            if not self._chunks:
                return Failure("garbage", "the body is no event stream")
            return Failure("broken", "the stream ended before the answer did")
        tools = tuple(
            ToolCall(self._tools[at][0] or f"call_{at}", self._tools[at][1], self._tools[at][2])
            for at in sorted(self._tools)
        )
        return _whole("".join(self._parts), _counted(self._usage), self._finish or "stop", tools)

    def _read(self, payload: bytes) -> Failure | None:
        try:
            body = decode_body(payload)
        except UNDECODABLE:
            if payload.startswith(b"[DONE]"):
                self.done = True
                return None
            return Failure("garbage", "an event is no chunk of a chat completion")
        self._chunks += 1
        if body.error is not None:
            return Failure("broken", "the model reported an error: " + read_error(payload))
        if body.usage is not None:
            self._usage = body.usage
        for choice in body.choices or ():
            if choice.index == 0:
                self._read_choice(choice)
        return None

    def _read_choice(self, choice: Choice) -> None:
        if choice.finish_reason:
            self._finish = choice.finish_reason
        delta = choice.delta
        if delta is None:
            return
        for part in delta.tool_calls or ():
            tool = self._tools.setdefault(part.index, ["", "", ""])
            tool[0] = tool[0] or part.id or ""
            if part.function is not None:
                tool[1] = tool[1] or part.function.name or ""
                tool[2] += part.function.arguments or ""
        text = delta.content or delta.refusal
        if text:
            self._parts.append(text)


def _payload(event: bytes) -> bytes:
    """Return the joined `data` lines of an event; comments and other fields are left out."""
    if event.startswith(b"data: ") and b"\n" not in event:
        return event[6:]
    lines = [line[5:] for line in event.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join([line.removeprefix(b" ") for line in lines])


def _counted(usage: CountedTokens | None) -> Usage | None:
    return None if usage is None else Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0)


def _whole(text: str, usage: Usage | None, finish: str, calls: tuple[ToolCall, ...]) -> Completion | Failure:
    if finish == "content_filter":
        return Failure("status", "content_filter", status=400)
    if not text and not calls:
        return Failure("garbage", "an empty answer")
    return Completion(text=text, usage=usage, finish=finish, tool_calls=calls)


def read_error(body: bytes) -> str:
    """Return type and code of an error body; never its message, which may repeat what the visitor wrote."""
    try:
        fault = decode_body(body).error
    except UNDECODABLE:
        return ""
    return error_name(fault.type, fault.code) if isinstance(fault, Fault) else ""


def error_name(kind: object, code: object) -> str:
    """Join the two names that an error of this format has."""
    return " ".join(str(part)[:60] for part in (kind, code) if part)
