"""A browser profile whose pages are listened to: what goes wrong in them is kept."""

import time
from collections.abc import Callable
from typing import Any

#: Generous: a machine that many share may stand still for a while.
SOON_MS = 30_000


class Profile:
    """One browser profile on a desk's address. `troubles` are a page's errors, `requests` the addresses it asked for."""

    def __init__(self, context: Any, base: str) -> None:
        self.context = context
        self.base = base
        self.troubles: list[str] = []
        self.requests: list[str] = []
        self.page: Any = None

    def open_page(self, address: str) -> None:
        """Open an address in a tab of its own, and listen to it."""
        self.page = self.context.new_page()
        self.page.set_default_timeout(SOON_MS)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on(
            "dialog", lambda dialog: self.troubles.append(f"dialog: {dialog.message}") or dialog.dismiss()
        )
        self.page.on("console", self._hear)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address)

    def _hear(self, message: Any) -> None:
        # A browser reports every failed request by itself; the tests of broken lines expect those.
        if (
            message.type == "error"
            and "Failed to load resource" not in message.text
            and "WebSocket" not in message.text
        ):
            self.troubles.append(message.text)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something that the page shows in no single element."""
        deadline = time.monotonic() + SOON_MS / 1000
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain: {what}"
            self.page.wait_for_timeout(50)
