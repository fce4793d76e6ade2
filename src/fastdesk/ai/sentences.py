"""Cut a stream of text into pieces that can be checked and shown: whole sentences, or clauses of very long ones.

A model's hidden reasoning, which some servers leave in the text between `<think>` and `</think>`, is dropped.
"""

import re

__all__ = ["Sentences", "without_reasoning"]

#: A sentence longer than this is shown clause by clause.
MAX_WAIT = 60
#: A full stop ends a sentence when white space follows; so does a blank line or a line's end.
_END = re.compile(r"[。！？!?；…]+[”’」』）)\"']*\s*|[.;:]+[”’)\"']*\s+|\n+\s*")
_CLAUSE = re.compile(r"[，、,：]\s*|\s+")
_REASONING = re.compile(r"\s*<think>.*?(?:</think>\s*|\Z)", re.DOTALL)
_OPENING, _CLOSING = "<think>", "</think>"


class Sentences:
    """Collect pieces of a stream and give back what is ready to be shown."""

    def __init__(self) -> None:
        self._rest = ""
        self._is_reasoning: bool | None = None  # None until the beginning has been seen
        self._drops_space = False

    def feed(self, text: str) -> str:
        """Take the next piece; return whole sentences, "" when none has ended yet."""
        self._rest += text
        if self._is_reasoning is not False and not self._pass_reasoning():
            return ""
        if self._drops_space:
            self._rest = self._rest.lstrip()
            self._drops_space = not self._rest
        rest = self._rest
        cut = 0  # what follows it waits
        for end in _END.finditer(rest):
            cut = end.end()
        if cut == len(rest) and cut and rest[-1] in ".;:":
            cut = 0
        if len(rest) - cut > MAX_WAIT:
            for clause in _CLAUSE.finditer(rest, cut):
                cut = clause.end()
        self._rest = rest[cut:]
        return rest[:cut]

    def finish(self) -> str:
        """Return what is left."""
        if self._is_reasoning:
            return ""
        rest, self._rest = self._rest, ""
        return rest

    def _pass_reasoning(self) -> bool:
        """Drop the reasoning at the beginning; return True when what follows may be shown."""
        if self._is_reasoning is None:
            start = self._rest.lstrip()
            if len(start) < len(_OPENING) and _OPENING.startswith(start):
                return False
            self._is_reasoning = start.startswith(_OPENING)
        if self._is_reasoning:
            _, closed, rest = self._rest.partition(_CLOSING)
            if not closed:
                return False
            self._rest = rest
            self._is_reasoning, self._drops_space = False, True
        return True


def without_reasoning(text: str) -> str:
    """Return a whole answer without its hidden reasoning."""
    return _REASONING.sub("", text, count=1) if text.lstrip().startswith(_OPENING) else text
