"""Files are taken in whole or not at all, and a message bears only what its sender was given."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fastdesk.desk.files import Files, clean_name, view
from fastdesk.desk.sniffing import ENDINGS
from fastdesk.errors import Refused
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Said
from fastdesk.model.file import FileLimits
from fastdesk.model.identity import Principal
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.observe.clock import SystemClock, SystemEntropy
from fastdesk.protocol.frames import Send
from fastdesk.store import SqliteStore, StoreSettings, embedded_store
from fastdesk.store.files import FileFolder
from fastdesk.tenants.revs import Revs

DEMO = TenantId("demo")
ANN = Principal(kind="visitor", tenant=DEMO, id="ann", site=SiteId("s"))
BEN = Principal(kind="visitor", tenant=DEMO, id="ben", site=SiteId("s"))


class Room:
    """Files on a store of their own."""

    def __init__(self, data: Path, *, quota: int = 10_000, max_bytes: int = 5_000) -> None:
        self.data = data
        self.folder = FileFolder(data)
        self.store = embedded_store(StoreSettings(data=data), SystemEntropy())
        self.quota = quota
        self.limits = FileLimits(max_bytes=max_bytes, types=tuple(ENDINGS))

    async def open(self) -> Files:
        await self.store.start()
        self.revs = Revs(self.store.revs())
        self.files = Files(
            folder=self.folder, limits=self.limits, store=self.store, clock=SystemClock(), entropy=SystemEntropy(),
            secret="s" * 40, quota_of=lambda tenant: self.quota, next_rev=self.revs.next,
        )  # fmt: skip
        await self.files.start()
        return self.files

    def on_disk(self) -> list[Path]:
        return [path for path in (self.data / "files").rglob("*") if path.is_file()]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path)
    await room.open()
    yield room
    await room.store.stop()


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def bearing(file: object, kind: str = "file") -> Send:
    return Send(id="message-1", text="a file", kind=kind, extra={"file": file})


async def test_a_file_is_found_again_with_its_bytes(room: Room) -> None:
    file = await room.files.take(ANN, "报告.pdf", chunks(b"%PDF-", b"1.7 rest"))
    assert (file.name, file.type, file.size, file.by) == ("报告.pdf", "application/pdf", 13, "ann")
    found = await room.files.find(file.id)
    assert found is not None
    assert found[0] == file
    assert found[1].read_bytes() == b"%PDF-1.7 rest"
    assert [path.parent.name for path in room.on_disk()] == ["demo"]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((b"x" * 4000, b"x" * 1001), "too_large"),
        ((b"MZ\x90\x00" + b"\x00" * 100,), "file_type"),
        ((b"PK\x03\x04 no archive",), "file_type"),
        ((), "invalid"),
        ((b"",), "invalid"),
    ],
)
async def test_what_is_not_taken_leaves_nothing(room: Room, parts: tuple[bytes, ...], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        await room.files.take(ANN, "x.pdf", chunks(*parts))
    assert refusal.value.code == code
    assert room.on_disk() == []
    assert await room.store.records("file") == []


async def test_a_body_that_breaks_off_leaves_nothing(room: Room) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"%PDF-"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await room.files.take(ANN, "x.pdf", broken())
    assert room.on_disk() == []


async def test_a_tenant_has_room_for_its_quota_also_at_once(room: Room) -> None:
    results = await asyncio.gather(
        *(room.files.take(ANN, "x.txt", chunks(b"t" * 2000, b"t" * 1000)) for _ in range(5)),
        return_exceptions=True,
    )
    kept = [each for each in results if not isinstance(each, BaseException)]
    assert len(kept) == 3
    assert {each.code for each in results if isinstance(each, Refused)} == {"quota_full"}
    assert len(room.on_disk()) == 3
    await room.files.take(ANN, "x.txt", chunks(b"t" * 1000))


async def test_the_quota_is_known_after_a_restart(tmp_path: Path) -> None:
    room = Room(tmp_path)
    await room.open()
    await room.files.take(ANN, "x.txt", chunks(b"t" * 5000))
    await room.files.take(ANN, "x.txt", chunks(b"t" * 5000))
    await room.store.stop()
    room = Room(tmp_path)
    files = await room.open()
    with pytest.raises(Refused):
        await files.take(ANN, "x.txt", chunks(b"t"))
    await room.store.stop()


async def test_a_message_bears_what_its_sender_was_given(room: Room) -> None:
    given = view(await room.files.take(ANN, "a b.txt", chunks(b"text")))
    assert given["url"] == f"/v1/files/{given['id']}/a%20b.txt"
    check = room.files.check
    assert check("ann", DEMO, bearing(given)) is None
    assert check("ann", DEMO, bearing(given, "image")) is None
    assert check("ann", DEMO, Send(id="message-1", text="x", extra={"button": "b"})) is None
    wrong = [
        check("ben", DEMO, bearing(given)),
        check("ann", TenantId("other"), bearing(given)),
        check("ann", DEMO, bearing(given, "text")),
        check("ann", DEMO, bearing(None)),
        check("ann", DEMO, bearing("text")),
        check("ann", DEMO, bearing([1])),
        check("ann", DEMO, Send(id="message-1", text="x", kind="image")),
        *(check("ann", DEMO, bearing({**given, name: value})) for name, value in (
            ("id", given["id"][:-1] + "x"), ("id", "é"), ("id", 5), ("url", "https://elsewhere.example/"), ("name", "b.txt"),
            ("type", "text/html"), ("size", 5), ("size", 4.0), ("size", True), ("more", 1),
        )),
    ]  # fmt: skip
    assert all(refusal is not None and refusal.code == "invalid" for refusal in wrong)


@pytest.mark.parametrize(
    "id",
    ["", ".", "..", "demo", "demo.", "../main.sqlite3", "demo./../../main", "a/b." + "x" * 36, "\x00" * 40],
)
async def test_no_name_leads_out_of_the_folder(room: Room, id: str) -> None:
    assert await room.files.find(id) is None
    room.folder.remove(id)


@pytest.mark.parametrize(
    ("name", "type", "clean"),
    [
        ("a.PNG", "image/png", "a.PNG"),
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("C:\\temp\\x.txt", "text/plain", "x.txt"),
        ("run.bat", "text/plain", "run.bat.txt"),
        ("page.html", "text/plain", "page.html.txt"),
        ("png", "image/png", "png.png"),
        ("", "image/png", "file.png"),
        ("\u202egnp.exe", "application/pdf", "gnp.exe.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "application/pdf", "abSet-Cookie x.pdf"),
        ("..", "text/plain", "file.txt"),
        ("x" * 300 + ".pdf", "application/pdf", "x" * 146 + ".pdf"),
    ],
)
def test_a_name_leads_nowhere_and_promises_nothing_else(name: str, type: str, clean: str) -> None:
    assert clean_name(name, type) == clean


async def test_after_a_crash_a_file_has_its_place_or_is_gone(tmp_path: Path) -> None:
    room = Room(tmp_path)
    await room.open()
    file = await room.files.take(ANN, "x.txt", chunks(b"known"))
    place = room.folder.path(file.id)
    assert place is not None
    place.rename(tmp_path / "files" / ".arriving" / file.id)
    (tmp_path / "files" / ".arriving" / ("demo." + "y" * 40)).write_bytes(b"no record")
    await room.store.stop()
    room = Room(tmp_path)
    files = await room.open()
    assert await files.find(file.id) is not None
    assert len(room.on_disk()) == 1
    await room.store.stop()


def said(rev: int, conversation: str, file: dict[str, object] | None) -> Said:
    return Said(
        DEMO, rev, rev, ConversationId(conversation), 1, f"message-{rev}", "agent", "a1", "", "file", "x",
        {"file": file} if file else None,
    )  # fmt: skip


async def opened(store: SqliteStore, revs: Revs, conversation: str, visitor: str) -> None:
    now = Conversation(
        id=ConversationId(conversation),
        tenant=DEMO,
        site=SiteId("s"),
        visitor=VisitorId(visitor),
        opened_at=1,
    )
    store.append(Changed(DEMO, revs.next(DEMO), 1, now, ("opened",), "x"))


async def test_with_a_person_go_what_they_sent_and_what_they_were_sent(room: Room) -> None:
    agent = Principal(kind="agent", tenant=DEMO, id="a1")
    mine, loose, others = [await room.files.take(who, "x.txt", chunks(b"t")) for who in (agent, ANN, BEN)]
    await opened(room.store, room.revs, "c1", "ann")
    room.store.append(said(room.revs.next(DEMO), "c1", view(mine)))
    await room.store.erase(DEMO, VisitorId("ann"), rev=room.revs.next(DEMO), at=9, actor="owner")
    assert [path.name for path in room.on_disk()] == [others.id.partition(".")[2]]
    assert [record.id for record in await room.store.records("file")] == [others.id]
    left = [getattr(event, "id", "") for event in await room.store.since(DEMO, 0, 99)]
    assert others.id in left
    assert mine.id not in left
    assert loose.id not in left
    for path in sorted(room.data.rglob("*")):
        assert not path.is_file() or mine.id.encode() not in path.read_bytes(), path


async def test_old_files_are_forgotten_with_old_messages(room: Room) -> None:
    old = await room.files.take(ANN, "x.txt", chunks(b"t"))
    await room.store.forget_before(DEMO, old.at + 1, rev=room.revs.next(DEMO), at=old.at + 1, actor="desk")
    assert room.on_disk() == []
    assert await room.files.find(old.id) is None
