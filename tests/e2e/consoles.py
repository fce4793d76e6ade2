"""An agent at the console, in a browser of its own."""

import re
import time
from collections.abc import Callable
from typing import Any

from tests.running import EMAIL, PASSWORD

SOON_MS = 10_000


class Console:
    """One browser profile with the console; what the page reports as an error is kept in `troubles`."""

    def __init__(self, context: Any, base: str) -> None:
        self.context = context
        self.base = base
        self.troubles: list[str] = []
        self.requests: list[str] = []
        self.page: Any = None

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> "Console":
        """Open the console and sign in."""
        self.open_tab()
        self.page.locator("[name=email]").fill(email)
        self.page.locator("[name=password]").fill(password)
        self.page.keyboard.press("Enter")
        self.page.locator(".console").wait_for()
        return self

    def open_tab(self, path: str = "") -> "Console":
        """Open the console in another tab of the same profile."""
        self.page = self.context.new_page()
        self.page.set_default_timeout(SOON_MS)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on(
            "dialog", lambda dialog: self.troubles.append(f"dialog: {dialog.message}") or dialog.dismiss()
        )
        self.page.on("console", self._hear)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(self.base + "/console/" + path)
        return self

    def _hear(self, message: Any) -> None:
        if (
            message.type == "error"
            and "Failed to load" not in message.text
            and "WebSocket" not in message.text
        ):
            self.troubles.append(message.text)

    def go(self, *place: str) -> "Console":
        """Go to a page by its address."""
        self.page.evaluate("place => void (location.hash = place)", "#/" + "/".join(place))
        return self

    def show(self, view: str) -> None:
        """Choose a list by the name of its tab."""
        self.page.get_by_role("tab", name=re.compile(f"^{view}")).click()

    def open(self, conversation: str) -> None:
        """Open a conversation and wait until it is there."""
        self.go("inbox", conversation)
        self.page.locator(f".thread[data-id='{conversation}'] #composer").wait_for()

    def say(self, text: str) -> None:
        """Write a reply and send it."""
        self.write(text)
        self.page.keyboard.press("Enter")

    def write(self, text: str) -> None:
        """Write into the composer."""
        self.page.locator("#composer").fill(text)

    def press(self, keys: str) -> None:
        """Press a single key, outside of every field."""
        self.page.evaluate("document.activeElement?.blur()")
        self.page.keyboard.press(keys)

    def entry(self, text: str) -> Any:
        """An entry of the thread that holds a text."""
        return self.page.locator(".entry", has_text=text)

    def sees(self, text: str) -> None:
        self.entry(text).first.wait_for()

    def texts(self) -> list[str]:
        """What agents and visitors have said in the thread, in its order."""
        bubbles = self.page.locator(".entry:is([data-role=visitor], [data-role=agent]):not(.typing) .bubble")
        return [text.strip() for text in bubbles.all_inner_texts()]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something that the page shows in no single element."""
        deadline = time.monotonic() + SOON_MS / 1000
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain: {what}"
            self.page.wait_for_timeout(50)
