"""The answers of the chat-completions format as types: what is read of them, and no more.

They stand apart because the modules that use them are compiled, and a compiled class does not keep its types for the decoder.
"""

import msgspec
from msgspec import Struct

__all__ = ["UNDECODABLE", "Body", "Choice", "CountedTokens", "Fault", "decode_body"]

#: Everything that bytes from the network can make the decoder raise (msgspec lets the last two through).
UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Function(Struct, gc=False):
    """What a tool is called with; streamed in parts."""

    name: str | None = None
    arguments: str | None = None


class ToolPart(Struct, gc=False):
    """A call of a tool, or a part of one."""

    index: int = 0
    id: str | None = None
    function: Function | None = None


class Message(Struct, gc=False):
    """What the model says: a whole message, or the next piece."""

    content: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolPart] | None = None


class Choice(Struct, gc=False):
    """One of the answers."""

    index: int = 0
    message: Message | None = None
    delta: Message | None = None
    finish_reason: str | None = None


class CountedTokens(Struct, gc=False):
    """Tokens as the model counted them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Fault(Struct):
    """An error's names; its message may repeat what the visitor wrote, so it is not read."""

    type: str | None = None
    code: str | int | None = None


class Body(Struct, gc=False):
    """A whole answer, or one event of a stream."""

    choices: list[Choice] | None = None
    usage: CountedTokens | None = None
    error: Fault | str | None = None


decode_body = msgspec.json.Decoder(Body).decode
