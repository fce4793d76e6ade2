"""Frames other than a visitor's message: what else visitors do, and all that agents do.

Each agent frame names its permission in one table; what it does to a conversation is decided in `desk.changes`.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from fastdesk.desk import changes
from fastdesk.desk.mentions import mentioned
from fastdesk.hub.live import Live, sent_key
from fastdesk.hub.session import Session
from fastdesk.model.agent import Agent
from fastdesk.model.identity import Principal
from fastdesk.pipeline.answering import Answering
from fastdesk.pipeline.contacts import Contacts
from fastdesk.pipeline.following import follow
from fastdesk.pipeline.opening import Opening
from fastdesk.pipeline.ownership import Given, Ownership
from fastdesk.pipeline.parse import check_message
from fastdesk.pipeline.repeats import Repeat, acknowledge_again, compare
from fastdesk.pipeline.rooms import Rooms
from fastdesk.protocol import frames
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Author, Inbound, ReadFrame, Send, TypingFrame
from fastdesk.tenants.permissions import may

__all__ = ["FRAME_PERMISSIONS", "Commands"]

#: Frame of an agent → permission it needs.
FRAME_PERMISSIONS: Final[dict[type, str]] = {
    frames.Watch: "conversation.read",
    frames.Unwatch: "conversation.read",
    frames.Read: "conversation.read",
    frames.Presence: "conversation.read",
    frames.Send: "conversation.write",
    frames.Typing: "conversation.write",
    frames.Take: "conversation.write",
    frames.Assign: "conversation.write",
    frames.Transfer: "conversation.write",
    frames.Note: "conversation.write",
    frames.Resolve: "conversation.write",
    frames.Reopen: "conversation.write",
    frames.Snooze: "conversation.write",
    frames.Label: "conversation.write",
    frames.SetPriority: "conversation.write",
    frames.Bot: "conversation.write",
    frames.Stop: "conversation.write",
    frames.Copilot: "conversation.write",
    frames.Whisper: "conversation.supervise",
}


class Commands:
    """Carry out frames."""

    def __init__(self, rooms: Rooms, *, opening: Opening, answering: Answering, contacts: Contacts) -> None:
        self._rooms = rooms
        self._opening = opening
        self._answering = answering
        self.ownership = Ownership(rooms, apply=self.apply, note=self.write_note)
        self._contacts = contacts
        #: Frames that other rooms carry out: presence, copilot.
        self.others: dict[type, Callable[[Session, Any], Rejection | None]] = {}
        #: Told of every agent who does something.
        self.active: Callable[[Principal], None] = lambda principal: None

    def run(self, session: Session, frame: Inbound) -> Rejection | None:
        """Carry out one frame; the refusal is for the caller to send."""
        if isinstance(frame, frames.Ping):
            session.send(frames.Pong())
            return None
        if isinstance(frame, frames.Hello):
            return Rejection("bad_frame", "This connection has said hello before.")
        if session.watching is None:
            return self._run_visitor(session, frame)
        return self._run_agent(session, frame)

    # What visitors do.

    def _run_visitor(self, session: Session, frame: Inbound) -> Rejection | None:
        live = session.live
        if live is None:
            return Rejection("hello_first")
        now_ms = self._rooms.clock.now_ms()
        match frame:
            case frames.Typing():
                show = frame.preview if live.site.features.typing_preview else None
                heard = TypingFrame(
                    Author("visitor", live.visitor.name), frame.on, show, live.conversation.id
                )
                self._rooms.hub.send(live.agents, heard)
            case frames.Read():
                return self._read(session, live, frame.seq, by_visitor=True)
            case frames.Rate():
                return self._rate(live, frame, now_ms)
            case frames.Human():
                refusal = self._rooms.forms.wanted(live)
                if refusal is not None:
                    return refusal
                live = session.live = follow(self._rooms, live)
                self.open_silently(live)
                self.ask_for_person(live, frame.reason or "asked for a person")
            case frames.End():
                ended = changes.resolve(live.conversation, now_ms, "visitor ended", live.seq)
                return self.apply(live, ended, "visitor")
            case frames.Stop():
                self._answering.stop(live, frame.turn)
            case frames.Page():
                self._contacts.see_page(live, frame.url, frame.title, frame.referrer)
            case frames.Track():
                self._rooms.scribe.note(
                    live, kind="track", actor="visitor", text=frame.name, body=frame.props
                )
            case _:
                return Rejection("forbidden", "Only agents may do this.")
        return None

    def ask_for_person(self, live: Live, reason: str, code: str = "visitor") -> None:
        """Queue a conversation for a person and stop the bot."""
        change = changes.ask_for_person(live.conversation, self._rooms.clock.now_ms(), reason, code)
        self.apply(live, change, "visitor")

    def resolve(self, live: Live, actor: str, reason: str) -> None:
        """Close a conversation on behalf of a program."""
        now_ms = self._rooms.clock.now_ms()
        self.apply(live, changes.resolve(live.conversation, now_ms, reason, live.seq), actor)

    def open_silently(self, live: Live) -> None:
        """Store a conversation that has no message yet, with its visitor."""
        if not live.is_opened:
            live.is_opened = True
            self._rooms.visitors.save(live.visitor)
            now_ms = self._rooms.clock.now_ms()
            self._rooms.scribe.change(live, changes.open_conversation(live.conversation, now_ms), "visitor")

    def _rate(self, live: Live, frame: frames.Rate, now_ms: int) -> Rejection | None:
        refusal = self.apply(live, changes.rate(live.conversation, frame.score, now_ms), "visitor")
        if refusal is None:
            body = {"score": frame.score, "assignee": live.conversation.assignee}
            self._rooms.scribe.note(live, kind="rating", actor="visitor", text=frame.comment, body=body)
        return refusal

    # What agents do.

    def _run_agent(self, session: Session, frame: Any) -> Rejection | None:
        principal = session.principal
        assert principal is not None
        permission = FRAME_PERMISSIONS.get(type(frame))
        if permission is None:
            return Rejection("forbidden", "Only visitors may do this.")
        if not may(principal, permission):
            return Rejection("forbidden", f"This needs the permission {permission}.")
        self.active(principal)
        if type(frame) in self.others:
            return self.others[type(frame)](session, frame)
        if isinstance(frame, frames.Unwatch):
            watched = session.watching.get(frame.conversation) if session.watching else None
            if watched is not None:
                self._rooms.viewing.close(session, watched)
                self._rooms.hub.unwatch(session, frame.conversation)
            return None
        if not frame.conversation:
            return Rejection("bad_frame", "Say which conversation.")
        live = self._rooms.hub.find(principal.tenant, frame.conversation)
        if live is None:
            self._rooms.tasks.spawn(self._run_loaded(session, frame), "load conversation")
            return None
        return self._run_on(session, live, frame)

    def say(self, session: Session, frame: Send) -> None:
        """Take an agent's message."""
        refusal = (
            self._run_agent(session, frame) if session.watching is not None else Rejection("hello_first")
        )
        if refusal is not None:
            session.refuse(refusal, frame.conversation)

    async def _run_loaded(self, session: Session, frame: Any) -> None:
        principal = session.principal
        assert principal is not None
        live = await self._rooms.lives.by_id(principal.tenant, frame.conversation)
        if session.closed:
            return
        refusal = Rejection("not_found") if live is None else self._run_on(session, live, frame)
        if refusal is not None:
            session.refuse(refusal, frame.conversation)

    def _run_on(self, session: Session, live: Live, frame: Any) -> Rejection | None:
        principal = session.principal
        assert principal is not None
        now_ms, conversation, agent = self._rooms.clock.now_ms(), live.conversation, principal.id
        given: Given
        match frame:
            case Send():
                return self._say(session, live, frame)
            case frames.Watch():
                self._opening.watch(session, live, frame.after)
                return None
            case frames.Typing():
                return self._type(session, live, frame)
            case frames.Read():
                return self._read(session, live, frame.seq, by_visitor=False)
            case frames.Note():
                return self._note(session, live, frame)
            case frames.Take():
                given = self.ownership.take(principal, live, by_force=frame.force)
                self._rooms.hub.watch(session, live)
            case frames.Whisper():
                return self.ownership.whisper(principal, live, frame.text)
            case frames.Assign() | frames.Transfer():
                return self.ownership.assign(principal, live, frame)
            case frames.Resolve():
                given = changes.resolve(conversation, now_ms, "resolved", live.seq)
            case frames.Reopen():
                given = changes.reopen(conversation, now_ms)
            case frames.Snooze():
                given = changes.snooze(conversation, frame.until, now_ms)
            case frames.Label():
                given = changes.label(conversation, frame.add, frame.remove, now_ms)
            case frames.SetPriority():
                given = changes.prioritise(conversation, frame.priority, now_ms)
            case frames.Bot() if not frame.on:
                given = self.ownership.take(principal, live)
            case frames.Bot():
                given = changes.give_to_bot(conversation, now_ms)
            case frames.Stop():
                self._answering.stop(live, frame.turn)
                return None
            case _:
                return Rejection("bad_frame")
        return self.apply(live, given, agent)

    def _say(self, session: Session, live: Live, frame: Send) -> Rejection | None:
        rooms = self._rooms
        principal = session.principal
        assert principal is not None
        checked = check_message(frame)
        if isinstance(checked, Rejection):
            return checked
        repeat = rooms.repeats.find(live, principal.id, checked)
        if repeat == "unsure":
            rooms.tasks.spawn(self._say_unsure(session, live, checked), "find repeat")
            return None
        if isinstance(repeat, Rejection):
            return repeat
        if isinstance(repeat, Repeat):
            acknowledge_again(session, live, checked, repeat)
            return None
        return self._say_new(session, live, checked)

    def _say_new(self, session: Session, live: Live, frame: Send) -> Rejection | None:
        rooms = self._rooms
        principal = session.principal
        assert principal is not None
        if not rooms.store.accepting:
            return Rejection("retry_later", id=frame.id, retry_after_ms=1000)
        refusal = rooms.files.check(principal.id, principal.tenant, frame)
        if refusal is not None:
            return refusal
        offer = rooms.forms.offer(principal.tenant, frame)
        if isinstance(offer, Rejection):
            return offer
        frame = offer
        if live.conversation.assignee is None or live.conversation.mode != "human":
            full = self.ownership.refuse_full(principal, principal.id, live)
            if full is not None:
                return replace(full, id=frame.id)
        now_ms = rooms.clock.now_ms()
        self.apply(live, changes.answer_by_agent(live.conversation, principal.id, now_ms), principal.id)
        self.remember_agent(live, principal)
        rooms.hub.watch(session, live)
        rooms.viewing.write(session, live, False)
        rooms.scribe.say(
            live, role="agent", sender=principal.id, name=principal.name, id=frame.id, kind=frame.kind, text=frame.text,
            extra=frame.extra, origin=session,
        )  # fmt: skip
        return None

    def remember_agent(self, live: Live, principal: Principal) -> None:
        """Note who answered last: the visitor comes back to them where they are free."""
        if principal.kind == "agent" and live.visitor.last_agent != principal.id:
            live.visitor = replace(live.visitor, last_agent=principal.id)
            self._rooms.visitors.save(live.visitor, actor=principal.id, reason="answered")

    async def _say_unsure(self, session: Session, live: Live, frame: Send) -> None:
        repeat = await self.find_stored(session, live, frame)
        if isinstance(repeat, Repeat):
            acknowledge_again(session, live, frame, repeat)
        elif isinstance(repeat, Rejection):
            session.refuse(repeat, live.conversation.id)
        else:
            refusal = self._say_new(session, live, frame)
            if refusal is not None:
                session.refuse(refusal, live.conversation.id)

    async def find_stored(self, session: Session, live: Live, frame: Send) -> Repeat | Rejection | None:
        """Ask the store whether a sender used this id in this conversation before."""
        assert session.principal is not None
        conversation = live.conversation
        said = await self._rooms.store.find_said(
            conversation.tenant, conversation.id, session.principal.id, frame.id
        )
        return None if said is None else compare(said, frame)

    def _note(self, session: Session, live: Live, frame: frames.Note) -> Rejection | None:
        assert session.principal is not None
        actor = session.principal.id
        key = sent_key(actor, frame.id)
        if key in live.sent:
            return None  # a private note takes no seq: its repeat needs no answer
        live.sent.put(key, "", 0)
        self._rooms.hub.watch(session, live)
        self.write_note(live, session.principal, frame.text, frame.id)
        return None

    def write_note(self, live: Live, principal: Principal, text: str, id: str = "") -> None:
        """Store a private note; colleagues whom it mentions are told, and find the conversation among their mentions."""
        rooms = self._rooms
        found = mentioned(text, rooms.records.all(Agent, principal.tenant, "agent"))
        colleagues = tuple(agent for agent in found if agent != principal.id)
        body = {"mentions": list(colleagues)} if colleagues else None
        rooms.scribe.note(live, kind="note", actor=principal.id, text=text, id=id, body=body)
        self.apply(live, changes.mention(live.conversation, colleagues, rooms.clock.now_ms()), principal.id)

    def _type(self, session: Session, live: Live, frame: frames.Typing) -> Rejection | None:
        assert session.principal is not None
        author = Author("agent", session.principal.name)
        self._rooms.hub.send(live.visitors, TypingFrame(author, frame.on))
        others = TypingFrame(
            Author("agent", session.principal.name, session.principal.id),
            frame.on,
            None,
            live.conversation.id,
        )
        self._rooms.hub.send(live.agents, others, without=session)
        self._rooms.viewing.write(session, live, frame.on)
        return None

    def _read(self, session: Session, live: Live, seq: int, *, by_visitor: bool) -> Rejection | None:
        rooms = self._rooms
        change = changes.read(
            live.conversation, seq, live.durable_seq, by_visitor=by_visitor, now_ms=rooms.clock.now_ms()
        )
        if change is None or not live.is_opened:
            return None
        assert session.principal is not None
        rooms.scribe.change(live, change, session.principal.id)
        if by_visitor:
            rooms.hub.send(live.agents, ReadFrame(seq, Author("visitor"), live.conversation.id))
        else:
            rooms.hub.send(live.visitors, ReadFrame(seq, Author("agent")))
        return None

    def apply(self, live: Live, given: Given, actor: str) -> Rejection | None:
        """Store a decision, stop the bot when a person takes over, and let the new owner hear the conversation."""
        if given is None or isinstance(given, Rejection):
            return given
        rooms = self._rooms
        if not rooms.store.accepting:
            return Rejection("retry_later", retry_after_ms=1000)
        rooms.scribe.change(live, given, actor)
        if given.conversation.mode != "bot" or given.conversation.state == "resolved":
            self._answering.silence(live)
        if "assignee" in given.what and given.conversation.assignee is not None:
            for session in rooms.hub.agent_sessions(given.conversation.tenant, given.conversation.assignee):
                rooms.hub.watch(session, live)
        return None
