"""People who answer, their teams, sign-ins and keys."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from fastdesk.model.identity import AgentRole
from fastdesk.model.ids import AgentId, TeamId
from fastdesk.model.routing import AssignmentOrder

__all__ = ["Agent", "ApiKey", "Capacity", "Email", "SignIn", "Team"]

Line = Annotated[str, Meta(max_length=200)]
#: An address that a new agent signs in with.
Email = Annotated[str, Meta(min_length=3, max_length=200, pattern=r"^[^@\s]+@[^@\s]+$")]
#: Conversations that an agent has at once.
Capacity = Annotated[int, Meta(ge=0, le=1000)]


class Agent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person with a sign-in. `password` is an argon2id hash, `totp` the seed of the second factor, `totp_wanted` one that is not
    confirmed, `recovery` hashes of codes that each stand in for it once; none of them leaves the desk.
    """

    id: AgentId
    email: Annotated[str, Meta(min_length=3, max_length=200)]
    name: Line = ""
    role: AgentRole = "agent"
    password: str = ""
    totp: str = ""
    totp_wanted: str = ""
    recovery: tuple[str, ...] = ()
    enabled: bool = True
    teams: tuple[TeamId, ...] = ()
    skills: tuple[Line, ...] = ()
    languages: tuple[Line, ...] = ()
    #: Most conversations at the same time; a hard limit of the automatic assignment.
    capacity: Capacity = 8
    created_at: int = 0


class Team(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A group of agents that a conversation can be given to."""

    id: TeamId
    name: Line = ""
    #: Business hours of its own; without, those of the site count.
    hours: str | None = None
    #: How its agents take turns; `default` leaves that to the site.
    assignment: AssignmentOrder | Literal["default"] = "default"


class SignIn(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One agent's session of the console; its id is the SHA-256 of the token, which is never stored."""

    id: str
    agent: AgentId
    created_at: int
    expires_at: int
    address: str = ""
    device: str = ""


class ApiKey(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key for programs; its id is the SHA-256 of the key, which is shown once."""

    id: str
    name: Line = ""
    hint: str = ""
    scopes: tuple[str, ...] = ()
    created_at: int = 0
    expires_at: int = 0
