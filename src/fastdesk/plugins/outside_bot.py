"""Be silent where an outside bot answers: it hears of each message by webhook or poll and speaks through the API."""

from typing import Any

from fastdesk.model.turn import Outcome, Turn

__all__ = ["OutsideBot"]


class OutsideBot:
    """Claim what no flow and no rule has claimed on sites with the setting `bot: {"outside": true}`, and say nothing."""

    name = "outside_bot"

    def claim(self, turn: Turn) -> Any:
        """Claim where the site leaves its answers to a bot outside."""
        setting = turn.site.settings.get("bot")
        return True if isinstance(setting, dict) and setting.get("outside") is True else None

    def answer(self, turn: Turn, claim: Any) -> Outcome:
        """Leave the answer to it."""
        return Outcome(why={"by": "outside bot", "left": "to the bot outside"})
