"""Webhooks over HTTP: their secret is made, private addresses are refused, and the log says so."""

from pathlib import Path
from typing import Any

from tests.running import RunningDesk


def tried(desk: RunningDesk, id: str) -> list[dict[str, Any]]:
    while True:
        status, log = desk.ask("GET", f"/v1/webhooks/{id}/deliveries?failed=1", None, desk.token)
        assert status == 200
        if log:
            return log  # type: ignore[no-any-return]


def test_private_address_is_refused_and_logged(desk: RunningDesk) -> None:
    body = {"id": "inside", "url": "http://127.0.0.1:9/hook"}
    status, hook = desk.ask("POST", "/v1/webhooks", body, desk.token)
    assert status == 201
    assert len(hook["secret"]) > 30
    desk.ask("POST", "/v1/messages", {"id": "for-the-hook", "text": "hi"}, desk.visitor()["token"])
    first = tried(desk, "inside")[-1]
    assert (first["error"], first["status"], first["taken"]) == ("private_address", 0, False)
    status, again = desk.ask(
        "POST", f"/v1/webhooks/inside/deliveries/{first['rev']}/redeliver", None, desk.token
    )
    assert (status, again["error"], again["id"]) == (200, "private_address", first["id"])
    assert desk.ask("DELETE", "/v1/webhooks/inside", None, desk.token)[0] == 204
    assert desk.ask("GET", "/v1/webhooks/inside/deliveries", None, desk.token)[0] == 404


def test_secret_stays_when_a_webhook_is_written_without_one(desk: RunningDesk) -> None:
    body = {"id": "kept", "url": "https://crm.example/in", "enabled": False}
    _, made = desk.ask("POST", "/v1/webhooks", body, desk.token)
    _, written = desk.ask("PUT", "/v1/webhooks/kept", {**body, "events": ["note"]}, desk.token)
    assert written["secret"] == made["secret"]


def test_wrong_calls(desk: RunningDesk) -> None:
    for rev, status in (("x", 422), ("9" * 20, 422), ("1", 404)):
        assert (
            desk.ask("POST", f"/v1/webhooks/none/deliveries/{rev}/redeliver", None, desk.token)[0] == status
        )
    for url in ("file:///etc/passwd", "https://", "crm.example"):
        assert desk.ask("POST", "/v1/webhooks", {"url": url}, desk.token)[0] == 422


def test_what_is_left_to_deliver_does_not_keep_the_desk_from_starting(tmp_path: Path) -> None:
    desk = RunningDesk(tmp_path / "data", ALLOW_PRIVATE_URLS="true").start()
    try:
        body = {"id": "gone", "url": "http://127.0.0.1:9/hook"}
        assert desk.ask("POST", "/v1/webhooks", body, desk.token)[0] == 201
        token = desk.visitor()["token"]
        desk.ask("POST", "/v1/messages", {"id": "left-over", "text": "hi"}, token)
        tried(desk, "gone")
        desk.kill()
        desk.start()  # the delivery is tried again before the first visitor can come
        status, _ = desk.ask("POST", "/v1/messages", {"id": "after-it", "text": "still there?"}, token)
        assert status == 200
    finally:
        desk.close()
