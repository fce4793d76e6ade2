"""One authenticated connection or poller, as the rest of the house sees it."""

from mypy_extensions import mypyc_attr

from fastdesk.hub.live import Live
from fastdesk.model.event import Said
from fastdesk.model.identity import Principal
from fastdesk.protocol.codec import JSON, Codec, refusal_frame
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Outbound

__all__ = ["MAX_ERRORS", "Session"]

#: A peer that goes on after so many wrong frames is cut.
MAX_ERRORS = 10


@mypyc_attr(allow_interpreted_subclasses=True)
class Session:
    """Carry frames to one peer. A transport makes a subclass that writes bytes; writing never blocks and never raises.

    `principal` is None until `hello` has been accepted; `live` is a visitor's conversation; an agent watches several.
    """

    __slots__ = ("_errors", "address", "bucket", "closed", "codec", "live", "principal", "watching")

    def __init__(self, *, codec: Codec = JSON, address: str = "", bucket: str = "") -> None:
        self.codec = codec
        self.address = address
        #: The address prefix that this peer's tokens are taken from.
        self.bucket = bucket
        self.principal: Principal | None = None
        self.live: Live | None = None
        self.watching: dict[str, Live] | None = None
        self.closed = False
        self._errors = 0

    def claim(self) -> None:
        """Stop counting as a stranger: its token is good, and what it missed is being sent."""

    def admit(self, principal: Principal) -> None:
        """Take the peer for who its token says."""
        self.principal = principal

    def write(self, data: bytes) -> None:
        """Send one encoded frame."""
        raise NotImplementedError

    def close(self, code: int, reason: str) -> None:
        """End the connection with a close code of `fastdesk.protocol.codes`."""
        raise NotImplementedError

    async def until_writable(self) -> None:
        """Return when there is room for more, or nobody left to read it: for whoever has much to send."""

    def send(self, frame: Outbound) -> None:
        """Encode and send one frame."""
        self.write(self.codec.encode(frame))

    def acknowledge(self, said: Said) -> None:
        """Tell the sender that its message is on disk."""
        self.write(self.codec.ack(said, for_agents=self.watching is not None))

    def refuse(self, refusal: Rejection, conversation: str | None = None) -> None:
        """Tell the peer of a refusal; one that goes on after too many wrong frames is cut."""
        self._errors += refusal.code in _FAULTS
        if self._errors > MAX_ERRORS:
            self.send(refusal_frame(Rejection("too_many_errors")))
            self.close(1008, "too many errors")
            return
        self.send(refusal_frame(refusal, conversation))


#: Refusals that are the peer's own fault; being asked to wait is not.
_FAULTS = frozenset(
    {"bad_frame", "bad_id", "bad_request", "hello_first", "invalid", "text_too_long", "forbidden"}
)
