"""The visitor, who has a browser, and the agent, who has a socket."""

import json
import time
from collections.abc import Callable
from typing import Any

from tests.e2e.profile import SOON_MS, Profile
from tests.running import RunningDesk
from websockets.sync.client import connect


class Visitor(Profile):
    """One browser profile with a page that bears the widget, or the page that stands alone."""

    def go(self, path: str) -> "Visitor":
        """Open a page, in a new tab when there is one already."""
        self.open_page(path if ":" in path else self.base + path)
        return self

    @property
    def launcher(self) -> Any:
        return self.page.locator("fastdesk-chat button.launcher")

    @property
    def chat(self) -> Any:
        """Where the chat is drawn: the widget's frame, or the page itself."""
        return self.page if "/chat/" in self.page.url else self.page.frame_locator("fastdesk-chat iframe")

    @property
    def frame(self) -> Any:
        """The chat's frame, to run script in."""
        return next((frame for frame in self.page.frames if "/embed.html" in frame.url), self.page.main_frame)

    def open(self) -> "Visitor":
        self.launcher.click()
        self.chat.locator(".composer-text").wait_for()
        return self

    def say(self, text: str) -> None:
        field = self.chat.locator(".composer-text")
        field.fill(text)
        field.press("Enter")

    def command(self, *command: Any) -> None:
        """Call the widget's function on the host page."""
        self.page.evaluate("command => void fastdesk(...command)", list(command))

    @property
    def conversation(self) -> str:
        """The conversation that the browser has in mind."""
        kept = self.frame.evaluate(
            "localStorage.getItem(Object.keys(localStorage).find(name => name.endsWith(':session')))"
        )
        return str(json.loads(kept)["conversation"])

    def bubbles(self) -> list[str]:
        """What people have said in the conversation: without the welcome, and without the bot."""
        return self.chat.locator(".message[data-id]:not(.is-bot) .bubble").all_inner_texts()

    def sees(self, text: str, within_ms: int = SOON_MS) -> None:
        self.chat.locator(".message[data-id]", has_text=text).first.wait_for(timeout=within_ms)

    def state(self, state: str) -> None:
        """Wait until the visitor's last message has come so far."""
        self.chat.locator(f".state.is-{state}").last.wait_for()


class Agent:
    """An agent at a socket of the desk."""

    def __init__(self, desk: RunningDesk) -> None:
        self.desk = desk
        self._ids = 0

    def __enter__(self) -> "Agent":
        self._line = connect(self.desk.socket_url, subprotocols=["fastdesk.v1.json"])  # type: ignore[list-item]
        self._socket = self._line.__enter__()
        self.tell("hello", token=self.desk.token)
        self.hear("welcome")
        return self

    def __exit__(self, *_: object) -> None:
        self._line.__exit__(None, None, None)

    def tell(self, t: str, **fields: Any) -> None:
        self._socket.send(json.dumps({"t": t, **fields}))

    def hear(self, t: str, where: Callable[[dict[str, Any]], bool] = lambda frame: True) -> dict[str, Any]:
        """Wait for a frame; others that come before it are let pass."""
        deadline = time.monotonic() + SOON_MS / 1000
        while True:
            frame: dict[str, Any] = json.loads(
                self._socket.recv(timeout=max(0.01, deadline - time.monotonic()))
            )
            assert frame["t"] != "error", frame
            if frame["t"] == t and where(frame):
                return frame

    def take(self, conversation: str) -> None:
        self.tell("watch", conversation=conversation)
        self.tell("take", conversation=conversation)
        self.hear(
            "conversation", lambda frame: frame["conversation"] == conversation and "assignee" in frame["is"]
        )

    def say(self, conversation: str, text: str, **more: Any) -> None:
        self._ids += 1
        self.tell(
            "send",
            id=f"agent-{time.monotonic_ns()}-{self._ids}",
            conversation=conversation,
            text=text,
            **more,
        )
        self.hear("ack")
