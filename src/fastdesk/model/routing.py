"""How conversations find people: what an owner decides, for all sites under `routing` of the tenant, or for one of a site."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from fastdesk.errors import ConfigError

__all__ = ["AssignmentOrder", "Presence", "PresenceRecord", "RoutingSettings", "read_routing"]

Presence = Literal["online", "away", "offline"]
AssignmentOrder = Literal["least_busy", "round_robin", "manual"]
Seconds = Annotated[int, Meta(ge=0, le=30 * 86_400)]
Advance = Annotated[int, Meta(ge=-30 * 86_400, le=30 * 86_400)]


class HeadStart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many seconds a priority counts as waiting before it began to: a class is never overtaken for longer than that."""

    low: Advance = -600
    normal: Advance = 0
    high: Advance = 600
    urgent: Advance = 3600


class RoutingSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a site's conversations are given to people. Times are seconds, 0 means "never"."""

    #: `manual` leaves the queue to agents who take from it.
    order: AssignmentOrder = "least_busy"
    #: A returning visitor goes to the agent who answered last, where that one is free.
    last_agent: bool = True
    #: Prefer agents who speak the visitor's language, as long as there are any.
    language: bool = True
    #: Skills that agents must have, as long as there are any who do.
    skills: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=20)
    ] = ()
    #: Outside business hours conversations wait, or are given to whoever is there.
    outside_hours: Literal["wait", "assign"] = "wait"
    head_start_s: HeadStart = HeadStart()
    #: An agent without a connection loses conversations after this time, when a colleague is there.
    gone_s: Seconds = 120
    #: One who does not answer a newly given conversation …
    pick_up_s: Seconds = 180
    #: … or who answered before and lets the visitor wait now.
    silent_s: Seconds = 0
    #: An agent who does nothing in the console is away after this time. Counts for the whole tenant.
    idle_s: Seconds = 900
    #: A conversation that was taken from an agent is not given to the same one again for this time.
    rest_s: Seconds = 300


class PresenceRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an agent says of being there; `online` leaves it to connections and idle time. Its id is the agent's."""

    id: str
    presence: Presence = "online"


def read_routing(*layers: object) -> RoutingSettings:
    """Return the settings of several layers, the last one strongest.

    Raises:
        ConfigError: a name is unknown or a value wrong.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        if not isinstance(layer, Mapping):
            raise ConfigError("The routing settings are no table of names and values.")
        merged |= layer
    try:
        return msgspec.convert(merged, RoutingSettings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"The routing settings are wrong: {error}.") from None
