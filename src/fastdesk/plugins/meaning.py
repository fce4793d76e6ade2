"""Find articles by meaning beside their words: embeddings of passages and questions, where an operator named a service.

Without a service nothing here runs. When the service is down or late, the words decide alone. A passage's vector is kept by
its content, so that a text is embedded once.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import structlog

from fastdesk.errors import ModelError
from fastdesk.knowledge import Embedder, KnowledgeIndex, embed_passages
from fastdesk.model.ids import TenantId
from fastdesk.observe.tasks import Tasks

__all__ = ["KeepVectors", "Meaning"]

_log = structlog.get_logger("fastdesk.meaning")

#: Passages that are embedded before the ones so far are kept: what an interrupted service would cost again.
PORTION: Final = 256
#: Vectors of questions that are remembered; an assistant asks again for what the knowledge base has just asked.
MAX_KNOWN: Final = 512

Vectors = Mapping[str, Sequence[float]]


class KeepVectors(Protocol):
    """Keep vectors over a restart; called in threads."""

    def load(self, tenant: TenantId) -> dict[str, Sequence[float]]:
        """Return what was saved, nothing when there is none."""

    def save(self, tenant: TenantId, vectors: Vectors) -> None:
        """Replace what is kept."""


class Meaning:
    """Indexes with vectors, and the vectors of questions.

    Args:
        deadline_s: no vector of a question by then, and the words decide.
    """

    def __init__(
        self, embedder: Embedder, keep: KeepVectors, *, tasks: Tasks, deadline_s: float = 0.3
    ) -> None:
        self._embedder = embedder
        self._keep = keep
        self._tasks = tasks
        self._deadline_s = deadline_s
        self._ready: dict[TenantId, tuple[KnowledgeIndex, KnowledgeIndex]] = {}
        self._vectors: dict[TenantId, dict[str, Sequence[float]]] = {}
        self._busy: set[TenantId] = set()
        self._asked: dict[str, Sequence[float]] = {}
        self.failures = 0

    def index(self, tenant: TenantId, plain: KnowledgeIndex) -> KnowledgeIndex:
        """Return the index with vectors that was made of `plain`, or `plain` while there is none."""
        ready = self._ready.get(tenant)
        return ready[1] if ready is not None and ready[0] is plain else plain

    def is_ready(self, tenant: TenantId, plain: KnowledgeIndex) -> bool:
        """Tell whether questions can be compared by meaning."""
        return self.index(tenant, plain) is not plain

    def known(self, text: str) -> Sequence[float] | None:
        """Return the vector of a question that was asked for a moment ago."""
        return self._asked.get(text)

    async def vector(self, text: str) -> Sequence[float] | None:
        """Return the vector of a question, None when it does not come in time."""
        found = self._asked.get(text)
        if found is not None:
            return found
        try:
            async with asyncio.timeout(self._deadline_s):
                (found,) = await self._embedder.embed([text])
        except (TimeoutError, ModelError, ValueError) as failure:
            self.failures += 1
            _log.warning("question_not_embedded", error=type(failure).__name__)
            return None
        if len(self._asked) >= MAX_KNOWN:
            del self._asked[next(iter(self._asked))]
        self._asked[text] = found
        return found

    def follow(self, tenant: TenantId, current: Callable[[], KnowledgeIndex]) -> None:
        """Embed what a new index holds; call it after each build."""
        if tenant not in self._busy:
            self._busy.add(tenant)
            self._tasks.spawn(self._follow(tenant, current), "embed articles")

    async def _follow(self, tenant: TenantId, current: Callable[[], KnowledgeIndex]) -> None:
        try:
            known = self._vectors.get(tenant)
            if known is None:
                known = self._vectors[tenant] = await self._tasks.offload(self._keep.load, tenant)
            plain = None
            while plain is not current():
                plain = current()
                known = self._vectors[tenant] = await self._embed(tenant, plain, known)
        except ModelError as failure:
            self.failures += 1
            _log.warning("articles_not_embedded", tenant=tenant, error=failure.message)
        finally:
            self._busy.discard(tenant)

    async def _embed(
        self, tenant: TenantId, plain: KnowledgeIndex, known: dict[str, Sequence[float]]
    ) -> dict[str, Sequence[float]]:
        """Put vectors to an index: those that are there at once, the others as they come."""
        passages = await self._tasks.offload(lambda: list(plain.passages()))
        missing = [passage for passage in passages if passage.key not in known]
        kept = {passage.key: known[passage.key] for passage in passages if passage.key in known}
        if kept:
            self._ready[tenant] = (plain, await self._tasks.offload(plain.with_vectors, kept))
        try:
            for at in range(0, len(missing), PORTION):
                kept.update(await embed_passages(self._embedder, missing[at : at + PORTION], {}))
        finally:
            if missing or len(kept) != len(known):
                self._ready[tenant] = (plain, await self._tasks.offload(plain.with_vectors, kept))
                self._vectors[tenant] = kept
                await self._tasks.offload(self._keep.save, tenant, kept)
        return kept
