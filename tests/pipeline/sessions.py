"""A session that keeps what it is sent, and with what it was closed."""

from tests.plugins.assistant_world import Peer


class Kept(Peer):
    __slots__ = ("closes",)

    def __init__(self, *, bucket: str = "") -> None:
        super().__init__()
        self.bucket = bucket
        self.closes: list[tuple[int, str]] = []

    def close(self, code: int, reason: str) -> None:
        self.closed = True
        self.closes.append((code, reason))
