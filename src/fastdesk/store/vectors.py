"""Vectors of passages in a file for each tenant and model: a cache, which may be removed at any time."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from fastdesk.model.ids import TenantId

__all__ = ["VectorFiles"]

_log = structlog.get_logger("fastdesk.vectors")


class VectorFiles:
    """Keep vectors in `folder`; those of another model are never mixed in."""

    def __init__(self, folder: Path, model: str) -> None:
        self._folder = folder
        self._model = re.sub(r"[^A-Za-z0-9_.\-]+", "-", model)[:100]

    def load(self, tenant: TenantId) -> dict[str, Sequence[float]]:
        """Return the vectors that were saved; a file that cannot be read counts as none."""
        path = self._path(tenant)
        if not path.exists():
            return {}
        try:
            with np.load(path, allow_pickle=False) as held:
                keys, rows = held["keys"], held["vectors"]
        except (OSError, ValueError, KeyError) as failure:
            _log.warning("vectors_unreadable", tenant=tenant, error=type(failure).__name__)
            return {}
        return dict(zip(keys.tolist(), rows, strict=False))

    def save(self, tenant: TenantId, vectors: Mapping[str, Sequence[float]]) -> None:
        """Write all vectors of one length in place of the file."""
        length = len(next(iter(vectors.values()), ()))
        fitting = {key: vector for key, vector in vectors.items() if len(vector) == length}
        rows: Any = np.array(list(fitting.values()), dtype=np.float32)
        path = self._path(tenant)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            np.savez(file, keys=np.array(list(fitting), dtype="U32"), vectors=rows)
        os.replace(fresh, path)

    def _path(self, tenant: TenantId) -> Path:
        return self._folder / f"{tenant}.{self._model}.npz"
