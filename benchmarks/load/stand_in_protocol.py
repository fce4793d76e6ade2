"""The serving side of the stand-in model: requests come in, answers and faults go out.

A lean HTTP/1.1 protocol (keep-alive, Content-Length bodies) rather than a framework, so that the stand-in
is not the limit of what is measured against it.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import deque
from typing import Any

import msgspec

from benchmarks.load.stand_in_behaviour import Behaviour, Counts, Recorded

_MAX_REQUEST_BYTES = 64 * 1024 * 1024
_REF = re.compile(r"ref-[a-z0-9]+")
_JSON = b"application/json"
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n"
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_CREATED = 1_700_000_000


class _Message(msgspec.Struct):
    role: str = ""
    content: Any = None


class _Call(msgspec.Struct):
    messages: list[_Message]
    model: str = "stand-in"
    stream: bool = False
    stream_options: dict[str, Any] | None = None


_decode_call = msgspec.json.Decoder(_Call).decode
_encode = msgspec.json.encode


class Model:
    """The state that all connections share: behaviour, counters, records."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seed: int) -> None:
        self.loop = loop
        self.random = random.Random(seed)
        self.behaviour = Behaviour()
        self.script: deque[Behaviour] = deque()
        self.counts = Counts()
        self.recorded: deque[Recorded] = deque(maxlen=1000)
        self.connections: set[ModelProtocol] = set()

    def reset(self) -> None:
        """Healthy, unscripted, all totals at zero; open connections and running calls go on being counted."""
        self.behaviour = Behaviour()
        self.script.clear()
        self.recorded.clear()
        before = self.counts
        self.counts = Counts(
            in_flight=before.in_flight,
            in_flight_peak=before.in_flight,
            connections=before.open_connections,
            open_connections=before.open_connections,
        )

    def next_behaviour(self) -> Behaviour:
        return self.script.popleft() if self.script else self.behaviour


class ModelProtocol(asyncio.Protocol):
    """One connection; calls on it are answered one after another."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._transport: Any = None
        self._received = b""
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        counts = self._model.counts
        counts.connections += 1
        counts.open_connections += 1
        self._model.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        counts = self._model.counts
        counts.open_connections -= 1
        self._model.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._busy:
            counts.in_flight -= 1
            counts.abandoned += 1

    def abort(self) -> None:
        """Reset the connection at once."""
        self._transport.abort()

    def data_received(self, received: bytes) -> None:
        self._received = self._received + received if self._received else received
        if not self._busy:
            self._take_request()

    # Requests.

    def _take_request(self) -> None:
        data = self._received
        head_end = data.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = data[:head_end]
        at = head.lower().find(b"\r\ncontent-length:")
        length = 0
        if at >= 0:
            line_end = head.find(b"\r\n", at + 2)
            length = int(head[at + 17 : line_end if line_end >= 0 else head_end])
        whole = head_end + 4 + length
        if length > _MAX_REQUEST_BYTES:
            self._transport.abort()
            return
        if len(data) < whole:
            return
        body = data[head_end + 4 : whole]
        self._received = data[whole:]
        self._busy = True
        counts = self._model.counts
        counts.in_flight += 1
        counts.in_flight_peak = max(counts.in_flight_peak, counts.in_flight)
        self._serve(head, body)

    def _serve(self, head: bytes, body: bytes) -> None:
        model = self._model
        method, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0]
        if method == b"GET" and path.endswith(b"/models"):
            self._answer(200, b'{"object":"list","data":[{"id":"stand-in","object":"model"}]}')
            return
        if method != b"POST" or not path.partition(b"?")[0].endswith(b"/chat/completions"):
            self._refuse(404, "the stand-in serves POST …/chat/completions and GET …/models")
            return
        model.counts.calls += 1
        behaviour = model.next_behaviour()
        if behaviour.record:
            model.recorded.append(_record(path, head, body))
        try:
            call = _decode_call(body)
        except msgspec.DecodeError as error:
            self._refuse(400, str(error))
            return
        model.counts.streams += call.stream
        delay_s = behaviour.delay_ms / 1000
        if behaviour.delay_spread_ms:
            delay_s += model.random.expovariate(1000 / behaviour.delay_spread_ms)
        if behaviour.fault != "none":
            model.counts.faults += 1
            self._later(delay_s, self._fail, behaviour, call)
        elif call.stream:
            self._later(delay_s, self._stream, behaviour, call)
        else:
            self._later(delay_s, self._answer, 200, _plain_answer(behaviour, call))

    def _refuse(self, status: int, message: str) -> None:
        self._model.counts.bad_requests += 1
        self._answer(status, _encode({"error": {"message": message, "type": "invalid_request_error"}}))

    # Answers.

    def _later(self, delay_s: float, step: Any, *arguments: Any) -> None:
        if delay_s > 0:
            self._timer = self._model.loop.call_later(delay_s, step, *arguments)
        else:
            step(*arguments)

    def _answer(
        self, status: int, body: bytes, kind: bytes = b"application/json", extra: bytes = b""
    ) -> None:
        self._transport.write(
            b"HTTP/1.1 %d %b\r\ncontent-type: %b\r\n%bcontent-length: %d\r\n\r\n%b"
            % (status, b"OK" if status == 200 else b"Refused", kind, extra, len(body), body)
        )
        self._finish()

    def _finish(self) -> None:
        self._busy = False
        self._timer = None
        counts = self._model.counts
        counts.in_flight -= 1
        counts.finished += 1
        if self._received:
            self._take_request()

    def _end(self) -> None:
        """Close after a fault: the call counts as finished, the connection ends."""
        self._busy = False
        self._model.counts.in_flight -= 1
        self._model.counts.finished += 1
        self._transport.close()

    def _stream(self, behaviour: Behaviour, call: _Call, stop_after: int = -1, then: str = "") -> None:
        events = _stream_events(behaviour, call)
        self._transport.write(_STREAM_HEAD)
        self._send_event(events, 0, behaviour.chunk_gap_ms / 1000, stop_after, then)

    def _send_event(self, events: list[bytes], index: int, gap_s: float, stop_after: int, then: str) -> None:
        if index == stop_after:
            if then == "cut":
                self._end()
            return
        self._transport.write(events[index])
        if index + 1 == len(events):
            self._finish()
        elif gap_s > 0 or index + 1 == stop_after:
            self._later(gap_s, self._send_event, events, index + 1, gap_s, stop_after, then)
        else:
            # Without a gap each event still gets its own write, and other calls get their turn between.
            self._model.loop.call_soon(self._send_next, events, index + 1, gap_s, stop_after, then)

    def _send_next(self, *arguments: Any) -> None:
        if not self._transport.is_closing():
            self._send_event(*arguments)

    # Faults.

    def _fail(self, behaviour: Behaviour, call: _Call) -> None:
        match behaviour.fault:
            case "hang_request" | "hang_accept":
                return
            case "hang_headers":
                self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-type: appl")
            case "hang_stream":
                self._stream(behaviour, call, behaviour.fault_after, "hang")
            case "cut" if call.stream:
                self._stream(behaviour, call, behaviour.fault_after, "cut")
            case "cut":
                body = _plain_answer(behaviour, call)
                self._transport.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                    % len(body)
                    + body[: behaviour.fault_after]
                )
                self._end()
            case "close":
                self._end()
            case "reset":
                self._model.counts.finished += 1
                self._model.counts.in_flight -= 1
                self._busy = False
                self.abort()
            case "status":
                extra = b""
                if behaviour.retry_after is not None:
                    extra = b"retry-after: %b\r\n" % behaviour.retry_after.encode()
                error = {"error": {"message": "programmed fault", "type": "server_error", "code": None}}
                self._answer(behaviour.status, _encode(error), extra=extra)
            case "garbage":
                self._answer(200, b'{"choices": [{"mess\x00\x01\xff not json', _kind(call))
            case "garbage_http":
                self._transport.write(b"\x16\x03\x01 not http at all \r\n\r\n")
                self._end()
            case "html":
                self._answer(200, b"<!doctype html><p>Please sign in to this network", b"text/html")
            case "drip":
                self._drip(_whole_response(behaviour, call), 0, behaviour.drip_gap_ms / 1000)
            case _:
                self._answer(200, _wrong_body(behaviour, call), _kind(call))

    def _drip(self, response: bytes, index: int, gap_s: float) -> None:
        self._transport.write(response[index : index + 1])
        if index + 1 == len(response):
            self._finish()
        else:
            self._later(gap_s, self._drip, response, index + 1, gap_s)


def _record(path: bytes, head: bytes, body: bytes) -> Recorded:
    lines = head.decode("latin-1").split("\r\n")[1:]
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    return Recorded(path.decode("latin-1"), headers, body.decode("utf-8", "replace"))


def _kind(call: _Call) -> bytes:
    return b"text/event-stream" if call.stream else _JSON


def _answer_text(behaviour: Behaviour, call: _Call) -> str:
    text = behaviour.text
    if "{" not in text:
        return text
    content = call.messages[-1].content if call.messages else ""
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    last = content or ""
    found = _REF.search(last)
    return text.replace("{ref}", found[0] if found else "without a reference").replace("{last}", last)


def _usage(behaviour: Behaviour) -> dict[str, int]:
    prompt, completion = behaviour.prompt_tokens, behaviour.completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _plain_answer(behaviour: Behaviour, call: _Call) -> bytes:
    message: Any = behaviour.message
    if message is None:
        message = {"role": "assistant", "content": _answer_text(behaviour, call), "refusal": None}
    return _completion(behaviour, call, [{"index": 0, "message": message, "finish_reason": "stop"}])


def _completion(behaviour: Behaviour, call: _Call, choices: list[Any]) -> bytes:
    return _encode(
        {
            "id": "chatcmpl-stand-in",
            "object": "chat.completion",
            "created": _CREATED,
            "model": call.model,
            "choices": choices,
            "usage": _usage(behaviour),
        }
    )


def _event(call: _Call, choices: list[Any], usage: dict[str, int] | None) -> bytes:
    event: dict[str, Any] = {
        "id": "chatcmpl-stand-in",
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": call.model,
        "choices": choices,
    }
    if usage is not None:
        event["usage"] = usage
    return b"data: %b\n\n" % _encode(event)


def _stream_events(behaviour: Behaviour, call: _Call) -> list[bytes]:
    """Return the HTTP chunks of a streamed answer; role, stop and usage ride on the first and last."""
    text = _answer_text(behaviour, call)
    count = 1 if behaviour.message is not None else max(1, min(behaviour.chunks, len(text)))
    bounds = [len(text) * index // count for index in range(count + 1)]
    events = []
    for index in range(count):
        delta: dict[str, Any] = {"content": text[bounds[index] : bounds[index + 1]]}
        if index == 0:
            delta = behaviour.message or {"role": "assistant", **delta}
        events.append(_event(call, [{"index": 0, "delta": delta, "finish_reason": None}], None))
    last = _event(call, [{"index": 0, "delta": {}, "finish_reason": "stop"}], None)
    if call.stream_options and call.stream_options.get("include_usage"):
        last += _event(call, [], _usage(behaviour))
    events[-1] += last + b"data: [DONE]\n\n"
    chunks = [b"%x\r\n%b\r\n" % (len(event), event) for event in events]
    chunks[-1] += b"0\r\n\r\n"
    return chunks


def _whole_response(behaviour: Behaviour, call: _Call) -> bytes:
    if call.stream:
        return _STREAM_HEAD + b"".join(_stream_events(behaviour, call))
    body = _plain_answer(behaviour, call)
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


def _wrong_body(behaviour: Behaviour, call: _Call) -> bytes:
    """Return a well-framed body with the wrong content: the faults that are not about the connection."""
    content: Any = {"huge_body": "x", "invalid_utf8": "@@"}.get(behaviour.fault)
    if behaviour.fault == "huge_body":
        content *= behaviour.huge_bytes
    choices: list[Any] = []
    if behaviour.fault != "empty_choices":
        part = "delta" if call.stream else "message"
        reason = None if call.stream else "stop"
        choices = [{"index": 0, part: {"role": "assistant", "content": content}, "finish_reason": reason}]
    streamed = _event(call, choices, None) + b"data: [DONE]\n\n" if call.stream else b""
    body = streamed or _completion(behaviour, call, choices)
    return body.replace(b"@@", b"\xff\xfe\xc0\xaf") if behaviour.fault == "invalid_utf8" else body
