from collections.abc import Callable, Collection, Mapping
from typing import Any, final

__all__ = ["StructFields"]

@final
class StructFields:
    def __new__(
        cls,
        struct: type,
        names: tuple[str, ...],
        *,
        encoders: Mapping[str, Callable[[Any], bytes]] | None = None,
        optional: Collection[str] = (),
    ) -> StructFields: ...
