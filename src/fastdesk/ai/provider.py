"""What a language model is to the desk: a request goes in, text comes out, then one end or one failure.

A provider is anything with `start` and `close`. It talks to its sink in the loop's thread: any number of
`on_text`, then exactly one of `on_end` and `on_failure`; nothing after `Call.cancel`. Whoever writes a new
provider subclasses `StreamProvider` and writes one async generator.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, Literal, NamedTuple, Protocol

from msgspec import Struct

from fastdesk.ai.settings import ModelSettings
from fastdesk.errors import ModelError, ModelFault
from fastdesk.observe.clock import Clock

__all__ = [
    "Call",
    "Completion",
    "Failure",
    "Line",
    "ModelRequest",
    "Piece",
    "Provider",
    "ProviderKit",
    "Sink",
    "Spawn",
    "StreamProvider",
    "Tool",
    "ToolCall",
    "Usage",
    "complete",
    "error_of",
    "stream",
]


# Frozen and made of strings and numbers, these are in no cycle: the collector need not walk them (`gc=False`).
class ToolCall(Struct, frozen=True, gc=False):
    """A tool the model wants to use; `arguments` is the JSON text it wrote, unchecked."""

    id: str
    name: str
    arguments: str


class Line(Struct, frozen=True, omit_defaults=True, gc=False):
    """One line of the prompt, oldest first."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


class Tool(Struct, frozen=True):
    """A tool as the model sees it: `parameters` is a JSON schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


class ModelRequest(Struct, frozen=True, kw_only=True, gc=False):
    """One question to a model.

    `encoded` is the same lines as a JSON array without the bracket that closes it, in pieces, where the desk has that at hand.
    """

    lines: tuple[Line, ...]
    encoded: tuple[bytes, ...] = ()
    tools: tuple[Tool, ...] = ()
    max_tokens: int = 512


class Usage(Struct, frozen=True, gc=False):
    """Tokens of one call as the model counted them."""

    tokens_in: int
    tokens_out: int


class Completion(Struct, frozen=True, kw_only=True, gc=False):
    """A whole answer; `usage` is None when the model did not say, `finish` is its word for why it ended."""

    text: str
    usage: Usage | None = None
    finish: str = "stop"
    tool_calls: tuple[ToolCall, ...] = ()


#: What a `StreamProvider` may yield.
Piece = str | Usage | Completion


class Failure(Struct, frozen=True, gc=False):
    """Why a call gave no answer. `detail` never holds a key or the text of a message."""

    kind: ModelFault
    detail: str = ""
    status: int = 0
    retry_after_ms: int | None = None


class Sink(Protocol):
    """Whoever listens to a call."""

    def on_text(self, text: str) -> None:
        """Take the next piece of the answer, never empty."""

    def on_end(self, completion: Completion) -> None:
        """Take the whole answer: the pieces joined, or all of it at once when nothing was streamed."""

    def on_failure(self, failure: Failure) -> None:
        """Take the reason why no (whole) answer will come."""


class Call(Protocol):
    """A call under way. `is_sent` tells whether the model may have seen the request, and charge for it."""

    @property
    def is_sent(self) -> bool: ...

    def cancel(self) -> None:
        """Stop it and free what it holds; the sink hears nothing more. Harmless when it has ended."""


class Spawn(Protocol):
    """Start a background task that someone owns (`fastdesk.observe.tasks.Tasks.spawn`)."""

    def __call__(self, work: Coroutine[Any, Any, Any], name: str) -> "asyncio.Task[Any]": ...


def any_address(address: str) -> bool:
    """Allow every network address: for endpoints that the operator named."""
    return True


class ProviderKit(NamedTuple):
    """What a provider may use besides its settings; `key` is secret, `may_connect` judges each address."""

    key: str
    clock: Clock
    spawn: Spawn
    may_connect: Callable[[str], bool] = any_address


class Provider(Protocol):
    """A model that can be asked."""

    def start(self, request: ModelRequest, sink: Sink) -> Call:
        """Begin a call; must not block. The sink may be called before this returns."""

    async def close(self) -> None:
        """Free connections; calls under way end in a failure or in silence."""


class StreamProvider:
    """Base of providers that are written as one async generator.

    Override `stream`: yield text as it comes, and a `Usage` once if the model tells it; raise `ModelError`
    to fail. Any other exception counts as a failure too. Cancelling closes the generator.
    """

    def __init__(self, settings: ModelSettings, kit: ProviderKit) -> None:
        self.settings = settings
        self.kit = kit

    def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Yield the answer to `request`."""
        raise NotImplementedError

    def start(self, request: ModelRequest, sink: Sink) -> Call:
        """Run `stream` in a task of its own."""
        feed = _Feed(sink)
        feed.task = self.kit.spawn(feed.run(self.stream(request)), f"model {self.settings.provider}")
        return feed

    async def close(self) -> None:
        """Free nothing: most providers hold nothing between calls."""


class _Feed:
    """Carry what a generator yields to a sink, until it ends or is cancelled."""

    task: "asyncio.Task[Any]"
    is_sent = True

    def __init__(self, sink: Sink) -> None:
        self._sink: Sink | None = sink

    def cancel(self) -> None:
        self._sink = None
        self.task.cancel()

    async def run(self, pieces: AsyncGenerator[Piece, None]) -> None:
        result: Completion | Failure
        try:
            result = await self._collect(pieces)
        except ModelError as error:
            result = Failure(error.kind, error.message, error.status, error.retry_after_ms)
        except Exception as error:  # the plug-in guard: a provider may come from anyone
            result = Failure("broken", type(error).__name__)
        if self._sink is None:
            return
        if isinstance(result, Failure):
            self._sink.on_failure(result)
        else:
            self._sink.on_end(result)

    async def _collect(self, pieces: AsyncGenerator[Piece, None]) -> Completion:
        parts: list[str] = []
        usage: Usage | None = None
        async with aclosing(pieces):
            async for piece in pieces:
                match piece:
                    case Completion():
                        return piece
                    case Usage():
                        usage = piece
                    case str() if piece and self._sink is not None:
                        parts.append(piece)
                        self._sink.on_text(piece)
        return Completion(text="".join(parts), usage=usage)


async def complete(provider: Provider, request: ModelRequest) -> Completion:
    """Return the whole answer.

    Raises:
        ModelError: the model gave none.
    """
    whole: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
    call = provider.start(request, _Whole(whole))
    try:
        return await whole
    finally:
        call.cancel()


async def stream(provider: Provider, request: ModelRequest) -> AsyncIterator[str]:
    """Yield the pieces of the answer as they come.

    Raises:
        ModelError: the answer did not come to its end.
    """
    pieces: asyncio.Queue[str | Completion | Failure] = asyncio.Queue()
    call = provider.start(request, _Pieces(pieces))
    streamed = False
    try:
        while True:
            match await pieces.get():
                case str(text):
                    streamed = True
                    yield text
                case Completion(text=text):
                    if text and not streamed:
                        yield text
                    return
                case Failure() as failure:
                    raise error_of(failure)
    finally:
        call.cancel()


def error_of(failure: Failure) -> ModelError:
    """Return the exception that says what `failure` says."""
    return ModelError(
        failure.detail, kind=failure.kind, status=failure.status, retry_after_ms=failure.retry_after_ms
    )


class _Whole:
    def __init__(self, whole: "asyncio.Future[Completion]") -> None:
        self._whole = whole

    def on_text(self, text: str) -> None:
        """Wait for the end."""

    def on_end(self, completion: Completion) -> None:
        if not self._whole.done():
            self._whole.set_result(completion)

    def on_failure(self, failure: Failure) -> None:
        if not self._whole.done():
            self._whole.set_exception(error_of(failure))


class _Pieces:
    def __init__(self, pieces: "asyncio.Queue[str | Completion | Failure]") -> None:
        self.on_text = pieces.put_nowait
        self.on_end = pieces.put_nowait
        self.on_failure = pieces.put_nowait
