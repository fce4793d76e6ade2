"""What the command line writes into a stopped installation holds when the desk starts."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from pydantic import SecretStr
from tests.running import EMAIL, PASSWORD, RunningDesk

from fastdesk import offline
from fastdesk.app import open_store
from fastdesk.config import Settings
from fastdesk.errors import FastdeskError
from fastdesk.model.rule import Reply, Rule, RuleId
from fastdesk.model.site import Site, Tenant

Settled = Callable[[Settings], object]


def settings_of(data: Path) -> Settings:
    return Settings(data=data, admin_email=EMAIL, admin_password=SecretStr(PASSWORD))


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the settings of an installation that does not run and that no test changes."""
    made = settings_of(tmp_path_factory.mktemp("founded") / "data")
    offline.read_records(made, "demo", "site", Site)
    return made


@pytest.fixture
def settings(founded: Settings, tmp_path: Path) -> Settings:
    """Return the settings of an installation of the test's own."""
    return settings_of(Path(shutil.copytree(founded.data, tmp_path / "data")))


def answer(id: str, text: str) -> Rule:
    return Rule(id=RuleId(id), do=(Reply(text=text),))


def tenant(settings: Settings) -> Tenant:
    async def read() -> Tenant:
        store = open_store(settings)
        await store.start()
        try:
            (record,) = await store.records("tenant")
            return msgspec.json.decode(record.body, type=Tenant)
        finally:
            await store.stop()

    return asyncio.run(read())


def rules(settings: Settings) -> dict[str, object]:
    return {rule.id: rule.do for rule in offline.read_records(settings, "demo", "rule", Rule)}


def test_an_agent_a_site_and_a_key_that_were_added_let_people_in(settings: Settings) -> None:
    password = offline.add_agent(settings, "demo", "li@example.com", "Li", "agent")
    offline.add_site(settings, "demo", "second", "", ())
    key = offline.add_key(settings, "demo", "reports", ("conversation.read",))
    desk = RunningDesk(settings.data).start()
    try:
        status, login = desk.ask("POST", "/v1/login", {"email": "li@example.com", "password": password})
        assert status == 200, login
        assert desk.ask("GET", "/v1/conversations", None, login["token"])[0] == 200
        assert desk.visitor(site="second")["site"]["name"] == "second"
        assert desk.ask("GET", "/v1/conversations", None, key)[0] == 200
        assert desk.ask("GET", "/v1/agents", None, key)[0] == 403
    finally:
        desk.close()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda settings: offline.add_agent(settings, "demo", "x@example.com", "X", "boss"), "no role boss"),
        (lambda settings: offline.add_agent(settings, "demo", EMAIL.upper(), "X", "agent"), "exists"),
        (lambda settings: offline.add_agent(settings, "nobody", "x@example.com", "X", "agent"), "no tenant nobody"),
        (lambda settings: offline.add_site(settings, "demo", "demo", "", ()), "site key demo is taken"),
        (lambda settings: offline.add_agent(settings, "demo", "no address", "X", "agent"), "is no address"),
        (lambda settings: offline.add_site(settings, "demo", "../shop", "", ()), "cannot have the key"),
        (lambda settings: offline.add_key(settings, "demo", "k", ("*", "fly")), "no scope fly"),
        (lambda settings: offline.set_retention(settings, "nobody", 1), "no tenant nobody"),
        (lambda settings: offline.remove_record(settings, "demo", "rule", "none"), "no rule none"),
        (lambda settings: offline.erase(settings, "demo", "none", ""), "no visitor none"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_its_name(founded: Settings, wrong: Settled, says: str) -> None:
    with pytest.raises(FastdeskError, match=says):
        wrong(founded)


def test_records_are_added_replaced_and_removed_one_by_one(settings: Settings) -> None:
    offline.write_records(settings, "demo", "rule", [answer("a", "1"), answer("b", "1")])
    offline.write_records(settings, "demo", "rule", [answer("b", "2")])
    assert rules(settings) == {"a": answer("a", "1").do, "b": answer("b", "2").do}
    offline.remove_record(settings, "demo", "rule", "a")
    assert list(rules(settings)) == ["b"]


def test_of_records_of_which_one_does_not_fit_none_is_written(settings: Settings) -> None:
    with pytest.raises(FastdeskError, match="nothing"):
        offline.write_records(settings, "demo", "rule", [answer("a", "1"), answer("b", "{{nothing.known}}")])
    assert rules(settings) == {}


def test_a_forgotten_password_is_given_anew(settings: Settings) -> None:
    password = offline.new_password(settings, EMAIL)
    with pytest.raises(FastdeskError, match="no agent"):
        offline.new_password(settings, "nobody@example.com")
    running = RunningDesk(settings.data, LIMITS="off").start()
    try:
        assert running.ask("POST", "/v1/login", {"email": EMAIL, "password": PASSWORD})[0] == 401
        assert running.ask("POST", "/v1/login", {"email": EMAIL, "password": password})[0] == 200
    finally:
        running.close()


def test_a_tenant_is_added_with_its_owner_and_a_file_of_its_own(settings: Settings) -> None:
    password = offline.add_tenant(settings, "tea", "Tea & Co", "tea@example.com", own_file=True)
    offline.add_site(settings, "tea", "tea-site", "", ())
    assert [each.id for each in offline.tenants(settings)] == ["demo", "tea"]
    assert (settings.data / "tenants" / "tea.sqlite3").exists()
    running = RunningDesk(settings.data, LIMITS="off").start()
    try:
        status, signed = running.ask("POST", "/v1/login", {"email": "tea@example.com", "password": password})
        assert (status, signed["agent"]["tenant"], signed["agent"]["role"]) == (200, "tea", "owner")
        assert running.ask("POST", "/v1/visitors", {"site": "tea-site"})[0] == 200
        assert [site["id"] for site in running.ask("GET", "/v1/sites", None, signed["token"])[1]] == [
            "tea-site"
        ]
    finally:
        running.close()


@pytest.mark.parametrize(
    ("id", "owner", "says"),
    [
        ("Tea Shop", "tea@example.com", "cannot be called"),
        ("-", "tea@example.com", "cannot be called"),
        ("../tea", "tea@example.com", "cannot be called"),
        ("demo", "tea@example.com", "There is a tenant demo"),
        ("tea", EMAIL, "exists"),
        ("tea", "nobody", "no address"),
    ],
)
def test_a_tenant_that_cannot_be_is_refused(founded: Settings, id: str, owner: str, says: str) -> None:
    with pytest.raises(FastdeskError, match=says):
        offline.add_tenant(founded, id, "", owner, own_file=False)


def test_the_days_of_keeping_are_changed_and_nothing_else_of_the_tenant(settings: Settings) -> None:
    before = tenant(settings)
    offline.set_retention(settings, "demo", 30)
    assert tenant(settings) == replace(before, retention_days=30)


def test_a_running_desk_is_left_alone(own_desk: RunningDesk) -> None:
    with pytest.raises(FastdeskError, match="The desk is running"):
        offline.set_retention(Settings(data=own_desk.data), "demo", 30)
