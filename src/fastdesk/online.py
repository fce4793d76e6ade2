"""Change a desk that is running: the command line's way over HTTP, with an API key."""

import urllib.error
import urllib.request
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from fastdesk.errors import FastdeskError
from fastdesk.model.webhook import Delivery
from fastdesk.plugins.why import WhyLine

__all__ = ["deliveries", "erase", "read_records", "remove_record", "set_retention", "why", "write_records"]

T = TypeVar("T", bound=Struct)

_TIMEOUT_S = 30


def read_records(url: str, key: str, kinds: str, struct: type[T]) -> list[T]:
    """Return all records of a kind; `kinds` is the part of the address, such as `articles`."""
    return msgspec.json.decode(_ask("GET", f"{url.rstrip('/')}/v1/{kinds}", key), type=list[struct])  # type: ignore[valid-type]


def write_records(url: str, key: str, kinds: str, records: list[T], known: set[str]) -> None:
    """Write records one by one; those in `known` are there already and are replaced."""
    address = f"{url.rstrip('/')}/v1/{kinds}"
    for record in records:
        id = str(record.id)  # type: ignore[attr-defined]
        body = msgspec.json.encode(record)
        if id in known:
            _ask("PUT", f"{address}/{quote(id, safe='')}", key, body)
        else:
            _ask("POST", address, key, body)


def remove_record(url: str, key: str, kinds: str, id: str) -> None:
    """Remove a record."""
    _ask("DELETE", f"{url.rstrip('/')}/v1/{kinds}/{quote(id, safe='')}", key)


def deliveries(url: str, key: str, webhook: str) -> list[Delivery]:
    """Return the last tries of a webhook, newest first."""
    address = f"{url.rstrip('/')}/v1/webhooks/{quote(webhook, safe='')}/deliveries"
    return msgspec.json.decode(_ask("GET", address, key), type=list[Delivery])


def why(url: str, key: str, conversation: str) -> list[WhyLine]:
    """Return why the desk did what it did by itself in a conversation, oldest first."""
    address = f"{url.rstrip('/')}/v1/conversations/{quote(conversation, safe='')}/why"
    return msgspec.json.decode(_ask("GET", address, key), type=list[WhyLine])


def erase(url: str, key: str, visitor: str, reason: str) -> None:
    """Remove a visitor."""
    address = f"{url.rstrip('/')}/v1/visitors/{quote(visitor, safe='')}/erase"
    _ask("POST", address, key, msgspec.json.encode({"reason": reason}))


def set_retention(url: str, key: str, days: int) -> None:
    """Say how long the key's tenant keeps what was said."""
    _ask("POST", f"{url.rstrip('/')}/v1/retention", key, msgspec.json.encode({"days": days}))


def _ask(method: str, address: str, key: str, body: bytes | None = None) -> bytes:
    if not address.startswith(("http://", "https://")):
        raise FastdeskError(f"{address} is no address of a desk.", hint="Write --url https://desk.example.")
    request = urllib.request.Request(address, method=method, data=body)
    request.add_header("Authorization", f"Bearer {key}")
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            content: bytes = response.read()
            return content
    except urllib.error.HTTPError as refusal:
        with refusal:
            said = _sentence(refusal.read())
        raise FastdeskError(
            f"The desk refused {method} {address}: {refusal.code} {said}".rstrip()
        ) from refusal
    except OSError as failure:
        raise FastdeskError(
            f"There is no answer from {address}: {failure}.", hint="Does it run?"
        ) from failure


def _sentence(content: bytes) -> str:
    try:
        problem: Any = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return ""
    if not isinstance(problem, dict):
        return ""
    return " ".join(str(problem[part]) for part in ("message", "hint") if problem.get(part))
