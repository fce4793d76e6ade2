"""Roles over a real desk: a viewer changes nothing, and nobody gives rights that they don't have."""

import re
from typing import Any

import pytest
from tests.running import PASSWORD, RunningDesk

from fastdesk.tenants.permissions import PERMISSIONS, permissions_of


def sign_in(desk: RunningDesk, role: str) -> tuple[str, str]:
    """Make an agent of a role; return its id and token."""
    email = f"{role}@roles.example"
    body = {"email": email, "password": PASSWORD, "role": role}
    status, made = desk.ask("POST", "/v1/agents", body, desk.token)
    assert status == 201, made
    _, signed = desk.ask("POST", "/v1/login", {"email": email, "password": PASSWORD})
    return made["id"], signed["token"]


@pytest.fixture(scope="module")
def viewer(desk: RunningDesk) -> str:
    return sign_in(desk, "viewer")[1]


@pytest.fixture(scope="module")
def admin(desk: RunningDesk) -> tuple[str, str]:
    return sign_in(desk, "admin")


def writes(desk: RunningDesk) -> list[tuple[str, str, str]]:
    """Return method, path and access of every route that is asked with more than GET."""
    _, page = desk.ask("GET", "/openapi.json")
    return [
        (method.upper(), re.sub(r"\{\w+\}", "1", path), operation.get("x-permission", "open"))
        for path, methods in page["paths"].items()
        for method, operation in methods.items()
        if method in ("post", "put", "patch", "delete")
    ]


def test_a_viewer_is_refused_wherever_something_is_changed(desk: RunningDesk, viewer: str) -> None:
    held, refused = permissions_of("viewer"), 0
    for method, path, access in writes(desk):
        # One's own sign-in is one's own; what is only tried or checked is stored nowhere.
        if access in ("open", "agent") or access in held:
            continue
        status, answer = desk.ask(method, path, {}, viewer)
        assert (status, answer["code"]) == (403, "forbidden"), (method, path)
        refused += 1
    assert refused > 80


def test_what_a_viewer_may_send_changes_nothing(desk: RunningDesk) -> None:
    sent = {path for _, path, access in writes(desk) if access in permissions_of("viewer")}
    assert sent
    assert all(path.endswith(("/test", "/check", "/draw")) for path in sent), sent


def test_an_admin_makes_nobody_an_owner(desk: RunningDesk, admin: tuple[str, str]) -> None:
    id, token = admin
    _, boss = desk.ask("GET", "/v1/me", None, desk.token)
    new = {"email": "up@roles.example", "password": PASSWORD, "role": "owner"}
    for method, path, body in (
        ("POST", "/v1/agents", new), ("PATCH", f"/v1/agents/{id}", {"role": "owner"}),
        ("PATCH", f"/v1/agents/{boss['id']}", {"enabled": False}), ("PATCH", f"/v1/agents/{boss['id']}", {"second_factor": False}),
    ):  # fmt: skip
        assert desk.ask(method, path, body, token)[0] == 403, (method, body)
    assert desk.ask("PATCH", f"/v1/agents/{id}", {"capacity": 3}, token)[0] == 200


def test_a_key_makes_nobody_who_may_more_than_itself(desk: RunningDesk) -> None:
    def key(*scopes: str) -> str:
        _, made = desk.ask("POST", "/v1/keys", {"name": "k", "scopes": scopes}, desk.token)
        return str(made["key"])

    def made(token: str, role: str) -> Any:
        body = {"email": f"{role}-of-a-key@roles.example", "password": PASSWORD, "role": role}
        return desk.ask("POST", "/v1/agents", body, token)[0]

    assert made(key("agent.write"), "viewer") == 403
    helper = key("agent.write", *permissions_of("agent"))
    assert made(helper, "owner") == made(helper, "admin") == 403
    assert made(helper, "agent") == 201
    assert made(key(*PERMISSIONS), "owner") == 201
