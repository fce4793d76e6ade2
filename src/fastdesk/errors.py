"""Every exception that leaves a room, in one tree.

FastdeskError
├── ConfigError          a setting is missing, unknown or out of range
├── StoreError           the store cannot do what was asked
│   ├── StoreBusy        temporary: another process owns the file
│   ├── StoreTooNew      the file was written by a newer program
│   └── StoreDamaged     the file fails its own checks
├── PluginError          a plug-in does not keep its contract
├── FormatError          a file of rules, flows, words or articles is wrong
├── ModelError           a language model gave no answer
└── Refused              a request may not or cannot be done (carries a wire code)

Expected refusals on the straight way are values (`fastdesk.protocol.codes.Rejection`), not exceptions: only code that
answers an HTTP request or a command raises `Refused`.
"""

from typing import Literal

__all__ = [
    "ConfigError",
    "FastdeskError",
    "FormatError",
    "ModelError",
    "ModelFault",
    "PluginError",
    "Refused",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "StoreTooNew",
]


ModelFault = Literal[
    "connect",  # no connection: DNS, refused, TLS
    "timeout",  # a time limit of the provider's own
    "broken",  # the connection or the stream ended too early
    "garbage",  # an answer that is none
    "too_large",  # an answer beyond the cap
    "status",  # an HTTP status other than 200
]


class FastdeskError(Exception):
    """Say what went wrong to a person, with a stable code for programs and a hint what to do.

    Args:
        message: one sentence that names the found value and the expected one.
        hint: what the reader can do about it; empty when nothing can be done.
    """

    code = "internal"
    temporary = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class ConfigError(FastdeskError):
    """A setting is missing, unknown or out of range."""

    code = "config"


class StoreError(FastdeskError):
    """The store cannot do what was asked."""

    code = "store"


class StoreBusy(StoreError):
    """Another process owns the data folder."""

    code = "store_busy"
    temporary = True


class StoreTooNew(StoreError):
    """The data was written by a newer program."""

    code = "store_too_new"


class StoreDamaged(StoreError):
    """The data fails its own checks."""

    code = "store_damaged"


class PluginError(FastdeskError):
    """A plug-in does not keep its contract."""

    code = "plugin"


class FormatError(FastdeskError):
    """A file of rules, flows, words or articles is wrong."""

    code = "format"


class ModelError(FastdeskError):
    """A language model gave no answer.

    Args:
        kind: `connect`, `timeout`, `broken`, `garbage`, `too_large` or `status`.
        status: the HTTP status when `kind` is `status`.
        retry_after_ms: how long the model asked to be left alone; None when it did not.
    """

    code = "model"
    temporary = True

    def __init__(
        self, message: str, *, kind: ModelFault = "broken", status: int = 0, retry_after_ms: int | None = None
    ) -> None:
        super().__init__(message)
        self.kind: ModelFault = kind
        self.status = status
        self.retry_after_ms = retry_after_ms


class Refused(FastdeskError):
    """A request may not or cannot be done.

    Args:
        code: a wire code of `fastdesk.protocol.codes`.
        retry_after_ms: how long to wait before the same request can succeed; 0 when waiting does not help.
    """

    def __init__(self, code: str, message: str, *, hint: str = "", retry_after_ms: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.retry_after_ms = retry_after_ms
