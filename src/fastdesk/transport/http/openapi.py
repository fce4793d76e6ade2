"""The OpenAPI 3.1 page, generated from the declared routes."""

import re
from typing import Any

import msgspec

from fastdesk import __version__
from fastdesk.protocol.codes import CODES
from fastdesk.transport.http.examples import example_of
from fastdesk.transport.http.routes import Query, Route

__all__ = ["describe"]

_PART = re.compile(r"\{(\w+)(?::[^}]*)?\}")
_JSON_TYPES = {int: "integer", str: "string", bool: "boolean"}


def describe(routes: list[Route]) -> dict[str, Any]:
    """Return the OpenAPI document of `routes`."""
    shapes = [shape for route in routes for shape in (route.body, route.answer) if shape is not None]
    schemas, components = msgspec.json.schema_components(
        shapes,
        schema_hook=lambda shape: {"description": "Any value."},
        ref_template="#/components/schemas/{name}",
    )
    schemas, components = _plain_pairs(list(schemas)), _plain_pairs(components)
    by_shape = {id(shape): schema for shape, schema in zip(shapes, schemas, strict=True)}
    paths: dict[str, Any] = {}
    for route in routes:
        path = _PART.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, by_shape, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fastdesk",
            "version": __version__,
            "description": "Customer service: visitors, conversations, agents. Refusals are application/problem+json with a stable code.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": _PROBLEM},
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A visitor's or agent's token, or an API key",
                }
            },
        },
    }


def _plain_pairs(schema: Any) -> Any:
    """Write tuples of equal items as arrays of so many items: more tools understand that."""
    if isinstance(schema, list):
        return [_plain_pairs(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    written = {name: _plain_pairs(value) for name, value in schema.items()}
    items = written.get("prefixItems")
    if isinstance(items, list) and all(each == items[0] for each in items):
        written["items"] = items[0]
        del written["prefixItems"]
    return written


_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "message"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(CODES)},
        "message": {"type": "string"},
        "hint": {"type": "string"},
        "id": {"type": "string"},
        "retry_after_ms": {"type": "integer"},
    },
}


def _operation(route: Route, by_shape: dict[int, Any], components: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": _operation_id(route),
        "tags": [route.tag or "desk"],
        "parameters": [_path_parameter(name) for name in _PART.findall(route.path)]
        + [_parameter(each, "query") for each in route.query]
        + [_parameter(each, "header") for each in route.headers],
        "responses": {str(route.status): _answer(route, by_shape, components), "default": _refusal()},
    }
    if route.access != "open":
        operation["security"] = [{"bearer": []}]
        operation["x-permission"] = route.access
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(by_shape[id(route.body)], components)}
    elif route.takes:
        schema = {"type": "string", "minLength": 1}
        media = {"yaml": "application/yaml"}.get(route.takes, route.takes)
        operation["requestBody"] = {"required": True, "content": {media: {"schema": schema}}}
    elif route.raw_body:
        operation["requestBody"] = {"required": True, "content": _record(route, by_shape, components)}
    return operation


def _json(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": schema}
    if schema:
        content["example"] = example_of(schema, components)
    return {"application/json": content}


def _record(route: Route, by_shape: dict[int, Any], components: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a record: whole, a part of it, or in a short form of its own."""
    shape = by_shape.get(id(route.answer), {"type": "object"})
    example = example_of(shape, components)
    schema: dict[str, Any] = {"type": "object"}
    if route.exact_body and route.method != "PATCH":
        schema = shape
    elif route.exact_body:
        whole = components.get(str(shape.get("$ref", "")).rpartition("/")[2], {})
        schema = {"type": "object", "properties": whole.get("properties", {})}
    return {"application/json": {"schema": schema, "x-shape": shape, "example": example}}


def _answer(route: Route, by_shape: dict[int, Any], components: dict[str, Any]) -> dict[str, Any]:
    if route.status == 204:
        return {"description": "Done."}
    if route.gives:
        return {"description": "The answer.", "content": {route.gives: {"schema": {"type": "string"}}}}
    return {"description": "The answer.", "content": _json(by_shape.get(id(route.answer), {}), components)}


def _refusal() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": "A refusal.", "content": {"application/problem+json": {"schema": schema}}}


def _operation_id(route: Route) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", route.path.replace("/v1/", "/")).strip("_")
    return f"{route.method.lower()}_{words}"


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _parameter(query: Query, place: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": _JSON_TYPES[query.type]}
    if query.type is int:
        schema |= {"minimum": query.least, "maximum": query.most}
    return {
        "name": query.name,
        "in": place,
        "required": False,
        "description": query.about,
        "schema": schema,
    }
