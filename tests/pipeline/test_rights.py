"""What is too old is looked for once a day, and at once when fewer days are kept."""

import asyncio

import msgspec
from tests.pipeline.conftest import Floor
from tests.plugins.assistant_world import TENANT

from fastdesk.model.site import Tenant
from fastdesk.store.purge import FORGETTING, LAST, Forgetting
from fastdesk.tenants.records import HOUSE

VIRTUAL_TIME = True
DAY_MS = 86_400_000


async def keep(floor: Floor, days: int, audit_days: int = 0) -> None:
    """Set how long the tenant keeps what was said, as the console does."""
    record = Tenant(id=TENANT, retention_days=days, audit_days=audit_days)
    floor.put(HOUSE, "tenant", record)
    floor.engine.rights.look_again()
    await floor.pass_time(2)


async def last(floor: Floor) -> tuple[int, int, int]:
    """Return when something was last removed, and how many days were left of messages and of the audit log."""
    record = await floor.store.record(TENANT, FORGETTING, LAST)
    if record is None:
        return 0, 0, 0
    done = msgspec.json.decode(record.body, type=Forgetting)
    days = [
        round((record.at - before) / DAY_MS) if before else 0
        for before in (done.before_ms, done.audit_before_ms)
    ]
    return record.at, days[0], days[1]


async def test_fewer_days_are_carried_out_at_once_and_more_remove_nothing(echoing_floor: Floor) -> None:
    floor = echoing_floor
    await keep(floor, 0)
    assert await last(floor) == (0, 0, 0)
    await keep(floor, 60)
    assert (await last(floor))[1:] == (60, 0)
    await keep(floor, 30)
    assert (await last(floor))[1:] == (30, 0), "on the same day"
    before = await last(floor)
    await keep(floor, 90)
    await keep(floor, 0)
    assert await last(floor) == before
    await keep(floor, 30, audit_days=7)
    assert (await last(floor))[1:] == (30, 7)


async def test_it_is_done_once_a_day(echoing_floor: Floor) -> None:
    floor = echoing_floor
    await keep(floor, 30)
    first = (await last(floor))[0]
    for hours in (1, 22, 2):
        await asyncio.sleep(hours * 3600)
        await floor.pass_time(2)
        done = (await last(floor))[0]
        assert (done > first) == (hours == 2)
