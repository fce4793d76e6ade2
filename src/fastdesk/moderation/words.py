"""Read plain word lists: one word a line, in any encoding that Chinese lists come in."""

import codecs

from fastdesk.model.problem import Problem
from fastdesk.model.word import Word

__all__ = ["MAX_WORDS", "parse_words"]

MAX_WORDS = 200_000
_MAX_LENGTH = 200


def parse_words(source: str | bytes) -> tuple[Word, ...] | list[Problem]:
    """Read a list: a word or phrase a line, `#` before a comment, each word once.

    After a word may stand the phrases in which it is allowed, each with ` !` before it: `杀 !杀毒 !杀进程`.
    Bytes are read as UTF-8 or UTF-16 by their mark, as UTF-8 where they are that, else as GB 18030.
    """
    text = source if isinstance(source, str) else _decode(source)
    if isinstance(text, Problem):
        return [text]
    words: dict[str, Word] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.strip().removeprefix("\ufeff")
        if not entry or entry.startswith("#"):
            continue
        # A word that itself begins with # is written \#.
        first, *allowed = (part.strip() for part in entry.removeprefix("\\").split(" !"))
        problem = _problem(first, allowed, number)
        if problem is not None:
            problems.append(problem)
        elif first not in words:
            words[first] = Word(first, tuple(filter(None, allowed)))
    if len(words) > MAX_WORDS:
        problems.append(Problem(message=f"{len(words)} words, {MAX_WORDS} are allowed in one list"))
    return problems or tuple(words.values())


def _problem(word: str, allowed: list[str], line: int) -> Problem | None:
    if max(map(len, (word, *allowed))) > _MAX_LENGTH:
        return Problem(message=f"a word has at most {_MAX_LENGTH} characters", line=line)
    if "\0" in word or not any(sign.isalnum() for sign in word):
        return Problem(message="a word needs a letter, digit or ideograph", line=line)
    stranger = next((one for one in allowed if word.casefold() not in one.casefold()), None)
    if stranger is not None:
        message = f"'{stranger}' can't allow '{word}': it does not hold it"
        return Problem(message=message, line=line)
    return None


def _decode(source: bytes) -> str | Problem:
    is_wide = source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encodings = ["utf-16"] if is_wide else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return source.decode(encoding)
        except UnicodeDecodeError:
            continue
    return Problem(message="the list is in no known encoding", hint="save it as UTF-8")
