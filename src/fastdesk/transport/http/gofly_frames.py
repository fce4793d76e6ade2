"""gofly's frames `{type, data}` in place of the desk's own: a session that translates what it is told, and what a client says."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from aiohttp import web

from fastdesk.hub.session import Session
from fastdesk.protocol.codec import JSON
from fastdesk.tenants.limits import address_prefix

__all__ = ["GoflySession", "to_desk"]

#: Frames that wait for a slow reader; one that is further behind is cut.
MAX_BACKLOG: Final = 1_000


class GoflySession(Session):
    """A session over an ordinary WebSocket."""

    __slots__ = ("_is_agent", "_queue", "_watch")

    def __init__(
        self, address: str, *, is_agent: bool, watch: Callable[["GoflySession", dict[str, Any]], None]
    ) -> None:
        super().__init__(codec=JSON, address=address, bucket=address_prefix(address))
        self._is_agent = is_agent
        self._watch = watch
        self._queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(MAX_BACKLOG)

    def write(self, data: bytes) -> None:
        frame = msgspec.json.decode(data)
        if self._is_agent:
            self._watch(self, frame)
        told = self._for_agent(frame) if self._is_agent else self._for_visitor(frame)
        if told is not None:
            self._put(told)

    def close(self, code: int, reason: str) -> None:
        self.closed = True
        self._put(None)

    def answer_ping(self, text: str) -> None:
        """Answer a sign of life; anything else that says nothing to the desk is left."""
        if '"ping"' in text:
            self._put({"type": "pong", "data": ""})

    def _put(self, frame: dict[str, Any] | None) -> None:
        try:
            self._queue.put_nowait(frame)
        except asyncio.QueueFull:
            self.closed = True

    async def pump(self, socket: web.WebSocketResponse) -> None:
        """Write what waits, until the end."""
        while not self.closed or not self._queue.empty():
            frame = await self._queue.get()
            if frame is None:
                break
            await socket.send_str(msgspec.json.encode(frame).decode())
        await socket.close()

    def _for_visitor(self, frame: dict[str, Any]) -> dict[str, Any] | None:
        if frame["t"] == "message" and frame["from"]["role"] != "visitor":
            return _message(
                frame, id=frame["from"].get("name", ""), to=str(self.principal.id if self.principal else "")
            )
        if frame["t"] == "status" and frame["state"] == "resolved":
            return {"type": "close", "data": self.principal.id if self.principal else ""}
        return None

    def _for_agent(self, frame: dict[str, Any]) -> dict[str, Any] | None:
        me = self.principal.id if self.principal else ""
        if frame["t"] == "message":
            is_visitor = frame["from"]["role"] == "visitor"
            visitor = frame["from"].get("id", "") if is_visitor else ""
            return _message(frame, id=visitor or frame["from"].get("id", ""), to=me, is_agent=not is_visitor)
        if frame["t"] == "conversation" and "opened" in frame.get("what", ()):
            visitor = frame["is"]["visitor"]
            name = frame.get("visitor_name") or "访客"
            return {
                "type": "userOnline",
                "data": {"uid": visitor, "username": name, "avator": "", "last_message": "新访客"},
            }
        return None


def to_desk(text: str, session: GoflySession) -> dict[str, Any] | None:
    """Return the desk's frame for a client's, None where there is none."""
    try:
        said = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if not isinstance(said, dict) or said.get("type") != "inputing" or session.watching is not None:
        return None
    data = said.get("data")
    preview = data.get("content") if isinstance(data, dict) else None
    return {"t": "typing", "on": bool(preview), "preview": str(preview or "")[:2000]}


def _message(frame: dict[str, Any], *, id: str, to: str, is_agent: bool = False) -> dict[str, Any]:
    time = datetime.fromtimestamp(frame["at"] / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    data = {
        "name": frame["from"].get("name", ""),
        "avator": "",
        "id": id,
        "to_id": to,
        "content": frame["text"],
        "time": time,
    }
    return {"type": "message", "data": {**data, "is_kefu": "yes" if is_agent else "no"}}
