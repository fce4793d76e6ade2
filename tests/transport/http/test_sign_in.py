"""Sign-ins: the second factor, the throttle, the list, and the end of a sign-in."""

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.running import EMAIL, PASSWORD, RunningDesk
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from fastdesk.tenants.second_factor import code_at


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """Return a desk whose agents nobody else changes."""
    running = RunningDesk(tmp_path_factory.mktemp("signed") / "data", LIMITS="off").start()
    yield running
    running.close()


def sign_in(
    desk: RunningDesk, email: str = EMAIL, password: str = PASSWORD, code: str = ""
) -> tuple[int, Any]:
    return desk.ask("POST", "/v1/login", {"email": email, "password": password, "code": code})


def agent(desk: RunningDesk, email: str) -> tuple[str, str]:
    """Make an agent and return its id and token."""
    status, made = desk.ask("POST", "/v1/agents", {"email": email, "password": PASSWORD}, desk.token)
    assert status == 201, made
    return made["id"], sign_in(desk, email)[1]["token"]


def now_ms() -> int:
    return int(time.time() * 1000)


def factor(desk: RunningDesk, token: str, **wish: str) -> tuple[int, Any]:
    return desk.ask("POST", "/v1/second-factor", wish, token)


def test_a_second_factor_is_wanted_once_it_is_confirmed(desk: RunningDesk) -> None:
    _, token = agent(desk, "two@example.com")
    assert factor(desk, token, do="enrol", password="wrong")[0] == 403
    status, made = factor(desk, token, do="enrol", password=PASSWORD)
    assert status == 200
    assert made["address"].startswith("otpauth://totp/fastdesk%3Atwo%40example.com?secret=" + made["seed"])
    assert sign_in(desk, "two@example.com")[0] == 200, "it counts before it is confirmed"
    assert factor(desk, token, do="confirm", code="000000")[0] == 403
    code = code_at(made["seed"], now_ms())
    status, confirmed = factor(desk, token, do="confirm", code=code)
    assert (status, len(confirmed["recovery"])) == (200, 10)
    assert sign_in(desk, "two@example.com")[0] == 401
    assert sign_in(desk, "two@example.com", code=code)[0] == 401, "it was used to confirm"
    code = code_at(made["seed"], now_ms() + 30_000)  # the next one, which counts already
    assert sign_in(desk, "two@example.com", code=code)[0] == 200
    assert sign_in(desk, "two@example.com", code=code)[0] == 401, "a code works once"
    recovery = confirmed["recovery"][3]
    assert sign_in(desk, "two@example.com", code=recovery)[0] == 200
    assert sign_in(desk, "two@example.com", code=recovery)[0] == 401, "a recovery code works once"
    assert factor(desk, token, do="enrol", password=PASSWORD)[0] == 409
    assert factor(desk, token, do="disable", password=PASSWORD, code="123456")[0] == 403
    other = confirmed["recovery"][4]
    assert factor(desk, token, do="disable", password=PASSWORD, code=other)[0] == 200
    assert sign_in(desk, "two@example.com")[0] == 200


def test_seeds_and_codes_never_leave_the_desk_again(desk: RunningDesk) -> None:
    id, token = agent(desk, "secret@example.com")
    _, made = factor(desk, token, do="enrol", password=PASSWORD)
    _, confirmed = factor(desk, token, do="confirm", code=code_at(made["seed"], now_ms()))
    shown = json.dumps(
        [desk.ask("GET", path, None, desk.token) for path in ("/v1/agents", "/v1/audit", "/v1/me")]
    )
    assert made["seed"] not in shown
    assert not [code for code in confirmed["recovery"] if code in shown]
    content = b"".join(path.read_bytes() for path in desk.data.rglob("*") if path.is_file())
    assert not [code for code in confirmed["recovery"] if code.replace("-", "").encode() in content]
    assert desk.ask("PATCH", f"/v1/agents/{id}", {"second_factor": False}, desk.token)[0] == 200
    assert sign_in(desk, "secret@example.com")[0] == 200


@contextlib.contextmanager
def cut_within_two_seconds(desk: RunningDesk, token: str) -> Iterator[None]:
    """Open a socket with a token; what the block does must close it in time."""
    with connect(desk.socket_url) as socket:
        socket.send(json.dumps({"t": "hello", "token": token}))
        assert json.loads(socket.recv(20))["t"] == "welcome"
        yield
        ended = time.monotonic()
        with contextlib.suppress(ConnectionClosed):
            while socket.recv(20):
                pass
        assert time.monotonic() - ended < 2


def test_an_ended_sign_in_ends_its_sockets_within_two_seconds(desk: RunningDesk) -> None:
    _, token = agent(desk, "gone@example.com")
    _, listed = desk.ask("GET", "/v1/sign-ins", None, token)
    assert len(listed) == 1, "an agent sees its own only"
    with cut_within_two_seconds(desk, token):
        assert desk.ask("DELETE", f"/v1/sign-ins/{listed[0]['id']}", None, desk.token)[0] == 204
    assert desk.ask("GET", "/v1/me", None, token)[0] == 401


def test_a_lower_role_ends_the_sockets_that_were_opened_with_more(desk: RunningDesk) -> None:
    id, token = agent(desk, "lower@example.com")
    with cut_within_two_seconds(desk, token):
        assert desk.ask("PATCH", f"/v1/agents/{id}", {"role": "viewer"}, desk.token)[0] == 200
    status, me = desk.ask("GET", "/v1/me", None, token)
    assert (status, me["role"]) == (200, "viewer"), "the sign-in still stands, with less"


def test_a_key_is_shown_once_and_ends_with_its_sockets_when_it_is_revoked(desk: RunningDesk) -> None:
    _, made = desk.ask("POST", "/v1/keys", {"name": "k", "scopes": ["conversation.read"]}, desk.token)
    assert made["key"] not in json.dumps(desk.ask("GET", "/v1/keys", None, desk.token))
    assert desk.ask("GET", "/v1/conversations", None, made["key"])[0] == 200
    assert desk.ask("GET", "/v1/agents", None, made["key"])[0] == 403, "it may no more than its scopes say"
    with cut_within_two_seconds(desk, made["key"]):
        assert desk.ask("DELETE", f"/v1/keys/{made['id']}", None, desk.token)[0] == 204
    assert desk.ask("GET", "/v1/conversations", None, made["key"])[0] == 401


def test_nobody_ends_another_ones_sign_in(desk: RunningDesk) -> None:
    _, token = agent(desk, "one@example.com")
    _, other = agent(desk, "other@example.com")
    _, listed = desk.ask("GET", "/v1/sign-ins", None, other)
    assert desk.ask("DELETE", f"/v1/sign-ins/{listed[0]['id']}", None, token)[0] == 404
    assert desk.ask("GET", "/v1/me", None, other)[0] == 200


def test_a_new_password_ends_the_other_sign_ins(desk: RunningDesk) -> None:
    _, token = agent(desk, "change@example.com")
    wish = {"old": PASSWORD, "new": "another password"}
    assert desk.ask("POST", "/v1/me/password", {**wish, "old": "wrong"}, token)[0] == 403
    assert desk.ask("POST", "/v1/me/password", wish, token)[0] == 204
    assert desk.ask("GET", "/v1/me", None, token)[0] == 401
    assert sign_in(desk, "change@example.com")[0] == 401
    assert sign_in(desk, "change@example.com", "another password")[0] == 200


def test_a_forgotten_password_is_set_by_who_may(desk: RunningDesk) -> None:
    id, token = agent(desk, "forgetful@example.com")
    _, other = agent(desk, "equal@example.com")
    wish = {"password": "a password that is known"}
    assert desk.ask("PATCH", f"/v1/agents/{id}", wish, other)[0] == 403
    assert desk.ask("PATCH", f"/v1/agents/{id}", {"password": "short"}, desk.token)[0] == 422
    assert desk.ask("PATCH", f"/v1/agents/{id}", {**wish, "capacity": 3}, desk.token)[1]["capacity"] == 3
    assert desk.ask("GET", "/v1/me", None, token)[0] == 401, "their sign-ins end"
    assert sign_in(desk, "forgetful@example.com", wish["password"])[0] == 200
    mine = desk.ask("GET", "/v1/me", None, desk.token)[1]["id"]
    assert desk.ask("PATCH", f"/v1/agents/{mine}", wish, desk.token)[0] == 403, "one's own needs the old one"


def test_an_agent_is_added_with_what_routing_asks_for(desk: RunningDesk) -> None:
    wish = {
        "email": "able@example.com",
        "password": PASSWORD,
        "capacity": 2,
        "skills": ["refunds"],
        "languages": ["zh"],
    }
    status, made = desk.ask("POST", "/v1/agents", wish, desk.token)
    assert (status, made["capacity"], made["skills"], made["languages"]) == (201, 2, ["refunds"], ["zh"])
    assert (
        desk.ask("POST", "/v1/agents", {**wish, "email": "x@example.com", "capasity": 2}, desk.token)[0]
        == 422
    )


def test_guessing_is_slowed_down(tmp_path_factory: pytest.TempPathFactory) -> None:
    running = RunningDesk(tmp_path_factory.mktemp("throttled") / "data").start()

    def guess() -> int:
        """Guess until that is refused; return how often it was not."""
        for number in range(500):  # a stopped machine gives attempts back
            status, answer = sign_in(running, password="wrong")
            if status == 429:
                assert answer["retry_after_ms"] > 0
                return number
            assert status == 401
        raise AssertionError("one can guess for ever")

    try:
        assert guess() >= 10
        rights = []
        while 429 not in rights and len(rights) < 20:
            rights.append(sign_in(running)[0])
            guess()
        assert 429 in rights, "the right password comes through the throttle"
    finally:
        running.close()
