"""A model for demonstrations without a key: it repeats the question word by word."""

from collections.abc import AsyncGenerator

from fastdesk.ai.lines import unmarked
from fastdesk.ai.provider import ModelRequest, Piece, StreamProvider, Usage

__all__ = ["Echo"]


class Echo(StreamProvider):
    """Say again what was said last."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Yield the last line piece by piece."""
        said = unmarked(request.lines[-1].content)
        step = max(1, len(said) // 10)
        for at in range(0, len(said), step):
            yield said[at : at + step]
        yield Usage(sum(len(line.content) for line in request.lines), len(said))
