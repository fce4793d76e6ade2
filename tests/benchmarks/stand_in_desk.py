"""A small desk that speaks the wire and, when asked, commits one fault for the generator to notice."""

import asyncio
import json
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web

ANSWER = "您好，这件商品 128 元，两件包邮。"


class Conversation:
    def __init__(self, name):
        self.name = name
        self.events = []  # message frames; the seq is the place, from 1
        self.by_id = {}
        self.agent = None
        self.changed = asyncio.Event()

    def append(self, message_id, role, text):
        seq = len(self.events) + 1
        frame = {"t": "message", "seq": seq, "id": message_id, "from": {"role": role}, "text": text, "at": 1}
        self.events.append(frame)
        self.by_id[message_id] = seq
        self.changed.set()
        self.changed = asyncio.Event()
        return frame


class StandInDesk:
    """`fault` is committed once, on the `at`-th message that the desk receives."""

    def __init__(self, fault="", at=60):
        self.fault, self.at = fault, at
        self.received = 0
        self.conversations = {}

    def now(self, fault):
        return self.fault == fault and self.received == self.at

    # HTTP.

    def add_visitor(self):
        name = f"c{len(self.conversations)}"
        self.conversations[name] = Conversation(name)
        return {"token": name, "visitor": name, "conversation": name, "epoch": "e1", "seq": 0}

    async def post_message(self, request):
        conversation = self.conversations[request.headers["Authorization"].split()[1]]
        message = await request.json()
        self.received += 1
        own = conversation.append(message["id"], "visitor", message["text"])
        answer = {"id": message["id"], "seq": own["seq"], "at": 1}
        if self.now("post_wrong_id"):
            answer["id"] = "other-id"
        if not self.now("lost"):
            reply = conversation.append("r-" + message["id"], "bot", ANSWER)
            if self.now("wrong"):
                reply["text"] = ANSWER[:-1]
            if self.now("duplicate"):
                conversation.append("r2-" + message["id"], "bot", ANSWER)
            if self.now("own_text"):
                own["text"] += "!"
        return web.json_response(answer)

    async def get_events(self, request):
        conversation = self.conversations[request.headers["Authorization"].split()[1]]
        after = request.query.get("after")
        seq = len(conversation.events)
        events = [] if after is None else conversation.events[int(after) :]
        if not events and after is not None:
            await conversation.changed.wait()
            events = conversation.events[int(after) :]
        if self.fault == "gap" and self.received >= self.at and len(events) > 1:
            events = events[1:]
        return web.json_response({"events": events, "seq": seq, "epoch": "e1"})

    # WebSocket.

    async def socket(self, request):
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        hello = json.loads((await ws.receive()).data)
        if hello["token"].startswith("agent"):
            await ws.send_str('{"t":"welcome","epoch":"e1"}')
            await self.serve_agent(ws)
            return ws
        conversation = self.conversations[hello["token"]]
        # The seq of an empty conversation is the default, and defaults are left out.
        welcome = {"t": "welcome", "epoch": "e1"}
        if conversation.events:
            welcome["seq"] = len(conversation.events)
        await ws.send_str(json.dumps(welcome))
        if "after" in hello:
            missed = conversation.events[hello["after"] :]
            if self.fault == "replay_lost" and conversation.name == "c3":
                missed = missed[1:]
            for frame in missed:
                await ws.send_str(json.dumps(frame))
        async for message in ws:
            if message.type == WSMsgType.TEXT:
                await self.serve_visitor(ws, conversation, json.loads(message.data))
        return ws

    async def serve_agent(self, ws):
        async for message in ws:
            frame = json.loads(message.data)
            if frame["t"] == "take":
                self.conversations[frame["conversation"]].agent = ws
            elif frame["t"] == "ping":
                await ws.send_str('{"t":"pong"}')

    async def serve_visitor(self, ws, conversation, frame):
        if frame["t"] == "ping":
            await ws.send_str('{"t":"pong"}')
            return
        self.received += 1
        own = conversation.append(frame["id"], "visitor", frame["text"])
        ack = {"t": "ack", "id": frame["id"], "seq": own["seq"], "at": 1}
        if conversation.agent is not None:
            await self.answer_by_agent(ws, conversation, ack, own)
            return
        reply = dict(conversation.append("r-" + frame["id"], "bot", ANSWER))
        for out in self.spoil(ack, reply, own):
            await ws.send_str(json.dumps(out, ensure_ascii=self.received % 2 == 0))
        if self.now("close"):
            await ws.close(code=1011)

    def spoil(self, ack, reply, own):
        """Return the frames that leave for one message: ack and reply, or the chosen fault instead."""
        if self.now("wrong"):
            reply["text"] = ANSWER.replace("128", "129")
        if self.now("truncated"):
            reply["text"] = ANSWER[:-1]
        if self.now("wrong_id"):
            ack["id"] = "0" * 36
        if self.now("gap"):
            reply["seq"] += 1
        if self.now("repeated_seq"):
            reply["seq"] -= 1
        return {
            "lost": [ack],
            "ack_lost": [reply],
            "duplicate": [ack, reply, reply],
            "duplicate_ack": [ack, ack, reply],
            "duplicate_with_new_seq": [ack, reply, {**reply, "seq": reply["seq"] + 1}],
            "reply_first": [reply, ack],
            "ack_after_nothing": [{**ack, "id": "nobody-sent-this"}, ack, reply],
            "own_message": [ack, own, reply],
            "error": [{"t": "error", "code": "busy", "message": "Busy."}],
            "no_json": [ack, [reply]],
        }.get(self.fault if self.received == self.at else "", [ack, reply])

    async def answer_by_agent(self, ws, conversation, ack, own):
        shown = {**own, "conversation": conversation.name}
        if self.now("agent_wrong"):
            shown["text"] += "?"
        if not self.now("agent_lost"):
            await conversation.agent.send_str(json.dumps(shown))
        if self.now("agent_duplicate"):
            await conversation.agent.send_str(json.dumps(shown))
        if self.now("bot_after_take_over"):
            await ws.send_str(json.dumps(conversation.append("bot-1", "bot", ANSWER)))
        await ws.send_str(json.dumps(ack))


@asynccontextmanager
async def serve(desk):
    """Serve on a free port; yields it."""
    app = web.Application()
    app.router.add_get("/v1/ws", desk.socket)
    app.router.add_post("/v1/messages", desk.post_message)
    app.router.add_get("/v1/events", desk.get_events)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield site._server.sockets[0].getsockname()[1]
    finally:
        await runner.cleanup()
