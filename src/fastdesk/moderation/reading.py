"""Decide whether a find is the listed word as a person would read it. Asked only where a word was found.

1. Every sign of the text is the word's sign, or looks like it; a digit stands for a letter only in a word of letters.
2. A short Latin word counts only as a whole word: `sex` is not in Essex.
3. An address (`0000-qq.cn`) counts only as that very host, not as a part of a longer name.
4. A find that runs over the end of a clause (`炸，药店`) is two innocent words, unless every sign is set apart.
5. A Latin word with gaps counts only when every letter is set apart (`s e x`), not where two words meet.
"""

import re
import unicodedata

from fastdesk._core import is_bordered
from fastdesk.model.folding import fold
from fastdesk.moderation.lookalikes import LEET, plain

__all__ = ["SEPARATORS", "counts"]

_SIGNS = (
    " \t\r\n\u00a0\u2002\u2003\u2009\u3000*._-~|/\\+^·•・,，。．、;；:：?？…'\"“”‘’()（）[]【】「」<>《》=#&"
)
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\u301c\uff70\u4e28\u4e36`´¨¯ˉ￣°§¶†‡‖¦¬%€£¥￥¢"
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
_PICTURES = (*range(0x2190, 0x2460), *range(0x2500, 0x27C0), *range(0x1F300, 0x1FB00))

SEPARATORS = _SIGNS + _DASHES + _BLANKS + "".join(map(chr, _PICTURES))
"""What may stand between the signs of a word; whether it does so innocently is asked here."""

_SHORT = 6
"""Latin words up to this length count as whole words only (`rapist` stands in `therapist`)."""

_SPELT = 6
"""An address with at least so many letters and digits is not met by chance in pieces of other words."""

_CLAUSE_END = re.compile(r"[，。？；：、,?;:\n\r…]")
_ADDRESS = re.compile(r"[a-z0-9]+(?:[-._/][a-z0-9]+)+/?")
_HOST_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
_SKIPPED = frozenset(SEPARATORS)
_INVISIBLE = ("Mn", "Me", "Cf", "Cc")


def counts(word: str, text: str, start: int, end: int) -> bool:
    """Say whether `text[start:end]`, which the matcher took for `word`, is it."""
    listed = _phrase(word)
    found = fold(plain(text[start:end]))
    signs, wanted = _visible(found), _visible(listed)
    if _ADDRESS.fullmatch(listed):
        is_apart = signs == wanted and len(_groups(found)) == len(signs)
        is_spelt = is_apart or _solid(found) == listed or _is_spelt_out(found, listed)
        return is_spelt and _is_whole_address(text, start, end)
    if not _reads_as(signs, wanted):
        return False
    is_latin = listed.isascii()
    if is_latin and len(wanted) <= _SHORT and not is_bordered(text, start, end):
        return False
    if found == listed or len(found) == len(signs):
        return True
    groups = _groups(found)
    is_apart = len(groups) == len(signs)
    if is_latin:
        return is_apart or len(groups) == 1 or groups == _groups(listed) or not any(map(str.isspace, found))
    return (is_apart and len(signs) > 2) or not _CLAUSE_END.search(found) or groups == _groups(listed)


def _phrase(word: str) -> str:
    """Write a listed word for comparing: folded, single spaces, nothing at its ends but letters and digits."""
    written = " ".join(fold(plain(word)).split())
    places = [place for place, sign in enumerate(written) if sign.isalnum()]
    return written[places[0] : places[-1] + 1] if places else written


def _is_gap(sign: str) -> bool:
    """Say whether a sign is seen between two others; an invisible one is none."""
    return sign in _SKIPPED or (not sign.isascii() and unicodedata.normalize("NFKC", sign) in _SKIPPED)


def _is_skipped(sign: str) -> bool:
    return _is_gap(sign) or unicodedata.category(sign) in _INVISIBLE


def _visible(text: str) -> str:
    return "".join(sign for sign in text if not _is_skipped(sign))


def _solid(text: str) -> str:
    """Write an address without blanks and with plain points: `0000-qq . cn`, `qq。cn`."""
    kept = (sign for sign in text if not sign.isspace() and unicodedata.category(sign) not in _INVISIBLE)
    return unicodedata.normalize("NFKC", "".join(kept)).replace("。", ".")


def _is_spelt_out(found: str, listed: str) -> bool:
    """Say whether an address stands there with all its points, and only signs that say nothing between: `q*q ．c·n`."""
    if sum(map(str.isalnum, listed)) < _SPELT:
        return False
    rest = unicodedata.normalize("NFKC", found).replace("。", ".")
    for wanted in listed:
        place = rest.find(wanted)
        if place < 0 or not all(map(_is_skipped, rest[:place])):
            return False
        rest = rest[place + 1 :]
    return True


def _groups(text: str) -> list[str]:
    """Split a text at its gaps."""
    spaced = "".join(" " if _is_gap(sign) else "" if _is_skipped(sign) else sign for sign in text)
    return spaced.split()


def _reads_as(signs: str, wanted: str) -> bool:
    """Compare sign by sign; digits and signs for letters are read as such only where most signs are the letters."""
    if signs == wanted or len(signs) != len(wanted):
        return True
    same = 0
    for sign, letter in zip(signs, wanted, strict=True):
        if sign == letter or plain(sign) == plain(letter):
            same += 1
        elif LEET.get(sign) != letter:
            return False
    return same * 2 >= len(wanted)


def _is_whole_address(text: str, start: int, end: int) -> bool:
    """Say whether no longer host name surrounds `text[start:end]`; a sub-domain of it may stand before."""
    if start > 0 and text[start - 1] in _HOST_SIGNS and text[start - 1] != ".":
        return False
    after = text[end : end + 2]
    if not after or after[0] not in _HOST_SIGNS:
        return True
    return not after[0].isalnum() and not (after[1:] in _HOST_SIGNS and after[1:].isalnum())
