from typing import Any, final

from fastdesk._core.struct_fields import StructFields

__all__ = ["JsonForm"]

@final
class JsonForm:
    def __new__(
        cls, before: tuple[bytes, ...], end: bytes, fields: StructFields | None = None
    ) -> JsonForm: ...
    def read(self, payload: bytes, /) -> tuple[str, ...] | None: ...
    def write(self, values: tuple[str | int | bytes | None, ...], /) -> bytes: ...
    def write_struct(self, struct: Any, /) -> bytes: ...
