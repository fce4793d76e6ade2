"""Every automatic act says why, in one line, in Chinese and English; also when nothing was answered."""

from collections.abc import Awaitable, Callable

import pytest
from tests.plugins.assistant_world import TENANT, Desk, Peer

from fastdesk.model.event import Noted
from fastdesk.model.ids import ConversationId
from fastdesk.model.site import Tenant
from fastdesk.model.word import Word, WordList, WordListId
from fastdesk.plugins.why import WhyLine, why_line, why_of
from fastdesk.tenants.records import HOUSE

VIRTUAL_TIME = True

Open = Callable[..., Awaitable[Desk]]


async def lines(desk: Desk, peer: Peer) -> list[WhyLine]:
    assert peer.live is not None
    await desk.settle()
    events = await desk.store.history(TENANT, peer.live.conversation.id, None, 1000)
    return [line for event in events if (line := why_of(event)) is not None]


async def test_answer_by_rule_names_it_with_its_version(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await desk.rule(id="hello", exact=["hello"], reply="Hi!")
    visitor = await desk.visitor()
    await desk.ask(visitor, "hello")
    (line,) = await lines(desk, visitor)
    assert line.by == "rules"
    assert line.line["en"] == "message: rule hello v1 (exact 1)"
    assert line.line["zh"].startswith("消息：规则 hello v1")


async def test_not_answered_because_of_rules_passed_over_and_articles_too_far(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await desk.rule(id="gold", when=[{"contains": ["bicycle"]}, {"label": ["gold"]}], reply="x")
    desk.put(
        HOUSE, "tenant", Tenant(id=TENANT, settings={"knowledge": {"suggest_at": 1.0, "answer_at": 1.0}})
    )
    await desk.article("tea", "Green tea leaves", "About our tea.")
    visitor = await desk.visitor()
    await desk.ask(visitor, "do you sell a bicycle or green things")
    (line,) = await lines(desk, visitor)
    assert line.by == "fallback"
    assert "rules passed over: gold (condition does not hold)" in line.line["en"]
    assert "the nearest article was tea (" in line.line["en"]
    assert "最接近的文章 tea (" in line.line["zh"]
    assert line.line["zh"].startswith("未能回答")


async def test_not_answered_with_nothing_to_answer_from(open_desk: Open) -> None:
    desk = await open_desk(models=())
    visitor = await desk.visitor()
    await desk.ask(visitor, "anything")
    (line,) = await lines(desk, visitor)
    assert line.line["en"] == "not answered: no article fits; no rule matched"


async def test_model_that_failed_says_so_before_the_rest(open_desk: Open) -> None:
    desk = await open_desk()
    visitor = await desk.visitor()
    desk.say(visitor, "anything")
    await desk.settle(1)
    (line,) = await lines(desk, visitor)
    assert line.line["en"].startswith("no answer by a model: the model was late; not answered:")
    assert line.line["zh"].startswith("模型未回答：模型超时")


async def test_blocked_message_leaves_its_reason_also_as_the_first_one(open_desk: Open) -> None:
    desk = await open_desk(models=())
    desk.put(TENANT, "words", WordList(id=WordListId("bad"), words=(Word(text="斗牛士"),)))
    await desk.settle()
    visitor = await desk.visitor()
    await desk.ask(visitor, "斗牛士")
    assert visitor.of("error")[-1]["code"] == "blocked_text"
    (line,) = await lines(desk, visitor)
    assert line.by == "word filter"
    assert line.line["en"] == "visitor's message blocked: word list bad#1"
    assert line.line["zh"] == "访客消息已拦截：词库 bad#1"
    await desk.ask(visitor, "hello")
    assert len(await desk.said(visitor)) == 2


async def test_wish_for_a_person_and_what_follows(open_desk: Open) -> None:
    desk = await open_desk(models=())
    visitor = await desk.visitor()
    await desk.ask(visitor, "转人工")
    told = [line.line["en"] for line in await lines(desk, visitor)]
    assert "the visitor asked for a person" in told
    assert any("mode → queued" in line for line in told)
    assert not any("asked for a person" in line.line["zh"] for line in await lines(desk, visitor))


def test_a_note_with_lines_of_its_own_says_them_in_each_language() -> None:
    line = {"zh": "分配给 Li", "en": "Assigned to Li"}
    told = why_of(
        Noted(
            id="n1", kind="why", tenant=TENANT, conversation=ConversationId("c1"), at=1, rev=1, actor="desk", text="分配给 Li",
            body={"by": "routing", "line": line},
        )
    )  # fmt: skip
    assert told is not None
    assert told.line == line


@pytest.mark.parametrize(
    ("why", "en"),
    [
        ({"by": "faq", "article": "a", "revision": 2, "score": 0.8}, "answered by article a v2 (0.8)"),
        ({"by": "faq", "suggested": {"a": 0.4}}, "not sure enough, articles were offered: a (0.4)"),
        ({"by": "flows", "flow": "refund", "version": 3, "state": "ask"}, "flow refund v3, state ask"),
        ({"by": "flows", "flow": "refund", "version": 3, "result": "done"}, "flow refund v3 ended: done"),
        (
            {"by": "assistant", "model": "m", "tokens_in": 2, "tokens_out": 3, "total_ms": 9},
            "answered by model m, 5 tokens, 9 ms",
        ),
        ({"by": "assistant", "assistant": "blocked"}, "no answer by a model: blocked by the word filter"),
        ({"by": "a plug-in", "order": 7}, "by: a plug-in, order: 7"),
        ({}, ""),
        ({"by": "rules", "on": "never"}, "by: rules, on: never"),
    ],
)
def test_each_kind_of_record(why: dict[str, object], en: str) -> None:
    assert why_line(why, "en") == en
    assert isinstance(why_line(why, "zh"), str)
