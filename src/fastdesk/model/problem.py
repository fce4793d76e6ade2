"""A fault in something an owner wrote (rule, flow, word list): where it stands, what is wrong, what to do."""

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Name one fault; `line` counts from 1 and is 0 when the source has no lines."""

    message: str
    hint: str = ""
    line: int = 0
    path: str = ""
    """Place inside the document, as `rules[2].reply`."""

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        inside = f"{self.path}: " if self.path else ""
        hint = f" – {self.hint}" if self.hint else ""
        return f"{place}{inside}{self.message}{hint}"
