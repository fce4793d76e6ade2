"""Old files become what new files are."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from fastdesk.store.database import HEAD, Database
from fastdesk.store.migrate import known_versions, upgrade


def schema(path: Path) -> dict[str, str]:
    """Return what makes this file and guides its planner, without differences of white space."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        if any(name == "sqlite_stat1" for name, _ in rows):
            rows += connection.execute("SELECT 'statistics of ' || idx, stat FROM sqlite_stat1").fetchall()
    return {name: "".join(sql.split()).replace('"', "") for name, sql in rows}


def test_migrations_from_nothing_give_the_schema_of_a_new_file(tmp_path: Path) -> None:
    Database.open(tmp_path / "new", readers=1).close()
    upgrade(tmp_path / "migrated")
    assert schema(tmp_path / "migrated") == schema(tmp_path / "new")
    with closing(sqlite3.connect(tmp_path / "new")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]


def test_the_newest_migration_is_the_one_the_program_wants() -> None:
    names = [
        path.name for path in (Path(upgrade.__code__.co_filename).parent / "migrations/versions").glob("*.py")
    ]
    assert HEAD in known_versions()
    assert max(names).startswith(HEAD)


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE visitor (already INTEGER)")
    before = schema(path)
    with pytest.raises(DBAPIError, match="visitor"):
        upgrade(path)
    assert schema(path) == before
