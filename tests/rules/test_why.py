"""Why rules fired or did not, in one line, in both languages."""

from typing import get_args

import pytest

from fastdesk.model.rule import RuleId, Trigger
from fastdesk.rules.why import Fired, Passed, Reason, Why, reason_line

REFUND = Fired(rule=RuleId("refund"), version=3, used=("contains 0", "visitor.language"))
NIGHT = Fired(rule=RuleId("night"), version=1)
PASSED = (Passed(rule=RuleId("vip"), reason="unverified"), Passed(rule=RuleId("late"), reason="stopped"))


def test_rules_that_fired_stand_with_version_and_grounds() -> None:
    why = Why(on="message", fired=(REFUND, NIGHT))
    assert why.line("en") == "message: rule refund v3 (contains 0, visitor.language); night v1"
    assert why.line("zh-CN") == "消息：规则 refund v3 (contains 0, visitor.language); night v1"


def test_rules_that_were_passed_over_stand_with_their_reason() -> None:
    why = Why(on="idle", fired=(NIGHT,), passed=PASSED)
    assert why.line("en") == (
        "idle: rule night v1; passed over: vip (visitor is not verified), late (stopped by a rule before it)"
    )
    assert why.line() == "无人发言：规则 night v1；未触发：vip (访客身份未验证), late (前面的规则已终止)"


def test_that_nothing_fired_is_said_too() -> None:
    assert Why(on="schedule").line("en") == "schedule: no rule fired"
    assert (
        Why(on="schedule", passed=PASSED[:1]).line("zh") == "定时：没有规则触发；未触发：vip (访客身份未验证)"
    )


@pytest.mark.parametrize("zh", [True, False])
def test_every_reason_and_trigger_has_words_of_its_own(zh: bool) -> None:
    reasons = [reason_line(reason, zh) for reason in get_args(Reason)]
    assert not set(reasons) & set(get_args(Reason))
    triggers = [Why(on=trigger).line("zh" if zh else "en") for trigger in get_args(Trigger)]
    for words in (reasons, triggers):
        assert len(set(words)) == len(words)
        assert all(word.isascii() is not zh for word in words)


def test_a_reason_of_a_later_version_is_shown_as_it_is() -> None:
    assert reason_line("weather", True) == reason_line("weather", False) == "weather"
