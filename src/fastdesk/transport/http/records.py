"""Records over HTTP: the same five routes for every kind that has permissions (sites, teams, rules, articles …)."""

from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct

from fastdesk.errors import Refused
from fastdesk.model.document import Node, read_document
from fastdesk.model.folding import fold
from fastdesk.model.ids import is_id
from fastdesk.model.pieces import decode_object
from fastdesk.observe.clock import new_id, new_secret
from fastdesk.pipeline.rooms import Rooms
from fastdesk.plugins.kinds import refuse
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.records import Kind
from fastdesk.transport.http.routes import Call, Query, Route, read_body

__all__ = ["RecordRoutes", "merge"]

_JSON = msgspec.json.Decoder(dict[str, Any])


class RecordRoutes:
    """List, read, write, change and remove records of one kind."""

    def __init__(self, rooms: Rooms, kind: Kind, *, path: str) -> None:
        self._rooms = rooms
        self._kind = kind
        self._path = path

    def routes(self) -> list[Route]:
        """Return the routes of this kind."""
        kind, path = self._kind, self._path
        one, many = path + "/{id}", kind.plural
        shape: Any = kind.struct
        exact = kind.parse is None
        routes = [
            Route(
                method="GET",
                path=path,
                handler=self.all,
                access=kind.read,
                tag=many,
                answer=list[shape],
                query=(Query("text", str, "", f"Only those with this in {', '.join(kind.searched)}"),)
                if kind.searched
                else (),
                summary=f"List {many}",
            ),
            Route(
                method="GET",
                path=one,
                handler=self.one,
                access=kind.read,
                tag=many,
                answer=shape,
                summary=f"Read a {kind.name}",
            ),
        ]
        if kind.write:
            routes += [
                Route(method="POST", path=path, handler=self.add, access=kind.write, tag=many, answer=shape, status=201, raw_body=True,
                      exact_body=exact, summary=f"Add a {kind.name}"),
                Route(method="PUT", path=one, handler=self.put, access=kind.write, tag=many, answer=shape, raw_body=True,
                      exact_body=exact, summary=f"Write a {kind.name} whole"),
                Route(method="PATCH", path=one, handler=self.change, access=kind.write, tag=many, answer=shape, raw_body=True,
                      exact_body=exact, summary=f"Change fields of a {kind.name}"),
                Route(method="DELETE", path=one, handler=self.remove, access=kind.write, tag=many, status=204,
                      summary=f"Remove a {kind.name}"),
            ]  # fmt: skip
        return routes

    async def all(self, call: Call) -> Any:
        """Return all records of this kind."""
        records = self._rooms.records.all(self._kind.struct, call.principal.tenant, self._kind.name)
        shown = [record for record in records if self._is_shown(record, call)]
        if wanted := fold(call.query.get("text") or "").strip():
            shown = [
                record
                for record in shown
                if any(wanted in fold(getattr(record, name)) for name in self._kind.searched)
            ]
        if self._kind.is_large and not call.is_masked:
            return await self._offload(_response, shown)
        return [self._view(record, call) for record in shown]

    async def one(self, call: Call) -> Any:
        """Return one record."""
        return await self._shown(self._find(call), call)

    async def add(self, call: Call) -> Any:
        """Add a record; an id is made when none is given."""
        fields = await self._read(call)
        fields.setdefault("id", new_id(self._rooms.clock.now_ms(), self._rooms.entropy))
        if not is_id(fields["id"]):
            raise Refused("invalid", "An id has 1 to 64 characters of A-Z, a-z, 0-9, _, . and -.")
        if self._kind.name == "site":
            if self._rooms.records.tenant_of_site(fields["id"]) is not None:
                raise Refused("conflict", "This site key is taken.")
            fields.pop("signing_secret", None)
        if self._kind.secret and not fields.get(self._kind.secret):
            fields[self._kind.secret] = new_secret(self._rooms.entropy)
        return await self._write(call, fields, status=201)

    async def put(self, call: Call) -> Any:
        """Replace a record, keeping what is hidden."""
        old = self._find(call)
        hidden = {name: getattr(old, name) for name in self._kind.hidden}
        fields = {**await self._read(call), **hidden, "id": call.path("id")}
        if self._kind.secret and not fields.get(self._kind.secret):
            fields[self._kind.secret] = getattr(old, self._kind.secret)
        return await self._write(call, fields)

    async def change(self, call: Call) -> Any:
        """Change the fields that are given; structs inside are merged, null takes a field back to its default."""
        found = self._find(call)
        old = msgspec.structs.asdict(found) if self._kind.is_large else msgspec.to_builtins(found)
        wish = {
            name: value.plain() if isinstance(value, Node) else value
            for name, value in (await self._read(call)).items()
            if name not in self._kind.hidden
        }
        return await self._write(call, {**merge(old, wish), "id": call.path("id")})

    async def remove(self, call: Call) -> None:
        """Remove a record."""
        self._find(call)
        self._rooms.records.remove(
            call.principal.tenant, self._kind.name, call.path("id"), actor=call.principal.id
        )

    def _find(self, call: Call) -> Struct:
        record = self._rooms.records.get(
            self._kind.struct, call.principal.tenant, self._kind.name, call.path("id")
        )
        if record is None or not self._is_shown(record, call):
            raise Refused("not_found", f"There is no such {self._kind.name}.")
        return record

    def _is_shown(self, record: Struct, call: Call) -> bool:
        """Tell whether a record is everybody's or one's own."""
        return not self._kind.owner or getattr(record, self._kind.owner) in ("", call.principal.id)

    async def _read(self, call: Call) -> dict[str, Any]:
        raw = await read_body(call.request, 4 << 20)
        if isinstance(raw, Rejection):
            raise Refused(raw.code, raw.sentence)
        if self._kind.parse is not None and not self._kind.is_large:
            lined: dict[str, Any] = await self._offload(_read_with_lines, raw, self._kind.name)
            return lined
        try:
            fields = await self._offload(decode_object, raw) if self._kind.is_large else _JSON.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise Refused("bad_request", "The body is not a JSON object.") from None
        unknown = set(fields) - set(self._kind.struct.__struct_encode_fields__)
        if unknown and self._kind.parse is None:
            known = ", ".join(self._kind.struct.__struct_encode_fields__)
            raise Refused("invalid", f"Unknown field {min(unknown)[:60]!r}.", hint=f"Known: {known}.")
        return fields

    async def _write(self, call: Call, fields: dict[str, Any], *, status: int = 200) -> Any:
        tenant, name, body = call.principal.tenant, self._kind.name, b""
        if self._kind.is_large:
            record, body = await self._offload(self._parse_and_encode, fields)
        else:
            record = self._parse(fields)
        if not self._is_shown(record, call):
            raise Refused("forbidden", "One's own records have oneself for an owner, everybody's have none.")
        if (
            status == 201
            and self._rooms.records.get(self._kind.struct, tenant, name, fields["id"]) is not None
        ):
            raise Refused("conflict", f"There is a {name} with this id.")
        if self._kind.check is not None:
            every = self._rooms.records.all(self._kind.struct, tenant, name)
            self._kind.check([other for other in every if other.id != fields["id"]], record)  # type: ignore[attr-defined]
        self._rooms.records.put(tenant, name, record, actor=call.principal.id, body=body)
        written = self._rooms.records.get(self._kind.struct, tenant, name, fields["id"])
        assert written is not None
        return await self._shown(written, call, body, status)

    def _parse(self, fields: dict[str, Any]) -> Struct:
        try:
            if self._kind.parse is not None:
                parsed: Struct = self._kind.parse(fields)
                return parsed
            return msgspec.convert(fields, self._kind.struct)
        except msgspec.ValidationError as fault:
            raise Refused("invalid", str(fault)) from None

    def _parse_and_encode(self, fields: dict[str, Any]) -> tuple[Struct, bytes]:
        record = self._parse(fields)
        return record, msgspec.json.encode(record)

    async def _offload(self, work: Any, *args: Any) -> Any:
        return await self._rooms.tasks.offload(work, *args)

    async def _shown(self, record: Struct, call: Call, body: bytes = b"", status: int = 200) -> Any:
        if self._kind.is_large and not call.is_masked:
            return await self._offload(_response, record, body, status)
        return self._view(record, call)

    def _view(self, record: Struct, call: Call) -> dict[str, Any]:
        view: dict[str, Any] = msgspec.to_builtins(record)
        if self._kind.write not in call.principal.permissions:
            for name in self._kind.hidden:
                view.pop(name, None)
        return view


def _read_with_lines(raw: bytes, kind: str) -> dict[str, Any]:
    """Read one record, written in JSON or YAML, so that what is wrong with it can be told by its line."""
    document = read_document(raw)
    if not isinstance(document, Node):
        raise refuse([document])
    if not isinstance(document.value, dict):
        raise Refused("bad_request", "The body is no JSON object and no YAML mapping.")
    fields: dict[str, Any] = dict(document.value)
    if kind == "flow" and "flow" in fields:
        fields.setdefault("id", fields.pop("flow"))  # it is named so in its file
    if "id" in fields:
        fields["id"] = fields["id"].text
    return fields


def _response(record: object, body: bytes = b"", status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=body or msgspec.json.encode(record), content_type="application/json"
    )


def merge(old: dict[str, Any], wish: dict[str, Any]) -> dict[str, Any]:
    """Return `old` with the values of `wish`: tables are merged, None takes a value out."""
    merged = dict(old)
    for name, value in wish.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            kept = merged.get(name)
            merged[name] = merge(kept if isinstance(kept, dict) else {}, value)
        else:
            merged[name] = value
    return merged
