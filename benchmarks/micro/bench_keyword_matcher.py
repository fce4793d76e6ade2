"""What does the word filter cost a message without a bad word, one with, and the loop while a list is reloaded?

Unit: a hundred texts of 60 characters against 15,000 words; one build of 15,000 words and of 100,000. Beside it
`pyahocorasick`, which a user would take (it knows nothing of width, case and separators), one regular
expression, and the matcher's Python twin. Nearly every message takes the way without a hit: a regression there
counts for all of them.

    python -m pytest benchmarks/micro/bench_keyword_matcher.py
"""

import asyncio
import random
import re
import time
from collections import deque
from collections.abc import Callable

import ahocorasick
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from tests.core.reference import ReferenceMatcher

from benchmarks.micro.subjects import filter_words
from fastdesk._core import KeywordMatcher

WORDS = filter_words()
HIT = next(word for word in WORDS if len(word) > 1 and word[0] > "\u4e00")
CHINESE = (
    "您好，我昨天在你们店里买了一双运动鞋，今天收到发现尺码不对，想换一双大一号的，"
    "请问运费由谁来承担，大概几天可以收到新的鞋子呢？"
)
ENGLISH = "hello ordered a pair of shoes yesterday and they do not fit could you please exchange them"

Find = Callable[[str], object]


def clean_texts() -> dict[str, list[str]]:
    """Return a hundred texts without a hit of each language, all different: no table stays hot by chance."""
    rng = random.Random(4)
    find = KeywordMatcher(WORDS).find_first
    chinese = ("".join(rng.sample(CHINESE, 60)) for _ in range(10_000))
    english = (" ".join(rng.choices(ENGLISH.split(), k=20))[:60] for _ in range(10_000))
    return {
        language: [text for text in texts if find(text) is None][:100]
        for language, texts in (("Chinese", chinese), ("English", english))
    }


CLEAN = clean_texts()


def desk() -> Find:
    return KeywordMatcher(WORDS).find_longest


def from_pyahocorasick() -> Find:
    automaton = ahocorasick.Automaton()
    for i, word in enumerate(WORDS):
        automaton.add_word(word, i)
    automaton.make_automaton()
    return lambda text: list(automaton.iter(text))


def regular_expression() -> Find:
    return re.compile("|".join(map(re.escape, sorted(set(WORDS), key=len, reverse=True)))).findall


def twin() -> Find:
    return ReferenceMatcher(WORDS).find_longest


ways = pytest.mark.parametrize("make", [desk, from_pyahocorasick, regular_expression, twin])


def find_in_all(find: Find, texts: list[str]) -> None:
    deque(map(find, texts), maxlen=0)


@ways
@pytest.mark.parametrize("language", ["Chinese", "English"])
@pytest.mark.benchmark(group="a hundred texts without a hit", max_time=0.5, min_rounds=3)
def test_no_hit(benchmark: BenchmarkFixture, make: Callable[[], Find], language: str) -> None:
    assert len(CLEAN[language]) == 100
    benchmark(find_in_all, make(), CLEAN[language])


@ways
@pytest.mark.benchmark(group="a hundred texts with one hit each", max_time=0.5, min_rounds=3)
def test_one_hit(benchmark: BenchmarkFixture, make: Callable[[], Find]) -> None:
    texts = [text[:30] + HIT + text[30 : 60 - len(HIT)] for text in CLEAN["Chinese"]]
    benchmark(find_in_all, make(), texts)


@pytest.mark.benchmark(group="build")
@pytest.mark.parametrize("words", [15_000, 100_000])
def test_build(benchmark: BenchmarkFixture, words: int) -> None:
    made = made_up_words(words)
    assert len(benchmark.pedantic(KeywordMatcher, (made,), rounds=5)) == words


@pytest.mark.benchmark(group="build")
def test_build_with_pyahocorasick(benchmark: BenchmarkFixture) -> None:
    made = made_up_words(15_000)

    def build() -> None:
        automaton = ahocorasick.Automaton()
        for i, word in enumerate(made):
            automaton.add_word(word, i)
        automaton.make_automaton()

    benchmark.pedantic(build, rounds=3)


@pytest.mark.benchmark(
    group="shortest of five longest pauses of a loop while 100,000 words are loaded beside it"
)
def test_reload_beside_a_loop(benchmark: BenchmarkFixture) -> None:
    made = made_up_words(100_000)

    async def reload() -> float:
        building = asyncio.create_task(asyncio.to_thread(KeywordMatcher, made))
        longest_s, before_s = 0.0, time.perf_counter()
        while not building.done():
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.perf_counter() - before_s)
            before_s = time.perf_counter()
        return longest_s

    pauses = sorted(asyncio.run(reload()) for _ in range(5))
    benchmark.extra_info["longest_pauses_ms"] = [round(pause * 1000, 2) for pause in pauses]
    benchmark.pedantic(time.sleep, (pauses[0],), rounds=1)


def made_up_words(number: int) -> list[str]:
    rng = random.Random(5)
    return [
        "".join(chr(0x4E00 + rng.randrange(6000)) for _ in range(rng.randint(2, 8))) for _ in range(number)
    ]
