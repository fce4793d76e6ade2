import asyncio

from fastdesk._core.ws_listener import WsConnection

__all__ = ["WsProtocol"]

class WsProtocol(asyncio.BufferedProtocol):
    def __init__(self, connection: WsConnection, subprotocol: str = "") -> None: ...
