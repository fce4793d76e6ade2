"""The lists of conversations and their counts, at a price that does not grow with how many there are.

Triggers keep the counts as conversations change (`tables.TRIGGERS`). A list walks an index in the order of activity, one walk
for each state and way of answering; the counts tell which walks would find nothing, and where a filter leaves so few that
they are better looked up and sorted.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any, Final, get_args

import msgspec
from sqlalchemy import Connection, text

from fastdesk.model.conversation import CLOSED_STATES, State
from fastdesk.model.ids import TenantId
from fastdesk.store.protocol import ConversationCounts, ConversationPage, ConversationQuery
from fastdesk.store.reads import decode_cursor, encode_cursor, list_row

__all__ = ["conversations", "count", "counts", "few", "passing"]

_MAX_PAGE: Final = 500
_FEW: Final = 2_000  # rows that are sorted in the time of a walk that seldom meets one
_STATES: Final[tuple[State, ...]] = get_args(State)

Parameters = dict[str, Any]


def conversations(connection: Connection, tenant: TenantId, query: ConversationQuery) -> ConversationPage:
    """Return one page of conversations, newest activity first. Raises ValueError for a cursor that is none."""
    limit = max(1, min(query.limit, _MAX_PAGE))
    parameters: Parameters = {"tenant": tenant, "limit": limit + 1}
    after = ""
    if query.cursor is not None:
        parameters["at"], parameters["after"] = decode_cursor(query.cursor)
        after = " AND (active_at, id) < (:at, :after)"
    parts = [
        f"SELECT * FROM (SELECT * FROM conversation WHERE {where}{after} ORDER BY {order} LIMIT :limit)"
        for where, order, _ in _walks(connection, tenant, query, parameters)
    ]
    if not parts:
        return ConversationPage([])
    page = " UNION ALL ".join(parts) + " ORDER BY active_at DESC, id DESC LIMIT :limit"
    found = connection.execute(text(_NAMED.format(page)), parameters).all()
    cursor = encode_cursor(found[limit - 1].active_at, found[limit - 1].id) if len(found) > limit else None
    return ConversationPage([list_row(row, row.name) for row in found[:limit]], cursor)


def few(connection: Connection, tenant: TenantId, query: ConversationQuery, most: int) -> list[str] | None:
    """Return the ids of the conversations that a query asks for, None when they may be more than `most`."""
    parameters: Parameters = {"tenant": tenant, "limit": most + 1}
    walks = list(_walks(connection, tenant, query, parameters))
    if sum(number for _, _, number in walks) > most:
        return None
    if not walks:
        return []
    parts = [f"SELECT id FROM conversation WHERE {where}" for where, _, _ in walks]
    found = connection.execute(text(" UNION ALL ".join(parts) + " LIMIT :limit"), parameters).scalars().all()
    return list(found) if len(found) <= most else None


def passing(
    connection: Connection, tenant: TenantId, query: ConversationQuery, ids: Collection[str]
) -> frozenset[str]:
    """Return those of the conversations that pass the filters of a query."""
    parameters: Parameters = {"tenant": tenant, "ids": msgspec.json.encode(sorted(ids)).decode()}
    where = _filters(query, parameters, by_index=False, label="each")
    if query.states:
        where += _is_in("state", query.states, parameters)
    statement = (
        "SELECT id FROM conversation WHERE tenant = :tenant"
        f" AND id IN (SELECT value FROM json_each(:ids)){where}"
    )
    return frozenset(connection.execute(text(statement), parameters).scalars())


#: A page with what its visitors are called: the proven name goes before the one that the page gave.
_NAMED: Final = """
    SELECT page.*, CASE WHEN visitor.name != '' THEN visitor.name
      WHEN json_valid(visitor.body) IS NOT 1 THEN ''
      WHEN json_type(visitor.body, '$.fields.name') = 'text' THEN json_extract(visitor.body, '$.fields.name')
      ELSE '' END AS name
    FROM ({}) AS page LEFT JOIN visitor ON visitor.tenant = page.tenant AND visitor.id = page.visitor
    ORDER BY page.active_at DESC, page.id DESC
"""
_ORDER: Final = "active_at DESC, id DESC"
#: So the planner can't take the order from an index: there are few, which another index finds.
_SORTED: Final = "active_at + 0 DESC, id DESC"


def _walks(
    connection: Connection, tenant: TenantId, query: ConversationQuery, parameters: Parameters
) -> Iterator[tuple[str, str, int]]:
    """Iterate over the ways that together find what a query asks for: (condition, order, most that can be found)."""
    if query.visitor is not None:
        states = _is_in("state", query.states, parameters) if query.states else ""
        mode = " AND mode = :mode" if query.mode is not None else ""
        parameters["mode"] = query.mode
        where = _filters(query, parameters, by_index=False, label="each")
        yield f"tenant = :tenant{states}{mode}{where}", _SORTED, 0
        return
    labelled = [
        {row.state: row.number for row in connection.execute(_LABELLED, {"tenant": tenant, "label": label})}
        for label in _labels(query)
    ]
    for place, (state, mode, number) in enumerate(_numbers(connection, tenant, query)):
        bears = min((number, *(numbers.get(state, 0) for numbers in labelled)))
        if not bears:
            continue
        is_narrow = number <= _FEW and (query.assignee is not None or query.team is not None)
        by_label = bool(labelled) and bears <= _FEW and not is_narrow
        where = _filters(query, parameters, by_index=is_narrow, label="all" if by_label else "each")
        parameters |= {f"state{place}": state, f"mode{place}": mode}
        where = f"tenant = :tenant AND state = :state{place} AND mode = :mode{place}{where}"
        yield where, _SORTED if is_narrow or by_label else _ORDER, bears


def _numbers(
    connection: Connection, tenant: TenantId, query: ConversationQuery
) -> list[tuple[str, str, int]]:
    """Count the conversations that the filters leave, by state and mode; labels and sites are not told apart."""
    parameters: Parameters = {"tenant": tenant}
    where = _is_in("state", query.states or _STATES, parameters)
    for name, value in (
        ("mode", query.mode),
        ("assignee", "" if query.unassigned else query.assignee),
        ("team", query.team),
    ):
        if value is not None:
            where += f" AND {name} = :{name}"
            parameters[name] = value
    statement = text(
        f"SELECT state, mode, sum(number) FROM conversation_count WHERE tenant = :tenant{where}"
        " GROUP BY state, mode HAVING sum(number) > 0"
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(statement, parameters)]


def _is_in(name: str, values: tuple[str, ...], parameters: Parameters) -> str:
    parameters |= {f"{name}_{place}": value for place, value in enumerate(values)}
    return f" AND {name} IN ({', '.join(f':{name}_{place}' for place in range(len(values)))})"


def _filters(query: ConversationQuery, parameters: Parameters, *, by_index: bool, label: str) -> str:
    """Return the conditions that a query asks for besides state and mode.

    Args:
        by_index: whether the planner may find assignee and team by their index.
        label: looked up for `all` that bear it, or for `each` conversation.
    """
    hidden = "" if by_index else " || ''"
    where = " AND assignee IS NULL" if query.unassigned else ""
    for column, name, value in (
        (f"assignee{hidden}", "assignee", query.assignee),
        (f"team{hidden}", "team", query.team),
        ("priority", "priority", query.priority),
        ("site", "site", query.site),
        ("visitor", "visitor", query.visitor),
    ):
        if value is not None:
            where += f" AND {column} = :{name}"
            parameters[name] = value
    if query.silent_since is not None:
        where += " AND active_at < :silent_since"
        parameters["silent_since"] = query.silent_since
    for place, wanted in enumerate(_labels(query)):
        where += (_ALL_BEARING if label == "all" else _EACH_BEARS).format(place)
        parameters[f"label{place}"] = wanted
    return where


def _labels(query: ConversationQuery) -> tuple[str, ...]:
    """Return the labels that must be borne; to be mentioned is one, too."""
    label = (query.label,) if query.label is not None else ()
    return (*label, f"@{query.mentioned}") if query.mentioned is not None else label


_ALL_BEARING: Final = (
    " AND id IN (SELECT conversation FROM conversation_label WHERE tenant = :tenant AND label = :label{})"
)
_EACH_BEARS: Final = (
    " AND EXISTS (SELECT 1 FROM conversation_label AS bears WHERE bears.tenant = :tenant"
    " AND bears.label = :label{} AND bears.conversation = conversation.id)"
)
_LABELLED: Final = text("SELECT state, number FROM label_count WHERE tenant = :tenant AND label = :label")


def count(connection: Connection, tenant: TenantId, query: ConversationQuery) -> int:
    """Return how many conversations a query asks for; its limit and cursor don't matter."""
    if not (_labels(query) or query.priority or query.site or query.visitor or query.silent_since):
        return sum(number for _, _, number in _numbers(connection, tenant, query))
    parameters: Parameters = {"tenant": tenant}
    parts = [
        f"SELECT count(*) AS number FROM conversation WHERE {where}"
        for where, _, _ in _walks(connection, tenant, query, parameters)
    ]
    if not parts:
        return 0
    whole = f"SELECT sum(number) FROM ({' UNION ALL '.join(parts)})"
    return connection.execute(text(whole), parameters).scalar() or 0


def counts(connection: Connection, tenant: TenantId) -> ConversationCounts:
    """Return how many conversations a tenant has: all by state, those not resolved by the rest."""

    def by(name: str) -> dict[str, int]:
        return {row[0]: row[1] for row in connection.execute(_COUNTS[name], {"tenant": tenant})}

    states: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    for state, mode, number in _numbers(connection, tenant, ConversationQuery()):
        states[state] += number
        if state not in CLOSED_STATES:
            modes[mode] += number
    assignees, teams = by("assignee"), by("team")
    labels = by("label")
    unassigned = assignees.pop("", 0)
    teams.pop("", None)
    return ConversationCounts(
        states=dict(states),
        modes=dict(modes),
        assignees=assignees,
        teams=teams,
        labels={label: number for label, number in labels.items() if not label.startswith("@")},
        mentions={label[1:]: number for label, number in labels.items() if label.startswith("@")},
        unassigned=unassigned,
    )


_LIVE: Final = "".join(f" AND state != '{state}'" for state in sorted(CLOSED_STATES))
#: Counted by SQLite: to fetch five thousand rows, and add them up here, takes five times as long.
_COUNTS: Final = {
    name: text(
        f"SELECT {name}, sum(number) FROM {table} WHERE tenant = :tenant{_LIVE}"
        f" GROUP BY {name} HAVING sum(number) > 0"
    )
    for name, table in (
        ("assignee", "conversation_count"),
        ("team", "conversation_count"),
        ("label", "label_count"),
    )
}
