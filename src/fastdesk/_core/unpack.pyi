from collections.abc import Collection
from typing import Any, final

__all__ = ["RunReader", "split_array"]

def split_array(packed: bytes, /) -> list[bytes] | None: ...

@final
class RunReader:
    def __new__(
        cls, tag: str, *, alike: Collection[int], numbers: dict[int, int], counted: tuple[int, str]
    ) -> RunReader: ...
    def read(self, rows: list[bytes], begin: int, most: int, /) -> tuple[Any, ...] | None: ...
