"""Turn text into what the index counts. Pure and deterministic: the same text gives the same terms on every machine.

Two views of a text:

- `terms(text)`, for articles: the words that carry its subject, stemmed, without stop words. Chinese is segmented,
  and every single character and pair of neighbours is a term too, so that a two-character word such as 退款 is found
  however the words around it were cut.
- `Analyser.features(text)`, for questions, which are short: words, the meanings they share with other words, pairs of
  those close to each other in either order, and short pieces of every word, so that typing errors and other endings
  still look alike.

Features are 32-bit hashes (CRC-32: the same in every process, unlike `hash`); two of a hundred thousand words may
share one, which costs nothing but a little precision.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

from fastdesk.knowledge.stemming import CHINESE_FORM, STOP_FORMS, STOP_WORDS, stem
from fastdesk.knowledge.synonyms import Meanings

__all__ = [
    "PIECE",
    "STOP",
    "TOKEN",
    "Analyser",
    "fold",
    "hash_term",
    "is_cjk",
    "query_terms",
    "spaced_stem",
    "terms",
]

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
#: A run of Chinese, Japanese or Korean, or a word of anything else with the apostrophes inside it.
TOKEN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+(?:['’][^\W\d_{_CJK}]+)*")
#: Two bits of a feature say what it is: a piece of a word rather than a word, meaning or pair; and of a stop word.
PIECE = 0x8000_0000
STOP = 0x4000_0000

_IS_CJK = re.compile(f"[{_CJK}]")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_HASH_BITS = 0x3FFF_FFFF
_ODD = 0x9E37_79B1  # 2**32 over the golden ratio (Knuth, TAOCP 6.4): spreads neighbouring hashes
# Wide enough for "when will my new card get here" to join `new` and `here`; wider adds memory and no answers.
_PAIR_WINDOW = 6
_CHARACTER_WINDOW = 3  # so that 钱退 and 退的钱 meet
# Words repeat, and a look-up is ten times faster than cutting one up again. Strangers fill these caches too: 16,384 of
# the longest words they can think of take 60 MB.
_KEPT_WORDS = 16_384
_MAX_CUT_WORD = 32


def fold(text: str) -> str:
    """Return `text` in lower case, with full-width letters narrow, ligatures open and accents gone."""
    if text.isascii():
        return text.lower()
    opened = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", opened).casefold().replace("’", "'")


def is_cjk(token: str) -> bool:
    """Tell whether a token is written without spaces between its words."""
    return token >= "\u3040" and _IS_CJK.match(token) is not None


def terms(text: str) -> list[str]:
    """Return the terms of an article's text, repeated as often as they occur; empty when it has no word in it.

    Stop words are left out, unless there is nothing else: "who are you" must still find something.
    """
    return _terms(text, _every_term)


def query_terms(text: str) -> list[str]:
    """Return the terms that a query's text is looked up by: some of those that `terms` gives an article.

    Neighbours that only meet at the border of two words are no term of a query: no article need have them.
    """
    return _terms(text, _likely_terms)


def _terms(text: str, of_chinese: Callable[[str], list[str]]) -> list[str]:
    found: list[str] = []
    stopped: list[str] = []
    for token in TOKEN.findall(fold(text)):
        for term in of_chinese(token) if is_cjk(token) else (_stem(token),):
            (stopped if term in STOP_FORMS else found).append(term)
    return found or stopped


def _cut(run: str) -> list[str]:
    """Cut Chinese into words."""
    import rjieba  # loads its dictionary for a fifth of a second, which a start should not wait for

    words: list[str] = rjieba.cut(run)
    return words


def _every_term(run: str) -> list[str]:
    long_words = [word for word in _cut(run) if len(word) > 2]
    return long_words + list(run) + [first + second for first, second in pairwise(run)]


def _likely_terms(run: str) -> list[str]:
    words = _cut(run)
    inside = [first + second for word in words if len(word) > 2 for first, second in pairwise(word)]
    # Two words of one character each are often one that the dictionary doesn't have.
    joined = [first + second for first, second in pairwise(words) if len(first) == len(second) == 1]
    return words + inside + joined


def spaced_stem(token: str) -> str:
    """Return the stem of one token that is no Chinese; it need not be folded."""
    return _stem(fold(token))


@lru_cache(maxsize=_KEPT_WORDS)
def hash_term(term: str) -> int:
    """Return the 30-bit hash of a term."""
    return crc32(term.encode()) & _HASH_BITS


class Analyser:
    """Cuts questions into features, with the meanings one tenant gives its words. Immutable."""

    def __init__(self, synonyms: Iterable[Sequence[str]] = ()) -> None:
        """Take the tenant's own lines of words that mean the same."""
        self._meanings = Meanings([fold(word) for word in words] for words in synonyms)

    def features(self, text: str) -> list[int]:
        """Return the hashes of what a question is made of, repeated as often as they occur."""
        words: list[int] = []  # what it is about
        form: list[int] = []  # how it is asked: joins no pairs
        stems: list[str] = []
        meanings: list[int] = []
        pieces: list[int] = []
        for token in TOKEN.findall(fold(text)):
            if is_cjk(token):
                for word in _cut(token):
                    if word in STOP_WORDS:
                        form.append(hash_term(word) | STOP)
                    else:
                        words.append(hash_term(word))
                pieces += _chinese_pieces(token)
                meanings += self._meanings.in_chinese(token)
            else:
                known = _spaced_word(token)
                (form if known.is_stop else words).append(known.feature)
                stems.append(known.stem)
                pieces += known.pieces
        meanings += self._meanings.in_stems(stems)
        subject = words + [hash_term(f"#{meaning}") for meaning in meanings]
        return subject + form + _pairs(subject) + pieces


@lru_cache(maxsize=_KEPT_WORDS)
def _stem(token: str) -> str:
    return stem(token.replace("'", ""))


class _SpacedWord:
    """What a word between spaces contributes, kept because words repeat."""

    __slots__ = ("feature", "is_stop", "pieces", "stem")

    def __init__(self, token: str) -> None:
        word = token.replace("'", "")
        framed = f" {word[:_MAX_CUT_WORD]} "
        self.is_stop = word in STOP_WORDS
        kind = STOP if self.is_stop else 0
        self.stem = _stem(token)
        self.feature = hash_term(self.stem) | kind
        pieces = (framed[at : at + n] for n in (2, 3, 4) for at in range(len(framed) - n + 1))
        self.pieces = [hash_term(piece) | PIECE | kind for piece in pieces]


@lru_cache(maxsize=_KEPT_WORDS)
def _spaced_word(token: str) -> _SpacedWord:
    return _SpacedWord(token)


def _chinese_pieces(run: str) -> list[int]:
    """Return its characters, but those that only give a question its form, and pairs of them in either order."""
    characters = [character for character in run if character not in CHINESE_FORM]
    pairs = (
        min(first, second) + max(first, second)
        for at, first in enumerate(characters)
        for second in characters[at + 1 : at + 1 + _CHARACTER_WINDOW]
    )
    return [hash_term(piece) | PIECE for piece in (*characters, *pairs)]


def _pairs(subject: list[int]) -> list[int]:
    return [
        _hash_pair(first, second)
        for at, first in enumerate(subject)
        for second in subject[at + 1 : at + 1 + _PAIR_WINDOW]
        if first != second
    ]


def _hash_pair(first: int, second: int) -> int:
    if first > second:
        first, second = second, first
    return ((first * _ODD) ^ second) & _HASH_BITS
