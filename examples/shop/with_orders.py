"""Start a desk together with the little order server that the shop's rules and flows ask.

`make run` starts this: the desk as `fastdesk serve` would, and beside it, while the shop is the demo, the order server on
127.0.0.1:8090, and the plug-in that shows agents a visitor's orders. Only then may rules call addresses of this machine.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

SHOP = Path(__file__).parent


def main() -> int:
    """Serve until told to stop, then stop the order server, too."""
    environment = dict(os.environ)
    shop = None
    if Path(environment.get("FASTDESK_DEMO") or "-").resolve() == SHOP.resolve():
        environment.setdefault("FASTDESK_ALLOW_PRIVATE_URLS", "true")
        environment.setdefault("FASTDESK_PLUGINS_DIR", str(SHOP / "plugins"))
        shop = subprocess.Popen([sys.executable, str(SHOP / "order_server.py")], stdout=subprocess.DEVNULL)
    desk = subprocess.Popen([sys.executable, "-m", "fastdesk", "serve", *sys.argv[1:]], env=environment)
    signal.signal(
        signal.SIGTERM, lambda *_: desk.terminate()
    )  # Ctrl+C reaches all of us, this only the first
    try:
        return desk.wait()
    except KeyboardInterrupt:
        return desk.wait()
    finally:
        if shop is not None:
            shop.terminate()


if __name__ == "__main__":
    sys.exit(main())
