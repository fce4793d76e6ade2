"""Agents over HTTP: sign in and out, agents, roles, sign-ins, API keys."""

import asyncio
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from fastdesk.errors import Refused
from fastdesk.model.agent import Agent, ApiKey, Capacity, Email, SignIn
from fastdesk.model.identity import AgentRole
from fastdesk.model.ids import TeamId
from fastdesk.pipeline.rooms import Rooms
from fastdesk.tenants.audit import Audit
from fastdesk.tenants.gate import Gate, new_agent
from fastdesk.tenants.limits import Rate, address_prefix
from fastdesk.tenants.passwords import hash_password
from fastdesk.tenants.permissions import PERMISSIONS, permissions_of
from fastdesk.tenants.throttle import Throttle
from fastdesk.transport.http.routes import Call, Route

__all__ = ["AgentRoutes"]

Line = Annotated[str, Meta(max_length=200)]
Password = Annotated[str, Meta(min_length=8, max_length=256)]


class SignInWish(Struct, frozen=True):
    email: Line
    password: Annotated[str, Meta(max_length=256)]
    #: Six digits of the second factor, or a recovery code, where the agent has one.
    code: Annotated[str, Meta(max_length=32)] = ""


class SignedIn(Struct, frozen=True):
    token: str
    agent: dict[str, Any]


class NewAgent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Email
    password: Password
    name: Line = ""
    role: AgentRole = "agent"
    teams: tuple[TeamId, ...] = ()
    skills: tuple[Line, ...] = ()
    languages: tuple[Line, ...] = ()
    capacity: Capacity = 8


class AgentChange(Struct, frozen=True, kw_only=True):
    """Fields to change; those left out stay."""

    name: Line | None = None
    role: AgentRole | None = None
    enabled: bool | None = None
    teams: tuple[str, ...] | None = None
    skills: tuple[str, ...] | None = None
    languages: tuple[str, ...] | None = None
    capacity: Capacity | None = None
    #: For an agent who has forgotten it; their sign-ins end.
    password: Password | None = None
    #: Takes the second factor away, for an agent who has lost it.
    second_factor: Literal[False] | None = None


class PasswordChange(Struct, frozen=True):
    old: Annotated[str, Meta(max_length=256)]
    new: Password


class NewKey(Struct, frozen=True):
    name: Line
    scopes: Annotated[tuple[str, ...], Meta(min_length=1, max_length=50)]
    days: Annotated[int, Meta(ge=0, le=3650)] = 0


class MadeKey(Struct, frozen=True):
    """The key, shown this once."""

    key: str
    id: str
    name: str
    scopes: tuple[str, ...]


class AgentRoutes:
    """Sign-in and the administration of agents."""

    def __init__(self, rooms: Rooms, *, gate: Gate, audit: Audit, limits_on: bool) -> None:
        self._rooms = rooms
        self._gate = gate
        self._audit = audit
        self._throttle = Throttle(Rate(10 / 60, 10), enabled=limits_on)

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag = "agents"
        return [
            Route(method="POST", path="/v1/login", handler=self.sign_in, access="open", tag=tag, body=SignInWish, answer=SignedIn,
                  summary="Sign an agent in"),
            Route(method="POST", path="/v1/logout", handler=self.sign_out, access="agent", tag=tag, status=204, audit="act",
                  summary="Sign out"),
            Route(method="GET", path="/v1/me", handler=self.me, access="agent", tag=tag, summary="Who am I, and what may I do"),
            Route(method="POST", path="/v1/me/password", handler=self.change_password, access="agent", tag=tag, body=PasswordChange,
                  status=204, audit="act", summary="Change one's own password; other sign-ins end"),
            Route(method="GET", path="/v1/agents", handler=self.list_agents, access="agent.read", tag=tag, summary="List agents"),
            Route(method="POST", path="/v1/agents", handler=self.add, access="agent.write", tag=tag, body=NewAgent, status=201,
                  summary="Add an agent"),
            Route(method="PATCH", path="/v1/agents/{id}", handler=self.change, access="agent.write", tag=tag, body=AgentChange,
                  summary="Change an agent's name, role, teams, skills, capacity or password"),
            Route(method="GET", path="/v1/sign-ins", handler=self.sign_ins, access="agent", tag=tag,
                  summary="List one's own sign-ins, or everybody's with agent.write"),
            Route(method="DELETE", path="/v1/sign-ins/{id}", handler=self.revoke, access="agent", tag=tag, status=204, audit="act",
                  summary="End a sign-in; its open sockets close within two seconds"),
            Route(method="GET", path="/v1/keys", handler=self.list_keys, access="key.write", tag=tag, summary="List API keys"),
            Route(method="POST", path="/v1/keys", handler=self.add_key, access="key.write", tag=tag, body=NewKey, answer=MadeKey,
                  status=201, summary="Make an API key; it is shown once"),
            Route(method="DELETE", path="/v1/keys/{id}", handler=self.drop_key, access="key.write", tag=tag, status=204,
                  summary="Revoke an API key"),
        ]  # fmt: skip

    async def sign_in(self, call: Call) -> SignedIn:
        """Check address and password (and second factor), slowly and in constant time, at most ten times a minute."""
        wish: SignInWish = call.body
        now_ns = self._rooms.clock.now_ns()
        wait_ns = self._throttle.take(
            (address_prefix(call.address), "@" + wish.email.strip().lower()), now_ns
        )
        if wait_ns:
            raise Refused(
                "rate_limited", "Too many attempts to sign in.", retry_after_ms=-(-wait_ns // 1_000_000)
            )
        found = await self._gate.check_password(wish.email, wish.password)
        if found is None or not self._gate.check_code(*found, wish.code):
            # Who is not known is not noted: people type passwords into the wrong field.
            meant = self._gate.find_agent(wish.email)
            if meant is not None:
                self._audit.sign_in(meant[0], meant[1].id, meant[1].name, call.address, refused=True)
            raise Refused("unauthenticated", "Address, password or code is wrong.")
        tenant, agent = found
        self._audit.sign_in(tenant, agent.id, agent.name, call.address, refused=False)
        token = self._gate.sign_in(
            tenant, agent, address=call.address, device=call.request.headers.get("User-Agent", "")
        )
        return SignedIn(token, {**agent_view(agent), "tenant": tenant})

    async def sign_out(self, call: Call) -> None:
        """End the sign-in that asked."""
        self._gate.sign_out(call.principal.tenant, call.principal.token, call.principal.id)

    async def me(self, call: Call) -> dict[str, Any]:
        """Return the asking agent or key with its permissions."""
        principal = call.principal
        agent = self._rooms.records.get(Agent, principal.tenant, "agent", principal.id)
        about = agent_view(agent) if agent is not None else {"id": principal.id, "name": principal.name}
        return {**about, "tenant": principal.tenant, "permissions": sorted(principal.permissions)}

    async def change_password(self, call: Call) -> None:
        """Set a new password; needs the old one."""
        principal = call.principal
        agent = self._agent(call, principal.id)
        if await self._gate.check_password(agent.email, call.body.old) is None:
            raise Refused("forbidden", "The old password is wrong.")
        hashed = await asyncio.to_thread(hash_password, call.body.new)
        self._gate.set_password(principal.tenant, agent, hashed, actor=principal.id)

    async def list_agents(self, call: Call) -> list[dict[str, Any]]:
        """Return the tenant's agents."""
        return [agent_view(agent) for agent in self._rooms.records.all(Agent, call.principal.tenant, "agent")]

    async def add(self, call: Call) -> dict[str, Any]:
        """Add an agent; nobody can give rights that they don't have."""
        wish: NewAgent = call.body
        _check_rank(call, wish.role)
        if self._gate.find_agent(wish.email) is not None:
            raise Refused("conflict", "An agent with this address exists.")
        rooms, tenant = self._rooms, call.principal.tenant
        now_ms = rooms.clock.now_ms()
        agent = await asyncio.to_thread(
            new_agent,
            wish.email,
            wish.password,
            name=wish.name,
            role=wish.role,
            now_ms=now_ms,
            entropy=rooms.entropy,
        )
        if self._gate.find_agent(wish.email) is not None:  # somebody else was faster
            raise Refused("conflict", "An agent with this address exists.")
        agent = replace(
            agent, teams=wish.teams, skills=wish.skills, languages=wish.languages, capacity=wish.capacity
        )
        rooms.records.put(tenant, "agent", agent, actor=call.principal.id)
        return agent_view(agent)

    async def change(self, call: Call) -> dict[str, Any]:
        """Change an agent; the last owner stays one."""
        wish: AgentChange = call.body
        if wish.password is not None and call.path("id") == call.principal.id:
            raise Refused("forbidden", "The old password is wrong.")  # one's own is changed with the old one
        hashed = None if wish.password is None else await asyncio.to_thread(hash_password, wish.password)
        agent = self._agent(call, call.path("id"))
        _check_rank(call, agent.role)
        if wish.role is not None:
            _check_rank(call, wish.role)
        fields: dict[str, Any] = {
            name: value for name in wish.__struct_fields__ if (value := getattr(wish, name)) is not None
        }
        fields.pop("password", None)
        if fields.pop("second_factor", None) is False:
            fields |= {"totp": "", "totp_wanted": "", "recovery": ()}
        changed = replace(agent, **fields)
        tenant = call.principal.tenant
        others = (each for each in self._rooms.records.all(Agent, tenant, "agent") if each.id != agent.id)
        if (
            agent.role == "owner"
            and (changed.role != "owner" or not changed.enabled)
            and not any(each.role == "owner" and each.enabled for each in others)
        ):
            raise Refused("conflict", "A tenant keeps at least one owner.")
        if hashed is not None:
            self._gate.set_password(tenant, changed, hashed, actor=call.principal.id)
        else:
            self._rooms.records.put(tenant, "agent", changed, actor=call.principal.id)
        return agent_view(changed)

    async def sign_ins(self, call: Call) -> list[SignIn]:
        """Return sign-ins, newest last."""
        mine_only = "agent.write" not in call.principal.permissions
        every = self._rooms.records.all(SignIn, call.principal.tenant, "sign_in")
        return [each for each in every if not mine_only or each.agent == call.principal.id]

    async def revoke(self, call: Call) -> None:
        """End a sign-in of one's own, or anybody's with agent.write."""
        sign_in = self._rooms.records.get(SignIn, call.principal.tenant, "sign_in", call.path("id"))
        is_allowed = sign_in is not None and (
            sign_in.agent == call.principal.id or "agent.write" in call.principal.permissions
        )
        if sign_in is None or not is_allowed:
            raise Refused("not_found", "There is no such sign-in.")
        self._gate.sign_out(call.principal.tenant, sign_in.id, call.principal.id)

    async def list_keys(self, call: Call) -> list[ApiKey]:
        """Return the keys, without their secrets."""
        return self._rooms.records.all(ApiKey, call.principal.tenant, "api_key")

    async def add_key(self, call: Call) -> MadeKey:
        """Make a key with at most the rights of its maker."""
        wish: NewKey = call.body
        unknown = [scope for scope in wish.scopes if scope != "*" and scope not in PERMISSIONS]
        if unknown:
            raise Refused(
                "invalid",
                f"Unknown scopes: {', '.join(unknown)[:200]}.",
                hint=f"Known: {', '.join(PERMISSIONS)}.",
            )
        wanted = set(PERMISSIONS) if "*" in wish.scopes else set(wish.scopes)
        if not wanted <= call.principal.permissions:
            raise Refused("forbidden", "A key cannot have more rights than who makes it.")
        token, key = self._gate.new_key(
            call.principal.tenant, wish.name, tuple(sorted(wanted)), actor=call.principal.id, days=wish.days
        )
        return MadeKey(token, key.id, key.name, key.scopes)

    async def drop_key(self, call: Call) -> None:
        """Revoke a key."""
        if (
            self._rooms.records.remove(
                call.principal.tenant, "api_key", call.path("id"), actor=call.principal.id
            )
            is None
        ):
            raise Refused("not_found", "There is no such key.")

    def _agent(self, call: Call, id: str) -> Agent:
        agent = self._rooms.records.get(Agent, call.principal.tenant, "agent", id)
        if agent is None:
            raise Refused("not_found", "There is no such agent.")
        return agent


def agent_view(agent: Agent) -> dict[str, Any]:
    """Return an agent without secrets."""
    return {
        "id": agent.id, "email": agent.email, "name": agent.name, "role": agent.role, "enabled": agent.enabled,
        "teams": agent.teams, "skills": agent.skills, "languages": agent.languages, "capacity": agent.capacity,
        "created_at": agent.created_at, "second_factor": bool(agent.totp),
    }  # fmt: skip


def _check_rank(call: Call, role: AgentRole) -> None:
    """Refuse whoever has not all the rights of a role: a key, too, could sign in with what it makes."""
    if not permissions_of(role) <= call.principal.permissions:
        raise Refused("forbidden", f"The role {role} has rights that you don't have.")
