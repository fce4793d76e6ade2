"""One data base for all, one of its own for who wants that, and a folder that belongs to one process."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from fastdesk.errors import StoreBusy, StoreError
from fastdesk.model.ids import TenantId
from fastdesk.store.databases import Databases, FileDatabases, MemoryDatabases, tenant_path
from fastdesk.store.lock import FolderLock

SHOP, OTHER = TenantId("shop"), TenantId("other")


def put(databases: Databases, value: int) -> None:
    with databases.own(SHOP).write() as connection:
        connection.execute(text("CREATE TABLE mark AS SELECT :value AS value"), {"value": value})


def marks(databases: Databases, tenant: TenantId) -> list[int]:
    def read(connection: Connection) -> list[int]:
        if not connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'mark'")).all():
            return []
        return list(connection.execute(text("SELECT value FROM mark")).scalars())

    return databases.own(tenant).read(read)


@pytest.mark.parametrize("kind", ["files", "memory"])
def test_each_tenant_has_its_own_and_finds_it_again(tmp_path: Path, kind: str) -> None:
    databases: Databases = FileDatabases(tmp_path, readers=1) if kind == "files" else MemoryDatabases()
    main = databases.open()
    assert databases.open() is main
    put(databases, 7)
    assert databases.own(SHOP) is databases.own(SHOP)
    assert (marks(databases, SHOP), marks(databases, OTHER)) == ([7], [])
    assert databases.opened() == [main, databases.own(SHOP), databases.own(OTHER)]
    databases.close()
    databases.open()
    assert marks(databases, SHOP) == [7]
    databases.close()


def test_the_folder_is_held_from_open_to_close(tmp_path: Path) -> None:
    databases = FileDatabases(tmp_path, readers=1)
    databases.open()
    with pytest.raises(StoreBusy):
        FileDatabases(tmp_path, readers=1).open()
    databases.close()
    assert databases.opened() == []
    other = FolderLock(tmp_path)
    other.take()
    other.release()


def test_a_data_base_that_cannot_be_opened_gives_the_folder_back(tmp_path: Path) -> None:
    (tmp_path / "main.sqlite3").write_bytes(b"not a data base at all" * 100)
    with pytest.raises(StoreError):
        FileDatabases(tmp_path, readers=1).open()
    other = FolderLock(tmp_path)
    other.take()
    other.release()


@pytest.mark.parametrize("id", ["", "../shop", "a/b", "a.b", "caf\u00e9", "x" * 65, "shop\n"])
def test_an_id_that_is_no_file_name_makes_no_file(tmp_path: Path, id: str) -> None:
    with pytest.raises(StoreError, match="no file name"):
        FileDatabases(tmp_path, readers=1).own(TenantId(id))
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_a_tenant_is_named_by_its_id() -> None:
    assert tenant_path(Path("data"), TenantId("Shop_1-b")) == Path("data/tenants/Shop_1-b.sqlite3")
