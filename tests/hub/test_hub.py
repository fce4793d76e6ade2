"""Who hears what: each frame once, in the words of its receiver."""

import json
from typing import Any

from msgspec.structs import replace
from tests.hub.test_live import C1, TENANT, live, said
from tests.pipeline.sessions import Kept

from fastdesk.hub.hub import Hub, agent_frame, status_frame
from fastdesk.hub.live import Live
from fastdesk.model.event import Changed, Noted, Put
from fastdesk.model.identity import Principal
from fastdesk.model.ids import AgentId, ConversationId, VisitorId
from fastdesk.protocol.codec import JSON, message_frame
from fastdesk.protocol.frames import Message, Pong


def agent(hub: Hub, name: str) -> Kept:
    session = Kept()
    session.admit(Principal(kind="agent", tenant=TENANT, id=name))
    hub.join_agent(session)
    return session


def visitor(hub: Hub, talk: Live) -> Kept:
    session = Kept()
    hub.join_visitor(session, talk)
    return session


def kinds(session: Kept) -> list[str]:
    return [frame["t"] for frame in session.frames]


def noted(kind: str = "note", **body: Any) -> Noted:
    return Noted(TENANT, 1, 0, C1, "n1", kind, "li", "look", body or None)


def other(talk: Live, id: str, visitor: str = "v1") -> Live:
    conversation = replace(talk.conversation, id=ConversationId(id), visitor=VisitorId(visitor))
    return Live(conversation, talk.visitor, talk.site, seq=0, is_opened=True, sent=talk.sent)


def test_visitors_are_not_told_who_wrote_and_why() -> None:
    message = replace(said(1), role="agent", sender="li", name="Li", why={"rule": "r1"})
    for_visitors = json.loads(JSON.encode(message_frame(message)))
    assert for_visitors["from"] == {"role": "agent", "name": "Li"}
    assert not {"conversation", "rev", "why"} & for_visitors.keys()
    for_agents = agent_frame(message)
    assert isinstance(for_agents, Message)
    assert (for_agents.from_.id, for_agents.rev, for_agents.why) == ("li", 1, {"rule": "r1"})


def test_records_are_no_frame() -> None:
    assert agent_frame(Put(TENANT, 1, 0, "rule", "r", b"", "li")) is None


def test_the_state_says_over_before_it_says_who() -> None:
    conversation = live().conversation
    states = [
        status_frame(replace(conversation, mode="human"), "Li", None),
        status_frame(replace(conversation, mode="queued"), "", {"position": 2}),
        status_frame(replace(conversation, mode="human", state="resolved"), "Li", None),
        status_frame(conversation, "", None),
    ]
    assert [each.state for each in states] == ["assigned", "queued", "resolved", "open"]
    assert (states[0].agent, states[1].queue) == ({"name": "Li"}, {"position": 2})


def test_a_message_goes_to_each_who_hears_and_its_sender_gets_the_ack() -> None:
    hub, talk = Hub(), live()
    hub.add(talk)
    sender, window = visitor(hub, talk), visitor(hub, talk)
    watching, idle = agent(hub, "li"), agent(hub, "wang")
    hub.watch(watching, talk)
    hub.watch(watching, talk)
    hub.deliver_said(said(1), sender)
    assert (kinds(sender), kinds(window), kinds(watching), kinds(idle)) == (
        ["ack"],
        ["message"],
        ["message"],
        [],
    )
    assert talk.durable_seq == 1
    hub.unwatch(watching, C1)
    hub.leave(window)
    hub.deliver_said(said(2), None)
    assert (kinds(sender), kinds(window), kinds(watching)) == (["ack", "message"], ["message"], ["message"])


def test_who_sent_it_twice_before_it_was_on_disk_gets_the_ack_with_it() -> None:
    hub, talk, again = Hub(), live(), Kept()
    hub.add(talk)
    talk.waiting = {1: [again]}
    hub.deliver_said(said(1), None)
    assert kinds(again) == ["ack"]


def test_a_message_of_a_conversation_that_has_left_is_still_acknowledged() -> None:
    sender = Kept()
    Hub().deliver_said(said(1), sender)
    assert kinds(sender) == ["ack"]


def test_a_note_goes_to_watchers_and_those_it_mentions_once_each() -> None:
    hub, talk = Hub(), live()
    hub.add(talk)
    li, wang, chen = (agent(hub, name) for name in ("li", "wang", "chen"))
    hub.watch(li, talk)
    hub.deliver_noted(noted(mentions=["li", "wang"]))
    assert (kinds(li), kinds(wang), kinds(chen)) == (["note"], ["note"], [])
    hub.deliver_noted(noted("why", mentions=["wang"]))
    assert (len(li.frames), len(wang.frames)) == (2, 1)


def test_a_change_goes_to_every_agent_of_the_tenant() -> None:
    hub, talk = Hub(), live(seq=7)
    hub.add(talk)
    li, person = agent(hub, "li"), visitor(hub, talk)
    stranger = Kept()
    stranger.admit(Principal(kind="agent", tenant="another", id="x"))  # type: ignore[arg-type]
    hub.join_agent(stranger)
    hub.deliver_changed(Changed(TENANT, 3, 0, talk.conversation, ("labels",), "li", "labelled"))
    (frame,) = li.frames
    assert (frame["rev"], frame["seq"], frame["what"], frame["actor"]) == (3, 7, ["labels"], "li")
    assert (stranger.frames, person.frames) == ([], [])


def test_lists_are_told_the_last_words_once_but_not_to_who_heard_them() -> None:
    hub, talk = Hub(), live()
    hub.add(talk)
    watching, listing = agent(hub, "li"), agent(hub, "wang")
    hub.watch(watching, talk)
    for seq in (1, 2):
        hub.deliver_said(said(seq), None)
    hub.refresh_lists()
    hub.refresh_lists()
    assert [frame["last"] for frame in listing.frames] == ["2"]
    assert "conversation" not in kinds(watching)


def test_a_frame_is_sent_once_to_each_but_its_cause() -> None:
    hub, one, two = Hub(), Kept(), Kept()
    hub.send((session for session in (one, two)), Pong(), without=two)
    assert (kinds(one), kinds(two)) == (["pong"], [])


def test_idle_conversations_leave_from_the_oldest_and_only_as_many_as_must() -> None:
    hub, first = Hub(), live()
    busy, last = other(first, "c2", "v2"), other(first, "c3", "v3")
    for talk in (busy, first, last):
        hub.add(talk)
    visitor(hub, busy)
    assert hub.drop_idle(2) == 1
    assert list(hub.lives()) == [busy, last]
    assert hub.drop_idle(0) == 1
    assert hub.current(TENANT, "shop", "v1") is None
    assert hub.current(TENANT, "shop", "v2") is busy


def test_an_older_conversation_does_not_take_the_place_of_the_current_one() -> None:
    hub, current = Hub(), live()
    older = other(current, "c0")
    hub.add(current)
    hub.add(older, is_current=False)
    assert hub.current(TENANT, "shop", "v1") is current
    hub.remove(older)
    assert hub.current(TENANT, "shop", "v1") is current
    assert hub.find(TENANT, "c0") is None


def test_a_merged_visitors_conversation_counts_where_there_was_none() -> None:
    hub, talk = Hub(), live()
    hub.add(talk)
    talk.conversation = replace(talk.conversation, visitor=VisitorId("kept"))
    hub.adopt(talk, "v1")
    assert (hub.current(TENANT, "shop", "v1"), hub.current(TENANT, "shop", "kept")) == (None, talk)


def test_removing_a_conversation_leaves_nobody_watching_it() -> None:
    hub, talk = Hub(), live()
    hub.add(talk)
    li, person = agent(hub, "li"), visitor(hub, talk)
    hub.watch(li, talk)
    assert hub.remove(talk) == [person]
    assert (li.watching, talk.agents, len(hub)) == ({}, [], 0)


def test_leaving_twice_does_no_harm_and_others_stay() -> None:
    hub, talk = Hub(), live()
    hub.add(talk)
    li, second = agent(hub, "li"), agent(hub, "li")
    hub.watch(li, talk)
    for _ in range(2):
        hub.leave(li)
    assert talk.agents == []
    assert hub.agent_sessions(TENANT, "li") == [second]
    assert hub.agent_sessions(TENANT) == hub.all_agent_sessions() == [second]
    hub.leave(second)
    assert hub.agent_sessions(TENANT, AgentId("li")) == []
