"""Frames other than a visitor's message: who may send them, and what they do."""

from typing import Any, get_args

import pytest
from tests.pipeline.conftest import Floor
from tests.plugins.assistant_world import Peer

from fastdesk.pipeline.commands import FRAME_PERMISSIONS
from fastdesk.protocol import frames
from fastdesk.protocol.frames import Inbound
from fastdesk.tenants.permissions import PERMISSIONS

VIRTUAL_TIME = True


async def pair(floor: Floor, **agent: Any) -> tuple[Peer, Peer, str]:
    """Return an agent, a visitor who has said hello, and their conversation."""
    li, visitor = await floor.hire("li", **agent), await floor.visitor()
    await floor.ask(visitor, "hello")
    return li, visitor, floor.conversation(visitor).id


def test_every_agent_frame_names_a_permission_that_there_is() -> None:
    others = {frames.Hello, frames.Ping, frames.Rate, frames.Human, frames.End, frames.Page, frames.Track}
    assert set(FRAME_PERMISSIONS) == set(get_args(Inbound)) - others, (
        "what only visitors send, or everybody may"
    )
    assert set(FRAME_PERMISSIONS.values()) <= set(PERMISSIONS)


async def test_each_side_is_refused_what_is_the_others(echoing_floor: Floor) -> None:
    li, visitor, id = await pair(echoing_floor)
    await echoing_floor.do(visitor, t="resolve", conversation=id)
    await echoing_floor.do(li, t="rate", score=5)
    await echoing_floor.do(li, t="human")
    assert [frame["code"] for frame in visitor.of("error")] == ["forbidden"]
    assert [frame["code"] for frame in li.of("error")] == ["forbidden", "forbidden"]
    assert echoing_floor.conversation(visitor).state == "open"


async def test_a_viewer_watches_and_does_no_more(echoing_floor: Floor) -> None:
    viewer, visitor, id = await pair(echoing_floor, role="viewer")
    await echoing_floor.do(viewer, t="watch", conversation=id)
    await echoing_floor.do(viewer, t="take", conversation=id)
    await echoing_floor.do(viewer, t="send", conversation=id, id="answer-0001", text="hi")
    assert [frame["code"] for frame in viewer.of("error")] == ["forbidden", "forbidden"]
    assert echoing_floor.owner(visitor) is None
    await echoing_floor.ask(visitor, "more")
    assert "more" in [frame["text"] for frame in viewer.of("message")]


async def test_a_frame_says_which_conversation_and_it_is_there(echoing_floor: Floor) -> None:
    li, _, _ = await pair(echoing_floor)
    await echoing_floor.do(li, t="send", id="answer-0001", text="hi")
    await echoing_floor.do(li, t="take", conversation="no-such-one")
    assert [frame["code"] for frame in li.of("error")] == ["bad_frame", "not_found"]
    await echoing_floor.do(li, t="ping")
    assert li.of("pong")


async def test_an_agents_answer_takes_the_conversation_and_its_repeat_is_only_acknowledged(
    echoing_floor: Floor,
) -> None:
    li, visitor, id = await pair(echoing_floor)
    for text in ("hi", "hi", "other"):
        await echoing_floor.do(li, t="send", conversation=id, id="answer-0001", text=text)
    assert (echoing_floor.owner(visitor), visitor.texts) == ("li", ["echo", "hi"])
    assert [(frame["seq"], frame["conversation"]) for frame in li.of("ack")] == [(3, id), (3, id)]
    assert [frame["code"] for frame in li.of("error")] == ["id_reuse"]
    assert visitor.live is not None
    assert visitor.live.visitor.last_agent == "li"


async def test_one_that_left_memory_is_read_for_an_agents_frame(echoing_floor: Floor) -> None:
    li, visitor, id = await pair(echoing_floor)
    await echoing_floor.leave(visitor)
    assert echoing_floor.engine.hub.drop_idle(0) == 1
    await echoing_floor.do(li, t="send", conversation=id, id="answer-0001", text="hi")
    assert [frame["seq"] for frame in li.of("ack")] == [3]


async def test_typing_shows_a_preview_only_where_the_site_wants_it(echoing_floor: Floor) -> None:
    li, visitor, id = await pair(echoing_floor)
    await echoing_floor.do(li, t="watch", conversation=id)
    await echoing_floor.do(visitor, t="typing", on=True, preview="my pass")
    site = visitor.live.site if visitor.live else None
    assert site is not None
    shown = "my pass" if site.features.typing_preview else None
    assert li.of("typing")[-1].get("preview") == shown
    await echoing_floor.do(li, t="typing", conversation=id, on=True)
    assert visitor.of("typing")[-1]["from"] == {"role": "agent", "name": "Li"}
    assert len(li.of("typing")) == 1, "nobody is told of its own typing"


async def test_reading_is_told_to_the_other_side_once(echoing_floor: Floor) -> None:
    li, visitor, id = await pair(echoing_floor)
    await echoing_floor.do(li, t="watch", conversation=id)
    for _ in range(2):
        await echoing_floor.do(visitor, t="read", seq=2)
        await echoing_floor.do(li, t="read", conversation=id, seq=1)
    assert [frame["seq"] for frame in li.of("read")] == [2]
    assert [frame["seq"] for frame in visitor.of("read")] == [1]


async def test_a_rating_is_taken_once_it_is_over_and_noted_with_its_words(echoing_floor: Floor) -> None:
    _, visitor, _ = await pair(echoing_floor)
    await echoing_floor.do(visitor, t="rate", score=4, comment="quick")
    await echoing_floor.do(visitor, t="end")
    for score in (4, 1):
        await echoing_floor.do(visitor, t="rate", score=score, comment="quick")
    assert [frame["code"] for frame in visitor.of("error")] == ["conflict", "conflict"]
    assert echoing_floor.conversation(visitor).rating == 4
    (note,) = await echoing_floor.notes(visitor, "rating")
    assert (note.text, note.body) == ("quick", {"score": 4, "assignee": None})


async def test_a_note_is_written_once_and_whom_it_mentions_is_told(echoing_floor: Floor) -> None:
    wang = await echoing_floor.hire("wang")
    li, visitor, id = await pair(echoing_floor)
    for _ in range(2):
        await echoing_floor.do(li, t="note", conversation=id, id="note-0001", text="ask @wang and @li")
    (note,) = await echoing_floor.notes(visitor, "note")
    assert note.body == {"mentions": ["wang"]}
    assert [frame["text"] for frame in wang.of("note")] == ["ask @wang and @li"]
    assert echoing_floor.conversation(visitor).mentioned == ("wang",)
    assert not visitor.of("note")


@pytest.mark.parametrize(
    ("frame", "field", "value"),
    [
        ({"t": "label", "add": ["vip"]}, "labels", ("vip",)),
        ({"t": "priority", "priority": "urgent"}, "priority", "urgent"),
        ({"t": "resolve"}, "state", "resolved"),
        ({"t": "snooze", "until": 0}, "state", "snoozed"),
        ({"t": "bot", "on": False}, "mode", "human"),
        ({"t": "take"}, "assignee", "li"),
    ],
)
async def test_a_frame_changes_what_it_names(
    echoing_floor: Floor, frame: dict[str, Any], field: str, value: Any
) -> None:
    li, visitor, id = await pair(echoing_floor)
    await echoing_floor.do(li, **{**frame, "conversation": id})
    assert not li.of("error")
    assert getattr(echoing_floor.conversation(visitor), field) == value


async def test_a_full_disk_refuses_decisions_and_answers(echoing_floor: Floor) -> None:
    li, visitor, id = await pair(echoing_floor)
    echoing_floor.store.accepting = False
    await echoing_floor.do(li, t="take", conversation=id)
    await echoing_floor.do(li, t="send", conversation=id, id="answer-0001", text="hi")
    assert [frame["code"] for frame in li.of("error")] == ["retry_later", "retry_later"]
    assert echoing_floor.owner(visitor) is None


async def test_the_new_owner_hears_the_conversation_at_once(echoing_floor: Floor) -> None:
    boss = await echoing_floor.hire("boss", role="admin")
    li, visitor, id = await pair(echoing_floor)
    await echoing_floor.do(boss, t="assign", conversation=id, agent="li")
    await echoing_floor.ask(visitor, "still there?")
    assert [frame["text"] for frame in li.of("message")] == ["still there?"]
