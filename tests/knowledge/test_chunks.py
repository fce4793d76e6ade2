"""Markdown is cut where a reader would cut it, and every chunk leads back to its place."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fastdesk.knowledge.chunks import Chunk, cut, plain

PAGE = """Intro line.

# Refunds & returns!

How **refunds** work.

## 退款 时间

```python
# no heading
```

三到五天。

## 退款 时间

Again.

# Empty

# Contact
Call us.
"""


def texts(body: str, size: int = 1_200) -> list[tuple[str, str]]:
    return [(chunk.anchor, body[chunk.start : chunk.end]) for chunk in cut(body, size)]


def test_sections_have_the_anchors_a_reader_of_markdown_expects() -> None:
    assert [anchor for anchor, _ in texts(PAGE)] == [
        "",
        "refunds--returns",
        "退款-时间",
        "退款-时间-1",
        "empty",
        "contact",
    ]


def test_headings_lead_to_a_chunk_from_the_outside_in() -> None:
    headings = [chunk.heading for chunk in cut(PAGE, 1_200)]
    assert headings[2] == ("Refunds & returns!", "退款 时间")
    assert headings[4] == ("Empty",)


def test_a_hash_inside_code_is_no_heading() -> None:
    assert "# no heading" in dict(texts(PAGE))["退款-时间"]
    assert texts("~~~\n# a\n```\n# b\n~~~\n# c")[-1] == ("c", "# c")


def test_a_long_section_is_cut_at_paragraphs_then_sentences_then_anywhere() -> None:
    paragraphs = "\n\n".join(["word " * 30] * 10)
    assert all(len(text) <= 400 and text.startswith("word") for _, text in texts(paragraphs, 400))
    sentences = "退款三天到账。" * 100
    assert all(text.endswith("。") for _, text in texts(sentences, 100))
    assert [len(text) for _, text in texts("x" * 250, 100)] == [100, 100, 50]


def test_only_the_first_part_of_a_section_is_called_first() -> None:
    body = "# A\n" + "退款三天到账。" * 50
    assert [chunk.first for chunk in cut(body, 100)] == [True, False, False, False]


def test_nothing_gives_no_chunk() -> None:
    assert cut("", 100) == cut(" \n\n ", 100) == ()


@given(st.text(alphabet="ab# \n`。退~", max_size=300), st.integers(8, 60))
def test_chunks_lie_in_order_lose_no_word_and_keep_the_bound(body: str, size: int) -> None:
    chunks: tuple[Chunk, ...] = cut(body, size)
    assert all(0 < chunk.end - chunk.start <= size for chunk in chunks)
    assert all(one.end <= other.start for one, other in pairwise(chunks))
    assert "".join("".join(body[c.start : c.end].split()) for c in chunks) == "".join(body.split())


def test_plain_text_keeps_words_and_drops_marks() -> None:
    marked = "# Head\n\n- **Bold**, *thin*, `code`, [link](https://x.y) ![alt](z.png)\n> quote\n```\nsnake_case * 2\n```"
    assert plain(marked) == "Head Bold, thin, code, link alt quote snake_case * 2"
    assert plain(r"5 \* 3 = 15, 3 * 4 * 5") == "5 * 3 = 15, 3 * 4 * 5"
