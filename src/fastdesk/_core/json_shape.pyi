from typing import Any, final

__all__ = ["JsonShape"]

@final
class JsonShape:
    def __new__(cls, shape: dict[str, Any]) -> JsonShape: ...
    def pick(self, document: bytes, /) -> tuple[Any, ...] | None: ...
