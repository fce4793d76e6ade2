"""Reports over HTTP: figures follow what happened, and bad questions are refused in words."""

import csv
import io
from typing import Any

import pytest
from tests.running import RunningDesk


def report(desk: RunningDesk, name: str, query: str = "") -> dict[str, Any]:
    status, answer = desk.ask("GET", f"/v1/reports/{name}{query}", None, desk.token)
    assert status == 200, answer
    return answer  # type: ignore[no-any-return]


def figure(answer: dict[str, Any], name: str) -> Any:
    places = [column["name"] for column in answer["columns"] if column["unit"] != "key"]
    return answer["total"][places.index(name)]


def rows(desk: RunningDesk) -> list[dict[str, str]]:
    """Read the table of conversations."""
    status, page = desk.ask("GET", "/v1/reports/conversations.csv", None, desk.token)
    assert status == 200
    return list(csv.DictReader(io.StringIO(page.decode())))


@pytest.fixture(scope="module")
def talked(desk: RunningDesk) -> RunningDesk:
    """A desk where somebody asked something that nobody could answer, and that is counted.

    Sums of all the desk would not tell: they may still be on their way to what other tests did before.
    """
    visitor = desk.visitor()
    for id in ("report-msg-1", "report-msg-2"):
        status, answer = desk.ask(
            "POST", "/v1/messages", {"id": id, "text": "Quux frobnicate?"}, visitor["token"]
        )
        assert status == 200, answer
    wanted = (visitor["conversation"], "2")
    while wanted not in [(row["conversation"], row["unanswered"]) for row in rows(desk)]:
        pass  # roll-ups follow within a second, in the order of what happened
    return desk


def test_every_report_that_is_listed_can_be_read_in_all_its_ways(talked: RunningDesk) -> None:
    status, reports = talked.ask("GET", "/v1/reports", None, talked.token)
    assert status == 200
    assert {"overview", "volume", "outcomes", "models"} <= {each["name"] for each in reports}
    for each in reports:
        for split in each["by"]:
            answer = report(talked, each["name"], f"?by={split}&zone=Asia/Shanghai")
            assert all(len(row) == len(answer["columns"]) for row in [*answer["rows"], *answer["previous"]])
            assert answer["from"] < answer["to"]


def test_figures_are_of_the_period(talked: RunningDesk) -> None:
    assert figure(report(talked, "volume"), "from_visitors") >= 2
    assert figure(report(talked, "volume", "?from=2020-01-01&to=2020-01-31"), "from_visitors") == 0
    assert report(talked, "volume", "?by=site")["names"]["demo"]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
@pytest.mark.parametrize("day", ["1970-01-02", "9999-12-30"])
def test_first_and_last_days_can_be_asked_for(desk: RunningDesk, day: str, zone: str) -> None:
    assert report(desk, "volume", f"?by=day&from={day}&to={day}&zone={zone}")["rows"] == []


def test_csv_has_one_row_per_conversation(talked: RunningDesk) -> None:
    # Not as many rows as the sums count: what other tests had erased has left the rows, and stays in the sums.
    tokens = [talked.visitor() for _ in range(3)]
    for number, visitor in enumerate(tokens):
        talked.ask("POST", "/v1/messages", {"id": f"report-row-{number}", "text": "Hello"}, visitor["token"])
    mine = {visitor["conversation"] for visitor in tokens}
    found: list[str] = []
    while not mine <= set(found):
        found = [row["conversation"] for row in rows(talked)]
    assert len(found) == len(set(found))
    assert list(rows(talked)[0])[:3] == ["conversation", "visitor", "site"]


def test_live_board_shows_the_desk_as_it_is(talked: RunningDesk) -> None:
    board = report(talked, "live", "?zone=Asia/Shanghai")
    assert board["states"]["open"] >= 1
    assert board["agents"][0]["capacity"] >= 1
    assert "opened" in board["today"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("nothing", 404, "not_found"),
        ("volume?by=moon", 422, "invalid"),
        ("models?by=day", 422, "invalid"),
        ("volume?by=agent&site=demo", 422, "invalid"),
        ("volume?by=day&site=demo&team=x", 422, "invalid"),
        ("volume?from=yesterday", 422, "invalid"),
        ("volume?from=2026-02-30", 422, "invalid"),
        ("volume?from=9999-12-31&to=9999-12-31", 422, "invalid"),
        ("volume?from=2025-02-02&to=2025-01-01", 422, "invalid"),
        ("volume?from=0&to=2025-01-01", 422, "invalid"),
        ("volume?from=99999999999999&to=99999999999999", 422, "invalid"),
        ("volume?zone=Moon/Crater", 422, "invalid"),
        ("volume?zone=../../etc/passwd", 422, "invalid"),
        ("volume?zone=Asia", 422, "invalid"),
        ("volume?zone=", 422, "invalid"),
        ("live?zone=%00", 422, "invalid"),
        ("conversations.csv?from=x", 422, "invalid"),
        ("unanswered?from=x", 422, "invalid"),
    ],
)
def test_bad_questions_are_refused(desk: RunningDesk, path: str, status: int, code: str) -> None:
    found, problem = desk.ask("GET", f"/v1/reports/{path}", None, desk.token)
    assert (found, problem["code"]) == (status, code)


def test_reports_need_their_permission(desk: RunningDesk) -> None:
    visitor = desk.visitor()["token"]
    status, key = desk.ask("POST", "/v1/keys", {"name": "no reports", "scopes": ["site.read"]}, desk.token)
    assert status == 201, key
    for path in ("", "/live", "/volume", "/conversations.csv", "/unanswered"):
        assert desk.ask("GET", f"/v1/reports{path}", None, visitor)[0] == 403
        assert desk.ask("GET", f"/v1/reports{path}", None, key["key"])[0] == 403
        assert desk.ask("GET", f"/v1/reports{path}")[0] == 401


def test_reports_stand_in_the_description(desk: RunningDesk) -> None:
    _, page = desk.ask("GET", "/openapi.json")
    route = page["paths"]["/v1/reports/conversations.csv"]["get"]
    assert route["x-permission"] == "report.read"
    assert list(route["responses"]["200"]["content"]) == ["text/csv"]
