from typing import Any, final

from fastdesk._core.struct_fields import StructFields

__all__ = ["PackForm", "pack_plain_dict"]

def pack_plain_dict(plain: dict[str, Any], /) -> bytes | None: ...

@final
class PackForm:
    def __new__(cls, tag: str, fields: StructFields) -> PackForm: ...
    def write(self, struct: Any, /) -> bytes: ...
