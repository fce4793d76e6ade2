"""Read word lists: plain ones, one word a line, in any encoding that Chinese lists come in; and files of several lists."""

import codecs
import io
from collections.abc import Iterable

from msgspec.structs import replace

from fastdesk.model.document import Node, decode, nearest, read_document
from fastdesk.model.problem import Problem
from fastdesk.model.word import Word, WordList

__all__ = ["MAX_WORDS", "check_list", "parse_word_list", "parse_word_lists", "parse_words"]

MAX_WORDS = 200_000
_MAX_LENGTH = 200


def parse_words(source: str | bytes) -> tuple[Word, ...] | list[Problem]:
    """Read a plain list: a word or phrase a line, `#` before a comment, each word once.

    After a word may stand the phrases in which it is allowed, each with ` !` before it: `杀 !杀毒 !杀进程`. Bytes are
    read as UTF-8 or UTF-16 by their mark, as UTF-8 where they are that, else as GB 18030.
    """
    text = source if isinstance(source, str) else _decode(source)
    if isinstance(text, Problem):
        return [text]
    words: dict[str, Word] = {}
    problems: list[Problem] = []
    # Line by line: cutting up a text of megabytes at once would keep the loop from the interpreter's lock.
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        entry = line.strip().removeprefix("\ufeff")
        if not entry or entry.startswith("#"):
            continue
        word = _word(entry)
        reason = _fault(word)
        if reason:
            problems.append(Problem(message=reason, line=number))
        else:
            words.setdefault(word.text, word)
    if len(words) > MAX_WORDS:
        problems.append(Problem(message=f"{len(words)} words, {MAX_WORDS} are allowed in one list"))
    return problems or tuple(words.values())


def parse_word_lists(source: str | bytes) -> list[WordList] | list[Problem]:
    """Read a file (YAML or JSON) of lists: a list of them, or a mapping with `words`. Problems have their lines."""
    document = read_document(source)
    if isinstance(document, Problem):
        return [document]
    listed = document.value.get("words") if isinstance(document.value, dict) else document
    if isinstance(document.value, dict) and (strangers := [key for key in document.value if key != "words"]):
        line = document.value[strangers[0]].line
        return [
            Problem(
                message=f"unknown field '{strangers[0]}'", hint=nearest(strangers[0], ["words"]), line=line
            )
        ]
    if listed is None or not isinstance(listed.value, list):
        return [
            Problem(message="a file of word lists is a list, or has 'words:' with a list", line=document.line)
        ]
    read = [_read(node, f"words[{number}]") for number, node in enumerate(listed.value)]
    problems = [problem for one in read if isinstance(one, list) for problem in one]
    return problems or [one for one in read if isinstance(one, WordList)]


def parse_word_list(body: object) -> WordList | list[Problem]:
    """Read one list out of decoded JSON. Its words are texts, or objects with `text` and `allow`.

    In place of `words` may stand `text`: a plain list as `parse_words` reads it. Takes 0.3 s for 100,000 words, in small
    steps: a thread that does it leaves the loop in peace.
    """
    held = body if isinstance(body, dict) else {}
    head = {key: value for key, value in held.items() if key not in ("words", "text")} if held else body
    made = decode(Node.of(head), WordList, "list", ("text", "words"))
    if isinstance(made, Problem):
        return [made]
    listed = held.get("words", ())
    if "text" in held:
        words = parse_words(str(held["text"]))
    elif isinstance(listed, list | tuple):
        words = _words(listed)
    else:
        words = [Problem(message="expected a list of words", path="list.words")]
    return words if isinstance(words, list) else replace(made, words=words)


def _words(listed: Iterable[object]) -> tuple[Word, ...] | list[Problem]:
    words: list[Word] = []
    problems: list[Problem] = []
    for number, item in enumerate(listed):
        word: Word | Problem
        if isinstance(item, Word):
            word = item
        elif isinstance(item, str):
            word = _word(item.strip())
        else:
            word = decode(_expand(Node.of(item)), Word, f"list.words[{number}]")
        if isinstance(word, Problem):
            problems.append(word)
        elif reason := _fault(word):
            problems.append(Problem(message=reason, path=f"list.words[{number}]"))
        else:
            words.append(word)
    if len(words) > MAX_WORDS:
        problems.append(Problem(message=f"{len(words)} words, {MAX_WORDS} are allowed in one list"))
    return problems or tuple(words)


def check_list(words: WordList) -> list[Problem]:
    """List the words of a list that can never be found, or allow what they don't hold."""
    return [
        Problem(message=reason, path=f"{words.id}.words[{number}]")
        for number, word in enumerate(words.words)
        if (reason := _fault(word))
    ]


def _read(node: Node, path: str) -> WordList | list[Problem]:
    if isinstance(node.value, dict):
        held = dict(node.value)
        if "text" in held and "words" not in held:
            words = parse_words(str(held["text"].value))
            if isinstance(words, list):
                return words
            plain = [{"text": word.text, "allow": list(word.allow)} for word in words]
            held["words"] = Node(Node.of(plain).value, held.pop("text").line)
        elif "words" in held and isinstance(held["words"].value, list):
            items = held["words"].value
            held["words"] = Node([_expand(item) for item in items], held["words"].line)
        node = Node(held, node.line)
    made = decode(node, WordList, path, ("text",))
    if isinstance(made, Problem):
        return [made]
    return [
        Problem(message=reason, line=node.line_at(["words", number]), path=f"{path}.words[{number}]")
        for number, word in enumerate(made.words)
        if (reason := _fault(word))
    ] or made


def _expand(node: Node) -> Node:
    """Give a word as an object: a lone text is read as a line of a plain list, a number as its digits."""
    if isinstance(node.value, dict | list | bool) or node.value is None:
        return node
    word = _word(node.text.strip())
    allow = Node([Node(phrase, node.line) for phrase in word.allow], node.line)
    return Node({"text": Node(word.text, node.line), "allow": allow}, node.line)


def _word(entry: str) -> Word:
    if " !" not in entry and not entry.startswith("\\"):
        return Word(entry)
    # A word that itself begins with # is written \\#.
    first, *allowed = (part.strip() for part in entry.removeprefix("\\").split(" !"))
    return Word(first, tuple(filter(None, allowed)))


def _fault(word: Word) -> str:
    """Say why a word can't be in a list; empty when it can."""
    if not word.allow and word.text.isalnum() and len(word.text) <= _MAX_LENGTH:
        return ""  # nearly all
    if max(map(len, (word.text, *word.allow))) > _MAX_LENGTH:
        return f"a word has at most {_MAX_LENGTH} characters"
    if not (word.text.isalnum() or any(map(str.isalnum, word.text))) or "\0" in word.text:
        return "a word needs a letter, digit or ideograph"
    stranger = next((one for one in word.allow if word.text.casefold() not in one.casefold()), None)
    return f"'{stranger}' can't allow '{word.text}': it does not hold it" if stranger is not None else ""


def _decode(source: bytes) -> str | Problem:
    is_wide = source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encodings = ["utf-16"] if is_wide else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return source.decode(encoding)
        except UnicodeDecodeError:
            continue
    return Problem(message="the list is in no known encoding", hint="save it as UTF-8")
