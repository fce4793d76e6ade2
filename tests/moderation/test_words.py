"""Plain lists: comments, contexts, encodings."""

import pytest

from fastdesk.model.word import Word, WordList, WordListId
from fastdesk.moderation import check_list, parse_word_list, parse_word_lists, parse_words


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


def test_file_of_lists() -> None:
    made = parse_word_lists("""
words:
  - id: ads
    name: 广告
    level: mask
    words: [加微信, 12315, "杀 !杀毒", {text: kill, allow: [kill process]}]
  - id: secret
    level: block
    sides: [output]
    words: [内部价]
""")
    assert made == [
        WordList(
            id=WordListId("ads"),
            name="广告",
            level="mask",
            words=(Word("加微信"), Word("12315"), Word("杀", ("杀毒",)), Word("kill", ("kill process",))),
        ),
        WordList(id=WordListId("secret"), sides=("output",), words=(Word("内部价"),)),
    ]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (
            "words:\n  - id: a\n    levle: mask\n",
            "line 3: words[0].levle: unknown field 'levle' – did you mean 'level'?",
        ),
        ("- id: a\n  level: masc\n", "line 2: words[0].level: unknown value 'masc' – did you mean 'mask'?"),
        ("- id: a\n  words:\n    - ok\n    - '。。'\n", "line 4: words[0].words[1]: a word needs a letter"),
        ("- id: a\n  words: [{text: x, allow: [y]}]\n", "'y' can't allow 'x'"),
        ("- words: [x]\n", "line 1: words[0]: missing field 'id'"),
        ("word: []\n", "line 1: unknown field 'word' – did you mean 'words'?"),
        ("words: x\n", "a file of word lists"),
        ("- id: [\n", "this is not YAML"),
    ],
)
def test_wrong_file_of_lists_is_refused_with_the_line(source: str, problem: str) -> None:
    made = parse_word_lists(source)
    assert problem in str(made[0])


def test_json_object_with_a_plain_list() -> None:
    made = parse_word_list({"id": "a", "text": "# x\n炸药\n杀 !杀毒\n"})
    assert made == WordList(id=WordListId("a"), words=(Word("炸药"), Word("杀", ("杀毒",))))
    assert isinstance(parse_word_list({"id": "a", "text": "***"}), list)
    assert isinstance(parse_word_list({"id": "a", "words": [None]}), list)
    assert isinstance(parse_word_list([]), list)


def test_check_of_a_stored_list() -> None:
    wrong = WordList(id=WordListId("a"), words=(Word("ok"), Word("--"), Word("a", ("b",))))
    assert [problem.path for problem in check_list(wrong)] == ["a.words[1]", "a.words[2]"]
