"""Stage 2: from bytes to a frame whose shape, size and text are good. `repeats` tells whether it was here before."""

import re
from typing import Final

from msgspec.structs import replace

from fastdesk._core import has_controls, is_name
from fastdesk.protocol.codec import Codec
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Inbound, Send

__all__ = ["check_message", "parse"]

MAX_TEXT: Final = 4000
#: Everything below space but tab and line feed, and delete: they have no place in a chat, a log or a C string.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_KINDS: Final = frozenset({"text", "image", "file", "form"})


def parse(codec: Codec, payload: bytes) -> Inbound | Rejection:
    """Decode a frame and check what its type cannot say; control characters are taken out of texts."""
    frame = codec.decode(payload)
    if type(frame) is Send:
        return check_message(frame)
    return frame


def check_message(frame: Send) -> Send | Rejection:
    """Return a message fit to be stored, or why it is not."""
    id, text, kind = frame.id, frame.text, frame.kind
    if not is_name(id, 8, 64):
        return Rejection("bad_id")
    if len(text) > MAX_TEXT:
        return Rejection(
            "text_too_long", f"The text has {len(text)} characters, {MAX_TEXT} are possible.", id
        )
    if kind != "text" and kind not in _KINDS:
        return Rejection("invalid", f"A message is one of {', '.join(sorted(_KINDS))}.", id)
    if has_controls(text):
        text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
        frame = replace(frame, text=text)
    if kind == "text" and (not text or text.isspace()):
        return Rejection("invalid", "The message is empty.", id)
    return frame
