"""Bring the visitors, messages, canned replies and blocks of a gofly installation into a tenant; its agents sign up anew.

Everything that a visitor and the agents wrote becomes one resolved conversation, with its times. Done again, it brings in what is new.
"""

import hashlib
import re
from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from fastdesk.gofly_tables import Row, Tables
from fastdesk.model.block import Block
from fastdesk.model.canned import Canned
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Put, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId, is_id
from fastdesk.model.visitor import Visitor
from fastdesk.store.protocol import Store
from fastdesk.tenants.records import Records

__all__ = ["Brought", "bring_in"]

_ACTOR = "gofly import"
_STEP = 1_000
#: Two braces begin a variable here; in gofly's texts they are braces.
_PAIRS = re.compile(r"\{\{|\}\}")


class Brought(NamedTuple):
    """How much came in; `left_out` counts messages of visitors that are not in the tables."""

    visitors: int
    messages: int
    canned: int
    blocks: int
    left_out: int


async def bring_in(
    tables: Tables, records: Records, store: Store, *, tenant: TenantId, site: SiteId, zone: ZoneInfo
) -> Brought:
    """Write everything; times in the tables are those of `zone`."""
    names = {
        str(row.get("name")): str(row.get("nickname") or row.get("name")) for row in tables.get("user", [])
    }
    messages: dict[str, list[Row]] = defaultdict(list)
    for row in tables.get("message", []):
        if not row.get("deleted_at"):
            messages[str(row.get("visitor_id"))].append(row)
    visitors = said = 0
    for row in tables["visitor"]:
        key = str(row.get("visitor_id") or "")
        id = VisitorId(_id(key))
        lines = sorted(messages.pop(key, []), key=lambda line: int(line.get("id") or 0))
        if not key or row.get("deleted_at") or await store.visitor(tenant, id) is not None:
            continue
        visitors += 1
        said += _write(_Talk(row, lines, names, tenant, site, id, zone), records, store)
        if visitors % _STEP == 0 or not store.accepting:
            await store.settle()
    await store.settle()
    canned, blocks = _canned(tables, records, tenant), _blocks(tables, records, tenant)
    return Brought(visitors, said, canned, blocks, sum(map(len, messages.values())))


class _Talk(NamedTuple):
    visitor: Row
    lines: list[Row]
    agents: dict[str, str]
    tenant: TenantId
    site: SiteId
    id: VisitorId
    zone: ZoneInfo

    def time_of(self, row: Row, column: str = "created_at") -> int:
        return _time(row.get(column), self.zone)


def _write(talk: _Talk, records: Records, store: Store) -> int:
    """Append a visitor and what was said with them; return how many messages."""
    tenant, next_rev, row = talk.tenant, records.revs.next, talk.visitor
    first = talk.time_of(row)
    visitor = Visitor(
        id=talk.id, tenant=tenant, site=talk.site, name=str(row.get("name") or "")[:200], address=str(row.get("source_ip") or "")[:64],
        place=str(row.get("city") or "")[:200], referrer=str(row.get("refer") or "")[:500], first_seen=first,
        last_seen=max(first, talk.time_of(row, "updated_at")), fields=_fields(row),
    )  # fmt: skip
    store.append(
        Put(tenant, next_rev(tenant), first, "visitor", talk.id, msgspec.json.encode(visitor), _ACTOR)
    )
    lines = [line for line in talk.lines if line.get("content")]
    if not lines:
        return 0
    began = next(filter(None, map(talk.time_of, lines)), first)
    conversation = Conversation(
        id=ConversationId("g" + hashlib.blake2b(talk.id.encode(), digest_size=9).hexdigest()), tenant=tenant, site=talk.site,
        visitor=talk.id, channel="gofly", opened_at=began, updated_at=began,
    )  # fmt: skip
    store.append(Changed(tenant, next_rev(tenant), began, conversation, ("opened",), _ACTOR))
    at = began
    for seq, line in enumerate(lines, 1):
        at = talk.time_of(line) or at  # a time that is none is that of the message before
        is_agent = line.get("mes_type") == "kefu"
        agent = str(line.get("kefu_id") or "")
        store.append(
            Said(
                tenant, next_rev(tenant), at, conversation.id, seq, f"gofly-{line.get('id') or seq}",
                "agent" if is_agent else "visitor", agent if is_agent else talk.id,
                talk.agents.get(agent, agent) if is_agent else visitor.name, "text", str(line["content"]),
            )
        )  # fmt: skip
    closed = msgspec.structs.replace(
        conversation, state="resolved", resolved_at=at, updated_at=at, visitor_read=len(lines), agent_read=len(lines)
    )  # fmt: skip
    store.append(Changed(tenant, next_rev(tenant), at, closed, ("state",), _ACTOR))
    return len(lines)


def _canned(tables: Tables, records: Records, tenant: TenantId) -> int:
    groups = {str(row.get("id")): str(row.get("group_name") or "") for row in tables.get("reply_group", [])}
    items = [row for row in tables.get("reply_item", []) if row.get("content")]
    for row in items:
        text = _PAIRS.sub(lambda pair: " ".join(pair[0]), str(row["content"]))[:4000]
        title = (str(row.get("item_name") or "") or text)[:100]
        made = Canned(
            id=f"gofly-{row.get('id')}",
            title=title,
            text=text,
            group=groups.get(str(row.get("group_id")), "")[:100],
        )
        records.put(tenant, "canned", made, actor=_ACTOR)
    return len(items)


def _blocks(tables: Tables, records: Records, tenant: TenantId) -> int:
    done = 0
    for row in tables.get("ipblack", []):
        try:
            block = Block(
                id=f"gofly-{row.get('id')}", address=str(row.get("ip") or "").strip(), reason="gofly"
            )
        except ValueError:
            continue  # what was typed there is no address
        records.put(tenant, "block", block, actor=_ACTOR)
        done += 1
    return done


def _fields(row: Row) -> dict[str, Any]:
    fields = {"agent": row.get("to_id"), "extra": row.get("extra")}
    return {f"gofly_{name}": value for name, value in fields.items() if value}


def _id(key: str) -> str:
    return key if is_id(key) else "g" + hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def _time(text: str | None, zone: ZoneInfo) -> int:
    """Return milliseconds since 1970; 0 for a time that is none."""
    try:
        return int(datetime.fromisoformat(str(text)[:19]).replace(tzinfo=zone).timestamp() * 1000)
    except ValueError:
        return 0
