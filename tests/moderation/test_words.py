"""Plain lists: comments, contexts, encodings."""

import pytest

from fastdesk.model.word import Word
from fastdesk.moderation import parse_words


def test_one_word_a_line() -> None:
    source = "# ads\n兼职\n\n  招聘  \n兼职\n\\#话题\nbad word\n杀 !杀毒 !杀进程\n"
    assert parse_words(source) == (
        Word("兼职"),
        Word("招聘"),
        Word("#话题"),
        Word("bad word"),
        Word("杀", ("杀毒", "杀进程")),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings(encoding: str) -> None:
    assert parse_words("炸药\r\n兼职\r\n".encode(encoding)) == (Word("炸药"), Word("兼职"))


def test_every_wrong_line_is_named() -> None:
    made = parse_words("好\n***\n" + "长" * 201 + "\n杀 !毒药\n")
    assert isinstance(made, list)
    assert [str(problem) for problem in made] == [
        "line 2: a word needs a letter, digit or ideograph",
        "line 3: a word has at most 200 characters",
        "line 4: '毒药' can't allow '杀': it does not hold it",
    ]


def test_bytes_in_no_encoding_are_refused() -> None:
    made = parse_words(b"\xff\xff\x00\x80\xff")
    assert isinstance(made, list)
    assert "no known encoding" in made[0].message


def test_too_many_words_are_refused() -> None:
    made = parse_words("\n".join(map(str, range(200_001))))
    assert isinstance(made, list)
    assert "200001 words" in made[0].message


def test_empty_list() -> None:
    assert parse_words("") == ()
