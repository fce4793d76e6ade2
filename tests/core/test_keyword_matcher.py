"""`KeywordMatcher` against its Python twin, its normalisation, and hostile lists and texts."""

import os
import random
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.reference import ReferenceMatcher

from fastdesk._core import SEPARATORS, KeywordMatcher

# Few characters, so that words overlap, nest and repeat; each with a wide, upper-case or look-alike form.
SIGNS = "aabbAＢ退款退款0о。 *\u200b\ufe0f\ud800😀é"
WORDS = st.lists(st.text(SIGNS, max_size=5), max_size=12)
TEXTS = st.text(SIGNS + "zcx", max_size=40)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "separators": st.sampled_from(["", " ", "款", "A", SEPARATORS]),
        "lookalikes": st.sampled_from([{"о": "o"}, {"０": "B", "退": "款"}, {"😀": "a", "é": "E"}]),
    },
)


@given(words=WORDS, texts=st.lists(TEXTS, min_size=1, max_size=4), options=OPTIONS, limit=st.integers(1, 9))
@settings(max_examples=300, deadline=None)
def test_all_answers_equal_the_reference(
    words: list[str], texts: list[str], options: dict[str, Any], limit: int
) -> None:
    matcher, reference = KeywordMatcher(words, **options), ReferenceMatcher(words, **options)
    assert matcher.unusable == reference.unusable
    assert len(matcher) == len(words)
    for text in texts:
        assert matcher.find_all(text) == reference.find_all(text)
        assert matcher.find_all(text, limit) == reference.find_all(text, limit)
        assert matcher.find_longest(text) == reference.find_longest(text)
        assert matcher.find_first(text) == reference.find_first(text)
        assert matcher.has_match(text) is reference.has_match(text)


@given(words=st.lists(st.text(max_size=4), max_size=20), text=st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_characters_equal_the_reference(words: list[str], text: str) -> None:
    matcher, reference = KeywordMatcher(words), ReferenceMatcher(words)
    text += "".join(words)
    assert matcher.find_all(text) == reference.find_all(text)
    assert matcher.find_longest(text) == reference.find_longest(text)


@pytest.mark.parametrize(("first", "last"), [(0, 0xFFFF), (0x10000, 0x1FFFF), (0x20000, 0x2A000)])
def test_every_character_is_normalised_as_the_reference_does(first: int, last: int) -> None:
    reference = ReferenceMatcher([])
    signs = [chr(code) for code in range(first, last + 1)]
    normals = {sign: reference.normalize(sign) for sign in signs}
    words = sorted(set(normals.values()) - {""})
    places = {word: i for i, word in enumerate(words)}
    matcher, around = KeywordMatcher(words), KeywordMatcher(["\U000f0000\U000f0001"])
    assert matcher.unusable == ()
    for sign in signs:
        expected = (0, 1, places[normals[sign]]) if normals[sign] else None
        assert matcher.find_first(sign) == expected, hex(ord(sign))
        assert around.has_match(f"\U000f0000{sign}\U000f0001") is (normals[sign] == ""), hex(ord(sign))


def test_a_large_random_list_equals_the_reference() -> None:
    rng = random.Random(7)
    signs = [chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(60)] + list("abcde")
    words = ["".join(rng.choices(signs, k=rng.randint(2, 6))) for _ in range(3000)]
    matcher, reference = KeywordMatcher(words), ReferenceMatcher(words)
    for _ in range(300):
        text = "".join(rng.choices([*signs, " "], k=80))
        assert matcher.find_all(text) == reference.find_all(text)
        assert matcher.find_longest(text) == reference.find_longest(text)


@pytest.mark.parametrize(
    "text",
    ["加微信", "加 微 信", "加\u200b微\u200c信", "加*微*信", "加.微-信", "加\ufe0f微\n信", "加\u3000微・信"],
)
def test_a_word_is_found_however_it_is_spread(text: str) -> None:
    assert KeywordMatcher(["加微信"]).find_all(text) == [(0, len(text), 0)]


@pytest.mark.parametrize(
    "text", ["weixin", "WeiXin", "ＷＥＩＸＩＮ", "w e i x i n", "wei\u0301xin", "ｗ-e-ｉ-x-I-n"]
)
def test_a_word_is_found_in_any_width_and_case(text: str) -> None:
    assert KeywordMatcher(["ＷeiXin"]).find_all(text) == [(0, len(text), 0)]


def test_a_match_begins_and_ends_at_the_word() -> None:
    assert KeywordMatcher(["退款"]).find_all("我要 退 -款 吗") == [(3, 7, 0)]


def test_look_alikes_are_read_as_what_they_mean() -> None:
    matcher = KeywordMatcher(["vx", "微信"], lookalikes={"Ⅴ": "V", "х": "x", "薇": "微"})
    assert [matcher.find_first(text) for text in ("Ⅴх", "ⅴХ", "薇信")] == [(0, 2, 0), (0, 2, 0), (0, 2, 1)]


def test_longest_and_overlapping_differ_as_documented() -> None:
    matcher = KeywordMatcher(["ab", "abcd", "bc", "cde", "e"])
    assert matcher.find_all("abcde") == [(0, 2, 0), (1, 3, 2), (0, 4, 1), (2, 5, 3), (4, 5, 4)]
    assert matcher.find_longest("abcde") == [(0, 4, 1), (4, 5, 4)]
    assert matcher.find_first("xabcx") == (1, 3, 0)


def test_a_longer_word_that_fails_late_hides_no_match() -> None:
    matcher = KeywordMatcher(["ab", "abcdX", "cd"])
    assert matcher.find_longest("abcdY") == [(0, 2, 0), (2, 4, 2)]


def test_of_equal_words_the_first_is_reported() -> None:
    assert KeywordMatcher(["x", "Q Q", "qq", "ＱＱ"]).find_all("qq") == [(0, 2, 1)]


def test_words_that_can_never_match_are_named() -> None:
    words = ["", "ok", " *\u200b", "a" * 255, "a" * 256, "b" + " " * 1019, "b" + " " * 1020]
    matcher = KeywordMatcher(words)
    assert matcher.unusable == (0, 2, 4, 6)
    assert matcher.find_longest("ok b " + "a" * 300) == [(0, 2, 1), (3, 4, 5), (5, 260, 3)]


def test_an_empty_list_matches_nothing() -> None:
    matcher = KeywordMatcher([])
    assert (len(matcher), matcher.unusable) == (0, ())
    assert (matcher.find_all("x"), matcher.find_longest(""), matcher.find_first("x")) == ([], [], None)
    assert not matcher.has_match("anything")


def test_lone_surrogates_and_nul_are_harmless() -> None:
    matcher = KeywordMatcher(["\ud800\udfff", "\ud83d", "\0", "a\0b"])
    assert matcher.unusable == (2,)
    assert matcher.find_all("x\ud800\udfff\0a\0b\ud83d") == [(1, 3, 0), (4, 7, 3), (7, 8, 1)]


@pytest.mark.parametrize("bad", [None, 5, b"bytes", ["nested"]])
def test_other_types_are_refused(bad: Any) -> None:
    matcher = KeywordMatcher(["a"])
    with pytest.raises(TypeError, match=r"word 1 must be str"):
        KeywordMatcher(["a", bad])
    for call in (matcher.has_match, matcher.find_first, matcher.find_longest, matcher.find_all):
        with pytest.raises(TypeError):
            call(bad)
    with pytest.raises(TypeError):
        KeywordMatcher(["a"], separators=bad)
    with pytest.raises(TypeError):
        KeywordMatcher(["a"], lookalikes={"a": bad})


def test_one_text_is_no_list_of_words() -> None:
    with pytest.raises(TypeError, match="list of str"):
        KeywordMatcher("退款")


@pytest.mark.parametrize("lookalikes", [{"ab": "c"}, {"a": "bc"}, {"": "a"}, {"a": ""}])
def test_look_alikes_are_single_characters(lookalikes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="one character"):
        KeywordMatcher(["a"], lookalikes=lookalikes)


def test_chains_of_look_alikes_are_refused() -> None:
    with pytest.raises(ValueError, match="look-alike itself"):
        KeywordMatcher(["a"], lookalikes={"0": "o", "O": "Q"})
    assert KeywordMatcher(["a"], lookalikes={"A": "a"}).has_match("Ａ")


def test_limits_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        KeywordMatcher(["a"]).find_all("a", 0)


def test_a_list_that_passes_its_memory_is_refused() -> None:
    words = [f"word number {i}" for i in range(20_000)]
    with pytest.raises(ValueError, match="max_bytes"):
        KeywordMatcher(words, max_bytes=1_000_000)
    for bound in (0, -1, 2**36 + 1):
        with pytest.raises(ValueError, match="max_bytes"):
            KeywordMatcher(words, max_bytes=bound)
    assert KeywordMatcher(words, max_bytes=8_000_000).bytes_used < 8_000_000


def test_more_characters_than_labels_are_refused() -> None:
    signs = [chr(code) for code in range(0x20000, 0x20000 + 65_535)]
    assert KeywordMatcher(signs[:-1]).find_first(signs[65_533]) == (0, 1, 65_533)
    with pytest.raises(ValueError, match="different characters"):
        KeywordMatcher(signs)


def test_nested_words_over_a_long_text_stay_within_the_limit() -> None:
    matcher = KeywordMatcher(["a" * i for i in range(1, 256)])
    text = "a" * 100_000
    assert len(matcher.find_all(text, 5000)) == 5000
    assert matcher.find_longest(text) == [
        (i, min(i + 255, 100_000), min(254, 100_000 - i - 1)) for i in range(0, 100_000, 255)
    ]


def test_a_megabyte_of_anything_is_answered() -> None:
    matcher = KeywordMatcher(["needle", "针", "aaaaaaab"])
    for sign in ("a", "\u200b", "的", "😀", "\ud800"):
        text = sign * 1_000_000
        assert matcher.find_longest(text + "针") == [(1_000_000, 1_000_001, 1)]
    spread = "n" + "\u200b" * 500_000 + "eedle"
    assert matcher.find_all(spread) == [(0, len(spread), 0)]


def longest_wait_share(words: list[str]) -> float:
    """Build in a thread; return the longest time this one could not run, as a share of the whole."""
    thread = threading.Thread(target=KeywordMatcher, args=(words,))
    begin_s = before_s = time.perf_counter()
    longest_s = 0.0
    thread.start()
    while thread.is_alive():
        time.sleep(0)
        now_s = time.perf_counter()
        longest_s, before_s = max(longest_s, now_s - before_s), now_s
    return longest_s / (before_s - begin_s)


def test_the_build_lets_other_threads_run() -> None:
    rng = random.Random(3)
    words = ["".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(6)) for _ in range(50_000)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)  # a thread gets on only when the other gives way by itself
    try:
        # A busy machine may stop us at any time, hence the best of some; a build that holds the lock is never good.
        assert min(longest_wait_share(words) for _ in range(10)) < 0.2
    finally:
        sys.setswitchinterval(interval)


def test_a_list_that_changes_while_it_is_read_is_refused() -> None:
    words = [f"word {i}" for i in range(50_000)]
    failures: list[RuntimeError] = []

    def build() -> None:
        try:
            KeywordMatcher(words)
        except RuntimeError as failure:
            failures.append(failure)

    thread = threading.Thread(target=build)
    thread.start()
    while thread.is_alive():
        words.append("one more")
        time.sleep(0)
    thread.join()
    assert "changed" in str(failures[0])


def test_several_threads_may_ask_at_once() -> None:
    matcher = KeywordMatcher([f"word{i}" for i in range(1000)])
    expected = matcher.find_all("x word7 word999 y" * 50)
    wrong = []

    def ask() -> None:
        wrong.extend(1 for _ in range(200) if matcher.find_all("x word7 word999 y" * 50) != expected)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# In a process of its own: the memory that earlier tests gave back would be used again.
STARVED = """
import resource
from fastdesk._core import KeywordMatcher

words = [f"{i:08d}{i * 7:08d}" for i in range(30_000)]
hard = resource.getrlimit(resource.RLIMIT_AS)[1]
outcomes = []
for extra in range(0, 64, 2):
    with open("/proc/self/statm") as statm:
        used = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (extra << 20), hard))
    try:
        outcomes.append(KeywordMatcher(words).has_match("0000000100000007"))
    except MemoryError:
        outcomes.append("refused")
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
print(outcomes.count("refused"), outcomes.count(True))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits its own address space")
def test_a_build_without_memory_is_refused_and_leaves_nothing_behind() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", STARVED], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    refused, built = map(int, done.stdout.split())
    assert refused >= 5
    assert built >= 5
