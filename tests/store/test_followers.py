"""Forms of the events that may lag behind."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection

from fastdesk.model.event import Said
from fastdesk.model.ids import TenantId
from fastdesk.observe.clock import SeededEntropy
from fastdesk.store import Positioned, StoreSettings, embedded_store

MakeSaid = Callable[..., Said]
DEMO = TenantId("demo")


class Daily:
    """Counts messages by day, as a report would."""

    name = "daily"

    def __init__(self, version: str = "1") -> None:
        self.version = version
        self.forgotten: list[int] = []

    def reset(self, connection: Connection) -> None:
        connection.exec_driver_sql(
            "CREATE TABLE IF NOT EXISTS daily (day INTEGER PRIMARY KEY, messages INTEGER)"
        )
        connection.exec_driver_sql("DELETE FROM daily")

    def apply(self, connection: Connection, events: Sequence[Positioned]) -> None:
        for _, event in events:
            connection.exec_driver_sql(
                "INSERT INTO daily VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET messages = messages + 1",
                (event.at // 86_400_000,),
            )

    def forget(self, connection: Connection, events: Sequence[Positioned]) -> None:
        self.forgotten += [position for position, _ in events]


class Failing(Daily):
    name = "failing"

    def apply(self, connection: Connection, events: Sequence[Positioned]) -> None:
        connection.exec_driver_sql("CREATE TABLE half (x)")
        raise ValueError("a bug of another room")


class FailingLate(Failing):
    """Takes the first event and stumbles over the second, in one step with its companions."""

    def reset(self, connection: Connection) -> None:
        pass

    def apply(self, connection: Connection, events: Sequence[Positioned]) -> None:
        if events[-1][1].rev > 1:
            super().apply(connection, events)


class Reading(Daily):
    """Notes which events it was given."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.seen: list[Positioned] = []

    def reset(self, connection: Connection) -> None:
        pass

    def apply(self, connection: Connection, events: Sequence[Positioned]) -> None:
        self.seen += events


def counted(connection: Connection) -> int:
    return connection.exec_driver_sql("SELECT sum(messages) FROM daily").scalar() or 0


async def test_each_event_is_taken_once_over_restarts(tmp_path: Path, said: MakeSaid) -> None:
    for generation in range(3):
        store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1), followers=[Daily()])
        await store.start()
        for number in range(700):
            store.append(said(generation * 700 + number + 1))
        if generation < 2:
            await store.settle(followers=True)
            assert await store.run(counted) == (generation + 1) * 700
        else:
            await store.settle()
        await store.stop()
    store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1), followers=[Daily()])
    await store.start()
    await store.settle(followers=True)
    assert await store.run(counted) == 2100
    await store.stop()


async def test_a_new_follower_and_a_new_version_read_the_whole_history(
    tmp_path: Path, said: MakeSaid
) -> None:
    store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1))
    await store.start()
    for number in range(1, 51):
        store.append(said(number))
    await store.stop()
    for version in ("1", "2", "2"):
        store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1), followers=[Daily(version)])
        await store.start()
        await store.settle(followers=True)
        assert await store.run(counted) == 50
        await store.stop()


async def test_one_that_raises_is_put_aside_and_the_others_go_on(tmp_path: Path, said: MakeSaid) -> None:
    followers = [Failing(), Daily()]
    store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1), followers=followers)
    await store.start()
    store.append(said(1))
    await store.settle(followers=True)
    store.append(said(2))
    await store.settle(followers=True)
    assert await store.run(counted) == 2
    tables = "SELECT count(*) FROM sqlite_master WHERE name = 'half'"
    assert await store.run(lambda c: c.exec_driver_sql(tables).scalar()) == 0
    assert store.accepting
    await store.stop()


async def test_one_that_raises_takes_nothing_from_those_who_went_with_it(
    tmp_path: Path, said: MakeSaid
) -> None:
    followers = [Daily(), FailingLate(), Reading("reading")]
    store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1), followers=followers)
    await store.start()
    for number in (1, 2, 3):
        store.append(said(number))
        await store.settle(followers=True)
        assert await store.run(counted) == number
    tables = "SELECT count(*) FROM sqlite_master WHERE name = 'half'"
    assert await store.run(lambda c: c.exec_driver_sql(tables).scalar()) == 0
    await store.stop()


async def test_followers_that_stand_together_are_given_the_same_events(
    tmp_path: Path, said: MakeSaid
) -> None:
    one, other = Reading("one"), Reading("other")
    store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1), followers=[one, other])
    await store.start()
    store.append(said(1))
    await store.settle(followers=True)  # from now on it is known where they stand
    for number in range(2, 301):
        store.append(said(number))
    await store.settle(followers=True)
    assert [event.rev for _, event in one.seen] == list(range(1, 301))
    assert one.seen == other.seen
    assert all(a[1] is b[1] for a, b in zip(one.seen[1:], other.seen[1:], strict=True)), "they were read once"
    await store.stop()


async def test_removed_events_are_told_to_those_who_had_them(tmp_path: Path, said: MakeSaid) -> None:
    daily = Daily()
    store = embedded_store(StoreSettings(data=tmp_path), SeededEntropy(1), followers=[daily])
    await store.start()
    for number in range(1, 6):
        store.append(said(number))
    await store.settle(followers=True)
    await store.forget_before(DEMO, said(3).at, rev=6, at=said(6).at, actor="desk")
    assert daily.forgotten == [1, 2]
    await store.stop()
