"""Documents keep the lines of their parts, and say plainly what is wrong."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.model.document import Node, decode, nearest, read_document
from fastdesk.model.problem import Problem


class Shoe(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    sizes: tuple[int, ...] = ()


def read(source: str | bytes) -> Node:
    document = read_document(source)
    assert isinstance(document, Node), document
    return document


def test_words_and_numbers_stay_what_they_look_like() -> None:
    source = "on: yes\nno: 2026-01-05\na: 017\nb: 1_000\nc: 12:30\nd: 12\ne: -1.5\nf: true\ng: ~\nh: '5'\ni: 0x1f\nj: .inf"
    assert read(source).plain() == {
        "on": "yes",
        "no": "2026-01-05",
        "a": "017",
        "b": "1_000",
        "c": "12:30",
        "d": 12,
        "e": -1.5,
        "f": True,
        "g": None,
        "h": "5",
        "i": "0x1f",
        "j": ".inf",
    }


def test_lines_of_parts_and_of_their_nearest_parent() -> None:
    document = read("a:\n  - x: 1\n\n    y: 2\n")
    assert document.line_at(["a"]) == 1
    assert document.line_at(["a", 0, "y"]) == 4
    assert document.line_at(["a", 0, "z", "deep"]) == 2
    assert document.line_at(["b"]) == 1


def test_json_is_read_too() -> None:
    assert read('{"a": [1, "x"],\n "b": null}').plain() == {"a": [1, "x"], "b": None}


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("a: 1\na: 2", "line 2: 'a' stands here twice"),
        ("? [a]\n: b", "line 1: a key must be a plain word"),
        ("a: &x 1\nb: *x", "anchors"),
        ("a: !secret x", "line 1: tags such as !secret are not allowed"),
        ("a: [", "this is not YAML"),
        (
            "a: {zh: Hi {{name}}, en: x}",
            "line 1: this is not YAML: did not find expected ',' or '}' – put a text that holds {{…}} in quotes",
        ),
        ("a: \x07", "this is not YAML"),
        ("# nothing", "the file is empty"),
        ("[" * 40 + "]" * 40, "nested more than 32 deep"),
        ("[" * 100_000, ""),
        ("- " * 400_000, ""),
    ],
)
def test_bad_document_is_refused(source: str, problem: str) -> None:
    found = read_document(source)
    assert isinstance(found, Problem)
    assert problem in str(found)


def test_too_many_parts_are_refused() -> None:
    found = read_document("[" + "1," * 250_000 + "1]")
    assert isinstance(found, Problem)
    assert "parts" in found.message


def test_decode_names_line_and_field() -> None:
    document = read("- name: a\n- name: b\n  szes: [1]\n")
    found = decode(document, tuple[Shoe, ...], "shoes")
    assert str(found) == "line 3: shoes[1].szes: unknown field 'szes' – did you mean 'sizes'?"
    assert (
        str(decode(read("name: a\nsizes:\n  - 1\n  - x\n"), Shoe))
        == "line 4: sizes[1]: expected a whole number, got text"
    )


def test_decode_names_the_key_of_a_mapping() -> None:
    document = read("a: {name: x}\nb:\n  name: y\n  sizes: [1, x]\nc: {nam: z}\n")
    assert str(decode(document, dict[str, Shoe])) == "line 4: b.sizes[1]: expected a whole number, got text"


def test_decode_gives_the_value() -> None:
    assert decode(Node.of({"name": "a", "sizes": [1, 2]}), Shoe) == Shoe("a", (1, 2))


def test_nearest() -> None:
    assert nearest("relpy", ["reply", "note"]) == "did you mean 'reply'?"
    assert nearest("zzz", ["reply"]) == ""


@settings(deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_source_is_a_document_or_a_problem(source: str | bytes) -> None:
    assert isinstance(read_document(source), Node | Problem)
