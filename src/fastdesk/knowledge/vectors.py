"""Optional embeddings beside the words: for tenants that configured an embedding endpoint.

Enters: chunks' texts with their vectors, made elsewhere by an `Embedder`. Leaves: chunks by nearness of meaning, and a
ranking fused with that of the words. No network here: who calls the embedder hands its vectors in.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from fastdesk.knowledge.chunks import Chunk, plain
from fastdesk.knowledge.corpus import Corpus
from fastdesk.knowledge.postings import Floats
from fastdesk.model.article import Article

__all__ = ["ChunkVectors", "Embedder", "Passage", "embed_passages", "fuse", "passage"]

# Cormack, Clarke and Buettcher (2009): one list's favourite does not drown the other's.
_RANK_OFFSET = 60
# What embedding endpoints accept at once.
_BATCH = 64


class Embedder(Protocol):
    """Turns texts into vectors of one length; raises `fastdesk.errors.ModelError` when it can't."""

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """Return a vector for each text, in their order."""


class Passage(Struct, frozen=True):
    """A text to be embedded. Its key names its content: the same text never needs to be embedded twice."""

    key: str
    text: str


def passage(article: Article, chunk: Chunk) -> Passage:
    """Return a chunk with the titles above it, as it is embedded."""
    text = "\n".join((article.title, *chunk.heading, plain(article.body[chunk.start : chunk.end])))
    return Passage(blake2b(text.encode(), digest_size=16).hexdigest(), text)


async def embed_passages(
    embedder: Embedder, passages: Iterable[Passage], known: Mapping[str, Sequence[float]]
) -> dict[str, Sequence[float]]:
    """Return vectors for all passages by key, embedding only those that are not `known`.

    Raises:
        ModelError: the embedder gave none, or vectors that don't fit; nothing is returned in part.
    """
    wanted = {passage.key: passage.text for passage in passages}
    vectors = {key: known[key] for key in wanted if key in known}
    missing = [key for key in wanted if key not in vectors]
    for at in range(0, len(missing), _BATCH):
        batch = missing[at : at + _BATCH]
        vectors.update(zip(batch, await embedder.embed([wanted[key] for key in batch]), strict=True))
    return vectors


class ChunkVectors:
    """The chunks that have a vector, as the rows of one matrix of unit vectors."""

    def __init__(self, corpus: Corpus, vectors: Mapping[str, Sequence[float]]) -> None:
        """Take vectors by passage key; those of another length than the first are left out, as are all zeros."""
        found: list[Floats] = []
        articles: list[int] = []
        for number, part in enumerate(corpus.parts):
            for chunk in part.chunks:
                vector = _unit(vectors.get(passage(part.article, chunk).key, ()))
                if vector is not None and (not found or len(vector) == len(found[0])):
                    found.append(vector)
                    articles.append(number)
        self._matrix = np.array(found, dtype=np.float32)
        self._articles = np.array(articles, dtype=np.int64)

    def nearest(
        self, query: Sequence[float], visible: NDArray[np.bool_], limit: int
    ) -> list[tuple[int, float]]:
        """Return the numbers of visible articles with their best cosine, nearest first."""
        vector = _unit(query)
        if vector is None or not len(self._matrix) or len(vector) != self._matrix.shape[1]:
            return []
        cosines = np.round(self._matrix @ vector, 6)
        best = np.full(len(visible), -2.0)
        np.maximum.at(best, self._articles, cosines)
        best[~visible] = -2.0
        order = np.lexsort((np.arange(len(best)), -best))[:limit]
        return [(int(number), float(best[number])) for number in order if best[number] >= -1]


def fuse(*rankings: Sequence[int]) -> list[int]:
    """Return all articles of several rankings by the sum of their reciprocal ranks; equals by number."""
    sums: dict[int, float] = {}
    for ranking in rankings:
        for place, article in enumerate(ranking, start=1):
            sums[article] = sums.get(article, 0.0) + 1 / (_RANK_OFFSET + place)
    return sorted(sums, key=lambda article: (-round(sums[article], 12), article))


def _unit(vector: Sequence[float]) -> Floats | None:
    values = np.array(vector, dtype=np.float32)
    length = float(np.linalg.norm(values))
    return values / np.float32(length) if length > 0 and np.isfinite(length) else None
