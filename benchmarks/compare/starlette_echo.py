"""Starlette on uvicorn, uvloop and the `websockets` protocol. Usage: starlette_echo.py PORT"""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect


async def echo(ws: WebSocket) -> None:
    await ws.accept()
    try:
        while True:
            await ws.send_text(await ws.receive_text())
    except WebSocketDisconnect:
        return


uvicorn.run(
    Starlette(routes=[WebSocketRoute("/", echo)]),
    host="127.0.0.1",
    port=int(sys.argv[1]),
    loop="uvloop",
    ws="websockets-sansio",
    ws_per_message_deflate=False,
    backlog=4096,
    log_level="error",
)
