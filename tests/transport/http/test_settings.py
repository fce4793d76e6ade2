"""An administrator's settings stand for all sites of the tenant; each site's own are stronger."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.running import RunningDesk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """Return a desk whose settings nobody else needs."""
    running = RunningDesk(tmp_path_factory.mktemp("settings") / "data", LIMITS="off").start()
    yield running
    running.close()


def change(desk: RunningDesk, wish: Any) -> tuple[int, Any]:
    return desk.ask("PATCH", "/v1/settings", wish, desk.token)


def test_changes_are_merged_and_null_takes_one_back(desk: RunningDesk) -> None:
    assert (
        change(desk, {"name": "Tea & Co", "settings": {"routing": {"gone_s": 5, "order": "manual"}}})[0]
        == 200
    )
    assert change(desk, {"settings": {"routing": {"order": None}}})[0] == 200
    status, now = desk.ask("GET", "/v1/settings", None, desk.token)
    assert (status, now["name"], now["settings"]) == (200, "Tea & Co", {"routing": {"gone_s": 5}})


def test_they_count_for_every_site_and_outlive_a_restart(desk: RunningDesk) -> None:
    assistant = {"models": [{"model": "house-model"}], "deadline_ms": 700}
    own = {"settings": {"assistant": {"deadline_ms": 900}}}
    assert change(desk, {"settings": {"assistant": assistant}})[0] == 200
    assert desk.ask("POST", "/v1/sites", {"id": "other", **own}, desk.token)[0] == 201
    assert desk.stop() == 0
    desk.start()
    sites = desk.ask("GET", "/v1/assistant", None, desk.token)[1]["sites"]
    assert {site["site"]: (site["models"][0]["model"], site["deadline_ms"]) for site in sites} == {
        "demo": ("house-model", 700),
        "other": ("house-model", 900),
    }


@pytest.mark.parametrize(
    "wish",
    [
        {"settings": {"routing": {"order": "fastest"}}},
        {"settings": {"asistant": {}}},
        {"settings": {"assistant": {"bogus": 1}}},
        {"quota_bytes": 1},
        {"isolation": "database"},
        {"name": "x" * 501},
        {"settings": 5},
    ],
)
def test_what_is_wrong_changes_nothing(desk: RunningDesk, wish: Any) -> None:
    before = desk.ask("GET", "/v1/settings", None, desk.token)
    status, problem = change(desk, wish)
    assert (status, problem["code"]) == (422, "invalid")
    assert desk.ask("GET", "/v1/settings", None, desk.token) == before


def test_null_is_no_value_where_there_was_none(desk: RunningDesk) -> None:
    wish = {"settings": {"fastgpt": None, "bot": {"outside": True}}, "forms": {"offline": None}}
    assert desk.ask("POST", "/v1/sites", {"id": "bare"}, desk.token)[0] == 201
    status, site = desk.ask("PATCH", "/v1/sites/bare", wish, desk.token)
    assert (status, site["settings"]) == (200, {"bot": {"outside": True}})


def test_site_is_held_to_the_same(desk: RunningDesk) -> None:
    wish = {"settings": {"notify": {"emails": ["no address"]}}}
    status, problem = desk.ask("PATCH", "/v1/sites/demo", wish, desk.token)
    assert (status, problem["code"]) == (422, "invalid")
    assert "emails" in problem["message"]
