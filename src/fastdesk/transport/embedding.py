"""Ask an OpenAI-compatible service for embeddings (`POST /embeddings`)."""

from typing import Any, Final

import msgspec

from fastdesk.errors import ModelError
from fastdesk.transport.outgoing import Outgoing

__all__ = ["EmbeddingService"]

#: Texts in one request: a small service on the same machine answers that within its time, too.
BATCH: Final = 32
TIMEOUT_MS: Final = 60_000
#: 32 vectors of 4,096 numbers in decimal.
MAX_ANSWER: Final = 8 << 20


class _Row(msgspec.Struct):
    embedding: list[float]
    index: int = 0


class _Rows(msgspec.Struct):
    data: list[_Row]


class EmbeddingService:
    """Turn texts into vectors. The address is the operator's own, so that it may be private."""

    def __init__(self, base_url: str, model: str, key: str, outgoing: Outgoing) -> None:
        self._url = base_url.rstrip("/") + "/embeddings"
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._outgoing = outgoing
        self._decoder = msgspec.json.Decoder(_Rows)

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """Return a vector for each text.

        Raises:
            ModelError: the service gave none.
        """
        vectors: list[list[float]] = []
        for at in range(0, len(texts), BATCH):
            vectors += await self._embed(texts[at : at + BATCH])
        return vectors

    async def _embed(self, texts: list[str]) -> list[list[float]]:
        body: dict[str, Any] = {"model": self._model, "input": texts}
        status, content, error = await self._outgoing.send(
            "POST", self._url, headers=dict(self._headers), body=body, timeout_ms=TIMEOUT_MS, most=MAX_ANSWER
        )
        if error:
            raise ModelError(f"The embedding service gave no answer: {error}.", kind="connect")
        if status != 200:
            raise ModelError(f"The embedding service answered {status}.", kind="status", status=status)
        try:
            rows = self._decoder.decode(content).data
        except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
            raise ModelError("The embedding service answered something else.", kind="garbage") from fault
        rows.sort(key=lambda row: row.index)
        if len(rows) != len(texts) or not all(row.embedding for row in rows):
            raise ModelError(f"{len(rows)} vectors came for {len(texts)} texts.", kind="garbage")
        return [row.embedding for row in rows]
