"""Text becomes the same terms for everyone, in Chinese and in English."""

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.knowledge.analysis import (
    PIECE,
    STOP,
    Analyser,
    fold,
    hash_term,
    query_terms,
    spaced_stem,
    terms,
)
from fastdesk.knowledge.stemming import STOP_WORDS


def shared(one: str, other: str, analyser: Analyser | None = None) -> set[int]:
    """Return the features of words and meanings, not of stop words or pieces, that two questions share."""
    analyser = analyser or Analyser()
    both = set(analyser.features(one)) & set(analyser.features(other))
    return {feature for feature in both if not feature & (PIECE | STOP)}


def test_full_width_case_accents_and_ligatures_fold_away() -> None:
    assert fold("ＡＢＣ１２３ Café ﬁne Don’t") == "abc123 cafe fine don't"


def test_two_character_words_are_terms_however_the_sentence_is_cut() -> None:
    for text in ("退款", "我要退款了", "不退款吗", "无法退款项", "退款退款"):
        assert "退款" in terms(text), text


@given(st.text(alphabet="退款发票快递会员我要的不", min_size=2, max_size=20))
def test_every_pair_of_neighbours_in_an_article_can_be_asked_for(text: str) -> None:
    for pair in map("".join, pairwise(text)):
        if not STOP_WORDS.issuperset(terms(pair)):
            assert set(query_terms(pair)) <= set(terms(text))


@given(st.text(max_size=60))
def test_a_text_has_every_term_that_a_query_for_it_is_looked_up_by(text: str) -> None:
    missing = set(query_terms(text)) - set(terms(text))
    assert not missing


def test_english_words_meet_in_their_stem() -> None:
    assert terms("Refunded refunds REFUND") == ["refund"] * 3
    assert spaced_stem("Shipped") == spaced_stem("shipping") == "ship"


def test_stop_words_are_left_out_unless_there_is_nothing_else() -> None:
    assert terms("how do I get a refund") == ["get", "refund"]
    assert terms("who are you") == ["who", "are", "you"]
    assert terms("你是谁吗") == ["谁", "你是", "是谁", "谁吗"]


@pytest.mark.parametrize("text", ["", "   ", "?!…", "😀👍", "\u200b"])
def test_text_without_words_has_no_terms(text: str) -> None:
    assert terms(text) == query_terms(text) == []
    assert Analyser().features(text) == []


def test_words_with_one_meaning_share_a_feature_across_languages() -> None:
    assert shared("我要退钱", "申请退款")
    assert shared("I want my money back", "退款")
    assert shared("has my parcel been dispatched", "包裹发货")
    assert not shared("我要退钱", "修改密码")


def test_a_tenant_adds_meanings_of_its_own() -> None:
    own = Analyser([("小蓝车", "Shared Bikes", "自行车")])
    assert shared("小蓝车坏", "自行车脏", own)
    assert shared("小蓝车坏", "a shared bike", own)
    assert not shared("小蓝车坏", "自行车脏")


def test_a_typing_error_leaves_most_pieces_alike() -> None:
    right, wrong = (set(Analyser().features(word)) for word in ("invoice", "invioce"))
    assert len(right & wrong) >= 6


def test_features_and_hashes_are_the_same_in_every_process() -> None:
    code = "from fastdesk.knowledge.analysis import *; print(Analyser().features('怎么退款 with PayPal'))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"}
    )
    assert done.stdout.strip() == str(Analyser().features("怎么退款 with PayPal"))
    assert hash_term("退款") == hash_term("退款") < STOP
