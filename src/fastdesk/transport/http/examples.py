"""Examples for the OpenAPI page, made of the schemas: the same page always has the same ones, and each fits its schema."""

import re
from typing import Any, Final

__all__ = ["example_of"]

#: Values for fields of these names; what does not fit a field's schema is not taken.
_KNOWN: Final[dict[str, Any]] = {
    "id": "example-0001", "email": "li@shop.example", "name": "Li", "url": "https://shop.example/help", "text": "怎么退款",
    "question": "周末有人吗", "title": "退款说明", "body": "七天内可以退。", "site": "demo", "language": "zh", "locale": "zh-CN",
    "password": "a long password", "old": "the old password", "new": "a longer password", "role": "agent", "channel": "telegram",
    "reference": "tg-4711", "reason": "asked for a person", "zone": "Asia/Shanghai", "sitemap": "https://shop.example/sitemap.xml",
    "limit": 20, "seq": 7, "rev": 1041, "at": 1790000000000, "conversation": "01hq3v9t7w2m5k8n4p6r", "token": "…", "code": "123456",
    "visitor": "01hq3v9t7w2m5k8n4p6s", "note": "Called back.", "days": 90, "message": "…", "brand": "#2f6fed",
    "scopes": ["conversation.read"], "urls": ["https://shop.example/help"], "start": "09:00", "end": "18:00",
}  # fmt: skip
_MAX_DEPTH: Final = 14


def example_of(schema: Any, components: dict[str, Any], name: str = "", depth: int = 0) -> Any:
    """Return a value that fits a schema; fields that may be left out of a body are left out where they are large."""
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return None
    if "$ref" in schema:
        return example_of(components.get(schema["$ref"].rpartition("/")[2]), components, name, depth + 1)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            shapes = [each for each in schema[choice] if each.get("type") != "null"] or schema[choice]
            return example_of(shapes[0], components, name, depth + 1)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if name in _KNOWN and _fits(_KNOWN[name], schema):
        return _KNOWN[name]
    if "default" in schema:
        return schema["default"]
    return _made(schema, components, depth)


def _made(schema: dict[str, Any], components: dict[str, Any], depth: int) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema, components, depth)
        case "array":
            few = max(schema.get("minItems", 0), 1)
            items = schema.get("items")
            return [example_of(items, components, "", depth + 1)] * few if isinstance(items, dict) else []
        case "string":
            return _string(schema)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    return None


def _object(schema: dict[str, Any], components: dict[str, Any], depth: int) -> dict[str, Any]:
    properties: dict[str, Any] = schema.get("properties", {})
    required = set(schema.get("required", ()))
    if schema.get("minProperties") and not properties:
        return {"en": example_of(schema.get("additionalProperties"), components, "", depth + 1)}
    return {
        name: example_of(each, components, name, depth + 1)
        for name, each in properties.items()
        if name in required or (depth < 2 and name in _KNOWN)
    }


def _string(schema: dict[str, Any]) -> str:
    pattern = schema.get("pattern", "")
    for text in ("example", "09:00", "https://shop.example", "#2f6fed", "a@b.example", "2026-10-01", "10-01"):
        if re.search(pattern, text) and len(text) >= schema.get("minLength", 0):
            return text
    return "x" * int(schema.get("minLength", 1))


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    kinds: dict[str, Any] = {
        "string": str,
        "integer": int,
        "array": list,
        "number": (int, float),
        "boolean": bool,
        "object": dict,
    }
    kind = str(schema.get("type", ""))
    if kind not in kinds or not isinstance(value, kinds[kind]):
        return False
    if kind == "array":
        return (schema.get("items") or {}).get("type") == "string"
    if kind in ("integer", "number"):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    is_length = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
    return is_length and re.search(schema.get("pattern", ""), value) is not None
