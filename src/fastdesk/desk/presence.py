"""Whether an agent is there: from connections, idle time, and what the agent says."""

from fastdesk.model.routing import Presence

__all__ = ["GRACE_MS", "presence_of"]

#: A page that loads anew, or a network that changes, is back by then.
GRACE_MS = 10_000


def presence_of(
    said: Presence, *, is_connected: bool, apart_ms: int, quiet_ms: int, idle_after_ms: int
) -> Presence:
    """Return an agent's presence.

    Args:
        said: what the agent set; `online` leaves it to the rest.
        apart_ms: time since the last connection ended.
        quiet_ms: time since the agent last did something.
        idle_after_ms: quiet time after which an agent is away; 0 is never.
    """
    if said == "offline" or (not is_connected and apart_ms >= GRACE_MS):
        return "offline"
    if said == "away" or (idle_after_ms and quiet_ms >= idle_after_ms):
        return "away"
    return "online"
