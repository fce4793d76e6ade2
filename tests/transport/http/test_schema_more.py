"""The description of the API is true: whatever a client that read it sends, no answer is a fault of ours or undeclared."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.running import RunningDesk

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: What would end the sign-in of this very test, or the process that it talks to.
schemathesis.serializer.alias(["application/zip"], "application/octet-stream")

#: What would end the sign-in of this very test, or the process that it talks to.
LEFT_OUT = {"/v1/logout", "/v1/me/password"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """Return a desk of this file's own: it is told a lot of nonsense."""
    running = RunningDesk(tmp_path_factory.mktemp("asked") / "data", LIMITS="off").start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def tokens(asked: RunningDesk) -> dict[str, str]:
    """Return a visitor's token and a key with every scope."""
    _, made = asked.ask("POST", "/v1/keys", {"name": "everything", "scopes": ["*"]}, asked.token)
    return {"visitor": asked.visitor()["token"], "agent": made["key"]}


@pytest.fixture(scope="module")
def api(asked: RunningDesk) -> Any:
    """Return the description as a client reads it."""
    return schemathesis.openapi.from_url(asked.base + "/openapi.json")


@pytest.mark.parametrize(
    "examples", [pytest.param(80, marks=[pytest.mark.timeout(1800)])]
)
def test_every_answer_is_declared(
    api: Any, asked: RunningDesk, tokens: dict[str, str], examples: int
) -> None:
    """Ask each operation with values that its description allows, and some that it does not."""
    failures = []
    for found in api.get_all_operations():
        operation = found.ok()
        if operation.path in LEFT_OUT:
            continue
        permission = operation.definition.raw.get("x-permission", "")
        token = tokens["visitor" if permission == "visitor" else "agent"]
        headers = {"Authorization": f"Bearer {token}"} if permission else {}
        try:
            _probe(operation, headers, examples)
        except (Exception, FailureGroup) as failure:
            failures.append(f"{operation.method.upper()} {operation.path}: {failure}"[:1500])
    assert not failures, "\n\n".join(failures)


def _probe(operation: Any, headers: dict[str, str], examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def probe(case: Any) -> None:
        if "wait" in (case.query or {}):
            case.query["wait"] = 0
        case.validate_response(case.call(headers=headers, timeout=30), checks=CHECKS)

    probe()
