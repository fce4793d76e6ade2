"""A whole desk in this process: what happens at its start."""

import asyncio
from pathlib import Path

from msgspec.structs import replace

from fastdesk.app import App
from fastdesk.config import Settings
from fastdesk.model.ids import SiteId
from fastdesk.tenants.first_start import DEMO


class Writing(App):
    """A desk that writes, and is told that it is stored, before anybody can connect."""

    async def _open_street(self) -> None:
        site = self.engine.records.site(DEMO, SiteId("demo"))
        assert site is not None
        self.engine.records.put(DEMO, "site", replace(site, name="Early"), actor="test")
        async with asyncio.timeout(60):
            await self._store.durable_now()
        await super()._open_street()


async def test_what_is_stored_while_the_desk_starts_stops_nothing(tmp_path: Path) -> None:
    desk = Writing(Settings(data=tmp_path / "data", port=0, drain_s=0))
    await desk.start()
    try:
        tenant = desk.engine.records.tenants()
        assert [each.id for each in tenant] == [DEMO]
        desk.engine.records.remove(DEMO, "site", "demo", actor="test")
        async with asyncio.timeout(60):
            await desk._store.durable_now()
    finally:
        await desk.stop()
