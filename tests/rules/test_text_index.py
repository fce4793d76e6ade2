"""One pass over a text finds what a look for each phrase alone would find."""

import re

from hypothesis import given
from hypothesis import strategies as st

from fastdesk.model.condition import Contains, Exact, Keywords, Regex
from fastdesk.model.folding import exact_key, fold
from fastdesk.model.pattern import Pattern, compile_pattern
from fastdesk.rules.text_index import MAX_PATTERN_TEXT, MAX_TEXT, NOTHING, TextCondition, TextIndex

signs = "abAＢ1２ 退款？,"
phrases = st.lists(st.text(signs, min_size=1, max_size=4), min_size=1, max_size=6).map(tuple)
texts = st.text(signs, max_size=16)


def index(*conditions: TextCondition) -> TextIndex:
    patterns: dict[Regex, Pattern] = {}
    for condition in conditions:
        if isinstance(condition, Regex):
            made = compile_pattern(condition.pattern, condition.case)
            assert isinstance(made, Pattern)
            patterns[condition] = made
    return TextIndex(conditions, patterns)


def stands_whole(phrase: str, text: str) -> bool:
    """Look at each place of a phrase for a letter beside a letter, or a digit beside a digit."""
    places = (found.start() for found in re.finditer(f"(?={re.escape(phrase)})", text))
    cuts = re.compile(r"(?<=[a-z])(?=[a-z])|(?<=[0-9])(?=[0-9])")
    ends = {cut.start() for cut in cuts.finditer(text)}
    return any(place not in ends and place + len(phrase) not in ends for place in places)


@given(phrases, texts)
def test_words_are_found_where_each_alone_is_found(phrases: tuple[str, ...], text: str) -> None:
    made = index(Contains(texts=phrases))
    finds = made.find(text)
    for phrase in phrases:
        assert (made.word(phrase) in finds.words) == (fold(phrase) in fold(text))
        assert (made.word(phrase) in finds.whole) == stands_whole(fold(phrase), fold(text))


@given(phrases, phrases, texts)
def test_a_text_for_which_a_condition_holds_shows_one_of_its_marks(
    some: tuple[str, ...], others: tuple[str, ...], text: str
) -> None:
    exact, contains = Exact(texts=some), Contains(texts=others)
    every, one = Keywords(all=some), Keywords(any=others)
    made = index(exact, contains, every, one)
    finds, folded = made.find(text), fold(text)
    shown = {("key", finds.key), *(("word", number) for number in finds.words)}
    if exact_key(folded) in [exact_key(fold(each)) for each in some]:
        assert made.marks(exact) & shown
    if any(fold(each) in folded for each in others):
        assert made.marks(contains) & shown
    if all(stands_whole(fold(each), folded) for each in some):
        assert made.marks(every) & shown
    if any(stands_whole(fold(each), folded) for each in others):
        assert made.marks(one) & shown


def test_phrases_that_read_the_same_have_one_number() -> None:
    made = index(Contains(texts=("VIP", "ｖｉｐ")), Keywords(any=("vip", "gold")))
    assert made.word("VIP") == made.word("ｖｉｐ") == made.word("vip") != made.word("gold")


def test_words_end_to_count_where_the_text_is_cut_and_patterns_sooner() -> None:
    regex = Regex(pattern="needle")
    made = index(Contains(texts=("needle",)), regex)
    for length, is_word, is_pattern in (
        (MAX_PATTERN_TEXT, True, True),
        (MAX_PATTERN_TEXT + 1, True, False),
        (MAX_TEXT, True, False),
        (MAX_TEXT + 1, False, False),
    ):
        finds = made.find("." * (length - len("needle")) + "needle")
        assert (bool(finds.words), bool(finds.patterns)) == (is_word, is_pattern), length


def test_a_text_that_shows_nothing_is_the_one_nothing() -> None:
    made = index(Contains(texts=("退款",)), Regex(pattern="[0-9]{4}"))
    assert made.find("你好") is NOTHING


def test_a_whole_phrase_may_have_so_much_around_it_and_no_more() -> None:
    made = index(Exact(texts=("退款",)))
    assert made.find("？" * 20 + "退款" + "!" * 20).key == "退款"
    assert made.find("？" * 20 + "退款" + "!" * 21) is NOTHING
