"""What no page of the API answers is refused in the shape of all other refusals."""

from http.client import HTTPConnection
from typing import Any

import msgspec
import pytest
from tests.running import RunningDesk


def asked(desk: RunningDesk, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], Any]:
    connection = HTTPConnection("127.0.0.1", desk.port, timeout=20)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), msgspec.json.decode(response.read())
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/rules/a/b/c/d", "/v1"])
def test_an_unknown_address_is_a_problem_with_a_code(desk: RunningDesk, path: str) -> None:
    status, headers, problem = asked(desk, "GET", path)
    assert (status, problem["code"]) == (404, "not_found")
    assert headers["Content-Type"].startswith("application/problem+json")


def test_a_wrong_method_is_told_the_right_ones(desk: RunningDesk) -> None:
    status, headers, problem = asked(desk, "PATCH", "/v1/login")
    assert (status, problem["code"]) == (405, "method_not_allowed")
    assert headers["Allow"] == "POST"


def test_a_body_that_is_announced_too_large_is_refused_before_it_comes(desk: RunningDesk) -> None:
    length = str(1 << 30)
    status, _, problem = asked(
        desk, "POST", "/v1/rules", Authorization=f"Bearer {desk.token}", **{"Content-Length": length}
    )
    assert (status, problem["code"]) == (413, "too_large")
