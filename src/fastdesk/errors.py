"""Every exception that leaves a room, in one tree.

FastdeskError
├── ConfigError          a setting is missing, unknown or out of range
├── StoreError           the store cannot do what was asked
│   ├── StoreBusy        temporary: another process owns the file
│   ├── StoreTooNew      the file was written by a newer program
│   └── StoreDamaged     the file fails its own checks
├── PluginError          a plug-in does not keep its contract
├── FormatError          a file of rules, flows, words or articles is wrong
└── Refused              a request may not or cannot be done (carries a wire code)

Expected refusals on the straight way are values (`fastdesk.protocol.codes.Rejection`), not exceptions: only code that
answers an HTTP request or a command raises `Refused`.
"""

__all__ = [
    "ConfigError",
    "FastdeskError",
    "FormatError",
    "PluginError",
    "Refused",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "StoreTooNew",
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
