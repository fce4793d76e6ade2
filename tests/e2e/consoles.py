"""An agent at the console, in a browser of its own."""

import re
from typing import Any

from tests.e2e.profile import Profile
from tests.running import EMAIL, PASSWORD


class Console(Profile):
    """One browser profile with the console."""

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
        self.open_page(self.base + "/console/" + path)
        return self

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
