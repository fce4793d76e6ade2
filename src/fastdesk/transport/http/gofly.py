"""gofly's routes and frames for clients that were written for it: a thin layer of translation, behind a sign-in.

Off unless `FASTDESK_GOFLY` is set. Paths, the envelope `{code, msg, result}` and the frames `{type, data}` are gofly's; who is
asking is proved by the desk's own tokens, in a cookie that no script reads or in the header `token`, never in an address.
`to_id` names a site. Not described in /openapi.json: new clients use the desk's own routes.
"""

from typing import Any, Final

import msgspec
from aiohttp import WSMsgType, web
from msgspec.structs import replace

from fastdesk.engine import Engine
from fastdesk.errors import Refused
from fastdesk.hub.live import Live
from fastdesk.model.event import Said
from fastdesk.model.identity import Principal
from fastdesk.model.ids import VisitorId
from fastdesk.model.visitor import Visitor
from fastdesk.observe.clock import new_id
from fastdesk.pipeline.masking import mask, must_mask
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Send
from fastdesk.store.protocol import VisitorQuery
from fastdesk.tenants.permissions import AUDITED
from fastdesk.transport.http.agents import AgentRoutes, SignInWish
from fastdesk.transport.http.files import FileRoutes
from fastdesk.transport.http.gofly_frames import GoflySession, to_desk
from fastdesk.transport.http.gofly_office import ELSEWHERE, GoflyOffice
from fastdesk.transport.http.gofly_values import Told, envelope, number_of, text_of, time_of
from fastdesk.transport.http.routes import Call
from fastdesk.transport.http.sessions import PostSession

__all__ = ["Gofly"]

VISITOR_COOKIE: Final = "fastdesk_visitor"
AGENT_COOKIE: Final = "fastdesk_agent"
MAX_TEXT: Final = 4_000
PAGE: Final = 50
#: Conversations that an agent hears before those without a visitor may leave memory.
MAX_WATCHED: Final = 1_000
#: A list is told of new words within a second; what is younger than this is new to whom it tells of a conversation.
JUST_MS: Final = 2_000


class Gofly:
    """Serve gofly's clients."""

    def __init__(self, engine: Engine, agents: AgentRoutes, files: FileRoutes, *, peer_of: Any) -> None:
        self._engine = engine
        self._rooms = engine.rooms
        self._agents = agents
        self._peer_of = peer_of
        self._office = GoflyOffice(
            engine, files, peer_of=peer_of, agent_of=self._agent_of, sender_of=self._sender_of
        )

    def add(self, app: web.Application) -> None:
        """Register the routes."""
        post, get = app.router.add_post, app.router.add_get
        post("/check", self._guarded(self.check))
        post("/visitor_login", self._guarded(self.visitor_login))
        post("/2/message", self._guarded(self.message))
        post("/kefu/message", self._guarded(self.message))
        get("/2/messages", self._guarded(self.messages, "conversation.read"))
        get("/2/messagesPages", self._guarded(self.messages_page, "conversation.read"))
        get("/2/message_close", self._guarded(self.close))
        get("/visitors", self._guarded(self.visitors, "visitor.read"))
        get("/visitors_kefu_online", self._guarded(self.online, "visitor.read"))
        get("/kefuinfo", self._guarded(self.agent))
        get("/userinfo", self._guarded(self.agent))
        get("/notice", self._guarded(self._office.notice))
        get("/replys", self._guarded(self._office.replies))
        post("/uploadimg", self._guarded(self._office.upload))
        post("/uploadfile", self._guarded(self._office.upload))
        get("/ipblacks", self._guarded(self._office.blocks))
        post("/ipblack", self._guarded(self._office.block, "visitor.write"))
        app.router.add_delete("/ipblack", self._guarded(self._office.unblock, "visitor.write"))
        for method, path in ELSEWHERE:
            app.router.add_route(method, path, self._guarded(self._office.elsewhere))
        get("/ws_visitor", self.visitor_socket)
        get("/ws_kefu", self.agent_socket)

    def _guarded(self, handler: Any, act: str = "") -> Any:
        """Serve as gofly does, by the desk's rules: `act` is the permission that the audit log names where an agent asks."""

        async def serve(request: web.Request) -> web.Response:
            try:
                answer = await handler(request)
            except (Told, Refused) as refusal:
                return web.json_response({"code": 400, "msg": str(refusal)})
            principal = self._principal(request, AGENT_COOKIE)
            if act and principal is not None and principal.kind != "visitor":
                note = self._engine.audit.act if act in AUDITED else self._engine.audit.reading
                whose = request.query.get("visitor_id", "")
                note(
                    principal, act, f"{request.method} {request.path} {whose}".strip(), self._peer_of(request)
                )
                if request.method != "GET":
                    await self._rooms.store.durable_now()
                answer = mask(answer) if must_mask(principal) else answer
            return answer if isinstance(answer, web.Response) else envelope(answer)

        return serve

    # Who is asking.

    def _principal(self, request: web.Request, cookie: str) -> Principal | None:
        token = request.headers.get("token") or request.headers.get("Authorization", "").removeprefix(
            "Bearer "
        )
        found = self._engine.gate.principal_of(
            token or request.cookies.get(cookie, ""), self._rooms.clock.now_ms()
        )
        return None if isinstance(found, Rejection) else found

    def _agent_of(self, request: web.Request, permission: str = "conversation.read") -> Principal:
        principal = self._principal(request, AGENT_COOKIE)
        if principal is None or permission not in principal.permissions:
            raise Told("请先登录")
        return principal

    def _sender_of(self, request: web.Request) -> Principal:
        """Return who may send a file: an agent, or a visitor by its cookie."""
        principal = self._principal(request, AGENT_COOKIE) or self._principal(request, VISITOR_COOKIE)
        if principal is None or (
            principal.kind != "visitor" and "conversation.write" not in principal.permissions
        ):
            raise Told("请先登录")
        return principal

    async def _visitor_of(self, request: web.Request, id: str) -> Live:
        """Return the conversation of the visitor whose cookie this is; an id alone proves nothing."""
        principal = self._principal(request, VISITOR_COOKIE)
        if principal is None or principal.kind != "visitor" or principal.id != id:
            raise Told("访客不存在")
        live = await self._engine.opening.find_live(principal, self._peer_of(request))
        if isinstance(live, Rejection):
            raise Told(live.sentence)
        return live

    async def _live_for_agent(self, principal: Principal, visitor: str) -> Live:
        known = await self._rooms.lives.known_visitor(principal.tenant, visitor)
        site = None if known is None else self._rooms.records.site(principal.tenant, known.site)
        if known is None or site is None:
            raise Told("访客不存在")
        return await self._rooms.lives.of_visitor(known, site)

    # Coming in.

    async def check(self, request: web.Request) -> web.Response:
        """Sign an agent in."""
        form = await request.post()
        wish = SignInWish(
            text_of(form, "username", 200), text_of(form, "password", 256), text_of(form, "code", 10)
        )
        signed = await self._agents.sign_in(Call(request, None, wish, {}, self._peer_of(request)))
        response = envelope({"token": signed.token, "created_at": self._rooms.clock.now_ms() // 1000})
        response.set_cookie(
            AGENT_COOKIE, signed.token, httponly=True, samesite="Strict", secure=request.secure
        )
        return response

    async def visitor_login(self, request: web.Request) -> web.Response:
        """Give a visitor an identity, or know it again by its cookie."""
        form = await request.post()
        rooms, key, now_ms = self._rooms, text_of(form, "to_id", 64), self._rooms.clock.now_ms()
        tenant = rooms.records.tenant_of_site(key)
        site = rooms.records.site(tenant, key) if tenant is not None else None
        origin = request.headers.get("Origin")
        if tenant is None or site is None or (site.signed_only):
            raise Told("客服不存在")
        if site.origins and origin is not None and origin not in site.origins:
            raise Told("origin refused")
        address = self._peer_of(request)
        refusal = rooms.gatekeeper.refuse(tenant, "", address)
        if refusal is not None:
            raise Told(refusal.sentence)
        known = self._principal(request, VISITOR_COOKIE)
        is_known = (
            known is not None and known.kind == "visitor" and (known.tenant, known.site) == (tenant, site.id)
        )
        id = VisitorId(known.id if known is not None and is_known else new_id(now_ms, rooms.entropy))
        visitor = await rooms.lives.known_visitor(tenant, id) or Visitor(
            id=id, tenant=tenant, site=site.id, first_seen=now_ms, referrer=text_of(form, "refer", 500)
        )
        live = await rooms.lives.of_visitor(visitor, site)
        live.visitor = replace(visitor, last_seen=now_ms, address=address)
        result = {"visitor_id": id, "name": visitor.name or "访客", "avator": "", "to_id": key, "status": 1}
        response = envelope(result)
        token = self._engine.gate.visitors.issue(tenant, site.id, id, now_ms=now_ms)
        response.set_cookie(VISITOR_COOKIE, token, httponly=True, samesite="Lax", secure=request.secure)
        return response

    # Messages.

    async def message(self, request: web.Request) -> Any:
        """Store a message of a visitor or of an agent."""
        form = await request.post()
        text, from_id, to_id = (
            text_of(form, "content", MAX_TEXT),
            text_of(form, "from_id", 64),
            text_of(form, "to_id", 64),
        )
        is_agent = request.path == "/kefu/message" or text_of(form, "type", 10) == "kefu"
        id = new_id(self._rooms.clock.now_ms(), self._rooms.entropy)
        frame = await self._office.frame_of(id, text)
        if is_agent:
            principal = self._agent_of(request, "conversation.write")
            live = await self._live_for_agent(principal, to_id)
            said = await self._send(
                request, principal, live, replace(frame, conversation=live.conversation.id)
            )
        else:
            live = await self._visitor_of(request, from_id)
            visitor = Principal(
                kind="visitor", tenant=live.conversation.tenant, id=from_id, site=live.site.id
            )
            said = await self._send(request, visitor, live, frame)
        data = {
            "id": from_id,
            "to_id": to_id,
            "name": said.name,
            "avator": "",
            "content": said.text,
            "time": time_of(said.at),
        }
        return {"type": "message", "data": {**data, "is_kefu": "yes" if is_agent else "no"}}

    async def _send(self, request: web.Request, principal: Principal, live: Live, frame: Send) -> Said:
        session = PostSession(principal, live, self._peer_of(request))
        if principal.kind != "visitor":
            session.live, session.watching = None, {}
        try:
            self._engine.pipeline.accept_frame(session, frame)
            answer = await session.answer
        finally:
            self._rooms.hub.unwatch(session, live.conversation.id)
        if isinstance(answer, Rejection):
            raise Told(answer.sentence)
        return answer

    async def messages(self, request: web.Request) -> Any:
        """Return the newest messages of a visitor."""
        return (await self._history(request, 1, PAGE))["list"]

    async def messages_page(self, request: web.Request) -> Any:
        """Return one page of messages, the newest on the first."""
        size = min(max(number_of(request, "pagesize", 10), 1), PAGE)
        return await self._history(request, max(number_of(request, "page", 1), 1), size)

    async def _history(self, request: web.Request, page: int, size: int) -> dict[str, Any]:
        id = request.query.get("visitor_id", "")
        agent = self._principal(request, AGENT_COOKIE)
        if agent is not None and "conversation.read" in agent.permissions:
            live = await self._live_for_agent(agent, id)
        else:
            live = await self._visitor_of(request, id)
        last = live.durable_seq - (page - 1) * size
        conversation = live.conversation
        after = max(last - size, 0)
        found = (
            await self._rooms.store.said(conversation.tenant, conversation.id, after, size)
            if last > 0
            else []
        )
        rows = [
            {"time": time_of(said.at), "content": said.text, "name": said.name, "avator": "",
             "mes_type": "visitor" if said.role == "visitor" else "kefu"}
            for said in found if said.seq <= last
        ]  # fmt: skip
        return {"count": live.durable_seq, "page": page, "pagesize": size, "list": rows}

    async def close(self, request: web.Request) -> Any:
        """Resolve a visitor's conversation."""
        principal = self._agent_of(request, "conversation.write")
        live = await self._live_for_agent(principal, request.query.get("visitor_id", ""))
        self._engine.commands.resolve(live, principal.id, "resolved")

    # Lists.

    async def visitors(self, request: web.Request) -> Any:
        """Return visitors, last seen first."""
        principal = self._agent_of(request, "visitor.read")
        found = await self._rooms.store.visitors(principal.tenant, VisitorQuery(limit=PAGE))
        every = [msgspec.json.decode(body, type=Visitor) for body in found.items]
        rows = [
            {"visitor_id": each.id, "name": each.name, "avator": "", "city": each.place, "refer": each.referrer,
             "updated_at": time_of(each.last_seen)}
            for each in every
        ]  # fmt: skip
        return {"list": rows, "count": len(rows), "pagesize": PAGE}

    async def online(self, request: web.Request) -> Any:
        """Return the visitors that are connected."""
        principal = self._agent_of(request)
        lives = [
            live
            for live in self._rooms.hub.lives()
            if live.conversation.tenant == principal.tenant and live.visitors
        ]
        return [
            {"uid": live.visitor.id, "username": live.visitor.name or "访客", "avator": "",
             "last_message": live.recent[-1].text if live.recent else "新访客"}
            for live in lives
        ]  # fmt: skip

    async def agent(self, request: web.Request) -> Any:
        """Return who is signed in."""
        principal = self._agent_of(request)
        return {
            "id": principal.id,
            "name": principal.id,
            "nickname": principal.name,
            "username": principal.name,
            "avator": "",
        }

    # Sockets.

    async def visitor_socket(self, request: web.Request) -> web.StreamResponse:
        """Carry a visitor's frames; the cookie says who it is, and must agree with `visitor_id`."""
        principal = self._principal(request, VISITOR_COOKIE)
        if (
            principal is None
            or principal.kind != "visitor"
            or principal.id != request.query.get("visitor_id")
        ):
            return web.json_response({"code": 400, "msg": "访客不存在"})
        return await self._carry(request, request.cookies.get(VISITOR_COOKIE, ""), is_agent=False)

    async def agent_socket(self, request: web.Request) -> web.StreamResponse:
        """Carry an agent's frames; the cookie or the header `token` says who it is."""
        if self._principal(request, AGENT_COOKIE) is None:
            return web.json_response({"code": 400, "msg": "请先登录"})
        token = request.headers.get("token") or request.cookies.get(AGENT_COOKIE, "")
        return await self._carry(request, token, is_agent=True)

    async def _carry(self, request: web.Request, token: str, *, is_agent: bool) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.host:
            return web.json_response(
                {"code": 400, "msg": "origin refused"}, status=403
            )  # cookies come along with any page
        socket = web.WebSocketResponse(heartbeat=25, max_msg_size=65_536)
        await socket.prepare(request)
        session = GoflySession(self._peer_of(request), is_agent=is_agent, watch=self._watch)
        writer = self._rooms.tasks.spawn(session.pump(socket), "gofly socket")
        self._engine.opening.receive(session, msgspec.json.encode({"t": "hello", "token": token}))
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT and not session.closed:
                    self._take(session, message.data)
        finally:
            writer.cancel()
            self._engine.opening.leave(session)
        return socket

    def _take(self, session: GoflySession, text: str) -> None:
        frame = to_desk(text, session)
        if frame is None:
            session.answer_ping(text)
        else:
            self._engine.pipeline.accept(session, msgspec.json.encode(frame))

    def _watch(self, session: GoflySession, frame: dict[str, Any]) -> None:
        """Let an agent hear every conversation of the tenant, as gofly's agents do, from whatever is first told of it."""
        if session.principal is None or session.watching is None:
            return
        hub, tenant = self._rooms.hub, session.principal.tenant
        known = hub.find(tenant, frame.get("conversation") or "")
        if known is None or known.id in session.watching:
            return
        if len(session.watching) >= MAX_WATCHED:
            for id in [id for id, live in session.watching.items() if not live.visitors]:
                hub.unwatch(session, id)
        hub.watch(session, known)
        # Its visitor came back, and what was just said made this frame.
        since = self._rooms.clock.now_ms() - JUST_MS
        for said in known.recent or ():
            if said.at > since:
                session.write(session.codec.message(said, for_agents=True))
