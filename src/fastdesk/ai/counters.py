"""What the assistant has counted since the start; plain integers that the metrics page reads."""

from typing import Final

__all__ = ["Counters"]

_NAMES: Final = (
    "asked", "answered", "cached", "shared", "unset", "late", "busy", "limited", "budget", "failed", "blocked", "cancelled",
    "follow_ups", "calls", "fallbacks", "broken_streams", "tool_calls", "tool_refusals", "tokens_in", "tokens_out", "cost_micro",
)  # fmt: skip


class Counters:
    """Totals since the start. `asked` is the sum of all outcomes and of what is under way.

    A plain class, as compiled it counts at no cost.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.answered = 0
        self.cached = 0
        self.shared = 0
        self.unset = 0
        self.late = 0
        self.busy = 0
        self.limited = 0
        self.budget = 0
        self.failed = 0
        self.blocked = 0
        self.cancelled = 0
        self.follow_ups = 0
        self.calls = 0
        self.fallbacks = 0
        self.broken_streams = 0
        self.tool_calls = 0
        self.tool_refusals = 0
        self.tokens_in = 0
        self.tokens_out = 0
        self.cost_micro = 0

    def count(self, reason: str) -> None:
        """Add one to the counter of an outcome."""
        setattr(self, reason, getattr(self, reason) + 1)

    def snapshot(self) -> dict[str, int]:
        """Return all counters by name."""
        return {name: getattr(self, name) for name in _NAMES}
