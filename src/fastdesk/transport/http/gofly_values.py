"""What all of gofly's routes have in common: its envelope, its refusals, its values."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web

__all__ = ["Told", "envelope", "number_of", "text_of", "time_of"]


class Told(Exception):
    """A refusal as gofly tells it: status 200, code 400."""


def envelope(result: Any) -> web.Response:
    body: dict[str, Any] = {"code": 200, "msg": "ok"}
    if result is not None:
        body["result"] = result
    return web.json_response(body, dumps=lambda each: msgspec.json.encode(each).decode())


def text_of(form: Any, name: str, most: int) -> str:
    value = form.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise Told(f"{name}不能超过{most}个字")
    if name == "content" and not value.strip():
        raise Told("内容不能为空")
    return value


def number_of(request: web.Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else otherwise


def time_of(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
