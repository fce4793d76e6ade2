"""Words with the same meaning are found wherever they stand in a sentence."""

from fastdesk.knowledge.analysis import fold, is_cjk
from fastdesk.knowledge.stemming import stem
from fastdesk.knowledge.synonyms import SERVICE_WORDS, Meanings


def english(text: str, meanings: Meanings) -> set[int]:
    return set(meanings.in_stems([stem(word) for word in text.lower().split()]))


def test_meanings_are_found_inside_a_run_of_chinese() -> None:
    meanings = Meanings()
    assert set(meanings.in_chinese("我想把订单退钱可以吗")) & set(meanings.in_chinese("退款"))
    assert not set(meanings.in_chinese("今天天气真好"))


def test_phrases_of_several_words_are_found_in_any_inflection() -> None:
    meanings = Meanings()
    assert english("it is sold out again", meanings) & set(meanings.in_chinese("缺货"))
    assert english("delivery fees please", meanings) & set(meanings.in_chinese("运费"))
    assert not english("the delivery was fine", meanings) & set(meanings.in_chinese("运费"))


def test_own_lines_come_beside_the_built_in_ones() -> None:
    meanings = Meanings([("保单", "policy")])
    assert english("my policy", meanings) == set(meanings.in_chinese("保单")) != set()


def test_built_in_words_are_written_as_they_are_looked_up() -> None:
    for line in SERVICE_WORDS.strip().splitlines():
        chinese, bar, spaced = line.partition(" | ")
        assert bar, line
        words = [*chinese.split(), *(word.strip() for word in spaced.split(","))]
        assert len(words) == len(set(words)) > 1, line
        assert all(word == fold(word) and word for word in words), line
        assert all((is_cjk(word) and 2 <= len(word) <= 4) or word.isascii() for word in words), line
