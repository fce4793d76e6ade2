"""websockets: its asyncio server on uvloop. Usage: websockets_echo.py PORT"""

import asyncio
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosedError


async def echo(connection: ServerConnection) -> None:
    try:
        async for message in connection:
            await connection.send(message)
    except ConnectionClosedError:
        return  # the generator leaves without a close frame


async def main(port: int) -> None:
    async with serve(echo, "127.0.0.1", port, compression=None, backlog=4096) as server:
        await server.serve_forever()


uvloop.install()
asyncio.run(main(int(sys.argv[1])))
