"""Regular expressions of owners: RE2 syntax, so that no pattern and no text can take more than linear time.

RE2: R. Cox, "Regular Expression Matching in the Wild", 2010. It has no look-around and no back-references.
"""

import re

import msgspec
import re2

__all__ = ["MAX_PROGRAM", "MAX_TOTAL_PROGRAM", "Pattern", "PatternFault", "PatternSet", "compile_pattern"]

MAX_PROGRAM = 2_000
"""Instructions one compiled pattern may have; `(a{1,500}){2}` is short to write and long to run."""

MAX_TOTAL_PROGRAM = 40_000
"""Instructions of all patterns of one tenant: what each sign of a message may cost at worst, some 60 µs.

Only patterns written to do harm come near that; three hundred with a gap (`我.{0,10}退款`) have 35,000.
"""

SET_MEMORY_BYTES = 64 << 20
"""Room for the states of the joint automaton; it is filled as texts need it and emptied when full."""

_PROBE = "\x01fastdesk probe\x01"


class PatternFault(msgspec.Struct, frozen=True, kw_only=True):
    """Say why a pattern is refused; `position` counts characters from 0 and is -1 when it can't be told."""

    reason: str
    position: int = -1
    hint: str = ""


class Pattern:
    """Hold one compiled pattern."""

    __slots__ = ("_compiled", "case", "groups", "program", "source")

    def __init__(self, source: str, case: bool, compiled: "re2._Regexp") -> None:
        self.source = source
        self.case = case
        self._compiled = compiled
        self.groups: int = compiled.groups
        self.program: int = compiled.programsize

    def search(self, text: str) -> tuple[str, ...] | None:
        """Give the whole find and its groups (a group that took no part is empty), or None."""
        found = self._compiled.search(text)
        if found is None:
            return None
        return (found.group(0), *(group or "" for group in found.groups()))


def compile_pattern(source: str, case: bool = False) -> Pattern | PatternFault:
    """Compile a pattern, or say what is wrong with it and where."""
    try:
        compiled = re2.compile(source, _options(case))
    except re2.error as error:
        message = error.args[0]
        return _fault(
            source, message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
        )
    pattern = Pattern(source, case, compiled)
    if pattern.program > MAX_PROGRAM:
        hint = "use smaller repeat counts"
        return PatternFault(
            reason=f"the pattern is too costly ({pattern.program} of {MAX_PROGRAM} steps)", hint=hint
        )
    return pattern


class PatternSet:
    """Find which of many patterns occur in a text, in one pass over it."""

    __slots__ = ("_set",)

    def __init__(self, patterns: list[Pattern]) -> None:
        self._set = re2.Set.SearchSet(_options(case=True))
        for pattern in patterns:
            self._set.Add(pattern.source if pattern.case else f"(?i:{pattern.source})")
        self._set.Add(_PROBE)
        self._set.Compile()
        # An automaton that has no room reports no match instead of an error: ask for one that must be there.
        if len(patterns) not in self.find(_PROBE):
            raise MemoryError(f"{len(patterns)} patterns do not fit in {SET_MEMORY_BYTES} bytes")

    def find(self, text: str) -> list[int]:
        """List the numbers of the patterns that occur, in no order."""
        found: list[int] | None = self._set.Match(text)
        return found or []


def _options(case: bool) -> "re2.Options":
    options = re2.Options()
    options.case_sensitive = case
    options.log_errors = False
    options.max_mem = SET_MEMORY_BYTES
    return options


_REASONS = {
    "invalid perl operator": ("look-around is not supported", "RE2 has no (?=…), (?!…), (?<…)"),
    "invalid escape sequence": ("this escape is not supported", "RE2 has no back-references such as \\1"),
    "no argument for repetition operator": ("there is nothing to repeat", "write \\* for a star itself"),
    "missing ]": ("a [ is not closed", ""),
    "missing )": ("a ( is not closed", ""),
    "unexpected )": ("a ) closes nothing", "write \\) for the sign itself"),
    "bad repetition operator": ("two repeat signs follow each other", ""),
    "invalid repetition size": ("the repeat count is too large", "1000 is the most"),
    "trailing \\": ("the pattern ends with a backslash", "write \\\\ for the sign itself"),
    "invalid character class range": ("this range is upside down or unknown", ""),
}


def _fault(source: str, message: str) -> PatternFault:
    """Translate RE2's message (`kind: piece`) and look for the piece to give its position."""
    kind, _, piece = message.partition(": ")
    reason, hint = _REASONS.get(kind.lower(), (kind, ""))
    position = source.find(piece) if piece else -1
    if kind == "unexpected )":
        position = _first_unpaired(source)
    elif kind == "trailing \\":
        position = len(source) - 1
    return PatternFault(reason=f"{reason}: {piece}" if piece else reason, position=position, hint=hint)


def _first_unpaired(source: str) -> int:
    depth = 0
    for found in re.finditer(r"\\.|\[(?:\\.|[^\]])*\]|[()]", source):
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        if depth < 0:
            return found.start()
    return -1
