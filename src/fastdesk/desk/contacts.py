"""What is known of a visitor: taking in what pages say, changes by agents, and putting two records together. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from fastdesk.model.visitor import PageView, Visitor

__all__ = ["MAX_FIELDS", "TRAIL", "bounded", "merge", "see_page"]

#: Bounds of what pages and agents may say of a visitor: names, and characters of a name and of a value.
MAX_FIELDS: Final = 100
_NAME: Final = 100
_VALUE: Final = 1000
#: Pages kept of a visitor's trail.
TRAIL: Final = 20

_encode: Final = msgspec.json.Encoder().encode


def bounded(*given: Mapping[str, Any]) -> dict[str, Any]:
    """Put fields together, later ones over earlier ones; unknown names are kept, what is too long is cut or left out."""
    fields: dict[str, Any] = {}
    for each in given:
        for name, value in each.items():
            if name in fields or (len(fields) < MAX_FIELDS and 0 < len(name) <= _NAME):
                kept = _kept(value)
                if kept is not None:
                    fields[name] = kept
                else:
                    fields.pop(name, None)
    return fields


def _kept(value: Any) -> Any:
    """Return a value as it may be kept; None takes a field away."""
    if isinstance(value, str):
        return value[:_VALUE]
    if isinstance(value, dict | list) and len(_encode(value)) > _VALUE:
        return None
    return value


def see_page(visitor: Visitor, url: str, title: str, referrer: str, now_ms: int) -> Visitor:
    """Return a visitor who has opened a page; the first referrer is the one that counts."""
    if visitor.trail and visitor.trail[-1].url == url:
        return visitor
    page = PageView(url[:2000], title[:300], now_ms)
    return replace(
        visitor,
        trail=(*visitor.trail, page)[-TRAIL:],
        referrer=visitor.referrer or referrer[:2000],
    )


def merge(kept: Visitor, other: Visitor) -> Visitor:
    """Return a visitor with what another record of the same person knew; what `kept` knows itself stays."""
    missing = {
        name: getattr(other, name)
        for name in ("name", "email", "phone", "language", "referrer", "place", "last_agent", "identity")
        if not getattr(kept, name)
    }
    notes = [note for note in (kept.note, other.note) if note]
    seen = [at for at in (kept.first_seen, other.first_seen) if at]
    return replace(
        kept,
        **missing,
        fields=bounded(other.fields, kept.fields),
        attributes=bounded(other.attributes, kept.attributes),
        labels=tuple(dict.fromkeys((*kept.labels, *other.labels))),
        note="\n".join(dict.fromkeys(notes)),
        first_seen=min(seen, default=0),
        last_seen=max(kept.last_seen, other.last_seen),
        trail=tuple(sorted((*kept.trail, *other.trail), key=lambda page: page.at))[-TRAIL:],
    )
