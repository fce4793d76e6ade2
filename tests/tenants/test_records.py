"""Records are in memory at once, and every change is an event."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from fastdesk.model.agent import Agent, Team
from fastdesk.model.event import Put
from fastdesk.model.ids import SiteId, TeamId, TenantId
from fastdesk.model.site import Site, Tenant
from fastdesk.observe.clock import SystemClock
from fastdesk.tenants.records import HOUSE, Kind, Records, basic_kinds
from fastdesk.tenants.revs import Revs

SHOP, OTHER = TenantId("shop"), TenantId("other")


class Version(msgspec.Struct, frozen=True):
    id: str
    team: Team


class Paper:
    def __init__(self) -> None:
        self.events: list[Put] = []

    def append(self, event: Any, origin: Any = None) -> None:
        self.events.append(event)


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def records(paper: Paper) -> Records:
    kinds = [kind for kind in basic_kinds() if kind.name != "team"]
    kinds.append(
        Kind(
            "team",
            Team,
            archive=("version", lambda team: Version(f"{team.id}-before", team)),
            revise=lambda old, new, now_ms: replace(new, name=new.name.strip()),
        )
    )
    kinds.append(Kind("version", Version))
    return Records(kinds, store=paper, revs=Revs({}), clock=SystemClock())


def team(name: str) -> Team:
    return Team(id=TeamId("t1"), name=name)


def test_what_is_written_is_there_as_it_was_revised_and_in_the_store(records: Records, paper: Paper) -> None:
    event = records.put(SHOP, "team", team(" Help "), actor="li", reason="new")
    assert records.get(Team, SHOP, "team", "t1") == team("Help")
    assert paper.events == [event]
    assert (event.rev, event.actor, event.reason) == (1, "li", "new")
    assert event.body is not None
    assert records.decode("team", event.body) == team("Help")


def test_the_version_before_is_kept_ahead_of_the_new_one(records: Records, paper: Paper) -> None:
    for name in ("Help", "Care"):
        records.put(SHOP, "team", team(name), actor="li")
    assert [(event.kind, event.rev) for event in paper.events] == [("team", 1), ("version", 2), ("team", 3)]
    assert records.get(Version, SHOP, "version", "t1-before") == Version("t1-before", team("Help"))


def test_tenants_do_not_see_each_others_records(records: Records) -> None:
    records.put(SHOP, "team", team("Help"), actor="li")
    assert records.get(Team, OTHER, "team", "t1") is None
    assert records.all(Team, OTHER, "team") == []


def test_removing_is_an_event_once(records: Records, paper: Paper) -> None:
    records.put(SHOP, "team", team("Help"), actor="li")
    gone = records.remove(SHOP, "team", "t1", actor="li")
    assert gone is not None
    assert (gone.body, records.all(Team, SHOP, "team")) == (None, [])
    assert records.remove(SHOP, "team", "t1", actor="li") is None
    assert len(paper.events) == 2


def test_watchers_of_a_kind_find_the_change_made(records: Records) -> None:
    heard: list[tuple[TenantId, int]] = []
    records.watch("team", lambda tenant: heard.append((tenant, len(records.all(Team, tenant, "team")))))
    records.put(SHOP, "team", team("Help"), actor="li")
    records.put(SHOP, "site", Site(id=SiteId("s1")), actor="li")
    records.remove(SHOP, "team", "t1", actor="li")
    assert heard == [(SHOP, 1), (SHOP, 0)]


def test_a_stored_record_is_taken_in_and_one_of_a_removed_plug_in_left_out(
    records: Records, paper: Paper
) -> None:
    assert records.load(SHOP, "team", "t1", msgspec.json.encode(team("Help")))
    assert not records.load(SHOP, "no such kind", "x", b"{}")
    assert records.get(Team, SHOP, "team", "t1") == team("Help")
    assert (records.get(Agent, SHOP, "agent", "t1"), paper.events) == (None, [])


def test_a_sites_key_names_its_tenant_while_that_is_enabled(records: Records) -> None:
    records.put(HOUSE, "tenant", Tenant(id=SHOP), actor="li")
    records.put(SHOP, "site", Site(id=SiteId("s1")), actor="li")
    records.put(OTHER, "site", Site(id=SiteId("s2")), actor="li")
    assert (records.tenant_of_site("s1"), records.tenant_of_site("s2")) == (SHOP, None)
    records.put(HOUSE, "tenant", Tenant(id=SHOP, enabled=False), actor="li")
    assert records.tenant_of_site("s1") is None
