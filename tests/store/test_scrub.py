"""Nothing of a removed row is left in the file, wherever SQLite had moved it before."""

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from fastdesk.model.event import Put, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.model.visitor import Visitor
from fastdesk.observe.clock import SeededEntropy
from fastdesk.store import StoreSettings, embedded_store
from fastdesk.store import scrub as scrubbing
from fastdesk.store.database import Database

GONE = b"Xqgonezz"


@pytest.fixture(params=[4096, 8192, 65536])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a file whose rows were moved from page to page, and in which none with GONE stands any more."""
    path, rng = tmp_path / "moved.sqlite3", random.Random(3)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {request.param}")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, name TEXT, body BLOB)")
        connection.execute(
            "CREATE TABLE apart (name TEXT, body BLOB, PRIMARY KEY (name, body)) WITHOUT ROWID"
        )
        connection.execute("CREATE INDEX named ON row (name)")
        connection.execute("BEGIN")
        for number in rng.sample(range(6000), 3000):
            content = (GONE if number % 3 else b"stays") + b"%d" % number + bytes(rng.randrange(400))
            row = (content.hex()[: rng.randrange(20, 90)] if number % 3 == 0 else content.decode(), content)
            connection.execute("INSERT INTO row VALUES (?, ?, ?)", (number, *row))
            connection.execute("INSERT INTO apart VALUES (?, ?)", row)
        connection.execute("COMMIT")
        connection.execute("DELETE FROM row WHERE id % 3 > 0")
        connection.execute("DELETE FROM apart WHERE instr(body, ?)", (GONE,))
    return path


def scrub(path: Path, first: int, most: int) -> int:
    """Scrub a file that no connection has open."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        return scrubbing.scrub(descriptor, first, most)
    finally:
        os.close(descriptor)


def rows(path: Path) -> list[object]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [
            connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in ("row", "apart")
        ]


def test_what_moved_rows_left_behind_is_overwritten_and_nothing_else(file: Path) -> None:
    before = rows(file)
    assert GONE in file.read_bytes(), "SQLite leaves nothing behind any more: this is not needed"
    assert scrub(file, 1, 1 << 20) == 0
    assert GONE not in file.read_bytes()
    assert rows(file) == before


def test_it_goes_in_steps_from_page_to_page(file: Path) -> None:
    before, after, steps = rows(file), 1, 0
    while after:
        following = scrub(file, after, 7)
        assert following in (after + 7, 0)
        after, steps = following, steps + 1
    assert steps > 1
    assert GONE not in file.read_bytes()
    assert rows(file) == before


def test_a_file_whose_other_pages_could_look_like_rows_is_left(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrubbing, "_MAX_PAGES", 2)
    before = file.read_bytes()
    assert scrub(file, 1, 100) == 0
    assert file.read_bytes() == before


def test_the_writer_brings_nothing_back(tmp_path: Path) -> None:
    path, rng = tmp_path / "main.sqlite3", random.Random(3)
    database = Database.open(path, readers=1)
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE row (id INTEGER PRIMARY KEY, body TEXT)")
        for number in rng.sample(range(6000), 3000):
            word = "Xqgonezz" if number % 3 else "stays"
            row = (number, word * rng.randrange(1, 50))
            connection.exec_driver_sql("INSERT INTO row VALUES (?, ?)", row)
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM row WHERE id % 3 > 0")
    database.empty_log()
    assert GONE in path.read_bytes(), "SQLite leaves nothing behind any more: this is not needed"
    assert database.scrub(1) == 0
    assert GONE not in path.read_bytes()
    with database.write() as connection:  # every page is written anew
        connection.exec_driver_sql("UPDATE row SET body = replace(body, 's', 't')")
    database.empty_log()
    database.close()
    assert GONE not in path.read_bytes()


def test_a_reader_in_the_log_is_waited_for(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "main.sqlite3", readers=1)
    with closing(sqlite3.connect(tmp_path / "main.sqlite3", isolation_level=None)) as reader:
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO store VALUES ('a', 'b')")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM store").fetchall()
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO store VALUES ('c', 'd')")
        with closing(database._writer.connection.cursor()) as cursor:
            cursor.execute("PRAGMA busy_timeout = 1")  # it waits long enough
        assert database.scrub(1) == 1
    assert database.scrub(1) == 0
    database.close()


async def test_people_of_all_sizes_are_erased_without_a_trace(tmp_path: Path) -> None:
    demo, site, rng, rev = TenantId("demo"), SiteId("s"), random.Random(5), 0
    store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1))
    await store.start()

    def next_rev() -> int:
        nonlocal rev
        rev += 1
        return rev

    people = [f"v{number:03d}" for number in range(60)]
    for turn in range(5):
        for id in rng.sample(people, len(people)):
            word = "Xqgonezz" if int(id[1:]) % 2 else "stays"
            person = Visitor(
                id=VisitorId(id), tenant=demo, site=site, name=f"{word} {id}", note=word * rng.randrange(200)
            )
            store.append(Put(demo, next_rev(), 1, "visitor", id, msgspec.json.encode(person), "x"))
            said = Said(
                demo, next_rev(), 1, ConversationId(f"c{id}"), turn + 1, f"message-{rev:05d}", "visitor", id, word, "text",
                word * rng.randrange(1, 300),
            )  # fmt: skip
            store.append(said)
        await store.settle(followers=True)
    for id in people[1::2]:
        await store.erase(demo, VisitorId(id), rev=next_rev(), at=1, actor="li")
    left = [
        path.name for path in tmp_path.rglob("*") if path.is_file() and b"Xqgonezz v" in path.read_bytes()
    ]
    await store.stop()
    assert left == []


def test_it_takes_no_lock_away(tmp_path: Path) -> None:
    """Whoever closes a descriptor of a file loses all its locks on it; another process would then remove the log in use."""
    path = tmp_path / "main.sqlite3"
    database = Database.open(path, readers=1)
    assert database.scrub(1) == 0
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO store VALUES ('a', 'b')")
    look = f"import sqlite3; c = sqlite3.connect({str(path)!r}); print(c.execute('SELECT value FROM store').fetchall()); c.close()"
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout
    assert "'b'" in told
    assert path.with_name("main.sqlite3-wal").exists(), "another process took itself for the last one"
    database.close()
