"""The why-record: which rules fired on an event, on what grounds, and why the other candidates did not."""

from typing import Literal

import msgspec

from fastdesk.model.rule import RuleId, Trigger

__all__ = ["Fired", "Passed", "Reason", "Why", "reason_line"]

Reason = Literal["condition", "site", "once", "own_effect", "too_deep", "unverified", "not_due", "stopped"]

_REASONS: dict[str, tuple[str, str]] = {
    "condition": ("条件不符", "condition does not hold"),
    "site": ("不适用于本站点", "not for this site"),
    "once": ("本会话已触发过", "has fired in this conversation"),
    "own_effect": ("由它自己引起", "caused by itself"),
    "too_deep": ("规则连锁过深", "chain of rules too long"),
    "unverified": ("访客身份未验证", "visitor is not verified"),
    "not_due": ("时间未到", "not due"),
    "stopped": ("前面的规则已终止", "stopped by a rule before it"),
}
_TRIGGERS = {
    "message": ("消息", "message"),
    "conversation_created": ("新会话", "new conversation"),
    "status": ("状态变化", "status"),
    "assignment": ("分配", "assignment"),
    "idle": ("无人发言", "idle"),
    "schedule": ("定时", "schedule"),
    "target": ("响应时限", "response target"),
}


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """Name a rule that fired and the parts of its condition that held: kind and number, or path."""

    rule: RuleId
    version: int
    used: tuple[str, ...] = ()


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """Name a rule that was looked at and did not fire."""

    rule: RuleId
    reason: Reason


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Record one decision of the rules. Holds no word of the visitor's."""

    on: Trigger
    fired: tuple[Fired, ...] = ()
    passed: tuple[Passed, ...] = ()

    def line(self, language: str = "zh") -> str:
        """Write the record as one line, in Chinese or English."""
        zh = language.startswith("zh")
        trigger = _TRIGGERS[self.on][not zh]
        if self.fired:
            fired = "; ".join(_fired(item) for item in self.fired)
            head = f"{trigger}：规则 {fired}" if zh else f"{trigger}: rule {fired}"
        else:
            head = f"{trigger}：没有规则触发" if zh else f"{trigger}: no rule fired"
        if not self.passed:
            return head
        passed = ", ".join(f"{item.rule} ({_REASONS[item.reason][not zh]})" for item in self.passed)
        return f"{head}；未触发：{passed}" if zh else f"{head}; passed over: {passed}"


def reason_line(reason: str, zh: bool) -> str:
    """Return why a rule did not fire, in words; an unknown reason as it is."""
    return _REASONS.get(reason, (reason, reason))[not zh]


def _fired(item: Fired) -> str:
    grounds = f" ({', '.join(item.used)})" if item.used else ""
    return f"{item.rule} v{item.version}{grounds}"
