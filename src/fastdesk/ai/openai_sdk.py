"""The official `openai` package as a provider, for what our lean one lacks: Azure, proxies, organisations, redirects.

The package is imported when the first such provider is made. It builds, signs and sends the request; bounds
and the reading of the answer are ours: no retries of its own (the ladder of models does that, under the
answer's deadline), the same cap in size.
"""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from fastdesk.ai.http_connection import MAX_ANSWER_BYTES
from fastdesk.ai.openai_http import retry_after_ms
from fastdesk.ai.openai_wire import PlainReader, Reader, StreamReader, error_name, request_body
from fastdesk.ai.provider import Failure, ModelRequest, Piece, ProviderKit, StreamProvider, error_of
from fastdesk.ai.settings import ModelSettings
from fastdesk.errors import ConfigError, ModelError

if TYPE_CHECKING:
    import openai

__all__ = ["OpenAISdk"]


class OpenAISdk(StreamProvider):
    """Ask through the official SDK."""

    def __init__(self, settings: ModelSettings, kit: ProviderKit) -> None:
        super().__init__(settings, kit)
        import openai

        if not kit.may_connect("127.0.0.1"):  # the SDK asks nobody where it connects, and follows redirects
            raise ConfigError(
                "Only the operator may name provider openai.",
                hint="Use openai_http, which is held to public addresses.",
            )
        self._sdk = openai
        given: dict[str, Any] = {
            "api_key": kit.key or "none",
            "max_retries": 0,
            "timeout": openai.Timeout(settings.total_ms / 1000, connect=settings.connect_ms / 1000),
            "default_headers": {"Accept-Encoding": "identity"} | settings.headers,
        }
        self._asker: openai.AsyncOpenAI
        if settings.api_version:
            place = settings.base_url.rstrip("/").removesuffix("/openai")
            self._asker = openai.AsyncAzureOpenAI(
                azure_endpoint=place, api_version=settings.api_version, **given
            )
        else:
            self._asker = openai.AsyncOpenAI(base_url=settings.base_url, **given)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Yield the answer."""
        texts: list[str] = []
        reader: Reader = StreamReader(texts.append) if self.settings.stream else PlainReader()
        received = 0
        body = request_body(self.settings, request)
        create = self._asker.chat.completions.with_streaming_response.create
        try:
            # Only `model` and `messages` are arguments: the SDK knows fewer fields than the servers that
            # speak its format.
            async with create(
                model=body.pop("model"), messages=body.pop("messages"), extra_body=body
            ) as response:
                async for piece in response.iter_bytes():
                    received += len(piece)
                    if received > MAX_ANSWER_BYTES:
                        raise ModelError("an answer beyond the cap", kind="too_large")
                    failure = reader.feed(piece)
                    for text in texts:
                        yield text
                    texts.clear()
                    if failure is not None:
                        raise error_of(failure)
                    if reader.done:
                        break
        except self._sdk.APIError as error:
            raise self._explain(error) from None
        result = reader.finish()
        if isinstance(result, Failure):
            raise error_of(result)
        yield result

    async def close(self) -> None:
        """Close the SDK's connections."""
        await self._asker.close()

    def _explain(self, error: "openai.APIError") -> ModelError:
        sdk = self._sdk
        if isinstance(error, sdk.APIStatusError):
            head = "".join(f"\r\n{name}: {value}" for name, value in error.response.headers.items())
            return ModelError(
                error_name(error.type, error.code),
                kind="status",
                status=error.status_code,
                retry_after_ms=retry_after_ms(head.encode("latin-1", "replace"), self.kit.clock.now_ms()),
            )
        cause = type(error.__cause__).__name__
        if isinstance(error, sdk.APITimeoutError) and cause != "ConnectTimeout":
            return ModelError(cause, kind="timeout")
        return ModelError(cause, kind="connect" if cause.startswith("Connect") else "broken")
