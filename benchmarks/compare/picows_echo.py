"""picows: a listener in Python on uvloop. Usage: picows_echo.py PORT"""

import asyncio
import sys

import picows
import uvloop


class Echo(picows.WSListener):
    """Send back what comes."""

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        else:
            transport.send(frame.msg_type, frame.get_payload_as_bytes())


async def main(port: int) -> None:
    server = await picows.ws_create_server(lambda _: Echo(), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


uvloop.install()
asyncio.run(main(int(sys.argv[1])))
