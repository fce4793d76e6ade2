"""Who has a conversation when people decide."""

from tests.pipeline.conftest import Floor
from tests.plugins.assistant_world import TENANT

from fastdesk.model.agent import Team
from fastdesk.model.ids import TeamId

VIRTUAL_TIME = True


async def test_two_agents_claim_one_wins_and_the_other_is_told_who(floor: Floor) -> None:
    floor.routing(order="manual")
    li, wang = await floor.hire("li"), await floor.hire("wang", role="owner")
    visitor = await floor.ask_for_person("v1")
    id = floor.conversation(visitor).id
    await floor.do(li, t="take", conversation=id)
    await floor.do(wang, t="take", conversation=id)
    assert floor.owner(visitor) == "li"
    assert wang.of("error")[-1]["message"] == "Li has this conversation."


async def test_only_a_supervisor_takes_over_from_a_colleague(floor: Floor) -> None:
    li, wang, boss = await floor.hire("li"), await floor.hire("wang"), await floor.hire("boss", role="admin")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    id = floor.conversation(visitor).id
    await floor.do(li, t="take", conversation=id)
    await floor.do(wang, t="take", conversation=id, force=True)
    assert wang.of("error")[-1]["code"] == "conflict"
    await floor.do(boss, t="take", conversation=id, force=True)
    assert floor.owner(visitor) == "boss"
    assert li.of("conversation")[-1]["reason"] == "taken over"


async def test_a_full_agent_takes_no_more_but_a_supervisor_may(floor: Floor) -> None:
    floor.routing(order="manual")
    li, boss = await floor.hire("li", capacity=1), await floor.hire("boss", role="admin", capacity=1)
    visitors = [await floor.ask_for_person(f"v{number}") for number in range(4)]
    ids = [floor.conversation(each).id for each in visitors]
    await floor.do(li, t="take", conversation=ids[0])
    await floor.do(li, t="take", conversation=ids[1])
    assert li.of("error")[-1]["message"] == "Li has 1 of 1 conversations."
    await floor.do(li, t="send", conversation=ids[1], id="answer-0001", text="hi")
    assert (li.of("error")[-1]["code"], li.of("error")[-1]["id"]) == ("conflict", "answer-0001")
    await floor.do(boss, t="take", conversation=ids[1])
    await floor.do(boss, t="take", conversation=ids[2])
    await floor.do(boss, t="assign", conversation=ids[3], agent="li")
    assert [floor.owner(each) for each in visitors] == ["li", "boss", "boss", "li"]


async def test_a_visitor_is_told_of_a_transfer(floor: Floor) -> None:
    floor.put(TENANT, "team", Team(id=TeamId("help"), name="Help"))
    li, wang = await floor.hire("li"), await floor.hire("wang", teams=("help",))
    visitor = await floor.ask_for_person("v1")
    id = floor.conversation(visitor).id
    first, second, names = (
        (li, wang, ("li", "wang")) if floor.owner(visitor) == "li" else (wang, li, ("wang", "li"))
    )
    await floor.do(first, t="transfer", conversation=id, agent=names[1], note="a refund")
    assert visitor.texts[-1] == f"已为您转接给 {names[1].title()}。"
    assert [frame["text"] for frame in second.of("note") if frame["kind"] == "note"] == ["a refund"]
    await floor.do(second, t="transfer", conversation=id, team="help")
    assert visitor.texts[-1] == "已为您转接到 Help。"
    assert "a refund" not in visitor.texts


async def test_a_whisper_reaches_the_agent_only(floor: Floor) -> None:
    li, wang, boss = await floor.hire("li"), await floor.hire("wang"), await floor.hire("boss", role="admin")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    id = floor.conversation(visitor).id
    await floor.do(boss, t="whisper", conversation=id, text="nobody is there")
    assert boss.of("error")[-1]["code"] == "conflict"
    await floor.do(li, t="take", conversation=id)
    await floor.do(wang, t="watch", conversation=id)
    await floor.do(boss, t="whisper", conversation=id, text="offer a voucher")
    (heard,) = li.of("whisper")
    assert (heard["text"], heard["from"]["name"]) == ("offer a voucher", "Boss")
    await floor.do(wang, t="whisper", conversation=id, text="me too")
    assert wang.of("error")[-1]["code"] == "forbidden"
    assert not [frame for peer in (wang, boss, visitor) for frame in peer.of("whisper")]


async def test_a_take_over_silences_a_run_that_is_under_way(floor: Floor) -> None:
    boss = await floor.hire("boss", role="admin")
    visitor = await floor.visitor()
    await floor.ask(visitor, "退款在哪里")
    floor.model.last.say("我来答。你可以")
    await floor.do(boss, t="take", conversation=floor.conversation(visitor).id)
    shown = len(visitor.frames)
    assert floor.model.last.is_cancelled
    floor.model.last.say("在这里。").end("我来答。你可以在这里。")
    await floor.ask(visitor, "喂")
    await floor.pass_time(5)
    assert {said.role for said in await floor.said(visitor)} == {"visitor"}
    assert not [frame for frame in visitor.frames[shown:] if frame["t"] == "delta"]
    assert visitor.of("status")[-1]["state"] == "assigned"  # by which the widget takes away what was shown


async def test_after_a_resolution_the_bot_starts_afresh(floor: Floor) -> None:
    li = await floor.hire("li")
    visitor = await floor.visitor()
    await floor.ask(visitor, "我要退款，转人工")
    id = floor.conversation(visitor).id
    await floor.do(li, t="send", conversation=id, id="answer-0001", text="已为您退款")
    await floor.do(li, t="resolve", conversation=id)
    await floor.ask(visitor, "发票怎么开")
    assert floor.conversation(visitor).id == id  # this site opens it again
    asked = [line.content for line in floor.model.last.request.lines if "退款" in line.content]
    assert asked == []
    floor.model.last.end("在订单里开。")
    await floor.settle()
    assert visitor.texts[-1] == "在订单里开。"
    conversation = floor.conversation(visitor)
    assert (conversation.mode, conversation.handoff, conversation.handoff_code) == ("bot", "", "")


async def test_what_is_given_back_to_the_bot_is_answered_by_it(floor: Floor) -> None:
    await floor.rule(id="hi", contains=["hello"], reply="hi")
    li = await floor.hire("li")
    visitor = await floor.ask_for_person("v1")
    await floor.do(li, t="bot", conversation=floor.conversation(visitor).id, on=True)
    await floor.ask(visitor, "hello")
    assert visitor.texts[-1] == "hi"
    assert (floor.owner(visitor), len(floor.engine.boards.of(TENANT).seats["li"].held)) == (None, 0)
