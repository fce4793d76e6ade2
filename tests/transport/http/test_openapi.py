"""The description of the API: every route is in it, with an example that the route would take."""

from typing import Any

import jsonschema_rs
import pytest
from tests.running import RunningDesk


@pytest.fixture(scope="module")
def page(desk: RunningDesk) -> dict[str, Any]:
    """Return the page as a running desk gives it."""
    status, answer = desk.ask("GET", "/openapi.json")
    assert status == 200
    return answer  # type: ignore[no-any-return]


def operations(page: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", each)
        for path, methods in page["paths"].items()
        for method, each in methods.items()
    ]


def test_every_operation_is_named_once_and_says_what_it_does(page: dict[str, Any]) -> None:
    every = operations(page)
    assert len(every) > 100
    names = [each["operationId"] for _, each in every]
    assert len(set(names)) == len(names)
    for name, each in every:
        assert each["summary"], name
        assert each["tags"], name
        assert "default" in each["responses"], name


def test_every_body_and_answer_has_an_example_that_fits(page: dict[str, Any]) -> None:
    faults = []
    for name, each in operations(page):
        contents = [("body", each.get("requestBody", {}).get("content", {}))]
        contents += [
            (status, answer.get("content", {}))
            for status, answer in each["responses"].items()
            if status != "default"
        ]
        for where, content in contents:
            media = content.get("application/json")
            if not media or not media["schema"]:
                continue
            if "example" not in media:
                faults.append(f"{name} {where}: no example")
                continue
            schema = {**media["schema"], "components": page["components"]}
            fault = next(iter(jsonschema_rs.Draft202012Validator(schema).iter_errors(media["example"])), None)
            if fault is not None:
                faults.append(f"{name} {where}: {fault.message}"[:300])
    assert not faults, "\n".join(faults)
