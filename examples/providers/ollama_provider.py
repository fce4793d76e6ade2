"""A provider in forty lines: Ollama's own streaming API, one JSON object on each line of the answer.

FASTDESK_AI_PROVIDER=ollama_provider:Ollama FASTDESK_AI_BASE_URL=http://localhost:11434 FASTDESK_AI_MODEL=qwen3
"""

import json
from collections.abc import AsyncGenerator

import aiohttp

from fastdesk.ai.provider import ModelRequest, Piece, StreamProvider, Usage
from fastdesk.errors import ModelError


class Ollama(StreamProvider):
    """Ask a model that Ollama runs."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Yield the answer as it comes; whoever cancels closes the connection."""
        body = {
            "model": self.settings.model,
            "messages": [{"role": line.role, "content": line.content} for line in request.lines],
            "options": {"num_predict": request.max_tokens},
        }
        try:
            async with (
                aiohttp.ClientSession(self.settings.base_url) as session,
                session.post("/api/chat", json=body) as response,
            ):
                if response.status != 200:
                    raise ModelError("Ollama refuses", kind="status", status=response.status)
                async for line in response.content:
                    said = json.loads(line)
                    yield said["message"]["content"]
                    if said.get("done"):
                        yield Usage(said["prompt_eval_count"], said["eval_count"])
                        return
        except (aiohttp.ClientError, ValueError, KeyError) as error:
            raise ModelError(type(error).__name__, kind="broken") from error
        raise ModelError("the answer has no end", kind="broken")
