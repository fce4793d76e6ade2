"""Why-records in words."""

from msgspec.structs import replace

from fastdesk.desk.board import Decision, Rival
from fastdesk.desk.lines import Waiting
from fastdesk.desk.reasons import explain, explained
from fastdesk.model.ids import AgentId, ConversationId

WAITING = Waiting(ConversationId("c1"), 1_000, 1_000)
DECISION = Decision(
    conversation=ConversationId("c1"), agent=AgentId("li"), name="Li", by="fewest conversations", held=2, capacity=8, since_ms=1_000,
    waiting=WAITING, dropped=("language",), rivals=(Rival(AgentId("wang"), "Wang", 8, 8, "full"),),
)  # fmt: skip


def test_the_line_names_who_and_who_not_and_why() -> None:
    assert explain(DECISION, "en") == (
        "Assigned to Li (2 of 8, fewest conversations); not Wang (8/8, full); nobody fulfils: language"
    )
    assert (
        explain(DECISION, "zh-CN")
        == "分配给 Li（2/8，会话占用最少）；未分配给 Wang (8/8, 已满)；无人满足：语言"
    )


def test_machines_are_told_the_same() -> None:
    body = explained(replace(DECISION, dropped=()), 5_000)
    assert body["line"]["en"].startswith("Assigned to Li")
    assert body["line"]["zh"].startswith("分配给 Li")
    assert (body["agent"], body["waited_ms"], body["rivals"][0]["reason"]) == ("li", 4_000, "full")
