"""What does the word filter cost a message without a bad word, one with, and the loop while a list is reloaded?

Unit: one text of 60 characters against 15,000 words; one build of 15,000 and of 100,000. Beside it
`pyahocorasick`, which a user would take (it knows nothing of width, case and separators), one regular
expression, and the matcher's Python twin. Nearly every message takes the way without a hit: a regression there
counts for all of them.

    python -m pytest benchmarks/micro/bench_keyword_matcher.py
"""

import asyncio
import random
import re
import time
from collections.abc import Callable
from itertools import cycle

import ahocorasick
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from tests.core.reference import ReferenceMatcher

from benchmarks.micro.subjects import filter_words
from fastdesk._core import KeywordMatcher

WORDS = filter_words()
CHINESE = (
    "您好，我昨天在你们店里买了一双运动鞋，今天收到发现尺码不对，想换一双大一号的，"
    "请问运费由谁来承担，大概几天可以收到新的鞋子呢？"
)
ENGLISH = "Hello, I ordered shoes yesterday and they are too small for me"
Find = Callable[[str], object]


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


@ways
@pytest.mark.parametrize("text", [CHINESE[:60], ENGLISH[:60]], ids=["Chinese", "English"])
@pytest.mark.benchmark(group="60 characters, no hit")
def test_no_hit(benchmark: BenchmarkFixture, make: Callable[[], Find], text: str) -> None:
    assert not benchmark(make(), text)


@pytest.mark.benchmark(group="60 characters, no hit")
def test_no_hit_of_many_texts(benchmark: BenchmarkFixture) -> None:
    rng = random.Random(4)
    find = KeywordMatcher(WORDS).find_longest
    texts = ("".join(rng.sample(CHINESE, 60)) for _ in range(2000))
    others = cycle([text for text in texts if not find(text)])
    benchmark(lambda: find(next(others)))


@ways
@pytest.mark.benchmark(group="60 characters, one hit")
def test_one_hit(benchmark: BenchmarkFixture, make: Callable[[], Find]) -> None:
    assert benchmark(make(), CHINESE[:30] + "雷管" + CHINESE[30:58])


@pytest.mark.benchmark(group="build")
@pytest.mark.parametrize("words", [15_000, 100_000])
def test_build(benchmark: BenchmarkFixture, words: int) -> None:
    made = made_up_words(words)
    assert len(benchmark.pedantic(KeywordMatcher, (made,), rounds=5)) == words


@pytest.mark.benchmark(group="build")
def test_build_with_pyahocorasick(benchmark: BenchmarkFixture) -> None:
    made = made_up_words(100_000)

    def build() -> None:
        automaton = ahocorasick.Automaton()
        for i, word in enumerate(made):
            automaton.add_word(word, i)
        automaton.make_automaton()

    benchmark.pedantic(build, rounds=3)


@pytest.mark.benchmark(group="longest pause of the loop while 100,000 words are loaded in a thread")
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

    pauses = [asyncio.run(reload()) for _ in range(5)]
    benchmark.extra_info["longest_pause_ms"] = sorted(round(pause * 1000, 2) for pause in pauses)
    benchmark.pedantic(time.sleep, (min(pauses),), rounds=1)


def made_up_words(number: int) -> list[str]:
    rng = random.Random(5)
    return [
        "".join(chr(0x4E00 + rng.randrange(6000)) for _ in range(rng.randint(2, 8))) for _ in range(number)
    ]
