"""What the assistant has counted since the start; plain integers that the metrics page reads."""

from msgspec import Struct
from msgspec.structs import asdict

__all__ = ["Counters"]


class Counters(Struct):
    """Totals since the start. `asked` is the sum of all outcomes and of what is under way."""

    asked: int = 0
    answered: int = 0
    cached: int = 0
    shared: int = 0
    unset: int = 0
    late: int = 0
    busy: int = 0
    limited: int = 0
    budget: int = 0
    failed: int = 0
    blocked: int = 0
    cancelled: int = 0
    follow_ups: int = 0
    calls: int = 0
    fallbacks: int = 0
    broken_streams: int = 0
    tool_calls: int = 0
    tool_refusals: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micro: int = 0

    def count(self, reason: str) -> None:
        """Add one to the counter of an outcome."""
        setattr(self, reason, getattr(self, reason) + 1)

    def snapshot(self) -> dict[str, int]:
        """Return all counters by name."""
        return asdict(self)
