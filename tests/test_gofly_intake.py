"""Visitors, messages, canned replies and blocks of a gofly installation come in: from a dump, an SQLite file, or CSV."""

import csv
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.running import EMAIL, PASSWORD, RunningDesk

from fastdesk.errors import FormatError
from fastdesk.gofly_tables import Tables, read_tables

DUMP = """-- MySQL dump
CREATE TABLE `visitor` (
 `id` int(11) NOT NULL AUTO_INCREMENT,
 `name` varchar(50) NOT NULL DEFAULT '',
 `source_ip` varchar(50) NOT NULL DEFAULT '',
 `to_id` varchar(50) NOT NULL DEFAULT '',
 `created_at` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
 `visitor_id` varchar(100) NOT NULL DEFAULT '',
 `city` varchar(100) NOT NULL DEFAULT '',
 `deleted_at` timestamp NULL DEFAULT NULL,
 PRIMARY KEY (`id`),
 KEY `to_id` (`to_id`)
) ENGINE=InnoDB;
INSERT INTO `visitor` VALUES (1,'上海网友','203.0.113.7','agent','2024-05-01 09:30:00','uuid-1','上海',NULL),
(2,'O\\'Neil','','agent','2024-05-02 09:30:00','uuid-2','',NULL),
(3,'gone','','agent','2024-05-02 09:30:00','uuid-3','','2024-05-03 09:30:00'),
(4,'odd','','agent','no time','a/b c','',NULL);
INSERT INTO `user` (`id`, `name`, `nickname`) VALUE (1, 'agent', '小李');
INSERT INTO `message` (`id`, `kefu_id`, `visitor_id`, `content`, `created_at`, `mes_type`, `deleted_at`) VALUES
(1,'agent','uuid-1','你好; 我要(退款), it''s late','2024-05-01 09:31:00','visitor',NULL),
(2,'agent','uuid-1','好的\\n请稍等','2024-05-01 09:32:00','kefu',NULL),
(3,'agent','uuid-1','gone','2024-05-01 09:33:00','visitor','2024-05-01 09:34:00'),
(4,'agent','nobody','lost','2024-05-01 09:33:00','visitor',NULL),
(5,'agent','a/b c','eins','2024-05-04 09:33:00','visitor',NULL),
(6,'agent','a/b c','zwei','0000-00-00 00:00:00','visitor',NULL);
INSERT INTO `reply_group` (`id`,`group_name`,`user_id`) VALUES (5,'常见问题','agent');
INSERT INTO `reply_item` (`id`,`content`,`group_id`,`user_id`,`item_name`) VALUES (9,'七天内可退 {{明白}}。',5,'agent','退款');
INSERT INTO `ipblack` (`id`,`ip`,`kefu_id`) VALUES (1,'198.51.100.9','agent'),(2,'nonsense','agent');
"""


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """Return a dump as mysqldump writes it."""
    path = tmp_path / "gofly.sql"
    path.write_text(DUMP, "utf-8")
    return path


def same(one: Tables, other: Tables) -> bool:
    return {
        name: [{key: str(value) for key, value in row.items()} for row in rows] for name, rows in one.items()
    } == {
        name: [{key: str(value) for key, value in row.items()} for row in rows]
        for name, rows in other.items()
    }


def test_dump_with_quotes_and_line_ends(dump: Path) -> None:
    tables = read_tables(dump)
    assert [row["name"] for row in tables["visitor"]] == ["上海网友", "O'Neil", "gone", "odd"]
    assert [row["content"] for row in tables["message"]][:2] == [
        "你好; 我要(退款), it's late",
        "好的\n请稍等",
    ]
    assert tables["message"][0]["deleted_at"] is None


def test_sqlite_and_csv_are_read_alike(dump: Path, tmp_path: Path) -> None:
    tables = read_tables(dump)
    folder = tmp_path / "tables"
    folder.mkdir()
    connection = sqlite3.connect(tmp_path / "gofly.db")
    for name, rows in tables.items():
        columns = list(rows[0])
        connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO {name} VALUES ({marks})", [tuple(row.values()) for row in rows])
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(
                [{key: "NULL" if value is None else value for key, value in row.items()} for row in rows]
            )
    connection.commit()
    connection.close()
    assert same(read_tables(tmp_path / "gofly.db"), tables)
    assert same(read_tables(folder), tables)


@pytest.mark.parametrize("content", ["", "INSERT INTO `other` VALUES (1);", "rubbish"])
def test_what_is_no_installation_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.sql").write_text(content)
    with pytest.raises(FormatError):
        read_tables(tmp_path / "x.sql")
    with pytest.raises(FormatError):
        read_tables(tmp_path / "none")


def test_everything_is_there_afterwards_and_once(dump: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "FASTDESK_DATA": str(tmp_path / "data"), "FASTDESK_ADMIN_PASSWORD": PASSWORD,
                   "FASTDESK_ADMIN_EMAIL": EMAIL}  # fmt: skip
    command = [sys.executable, "-m", "fastdesk", "import-gofly", str(dump)]
    first = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "3 visitors, 4 messages, 1 canned replies, 1 blocks" in first.stdout
    assert "1 messages belong to no visitor" in first.stdout
    again = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "0 visitors, 0 messages" in again.stdout
    desk = RunningDesk(tmp_path / "data", LIMITS="off").start()
    try:
        _, page = desk.ask("GET", "/v1/conversations", None, desk.token)
        odd, conversation = [row["conversation"] for row in page["items"]]
        assert desk.ask("GET", f"/v1/visitors/{odd['visitor']}", None, desk.token)[1]["name"] == "odd"
        _, history = desk.ask("GET", f"/v1/conversations/{odd['id']}/events", None, desk.token)
        assert [frame["at"] for frame in history["events"] if frame["t"] == "message"] == [1714786380000] * 2
        assert (conversation["state"], conversation["channel"], conversation["visitor"]) == (
            "resolved",
            "gofly",
            "uuid-1",
        )
        assert conversation["opened_at"] == 1714527060000  # 09:31 in Shanghai
        _, history = desk.ask("GET", f"/v1/conversations/{conversation['id']}/events", None, desk.token)
        said = [
            (frame["from"]["name"], frame["text"]) for frame in history["events"] if frame["t"] == "message"
        ]
        assert said == [("上海网友", "你好; 我要(退款), it's late"), ("小李", "好的\n请稍等")]
        _, canned = desk.ask("GET", "/v1/canned", None, desk.token)
        assert [(each["title"], each["group"]) for each in canned] == [("退款", "常见问题")]
        wish = {"conversation": conversation["id"]}
        filled = desk.ask("POST", f"/v1/canned/{canned[0]['id']}/fill", wish, desk.token)
        assert filled == (200, {"text": "七天内可退 { {明白} }。"})
        status, visitor = desk.ask("GET", "/v1/visitors/uuid-1", None, desk.token)
        assert status == 200
        assert "上海" in str(visitor)
    finally:
        desk.close()
