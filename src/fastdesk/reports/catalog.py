"""The reports that there are: what each shows, from which sums, and how it may be split."""

from typing import Final, Literal

from msgspec import Struct

__all__ = ["REPORTS", "SPLITS", "Column", "Report", "Unit"]

Unit = Literal["count", "ms", "share", "score", "money", "text", "time"]

#: What the rows of a report may stand for. `hour` is an hour of a weekday, as a week looks on average.
SPLITS: Final = ("all", "day", "hour", "site", "team", "label", "agent")


class Column(Struct, frozen=True):
    """A figure: the sum of counters, over the sum of others where `of` names them. Titles in Chinese and English."""

    name: str
    zh: str
    en: str
    unit: Unit
    counters: tuple[str, ...]
    of: tuple[str, ...] = ()


class Report(Struct, frozen=True, kw_only=True):
    """A report. `dimension` is set when its rows are always the same thing: reasons, models, handlers."""

    name: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    splits: tuple[str, ...] = SPLITS
    dimension: str = ""


def _count(name: str, zh: str, en: str) -> Column:
    return Column(name, zh, en, "count", (name,))


def _mean_ms(name: str, zh: str, en: str, total: str, number: str) -> Column:
    return Column(name, zh, en, "ms", (total,), (number,))


def _share(name: str, zh: str, en: str, part: tuple[str, ...], whole: tuple[str, ...]) -> Column:
    return Column(name, zh, en, "share", part, whole)


_ANSWER = _mean_ms("answer", "首次答复（含机器人）", "First answer, bot included", "answer_ms", "answers")
_REPLY = _mean_ms("reply", "人工首次响应", "First reply of a person", "reply_ms", "replies")
_RESOLVE = _mean_ms("resolution", "解决用时", "Time to resolve", "resolve_ms", "resolved")
_WAIT = _mean_ms("wait", "排队等待", "Wait in the queue", "wait_ms", "waits")
_RATING = Column("rating", "平均评分", "Mean rating", "score", ("score",), ("ratings",))
_OPENED = _count("opened", "新会话", "Opened")
_WANTED = _count("wanted", "请求人工", "Wanted a person")
_HANDLED = _count("handled", "人工接待", "Handled by people")
_MISSED = _count("missed", "未接待", "Missed")
_RESOLVED = _count("resolved", "已解决", "Resolved")
_REOPENED = _count("reopened", "重新打开", "Opened again")
_MODEL = (
    _count("calls", "模型调用", "Model calls"),
    Column("tokens_in", "输入词元", "Tokens in", "count", ("tokens_in",)),
    Column("tokens_out", "输出词元", "Tokens out", "count", ("tokens_out",)),
    Column("cost_micro", "费用（百万分之一）", "Money, millionths", "money", ("cost_micro",)),
    Column("answer_time", "平均用时", "Mean time", "ms", ("model_ms",), ("calls",)),
)
_CONTAINED = ("confirmed", "assumed")
_BY_PLACE = tuple(split for split in SPLITS if split != "agent")

_ALL: Final = (
    Report(
        name="overview", zh="概览", en="Overview",
        columns=(_OPENED, _WANTED, _HANDLED, _MISSED, _RESOLVED, _ANSWER, _REPLY, _WAIT, _RESOLVE, _RATING,
                 _share("contained", "机器人独立解决率", "Contained by the bot", _CONTAINED, ("by_bot",))),
    ),
    Report(
        name="volume", zh="会话量", en="Volume",
        columns=(_OPENED, _count("from_visitors", "访客消息", "Messages of visitors"),
                 _count("from_agents", "客服消息", "Messages of agents"),
                 _count("from_bots", "机器人消息", "Messages of the bot"), _RESOLVED, _REOPENED),
    ),
    Report(
        name="response", zh="响应", en="Response",
        columns=(_count("answers", "有答复的会话", "Conversations answered"), _ANSWER,
                 _count("replies", "人工响应的会话", "Replied by people"), _REPLY),
    ),
    Report(name="resolution", zh="解决", en="Resolution", columns=(_RESOLVED, _RESOLVE, _REOPENED)),
    Report(
        name="wait", zh="排队", en="Queue", splits=_BY_PLACE,
        columns=(_WANTED, _count("waits", "等到人工", "Waits that ended with a person"), _WAIT, _MISSED),
    ),
    Report(
        name="handling", zh="接待", en="Handling",
        columns=(_WANTED, _HANDLED, _MISSED, _count("from_agents", "客服消息", "Messages of agents"), _RESOLVED, _REPLY, _RESOLVE, _RATING),
    ),
    Report(
        name="rating", zh="满意度", en="Ratings",
        columns=(_count("ratings", "评价数", "Ratings"), _RATING, _share("good", "满意率", "Content", ("good",), ("ratings",)),
                 _share("rated", "参评率", "Rated", ("ratings",), ("resolved",))),
    ),
    Report(
        name="outcomes", zh="机器人结果", en="Outcomes of the bot", splits=_BY_PLACE,
        columns=(
            _count("by_bot", "机器人接待", "Answered by the bot"),
            _count("confirmed", "确认解决", "Confirmed"), _count("assumed", "视为解决", "Assumed"),
            _count("escalated", "转人工", "Escalated"), _count("abandoned", "放弃", "Abandoned"),
            _count("returned", "24 小时内返回", "Came back within a day"),
            _share("contained", "独立解决率", "Contained", _CONTAINED, ("by_bot",)),
            Column("cost_each", "每次解决的费用", "Money per resolution", "money", ("cost_micro",), _CONTAINED),
        ),
    ),
    Report(
        name="assistant", zh="模型用量", en="Assistant", splits=_BY_PLACE,
        columns=(*_MODEL, _count("late", "超时", "Deadline missed"), _count("unanswered", "未能回答", "Unanswered")),
    ),
    Report(name="models", zh="按模型", en="Models", splits=("all",), dimension="model", columns=_MODEL),
    Report(name="trouble", zh="模型未答原因", en="Why models did not answer", splits=("all",), dimension="trouble",
           columns=(_count("calls", "次数", "Times"),)),
    Report(name="handoffs", zh="转人工原因", en="Reasons of hand-offs", splits=("all",), dimension="reason",
           columns=(_count("handoffs", "次数", "Times"),)),
    Report(name="handlers", zh="答复来源", en="Who answers", splits=("all",), dimension="handler",
           columns=(Column("answers", "答复数", "Answers", "count", ("from_bots",)),)),
)  # fmt: skip

REPORTS: Final = {report.name: report for report in _ALL}
