"""One SQLite file."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fastdesk.store.database import Database

SET = text("INSERT INTO store (key, value) VALUES ('k', :value)")
GET = text("SELECT value FROM store WHERE key = 'k'")


def test_what_is_written_is_read_and_what_failed_is_not(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "file", readers=2)
    with suppress(ZeroDivisionError), database.write() as connection:
        connection.execute(SET, {"value": "lost"})
        raise ZeroDivisionError
    assert database.read(lambda connection: connection.execute(GET).scalar()) is None
    with database.write() as connection:
        connection.execute(SET, {"value": "kept"})
        assert database.read(lambda connection: connection.execute(GET).scalar()) is None
    database.close()
    database = Database.open(tmp_path / "file", readers=2)
    assert database.read(lambda connection: connection.execute(GET).scalar()) == "kept"
    database.close()


def test_errors_do_not_show_what_was_written(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "file", readers=1)
    with database.write() as connection:
        connection.execute(SET, {"value": "first"})
    with pytest.raises(DBAPIError) as caught, database.write() as connection:
        connection.execute(SET, {"value": "canary"})
    assert "canary" not in str(caught.value)
    database.close()


def test_commits_are_synced_and_freed_pages_overwritten(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "file", readers=1)
    with database.write() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    database.close()


def test_the_log_is_emptied_unless_somebody_reads(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "file", readers=1)
    with database.write() as connection:
        connection.execute(SET, {"value": "x"})
    assert (tmp_path / "file-wal").stat().st_size > 0
    assert database.empty_log()
    assert (tmp_path / "file-wal").stat().st_size == 0
    database.close()


def test_a_start_that_upgrades_nothing_does_not_import_alembic(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from fastdesk.store.database import Database;"
        "[Database.open(Path(sys.argv[1]), readers=1).close() for _ in range(2)];"
        "assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "file")], check=True)
