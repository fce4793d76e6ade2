"""What gofly's clients do besides talking: they send files, keep addresses out, read texts and canned replies.

What they set up is set up in the console.
"""

import re
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from typing import Any, Final

from aiohttp import BodyPartReader, web

from fastdesk.desk.files import view
from fastdesk.engine import Engine
from fastdesk.model.block import Block
from fastdesk.model.canned import Canned
from fastdesk.model.identity import Principal
from fastdesk.pipeline.reply import pick_text
from fastdesk.protocol.frames import Send
from fastdesk.transport.http.files import FileRoutes
from fastdesk.transport.http.gofly_values import Told, text_of

__all__ = ["ELSEWHERE", "GoflyOffice"]

#: gofly's routes for what the console and the desk's own routes do: method and path.
ELSEWHERE: Final = (
    *(("GET", path) for path in ("/roles", "/kefulist", "/other_kefulist", "/configs", "/config", "/notices", "/statistics")),
    *(("POST", path) for path in ("/role", "/kefuinfo", "/modifypass", "/modifyavator", "/config", "/notice", "/notice_save")),
    *(("POST", path) for path in ("/reply", "/reply_content", "/call_kefu")),
    *(("DELETE", path) for path in ("/kefuinfo", "/notice", "/reply", "/reply_content")),
)  # fmt: skip
_ELSEWHERE_TEXT: Final = "此功能请在控制台 /console/ 中设置，或使用 /openapi.json 中的接口"
#: What a client of gofly writes to send what it has uploaded.
_BEARS: Final = re.compile(r"(img|file)\[/?v1/files/([^/\]]{1,200})/[^\]]{0,300}\]")


class GoflyOffice:
    """Files, blocks, canned replies and texts for gofly's clients.

    Args:
        agent_of: who asks, if it is an agent with a permission; raises Told.
        sender_of: who asks, if it may send files; raises Told.
    """

    def __init__(
        self,
        engine: Engine,
        files: FileRoutes,
        *,
        peer_of: Callable[[web.Request], str],
        agent_of: Callable[[web.Request, str], Principal],
        sender_of: Callable[[web.Request], Principal],
    ) -> None:
        self._rooms = engine.rooms
        self._files = files
        self._peer_of = peer_of
        self._agent_of = agent_of
        self._sender_of = sender_of

    async def upload(self, request: web.Request) -> Any:
        """Store the file of a form, and say where it stands."""
        principal = self._sender_of(request)
        try:
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader) and part.filename:
                    file = await self._files.store(
                        principal, self._peer_of(request), part.filename, _chunks(part)
                    )
                    return {"path": view(file)["url"].removeprefix("/")}
        except (ValueError, AssertionError):  # what aiohttp says of a body that is no form
            raise Told("上传失败") from None
        raise Told("没有文件")

    async def frame_of(self, id: str, text: str) -> Send:
        """Return a message as it was meant: `img[PATH]` and `file[PATH]` bear what was uploaded."""
        named = _BEARS.fullmatch(text.strip())
        found = None if named is None else await self._rooms.files.find(named[2])
        if named is None or found is None:
            return Send(id, text)
        return Send(id, text, kind="image" if named[1] == "img" else "file", extra={"file": view(found[0])})

    async def blocks(self, request: web.Request) -> Any:
        """Return the addresses that are kept out."""
        principal = self._agent_of(request, "visitor.read")
        rows = [
            {"id": each.id, "ip": each.address, "kefu_id": "", "create_at": ""}
            for each in self._rooms.records.all(Block, principal.tenant, "block")
            if each.address
        ]
        return {"list": rows, "count": len(rows), "pagesize": len(rows)}

    async def block(self, request: web.Request) -> Any:
        """Keep an address out, for good."""
        principal = self._agent_of(request, "visitor.write")
        address = text_of(await request.post(), "ip", 64)
        try:
            block = Block(id=_id_of(address), address=address, reason="gofly")
        except ValueError:
            raise Told("请输入正确的IP") from None
        self._rooms.records.put(principal.tenant, "block", block, actor=principal.id)

    async def unblock(self, request: web.Request) -> Any:
        """Let an address in again."""
        principal = self._agent_of(request, "visitor.write")
        for each in self._rooms.records.all(Block, principal.tenant, "block"):
            if each.address and each.address == request.query.get("ip"):
                self._rooms.records.remove(principal.tenant, "block", each.id, actor=principal.id)

    async def notice(self, request: web.Request) -> Any:
        """Return a site's texts."""
        key = request.query.get("kefu_id", "")
        tenant = self._rooms.records.tenant_of_site(key)
        site = self._rooms.records.site(tenant, key) if tenant is not None else None
        if site is None:
            raise Told("客服不存在")
        welcome, offline = pick_text(site.texts.welcome, "zh"), pick_text(site.texts.offline, "zh")
        return {"username": pick_text(site.name, "zh"), "avatar": "", "welcome": welcome, "offlineMessage": offline,
                "allNotice": pick_text(site.texts.announcement, "zh")}  # fmt: skip

    async def replies(self, request: web.Request) -> Any:
        """Return canned replies by their groups."""
        principal = self._agent_of(request, "canned.read")
        groups: dict[str, list[dict[str, str]]] = {}
        for each in self._rooms.records.all(Canned, principal.tenant, "canned"):
            if each.owner not in ("", principal.id):
                continue
            groups.setdefault(each.group, []).append(
                {"item_id": each.id, "item_name": each.title, "item_content": each.text}
            )
        return [{"group_id": name, "group_name": name, "items": items} for name, items in groups.items()]

    async def elsewhere(self, request: web.Request) -> Any:
        """Say where that is done now."""
        self._agent_of(request, "conversation.read")
        raise Told(_ELSEWHERE_TEXT)


def _id_of(address: str) -> str:
    return f"ip-{sha256(address.encode()).hexdigest()[:16]}"


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(1 << 16):
        yield chunk
