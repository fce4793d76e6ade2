from collections.abc import Callable
from typing import final

from fastdesk._core.ws_listener import WsConnection

__all__ = ["WsEndpoint", "WsLimits"]

@final
class WsLimits:
    def __new__(
        cls,
        *,
        max_message_bytes: int = 65_536,
        max_fragments: int = 1_024,
        max_pending_bytes: int = 262_144,
        control_frames_per_s: int = 100,
        message_timeout_s: float = 28,
        write_stall_s: float = 8,
        close_timeout_s: float = 2,
        unclaimed_s: float = 9,
        ping_after_s: float = 25,
        silence_s: float = 60,
    ) -> WsLimits: ...
    @property
    def max_message_bytes(self) -> int: ...
    @property
    def max_fragments(self) -> int: ...
    @property
    def max_pending_bytes(self) -> int: ...
    @property
    def control_frames_per_s(self) -> int: ...
    @property
    def message_timeout_s(self) -> float: ...
    @property
    def write_stall_s(self) -> float: ...
    @property
    def close_timeout_s(self) -> float: ...
    @property
    def unclaimed_s(self) -> float: ...
    @property
    def ping_after_s(self) -> float: ...
    @property
    def silence_s(self) -> float: ...

@final
class WsEndpoint:
    def __new__(
        cls,
        *,
        on_message: Callable[[WsConnection, bytes, bool], object],
        on_open: Callable[[WsConnection], object],
        on_close: Callable[[WsConnection, int], object],
        on_error: Callable[[WsConnection, Exception], object],
        call_soon: Callable[[Callable[[], object]], object],
        on_writable: Callable[[WsConnection], object] | None = None,
        limits: WsLimits | None = None,
    ) -> WsEndpoint: ...
    @property
    def limits(self) -> WsLimits: ...
    def __len__(self) -> int: ...
    def connections(self) -> list[WsConnection]: ...
    def counters(self) -> dict[str, int]: ...
    def sweep(self, now_ns: int) -> None: ...
    def flush_dirty(self) -> int: ...
