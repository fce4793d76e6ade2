"""The frames of the wire, version 1: one tagged union for each direction. docs/protocol.md describes each of them."""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from fastdesk.model.conversation import Conversation, Priority, State
from fastdesk.model.event import Role

__all__ = [
    "Ack",
    "Assign",
    "Author",
    "Bot",
    "ConversationFrame",
    "Copilot",
    "Delta",
    "End",
    "Error",
    "Hello",
    "Human",
    "Inbound",
    "Label",
    "Message",
    "Note",
    "NoteFrame",
    "Outbound",
    "Page",
    "PageFrame",
    "Ping",
    "Pong",
    "Presence",
    "PresenceFrame",
    "Rate",
    "Read",
    "ReadFrame",
    "Reopen",
    "Reset",
    "Resolve",
    "Send",
    "SetPriority",
    "Snooze",
    "Status",
    "Stop",
    "Take",
    "Track",
    "Transfer",
    "Typing",
    "TypingFrame",
    "Unwatch",
    "Watch",
    "Welcome",
    "Whisper",
    "WhisperFrame",
]  # fmt: skip

Seq = Annotated[int, Meta(ge=0, le=2**53)]
Ref = Annotated[str, Meta(min_length=1, max_length=64)]
MIN_ID: Final = 8
MAX_ID: Final = 64
MAX_TEXT: Final = 16384
MessageId = Annotated[str, Meta(min_length=MIN_ID, max_length=MAX_ID)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Short = Annotated[str, Meta(max_length=200)]


# Frames from visitors and agents.


def _wire_name(field: str) -> str:
    return field.rstrip("_")  # `from_` and `is_` are words of Python


class _Frame(Struct, frozen=True, gc=False, tag_field="t", omit_defaults=True, rename=_wire_name):
    pass


class Hello(_Frame, frozen=True, tag="hello"):
    token: Annotated[str, Meta(max_length=4096)]
    epoch: Annotated[str, Meta(max_length=64)] | None = None
    after: Seq | None = None


class Send(_Frame, frozen=True, tag="send"):
    id: MessageId
    text: Text
    kind: Annotated[str, Meta(max_length=20)] = "text"
    extra: dict[str, Any] | None = None
    conversation: Ref | None = None


class Typing(_Frame, frozen=True, tag="typing"):
    on: bool
    preview: Annotated[str, Meta(max_length=2000)] | None = None
    conversation: Ref | None = None


class Read(_Frame, frozen=True, tag="read"):
    seq: Seq
    conversation: Ref | None = None


class Rate(_Frame, frozen=True, tag="rate"):
    score: Annotated[int, Meta(ge=1, le=5)]
    comment: Annotated[str, Meta(max_length=2000)] = ""


class Human(_Frame, frozen=True, tag="human"):
    reason: Short = ""


class End(_Frame, frozen=True, tag="end"):
    pass


class Stop(_Frame, frozen=True, tag="stop"):
    """Stop the answer that is being written."""

    turn: Ref
    conversation: Ref | None = None


class Page(_Frame, frozen=True, tag="page"):
    """The visitor opened a page of the site."""

    url: Annotated[str, Meta(max_length=2000)]
    title: Annotated[str, Meta(max_length=300)] = ""
    referrer: Annotated[str, Meta(max_length=2000)] = ""


class Track(_Frame, frozen=True, tag="track"):
    """Something happened on the page that rules may react to."""

    name: Short
    props: dict[str, Any] | None = None


class Ping(_Frame, frozen=True, tag="ping"):
    pass


# Frames from agents only.


class Watch(_Frame, frozen=True, tag="watch"):
    conversation: Ref
    after: Seq | None = None


class Unwatch(_Frame, frozen=True, tag="unwatch"):
    conversation: Ref


class Take(_Frame, frozen=True, tag="take"):
    """Become the owner; with `force` also of a colleague's conversation, for who may supervise."""

    conversation: Ref
    force: bool = False


class Assign(_Frame, frozen=True, tag="assign"):
    """Give a conversation to an agent or a team; neither gives it back to the queue."""

    conversation: Ref
    agent: Ref | None = None
    team: Ref | None = None


class Transfer(_Frame, frozen=True, tag="transfer"):
    conversation: Ref
    agent: Ref | None = None
    team: Ref | None = None
    note: Text = ""


class Note(_Frame, frozen=True, tag="note"):
    id: MessageId
    conversation: Ref
    text: Text


class Resolve(_Frame, frozen=True, tag="resolve"):
    conversation: Ref


class Reopen(_Frame, frozen=True, tag="reopen"):
    conversation: Ref


class Snooze(_Frame, frozen=True, tag="snooze"):
    """Hide a conversation until a wall-clock time, or until the next message when `until` is 0."""

    conversation: Ref
    until: Annotated[int, Meta(ge=0, le=2**53)] = 0


class Label(_Frame, frozen=True, tag="label"):
    conversation: Ref
    add: Annotated[tuple[Short, ...], Meta(max_length=50)] = ()
    remove: Annotated[tuple[Short, ...], Meta(max_length=50)] = ()


class SetPriority(_Frame, frozen=True, tag="priority"):
    conversation: Ref
    priority: Priority


class Bot(_Frame, frozen=True, tag="bot"):
    """Switch the bot of a conversation on (give it back) or off (take over)."""

    conversation: Ref
    on: bool


class Presence(_Frame, frozen=True, tag="presence"):
    state: Literal["online", "away", "offline"]


class Whisper(_Frame, frozen=True, tag="whisper"):
    """Tell the agent who has a conversation something that nobody else hears and nothing keeps."""

    conversation: Ref
    text: Annotated[str, Meta(min_length=1, max_length=4000)]


class Copilot(_Frame, frozen=True, tag="copilot"):
    """Ask the assistant for a draft, a rewrite, a translation or a summary, streamed to this session only."""

    turn: Ref
    conversation: Ref
    task: Literal["draft", "rewrite", "translate", "summarise"]
    text: Text = ""
    language: Short = ""


Inbound = (
    Hello | Send | Typing | Read | Rate | Human | End | Stop | Page | Track | Ping | Watch | Unwatch | Take | Assign | Transfer | Note
    | Resolve | Reopen | Snooze | Label | SetPriority | Bot | Presence | Copilot | Whisper
)  # fmt: skip

# Frames from the desk.


class Author(Struct, frozen=True, gc=False, omit_defaults=True):
    role: Role
    name: str = ""
    id: str | None = None


class Welcome(_Frame, frozen=True, tag="welcome"):
    epoch: str
    seq: int = 0
    visitor: str | None = None
    conversation: str | None = None
    state: State | None = None
    site: dict[str, Any] | None = None
    agent: dict[str, Any] | None = None
    rev: int | None = None


class Ack(_Frame, frozen=True, tag="ack"):
    id: str
    seq: int
    at: int
    conversation: str | None = None


class Message(_Frame, frozen=True, tag="message"):
    seq: int
    id: str
    from_: Author
    text: str
    kind: str
    at: int
    extra: dict[str, Any] | None = None
    sources: list[dict[str, str]] | None = None
    conversation: str | None = None
    rev: int | None = None
    why: dict[str, Any] | None = None


class Delta(_Frame, frozen=True, tag="delta"):
    """A piece of an answer that is being written; with `replace` the text stands for all pieces before it."""

    turn: str
    text: str
    replace: bool = False
    done: bool = False
    conversation: str | None = None


class TypingFrame(_Frame, frozen=True, tag="typing"):
    from_: Author
    on: bool
    preview: str | None = None
    conversation: str | None = None


class ReadFrame(_Frame, frozen=True, tag="read"):
    seq: int
    from_: Author | None = None
    conversation: str | None = None


class Status(_Frame, frozen=True, tag="status"):
    state: str
    agent: dict[str, Any] | None = None
    queue: dict[str, int] | None = None
    turn: str | None = None
    conversation: str | None = None


class Error(_Frame, frozen=True, tag="error"):
    code: str
    message: str
    id: str | None = None
    retry_after_ms: int | None = None
    conversation: str | None = None


class Reset(_Frame, frozen=True, tag="reset"):
    epoch: str
    seq: int
    conversation: str | None = None
    rev: int | None = None


class Pong(_Frame, frozen=True, tag="pong"):
    pass


class ConversationFrame(_Frame, frozen=True, tag="conversation"):
    """A conversation as it stands, for agents; `rev` is None for a mere refresh of unread counts and last words."""

    conversation: str
    is_: Conversation
    rev: int | None = None
    seq: int = 0
    last: str = ""
    what: tuple[str, ...] = ()
    actor: str = ""
    reason: str = ""
    visitor_name: str = ""


class NoteFrame(_Frame, frozen=True, tag="note"):
    """Something that only agents see: a private note, a why-record, a rating, a summary."""

    conversation: str
    rev: int
    id: str
    at: int
    kind: str
    actor: str
    text: str
    body: dict[str, Any] | None = None


class WhisperFrame(_Frame, frozen=True, tag="whisper"):
    conversation: str
    at: int
    from_: Author
    text: str


class PresenceFrame(_Frame, frozen=True, tag="presence"):
    agent: str
    state: str
    conversation: str | None = None


class PageFrame(_Frame, frozen=True, tag="page"):
    """For agents who watch: the visitor has opened a page."""

    conversation: str
    url: str
    title: str
    at: int


Outbound = (
    Welcome | Ack | Message | Delta | TypingFrame | ReadFrame | Status | Error | Reset | Pong | ConversationFrame
    | NoteFrame | PresenceFrame | WhisperFrame | PageFrame
)  # fmt: skip
