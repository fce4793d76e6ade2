"""Peers come in once, hear what they missed and nothing twice, and are refused by a code."""

import json
from typing import Any

from structlog.testing import capture_logs
from tests.pipeline.conftest import Floor
from tests.pipeline.sessions import Kept
from tests.plugins.assistant_world import SECRET, SITE, TENANT

from fastdesk.hub.live import RECENT
from fastdesk.pipeline.opening import MAX_EARLY
from fastdesk.tenants.tokens import VisitorTokens

VIRTUAL_TIME = True


def token(floor: Floor, name: str = "visitor-1") -> str:
    return VisitorTokens(SECRET).issue(TENANT, SITE, name, now_ms=floor.clock.now_ms())


def send(floor: Floor, session: Kept, **frame: Any) -> None:
    floor.engine.opening.receive(session, json.dumps(frame).encode())


async def came(floor: Floor, **hello: Any) -> Kept:
    session = Kept()
    send(floor, session, **{"t": "hello", "token": token(floor), **hello})
    await floor.settle()
    return session


def kinds(session: Kept) -> list[str]:
    return [frame["t"] for frame in session.frames]


async def test_the_first_frame_is_hello(echoing_floor: Floor) -> None:
    session = Kept()
    send(echoing_floor, session, t="ping")
    echoing_floor.engine.opening.receive(session, b"{")
    assert [frame["code"] for frame in session.of("error")] == ["hello_first", "bad_frame"]
    assert session.closes == []


async def test_a_wrong_token_ends_the_connection_with_its_code(echoing_floor: Floor) -> None:
    session = await came(echoing_floor, token="no token of ours")
    assert session.of("error")[-1]["code"] == "unauthenticated"
    assert session.closes == [(1008, "unauthenticated")]


async def test_the_token_of_a_site_that_is_gone_is_refused(echoing_floor: Floor) -> None:
    echoing_floor.engine.records.remove(TENANT, "site", SITE, actor="test")
    session = await came(echoing_floor)
    assert session.of("error")[-1]["message"] == "This site is no longer here."


async def test_what_was_sent_before_the_welcome_is_done_after_it_in_order(echoing_floor: Floor) -> None:
    session = Kept()
    send(echoing_floor, session, t="hello", token=token(echoing_floor))
    for number in range(3):
        send(echoing_floor, session, t="send", id=f"message-{number}", text=f"text {number}")
    assert session.frames == []
    await echoing_floor.settle()
    assert kinds(session)[:2] == ["welcome", "status"]
    assert [(frame["id"], frame["seq"]) for frame in session.of("ack")] == [
        ("message-0", 1), ("message-1", 3), ("message-2", 5),
    ]  # fmt: skip


async def test_one_that_cannot_wait_for_its_welcome_is_cut(echoing_floor: Floor) -> None:
    session = Kept()
    send(echoing_floor, session, t="hello", token=token(echoing_floor))
    for _ in range(MAX_EARLY):
        send(echoing_floor, session, t="ping")
    assert session.closes == []
    send(echoing_floor, session, t="ping")
    assert session.closes == [(1008, "too many frames before the welcome")]
    await echoing_floor.settle()
    assert session.frames == []


async def test_who_comes_back_hears_what_it_missed_once_from_memory_or_from_disk(
    echoing_floor: Floor,
) -> None:
    floor = echoing_floor
    visitor = await floor.visitor()
    for number in range(RECENT):
        await floor.ask(visitor, f"text {number}")
    last = 2 * RECENT
    for after in (0, 5, last - 3, last):
        session = await came(floor, after=after)
        assert [frame["seq"] for frame in session.of("message")] == list(range(after + 1, last + 1))
        assert session.of("welcome")[0]["seq"] == last
        assert kinds(session)[-1] == "status", "the state comes after what was missed"
        floor.engine.opening.leave(session)


async def test_numbers_of_another_continuity_are_not_believed(echoing_floor: Floor) -> None:
    visitor = await echoing_floor.visitor()
    await echoing_floor.ask(visitor, "hello")
    for hello in ({"after": 1, "epoch": "another"}, {"after": 99}):
        session = await came(echoing_floor, **hello)
        assert kinds(session)[:2] == ["welcome", "reset"]
        assert not session.of("message")
    same = await came(echoing_floor, after=1, epoch=echoing_floor.engine.rooms.epoch)
    assert not same.of("reset")


async def test_an_agent_hears_all_changes_and_the_messages_of_its_own_conversations(
    echoing_floor: Floor,
) -> None:
    floor = echoing_floor
    li = await floor.hire("li")
    rev = li.of("welcome")[0]["rev"]
    await floor.leave(li)
    mine, other = await floor.visitor("v1"), await floor.visitor("v2")
    for peer, text in ((mine, "mine"), (other, "other")):
        await floor.ask(peer, text)
    boss = await floor.hire("boss", role="admin")
    await floor.do(boss, t="assign", conversation=floor.conversation(mine).id, agent="li")
    sign_in = floor.engine.gate.sign_in(TENANT, floor.agent_record("li"), address="", device="")
    session = await came(floor, token=sign_in, after=rev)
    assert [frame["text"] for frame in session.of("message")] == ["mine", "echo"]
    changed = {frame["conversation"] for frame in session.of("conversation")}
    assert changed == {floor.conversation(mine).id, floor.conversation(other).id}
    await floor.ask(mine, "again")
    assert "again" in [frame["text"] for frame in session.of("message")], "it watches its own at once"
    floor.engine.opening.leave(session)


async def test_who_is_gone_before_the_welcome_is_not_let_in(echoing_floor: Floor) -> None:
    session = Kept()
    send(echoing_floor, session, t="hello", token=token(echoing_floor))
    session.closed = True
    echoing_floor.engine.opening.leave(session)
    await echoing_floor.settle()
    assert (session.frames, session.live) == ([], None)
    li = await echoing_floor.hire("li")
    await echoing_floor.leave(li)
    sign_in = echoing_floor.engine.gate.sign_in(
        TENANT, echoing_floor.agent_record("li"), address="", device=""
    )
    gone = Kept()
    send(echoing_floor, gone, t="hello", token=sign_in)
    gone.closed = True
    echoing_floor.engine.opening.leave(gone)
    await echoing_floor.settle()
    assert (gone.frames, echoing_floor.engine.hub.agent_sessions(TENANT)) == ([], [])


async def test_a_watch_from_a_number_tells_what_lies_behind_it(echoing_floor: Floor) -> None:
    floor = echoing_floor
    li, visitor = await floor.hire("li"), await floor.visitor()
    await floor.ask(visitor, "hello")
    id = floor.conversation(visitor).id
    await floor.do(li, t="watch", conversation=id, after=1)
    assert [frame["seq"] for frame in li.of("message")] == [2]
    await floor.do(li, t="watch", conversation=id, after=99)
    assert li.of("reset")[-1]["conversation"] == id
    await floor.ask(visitor, "more")
    assert [frame["seq"] for frame in li.of("message")] == [2, 3, 4]


async def test_an_agent_who_leaves_while_its_watch_is_read_is_forgotten(echoing_floor: Floor) -> None:
    floor = echoing_floor
    li, visitor = await floor.hire("li"), await floor.visitor()
    await floor.ask(visitor, "hello")
    live = visitor.live
    assert live is not None
    with capture_logs() as logs:
        for after in (0, 99):
            peer = await floor.sign_in("li")
            floor.engine.opening.watch(peer, live, after)
            await floor.leave(peer)
            assert peer not in live.agents
    assert [each for each in logs if each["event"] == "task_failed"] == []
    await floor.leave(li)
