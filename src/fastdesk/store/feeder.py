"""What drives the projector: a slow thread all the time, an urgent one while somebody waits."""

import sqlite3
import threading
from typing import Final, Protocol

from sqlalchemy.exc import DBAPIError

from fastdesk.errors import StoreError
from fastdesk.store.journal import FULL_ERRORS
from fastdesk.store.projector import Projector
from fastdesk.store.runner import Runner

__all__ = ["Feeder", "FeederListener"]

_NICE: Final = 10  # a tenth of the processor against the loop's thread, all of it when that is idle
_PAUSE_S: Final = 0.02  # lets events gather, so that SQLite syncs at most fifty times a second
_FULL_STEP: Final = 1024  # a step of so many events is followed by the next one at once
_RETRY_S: Final = 0.2  # between two tries on a full disk


class FeederListener(Protocol):
    """What the feeder tells its store, always in the loop."""

    def fed(self, position: int) -> None:
        """Everything up to `position` stands in SQLite."""

    def projecting_full(self, is_full: bool) -> None:
        """The disk is full, or takes rows again."""

    def broken(self, reason: str) -> None:
        """Nothing more will be projected."""


class Feeder:
    """Keep the projector going. All methods but the thread's own are called in the loop."""

    def __init__(self, projector: Projector, runner: Runner, listener: FeederListener) -> None:
        self._projector = projector
        self._runner = runner
        self._listener = listener
        self._work = threading.Event()
        self._stopped = threading.Event()
        self._ended = False
        self._is_full = False
        self._hurrying = False
        self._wanted = 0

    def start(self) -> None:
        """Begin to feed in the background."""
        self._runner.start("project", self._run, nice=_NICE)

    def notify(self) -> None:
        """Say that there is something to feed."""
        self._work.set()

    def hurry(self, position: int) -> None:
        """Feed up to `position`, or as far as it is durable, at normal priority."""
        self._wanted = max(self._wanted, position)
        if not self._hurrying and not self._ended:
            self._hurrying = True
            self._runner.hurry(self._catch_up)

    def stop(self) -> None:
        """End the background thread soon."""
        self._stopped.set()
        self._work.set()

    # In the threads.

    def _run(self) -> None:
        while not self._stopped.is_set() and not self._ended:
            count = self._step()
            if count < 0:
                self._stopped.wait(_RETRY_S)
            elif count == 0:
                self._work.wait()
                self._work.clear()
            elif count < _FULL_STEP:
                self._stopped.wait(_PAUSE_S)

    def _catch_up(self) -> None:
        while self._projector.fed < self._wanted and self._step() > 0:
            pass
        self._runner.tell(self._caught_up)

    def _caught_up(self) -> None:
        self._hurrying = False

    def _step(self) -> int:
        """Make one step; return the number of events, -1 when the disk refused."""
        try:
            count = self._projector.step()
        except (DBAPIError, OSError, StoreError) as failure:
            if _is_full(failure):
                self._tell_full(True)
            else:
                self._end(f"The journal can't be projected: {failure}")
            return -1
        except Exception as failure:  # the border of a background thread
            self._end(f"The journal can't be projected: {type(failure).__name__}: {failure}")
            raise
        if count:
            self._tell_full(False)
            self._runner.tell(self._listener.fed, self._projector.fed)
        return count

    def _tell_full(self, is_full: bool) -> None:
        if is_full != self._is_full:
            self._is_full = is_full
            self._runner.tell(self._listener.projecting_full, is_full)

    def _end(self, reason: str) -> None:
        self._ended = True
        self._runner.tell(self._listener.broken, reason)


def _is_full(failure: Exception) -> bool:
    if isinstance(failure, OSError):
        return failure.errno in FULL_ERRORS
    original = failure.orig if isinstance(failure, DBAPIError) else None
    return isinstance(original, sqlite3.Error) and original.sqlite_errorcode == sqlite3.SQLITE_FULL
