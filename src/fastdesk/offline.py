"""Change an installation that is not running: the command line's way to agents, sites and keys."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fastdesk.app import open_store
from fastdesk.config import Settings
from fastdesk.errors import FastdeskError, StoreBusy
from fastdesk.gofly_intake import Brought, bring_in
from fastdesk.gofly_tables import read_tables
from fastdesk.model.agent import Email
from fastdesk.model.identity import AgentRole
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId, is_id
from fastdesk.model.site import Site, Tenant
from fastdesk.observe.clock import SystemClock, SystemEntropy, new_secret
from fastdesk.plugins.kinds import all_kinds
from fastdesk.plugins.why import WhyLine, why_of
from fastdesk.store.sqlite import SqliteStore
from fastdesk.tenants.first_start import found_installation
from fastdesk.tenants.gate import Gate, new_agent
from fastdesk.tenants.passwords import hash_password
from fastdesk.tenants.permissions import PERMISSIONS, ROLES
from fastdesk.tenants.records import HOUSE, Records
from fastdesk.tenants.revs import Revs
from fastdesk.tenants.tokens import VisitorTokens

__all__ = [
    "add_agent",
    "add_key",
    "add_site",
    "add_tenant",
    "erase",
    "new_password",
    "read_records",
    "remove_record",
    "set_retention",
    "tenants",
    "why",
    "write_records",
]

T = TypeVar("T")
S = TypeVar("S", bound=Struct)

#: The name of a tenant is part of tokens, file names and addresses of files.
_TENANT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

_clock = SystemClock()
_entropy = SystemEntropy()


def add_tenant(settings: Settings, id: str, name: str, owner: str, *, own_file: bool) -> str:
    """Add a tenant with its owner, and return the owner's password that was made."""
    if not _TENANT.fullmatch(id):
        raise FastdeskError(
            f"A tenant cannot be called {id!r}.", hint="Write a to z, 0 to 9 and -, at most 64 of them."
        )
    _check_address(owner)
    password = new_secret(_entropy, 12)

    async def add(records: Records, gate: Gate) -> None:
        if any(each.id == id for each in records.tenants()):
            raise FastdeskError(f"There is a tenant {id}.")
        if gate.find_agent(owner) is not None:
            raise FastdeskError(f"An agent with the address {owner} exists.")
        whose, now_ms = TenantId(id), _clock.now_ms()
        agent = new_agent(owner, password, name="", role="owner", now_ms=now_ms, entropy=_entropy)
        kept: Literal["shared", "database"] = "database" if own_file else "shared"
        record = Tenant(id=whose, name=name or id, isolation=kept, created_at=now_ms)
        records.put(HOUSE, "tenant", record, actor="command line")
        records.put(whose, "agent", agent, actor="command line")

    _with_records(settings, add)
    return password


def tenants(settings: Settings) -> list[Tenant]:
    """Return all tenants of the installation."""

    async def read(records: Records, gate: Gate) -> list[Tenant]:
        return list(records.tenants())

    return _with_records(settings, read)


def add_agent(settings: Settings, tenant: str, email: str, name: str, role: str) -> str:
    """Add an agent and return the password that was made."""
    if role not in ROLES:
        raise FastdeskError(f"There is no role {role}.", hint=f"Roles are {', '.join(ROLES)}.")
    _check_address(email)
    password = new_secret(_entropy, 12)

    async def add(records: Records, gate: Gate) -> None:
        if gate.find_agent(email) is not None:
            raise FastdeskError(f"An agent with the address {email} exists.")
        checked: AgentRole = role
        agent = new_agent(email, password, name=name, role=checked, now_ms=_clock.now_ms(), entropy=_entropy)
        records.put(_known(records, tenant), "agent", agent, actor="command line")

    _with_records(settings, add)
    return password


def new_password(settings: Settings, email: str) -> str:
    """Give an agent another password and return it; their sign-ins end."""
    password = new_secret(_entropy, 12)

    async def change(records: Records, gate: Gate) -> None:
        found = gate.find_agent(email)
        if found is None:
            raise FastdeskError(f"There is no agent with the address {email}.")
        gate.set_password(*found, hash_password(password), actor="command line")

    _with_records(settings, change)
    return password


def add_site(settings: Settings, tenant: str, key: str, name: str, origins: tuple[str, ...]) -> None:
    """Add a site."""
    if not is_id(key):
        raise FastdeskError(
            f"A site cannot have the key {key!r}.", hint="Write letters, digits, _, . and -, at most 64."
        )

    async def add(records: Records, gate: Gate) -> None:
        if records.tenant_of_site(key) is not None:
            raise FastdeskError(f"The site key {key} is taken.")
        site = Site(id=SiteId(key), name=name or key, origins=origins, signing_secret=new_secret(_entropy))
        records.put(_known(records, tenant), "site", site, actor="command line")

    _with_records(settings, add)


def add_key(settings: Settings, tenant: str, name: str, scopes: tuple[str, ...]) -> str:
    """Make an API key and return it."""
    unknown = [scope for scope in scopes if scope != "*" and scope not in PERMISSIONS]
    if unknown:
        raise FastdeskError(
            f"There is no scope {unknown[0]}.", hint=f"Scopes are {', '.join(PERMISSIONS)}, or *."
        )

    async def add(records: Records, gate: Gate) -> str:
        return gate.new_key(_known(records, tenant), name, scopes, actor="command line")[0]

    return _with_records(settings, add)


def erase(settings: Settings, tenant: str, visitor: str, reason: str) -> None:
    """Remove a visitor and everything said with them."""

    async def remove(records: Records, gate: Gate, store: SqliteStore) -> None:
        whose, id = _known(records, tenant), VisitorId(visitor)
        if await store.visitor(whose, id) is None:
            raise FastdeskError(f"There is no visitor {visitor}.")
        rev = records.revs.next(whose)
        await store.erase(whose, id, rev=rev, at=_clock.now_ms(), actor="command line", reason=reason)

    _with_store(settings, remove)


def set_retention(settings: Settings, tenant: str, days: int) -> None:
    """Say how long a tenant keeps what was said."""

    async def write(records: Records, gate: Gate) -> None:
        record = records.get(Tenant, HOUSE, "tenant", _known(records, tenant))
        assert record is not None
        changed = replace(record, retention_days=days)
        records.put(HOUSE, "tenant", changed, actor="command line", reason="retention")

    _with_records(settings, write)


def import_gofly(settings: Settings, tenant: str, site: str, source: Path, zone: str) -> Brought:
    """Bring the tables of a gofly installation into a tenant."""
    try:
        where = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise FastdeskError(f"There is no time zone {zone}.", hint="Write Asia/Shanghai.") from unknown
    tables = read_tables(source)

    async def write(records: Records, gate: Gate, store: SqliteStore) -> Brought:
        whose = _known(records, tenant)
        if records.site(whose, site) is None:
            raise FastdeskError(f"There is no site {site}.", hint=f"fastdesk site add {site}")
        return await bring_in(tables, records, store, tenant=whose, site=SiteId(site), zone=where)

    return _with_store(settings, write)


def read_records(settings: Settings, tenant: str, kind: str, struct: type[S]) -> list[S]:
    """Return all records of a kind."""

    async def read(records: Records, gate: Gate) -> list[S]:
        return records.all(struct, _known(records, tenant), kind)

    return _with_records(settings, read)


def write_records(settings: Settings, tenant: str, kind: str, written: Sequence[Struct]) -> None:
    """Add records of a kind, or replace those of the same id; none is written that does not fit the others."""

    async def write(records: Records, gate: Gate) -> None:
        whose, how = _known(records, tenant), records.kinds[kind]
        ids = {str(record.id) for record in written}  # type: ignore[attr-defined]
        if how.check is not None and written:
            others = [each for each in records.all(how.struct, whose, kind) if str(each.id) not in ids]  # type: ignore[attr-defined]
            how.check([*others, *written[:-1]], written[-1])
        for record in written:
            if how.secret and not getattr(record, how.secret):
                kept = records.get(how.struct, whose, kind, str(record.id))  # type: ignore[attr-defined]
                record = replace(
                    record, **{how.secret: getattr(kept, how.secret, "") or new_secret(_entropy)}
                )
            records.put(whose, kind, record, actor="command line")

    _with_records(settings, write)


def remove_record(settings: Settings, tenant: str, kind: str, id: str) -> None:
    """Remove a record."""

    async def remove(records: Records, gate: Gate) -> None:
        if records.remove(_known(records, tenant), kind, id, actor="command line") is None:
            raise FastdeskError(f"There is no {kind} {id}.")

    _with_records(settings, remove)


def why(settings: Settings, tenant: str, conversation: str) -> list[WhyLine]:
    """Return why the desk did what it did by itself in a conversation, oldest first."""

    async def read(records: Records, gate: Gate, store: SqliteStore) -> list[WhyLine]:
        whose, id = _known(records, tenant), ConversationId(conversation)
        if await store.conversation(whose, id) is None:
            raise FastdeskError(f"There is no conversation {conversation}.")
        events = await store.history(whose, id, None, 500)
        return [line for event in events if (line := why_of(event)) is not None]

    return _with_store(settings, read)


def _check_address(email: str) -> None:
    try:
        msgspec.convert(email, Email)
    except msgspec.ValidationError:
        raise FastdeskError(
            f"{email!r} is no address to sign in with.", hint="Write li@shop.example."
        ) from None


def _known(records: Records, tenant: str) -> TenantId:
    for each in records.tenants():
        if each.id == tenant:
            return each.id
    raise FastdeskError(f"There is no tenant {tenant}.")


def _with_records(settings: Settings, work: Callable[[Records, Gate], Awaitable[T]]) -> T:
    """Run `work` on the records of the store, then store what it wrote."""
    return _with_store(settings, lambda records, gate, store: work(records, gate))


def _with_store(settings: Settings, work: Callable[[Records, Gate, SqliteStore], Awaitable[T]]) -> T:
    async def run() -> T:
        store = open_store(settings)
        try:
            await store.start()
        except StoreBusy as busy:
            raise FastdeskError(
                "The desk is running.", hint="Do this in the console, or stop the desk first."
            ) from busy
        try:
            records = Records(all_kinds(), store=store, revs=Revs(store.revs()), clock=_clock)
            for kind in records.kinds:
                for record in await store.records(kind):
                    records.load(record.tenant, record.kind, record.id, record.body)
            password = settings.admin_password.get_secret_value() if settings.admin_password else None
            made = found_installation(
                records, email=settings.admin_email, password=password, clock=_clock, entropy=_entropy
            )
            if made is not None:
                print(f"First start: {settings.admin_email} signs in with {made}")  # noqa: T201 - shown this once
            gate = Gate(records, visitors=VisitorTokens(""), clock=_clock, entropy=_entropy)
            return await work(records, gate, store)
        finally:
            await store.stop()

    return asyncio.run(run())
