"""A file that a visitor or an agent sent, and what a tenant takes of such files."""

from typing import Final

from msgspec import Struct

from fastdesk.model.ids import TenantId

__all__ = ["KIND", "FileLimits", "StoredFile", "tenant_of_file"]

#: The kind of record under which files stand.
KIND: Final = "file"


class StoredFile(Struct, frozen=True, kw_only=True):
    """What is known of a file; its bytes stand in the data folder. `by` is the visitor's, agent's or key's id.

    The id is `TENANT.SECRET`: who knows it may read the file.
    """

    id: str
    name: str
    type: str
    size: int
    by: str
    at: int


class FileLimits(Struct, frozen=True, kw_only=True):
    """Most bytes of one file and of all files of a tenant that has no limit of its own, and the media types that are taken."""

    max_bytes: int = 10 << 20
    quota_bytes: int = 1 << 30
    types: tuple[str, ...] = ()


def tenant_of_file(id: str) -> TenantId:
    """Return whose file an id names, if there is such a file."""
    return TenantId(id.rpartition(".")[0])
