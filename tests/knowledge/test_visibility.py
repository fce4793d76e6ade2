"""Audience and language decide what takes part at all."""

import pytest
from tests.knowledge.questions import article

from fastdesk.knowledge.visibility import Visibility
from fastdesk.model.article import SIGNED_IN

SEEN = Visibility(
    [
        article("all", "T"),
        article("signed", "T", audience=(SIGNED_IN,)),
        article("gold", "T", audience=("plan:gold", "plan:silver")),
        article("nobody", "T", audience=()),
        article("zh", "T", language="zh-CN"),
        article("en", "T", language="EN_gb"),
    ]
)


@pytest.mark.parametrize(
    ("audience", "language", "numbers"),
    [
        ((), None, [0, 4, 5]),
        ((SIGNED_IN,), None, [0, 1, 4, 5]),
        ({"plan:gold"}, None, [0, 2, 4, 5]),
        (["plan:bronze"], None, [0, 4, 5]),
        ((), "zh", [0, 4]),
        ((), "en-US", [0, 5]),
        ((), "fr", [0]),
    ],
)
def test_one_common_label_is_enough_and_other_languages_stay_out(audience, language, numbers) -> None:
    assert SEEN.seen_by(audience, language).nonzero()[0].tolist() == numbers
