"""The runner: one message's walk through the five stages. Read this first.

    accept → authenticate → parse → route → (append, acknowledged after the commit) → process → reply
    committed → deliver

An ordinary rule answers synchronously: the visitor's message and its reply stand in the same commit, no task is made and
nothing is awaited. An answer that has to be waited for (model, remote call) comes back by a callback, one for each conversation.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec.structs import replace

from fastdesk.desk import changes
from fastdesk.hub.live import VISITOR, Live, sent_key
from fastdesk.hub.session import Session
from fastdesk.model.event import Changed, Event, Noted, Said
from fastdesk.moderation import CLEAN, Verdict
from fastdesk.observe.ledger import Ledger
from fastdesk.pipeline.answering import Answering
from fastdesk.pipeline.authenticate import authenticate
from fastdesk.pipeline.commands import Commands
from fastdesk.pipeline.following import follow
from fastdesk.pipeline.parse import check_message, parse
from fastdesk.pipeline.repeats import Repeat, acknowledge_again
from fastdesk.pipeline.rooms import Rooms
from fastdesk.pipeline.route import is_bot_silent
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Inbound, Send
from fastdesk.tenants.audit import Audit

__all__ = ["Pipeline"]


#: Messages of one session that wait while the store is asked about the one before them.
MAX_BEHIND: Final = 256


class Pipeline:
    """Accept what sessions send, answer it, and deliver what has become durable."""

    def __init__(
        self,
        rooms: Rooms,
        *,
        commands: Commands,
        answering: Answering,
        ledger: Ledger,
        audit: Audit,
        flush: Callable[[], Any],
    ) -> None:
        self._rooms = rooms
        self._commands = commands
        self._answering = answering
        self._ledger = ledger
        self._audit = audit
        self._flush = flush
        #: The message whose way to the disk is being timed, and when it came.
        self._timed: Said | None = None
        self._timed_ns = 0
        #: Sessions for which the store is asked about a message, with what they said after it.
        self._asking: dict[Session, list[tuple[Send, int]]] = {}
        self.messages = 0
        self.refusals: dict[str, int] = {}

    def accept(self, session: Session, payload: bytes) -> None:
        """Take one whole message of a session's transport; never raises on what a peer sent."""
        rooms, ledger = self._rooms, self._ledger
        ledger.begin()
        began = rooms.clock.now_ns()
        refusal = authenticate(session, rooms.limits, now_ns=began, now_ms=rooms.clock.now_ms())
        known = rooms.clock.now_ns() if ledger.is_timing else 0
        if refusal is not None:
            self._refuse(session, refusal)
            return
        frame = parse(session.codec, payload)
        if ledger.is_timing:
            ledger.add("authenticate", known - began)
            ledger.add("parse", rooms.clock.now_ns() - known)
        self._dispatch(session, frame, began)

    def accept_frame(self, session: Session, frame: Inbound) -> None:
        """Take a frame that came by HTTP and is decoded already; the same stages."""
        self._ledger.begin()
        began = self._rooms.clock.now_ns()
        refusal = authenticate(session, self._rooms.limits, now_ns=began, now_ms=self._rooms.clock.now_ms())
        if refusal is None and isinstance(frame, Send):
            self._dispatch(session, check_message(frame), began)
        elif refusal is None:
            self._dispatch(session, frame, began)
        else:
            self._refuse(session, refusal)

    def _dispatch(self, session: Session, frame: Inbound | Rejection, began: int) -> None:
        if type(frame) is Send:
            if session.live is not None:
                self._accept_message(session, session.live, frame, began)
            else:
                self._commands.say(session, frame)
        elif isinstance(frame, Rejection):
            self._refuse(session, frame)
        else:
            refusal = self._commands.run(session, frame)
            if refusal is not None:
                self._refuse(session, refusal)

    def _refuse(self, session: Session, refusal: Rejection) -> None:
        self.refusals[refusal.code] = self.refusals.get(refusal.code, 0) + 1
        session.refuse(refusal)

    # A visitor's message.

    def _accept_message(self, session: Session, live: Live, frame: Send, began: int) -> None:
        behind = self._asking.get(session) if self._asking else None
        if behind is None:
            repeat = self._rooms.repeats.find(live, VISITOR, frame)
            if isinstance(repeat, Rejection):
                repeat = self._rooms.repeats.find(live, VISITOR, self._as_stored(live, frame))
            if repeat != "unsure":
                self._judge(session, live, frame, began, repeat)
                return
            self._asking[session] = []
            self._rooms.tasks.spawn(self._ask_store(session, live, frame, began), "find repeat")
        elif len(behind) < MAX_BEHIND:
            behind.append((frame, began))
        else:
            self._refuse(session, Rejection("retry_later", id=frame.id, retry_after_ms=1000))

    def _as_stored(self, live: Live, frame: Send) -> Send:
        """Return a message as the word filter lets it be stored."""
        masked = self._rooms.words.check(live.tenant, frame.text, "input").masked
        return frame if masked is None else replace(frame, text=masked)

    async def _ask_store(self, session: Session, live: Live, frame: Send, began: int) -> None:
        """Ask the store whether an id was used long ago; what the session says meanwhile keeps its place behind."""
        try:
            repeat: Repeat | Rejection | None = await self._commands.find_stored(session, live, frame)
            if isinstance(repeat, Rejection):
                repeat = await self._commands.find_stored(session, live, self._as_stored(live, frame))
            live = session.live or live  # the visitor may have gone on in another conversation while we asked
            # Another copy may have been faster while we asked.
            if repeat is None and sent_key(VISITOR, frame.id) in live.sent:
                found = self._rooms.repeats.find(live, VISITOR, frame)
                repeat = found if found != "unsure" else None
            self._judge(session, live, frame, began, repeat)
        finally:
            for later, came in self._asking.pop(session):
                self._accept_message(session, session.live or live, later, came)

    def _judge(
        self, session: Session, live: Live, frame: Send, began: int, repeat: Repeat | Rejection | None
    ) -> None:
        """Acknowledge a repeat again, refuse what may not be stored, and let the rest go on."""
        if isinstance(repeat, Repeat):
            acknowledge_again(session, live, frame, repeat)
            return
        if repeat is not None:
            self._refuse(session, repeat)
            return
        verdict = self._rooms.words.check(live.tenant, frame.text, "input")
        refusal = self._examine(live, frame, verdict)
        if refusal is not None:
            self._refuse(session, refusal)
        else:
            self._walk(session, live, frame, verdict, began)

    def _examine(self, live: Live, frame: Send, verdict: Verdict) -> Rejection | None:
        """Say why a new message may not be stored: disk, word filter or a plug-in's veto."""
        rooms = self._rooms
        if not rooms.store.accepting:
            return Rejection("retry_later", id=frame.id, retry_after_ms=1000)
        if frame.extra is not None or frame.kind != "text":
            refusal = rooms.files.check(live.visitor.id, live.conversation.tenant, frame)
            if refusal is None and frame.kind == "form":
                refusal = rooms.forms.check(live, frame)
            if refusal is not None:
                return refusal
        if not live.is_opened and frame.kind != "form":
            refusal = rooms.forms.wanted(live, frame.id)
            if refusal is not None:
                return refusal
        if verdict is not CLEAN and verdict.level == "block":
            self._note_verdict(live, verdict)
            return Rejection("blocked_text", id=frame.id)
        for name, veto in rooms.hooks.on_message:
            refusal = rooms.hooks.call(name, veto, live.conversation, live.visitor, frame.text)
            if isinstance(refusal, Rejection):
                return replace(refusal, id=frame.id)
        return None

    def _note_verdict(self, live: Live, verdict: Verdict) -> None:
        body = {"side": "input", "level": verdict.level, "words": verdict.places}
        self._rooms.scribe.note(live, kind="why", actor="word filter", text=verdict.reason("en"), body=body)

    def _walk(self, session: Session, live: Live, frame: Send, verdict: Verdict, began: int) -> None:
        """Store a good new message and let it be answered."""
        rooms = self._rooms
        session.live = live = follow(rooms, live)
        self._open(live)
        visitor, kind, text = live.visitor, frame.kind, frame.text
        if verdict is not CLEAN and verdict.masked is not None:
            text = verdict.masked
        said = rooms.scribe.say(
            live,
            role="visitor",
            sender=visitor.id,
            name=visitor.name,
            id=frame.id,
            kind=kind,
            text=text,
            extra=frame.extra,
            origin=session,
        )
        if self._ledger.is_timing:
            self._timed, self._timed_ns = said, began
        self.messages += 1
        if verdict is not CLEAN and not verdict.is_clean:
            self._note_verdict(live, verdict)
            if verdict.level == "handoff":
                self._commands.ask_for_person(live, "word filter", "blocked")
        if kind == "form":
            rooms.forms.take(live, frame)
        elif not is_bot_silent(live.conversation):
            self._answering.answer(live, said, began)

    def _open(self, live: Live) -> None:
        """Store a conversation, and its visitor, with its first message; wake one that was set aside."""
        rooms = self._rooms
        if not live.is_opened:
            live.is_opened = True
            rooms.visitors.save(live.visitor)
            opened = changes.open_conversation(live.conversation, rooms.clock.now_ms())
            rooms.scribe.change(live, opened, "visitor")
        elif live.conversation.state != "open":
            change = changes.visitor_spoke(live.conversation, rooms.clock.now_ms())
            if change is not None:
                rooms.scribe.change(live, change, "visitor")

    # What has become durable.

    def committed(self, entries: Sequence[tuple[Event, Any]]) -> None:
        """Deliver a batch of events that the store has on disk, in their order; the store calls this in the loop."""
        rooms = self._rooms
        hub = rooms.hub
        latest: Event | None = None
        for event, origin in entries:
            if latest is not None and latest.tenant is not event.tenant:
                rooms.durable[latest.tenant] = latest.rev
            latest = event
            if type(event) is Said:
                hub.deliver_said(event, origin)
                if event is self._timed:
                    self._ledger.add("durable", rooms.clock.now_ns() - self._timed_ns)
                    self._timed = None
                for name, watch in rooms.hooks.on_stored:
                    rooms.hooks.tell(name, watch, event)
                continue
            if isinstance(event, Changed):
                self._deliver_changed(event)
            elif isinstance(event, Noted):
                hub.deliver_noted(event)
                self._audit.filtered(event)
            if origin is not None:
                origin.acknowledge(event)
        if latest is not None:
            rooms.durable[latest.tenant] = latest.rev
        self._flush()

    def _deliver_changed(self, changed: Changed) -> None:
        rooms = self._rooms
        rooms.hub.deliver_changed(changed)
        live = rooms.hub.find(changed.tenant, changed.conversation.id)
        if live is not None and live.visitors and _VISIBLE & set(changed.what):
            rooms.hub.send(live.visitors, rooms.status(changed.conversation))
        for name, watch in rooms.hooks.on_changed:
            rooms.hooks.tell(name, watch, changed)


#: Changes that a visitor is told of.
_VISIBLE = frozenset({"state", "mode", "assignee"})
