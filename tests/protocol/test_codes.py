"""Every refusal has a status and a sentence that a person may read."""

import pytest

from fastdesk.protocol.codes import CODES, HTTP_STATUS, Rejection


def test_every_code_is_a_refusal_with_a_sentence() -> None:
    for code, (status, sentence) in CODES.items():
        assert code.replace("_", "").isalpha(), code
        assert code == code.lower()
        assert 400 <= status <= 599, code
        assert sentence[0].isupper(), code
        assert sentence.endswith("."), code
        assert HTTP_STATUS[code] == status
    assert len({sentence for _, sentence in CODES.values()}) == len(CODES)


def test_a_more_precise_sentence_takes_the_place_of_the_codes() -> None:
    assert Rejection("closed").sentence == CODES["closed"][1]
    assert Rejection("closed", "It ended on Monday.").sentence == "It ended on Monday."


def test_a_code_that_is_not_on_the_list_is_a_fault() -> None:
    with pytest.raises(KeyError):
        _ = Rejection("made_up").sentence
