"""Bring in files of rules, flows and words as they are; nothing is written unless all of a file is right."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fastdesk.dialogue import parse_flow
from fastdesk.errors import Refused
from fastdesk.model.flow import Flow
from fastdesk.model.rule import Rule
from fastdesk.model.word import LEVELS, WordList
from fastdesk.moderation import parse_word_list, parse_word_lists, parse_words
from fastdesk.pipeline.rooms import Rooms
from fastdesk.plugins.kinds import checked
from fastdesk.protocol.codes import Rejection
from fastdesk.rules import parse_rules
from fastdesk.transport.http.routes import Call, Query, Route, read_body

__all__ = ["TeachingFileRoutes"]

#: A plain list of 200,000 words has about half of this.
MAX_FILE: Final = 8 << 20


class Written(Struct, frozen=True, kw_only=True):
    """Ids of the records that were new, and of those that were there and have changed; the others stay as they are."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    same: tuple[str, ...] = ()


class TeachingFileRoutes:
    """Imports of what a desk is taught, beside its articles."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag, write = "teaching", "knowledge.write"
        told = (
            Query("list", str, "", "Id of the list that a plain file of words is"),
            Query(
                "level", str, "", "Its level: flag, mask, handoff, block; a list that is there keeps its own"
            ),
        )
        return [
            Route(method="POST", path="/v1/rules/import", handler=self.take_rules, access=write, tag=tag, answer=Written, takes="yaml",
                  summary="Bring in a file of rules; problems have their lines, and nothing is written then"),
            Route(method="POST", path="/v1/flows/import", handler=self.take_flow, access=write, tag=tag, answer=Written, takes="yaml",
                  summary="Bring in a flow's file; problems have their lines, and nothing is written then"),
            Route(method="POST", path="/v1/words/import", handler=self.take_words, access=write, tag=tag, answer=Written, takes="yaml",
                  query=told, summary="Bring in a plain list of words, one a line, or a file of several lists"),
        ]  # fmt: skip

    async def take_rules(self, call: Call) -> Written:
        """Write the rules of a file; those that it does not name stay."""
        return await self._take(call, "rule", Rule, await self._parsed(parse_rules, await _source(call)))

    async def take_flow(self, call: Call) -> Written:
        """Write a flow; conversations that are in it keep the version they began with."""
        flow = await self._parsed(parse_flow, await _source(call))
        return await self._take(call, "flow", Flow, [flow])

    async def take_words(self, call: Call) -> Written:
        """Write one list out of a plain file, or all lists of a file that names them."""
        source, id, level = await _source(call), call.query["list"], call.query["level"]
        if level and level not in LEVELS:
            raise Refused("invalid", f"There is no such level; there are {', '.join(LEVELS)}.")
        if not id:
            lists = await self._parsed(parse_word_lists, source)
        else:
            before = self._rooms.records.get(WordList, call.principal.tenant, "words", id)
            words = await self._parsed(parse_words, source)
            made = before or await self._parsed(parse_word_list, {"id": id})
            lists = [replace(made, words=words, level=level or made.level)]
        return await self._take(call, "words", WordList, lists)

    async def _parsed(self, parse: Callable[[Any], Any], source: Any) -> Any:
        return checked(await self._rooms.tasks.offload(parse, source))

    async def _take(self, call: Call, kind: str, struct: type[Struct], records: Sequence[Any]) -> Written:
        """Check records together with the tenant's others, and write those that are not as before."""
        shelf, tenant = self._rooms.records, call.principal.tenant
        how = shelf.kinds[kind]
        bodies = await self._rooms.tasks.offload(lambda: [msgspec.json.encode(record) for record in records])
        taken = {record.id for record in records}
        if len(taken) < len(records):
            raise Refused("invalid", "Two of them have the same id.")
        if how.check is not None and records:
            others: list[Any] = [each for each in shelf.all(struct, tenant, kind) if each.id not in taken]  # type: ignore[attr-defined]
            await self._rooms.tasks.offload(how.check, [*others, *records[:-1]], records[-1])
        ids: dict[str, list[str]] = {"new": [], "changed": [], "same": []}
        for record, body in zip(records, bodies, strict=True):
            before = shelf.get(struct, tenant, kind, record.id)
            is_same = before is not None and _is_same(before, record)
            ids["same" if is_same else "new" if before is None else "changed"].append(record.id)
            if not is_same:
                made = body if how.revise is None else b""
                shelf.put(tenant, kind, record, actor=call.principal.id, reason="import", body=made)
        return Written(**{name: tuple(each) for name, each in ids.items()})


def _is_same(before: Any, record: Any) -> bool:
    versioned = hasattr(record, "version")
    return bool(before == (replace(record, version=before.version) if versioned else record))


async def _source(call: Call) -> bytes:
    raw = await read_body(call.request, MAX_FILE)
    if isinstance(raw, Rejection):
        raise Refused(raw.code, raw.sentence)
    if not raw.strip():
        raise Refused("bad_request", "The body is empty.", hint="Send the file as it is.")
    return raw
