"""What drives the projector: a slow thread all the time, an urgent one while somebody waits."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from fastdesk.errors import StoreError
from fastdesk.store.journal import FULL_ERRORS
from fastdesk.store.projector import Projector
from fastdesk.store.runner import Runner

__all__ = ["Feeder", "FeederListener"]

T = TypeVar("T")

_log = structlog.get_logger("fastdesk.store")

_NICE: Final = 10  # a tenth of the processor against the loop's thread, all of it when that is idle …
#: … while it has not the interpreter's lock: that is dealt out in equal parts, whatever the priority. So under load the
#: thread rests some ten times as long as an event takes it. Measured at 64 connections: a quarter more messages/s.
_EVENT_REST_S: Final = 0.000_03
_PAUSE_S: Final = 0.1  # lets events gather: each step syncs the disk, for which acknowledgements would wait
_FULL_STEP: Final = 1024  # a step of so many events says that the desk is under load
_RETRY_S: Final = 0.2  # between two tries on a full disk
_QUIET_S: Final = 0.25  # without new events, then the followers have the thread
_FULL_STEPS_PER_FOLLOW: Final = 32  # but they get their turn when the load never ends


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

    def finish(self, work: Callable[[], bool]) -> asyncio.Future[None]:
        """Call `work` at normal priority until it returns False; raises StoreError when the disk refuses."""
        finished = asyncio.get_running_loop().create_future()

        def run() -> None:
            result: bool | None = True
            while result:
                result = self._try(work)
            self._runner.tell(_settle, finished, result is None)

        self._runner.hurry(run)
        return finished

    def stop(self) -> None:
        """End the background thread soon."""
        self._stopped.set()
        self._work.set()

    # In the threads.

    def _run(self) -> None:
        full = 0
        while not self._stopped.is_set() and not self._ended:
            count = self._step()
            if count is None:
                self._stopped.wait(_RETRY_S)
            elif count == 0:
                self._rest()
            elif count < _FULL_STEP:
                self._try(self._projector.follow)
                self._stopped.wait(_PAUSE_S)
            else:
                full += 1
                if full % _FULL_STEPS_PER_FOLLOW == 0:
                    self._try(self._projector.follow)
                self._stopped.wait(count * _EVENT_REST_S)

    def _rest(self) -> None:
        """When no events come for a moment, let the followers catch up; then wait for events."""
        if not self._work.wait(_QUIET_S):
            while not self._work.is_set() and self._try(self._projector.follow):
                pass
            self._work.wait()
        self._work.clear()

    def _catch_up(self) -> None:
        wanted = 0
        while self._projector.fed < (wanted := self._wanted) and self._step():
            pass
        if self._runner.inline:  # nobody else will
            while self._try(self._projector.follow):
                pass
        self._runner.tell(self._caught_up, wanted)

    def _caught_up(self, wanted: int) -> None:
        self._hurrying = False
        if self._wanted > wanted:  # somebody came while the thread was ending
            self.hurry(self._wanted)

    def _step(self) -> int | None:
        count = self._try(self._projector.step)
        if count:
            self._runner.tell(self._listener.fed, self._projector.fed)
        return count

    def _try(self, work: Callable[[], T]) -> T | None:
        """Do a piece of work; None when the disk refused it, or when it broke the store."""
        try:
            result = work()
        except (DBAPIError, sqlite3.Error, OSError, StoreError) as failure:
            if _is_full(failure):
                self._tell_full(True)
            else:
                self._end(failure)
            return None
        except Exception as failure:  # the border of a background thread
            _log.critical("projector_failed", exc_info=failure)
            self._end(failure)
            return None
        self._tell_full(False)
        return result

    def _tell_full(self, is_full: bool) -> None:
        if is_full != self._is_full:
            self._is_full = is_full
            self._runner.tell(self._listener.projecting_full, is_full)

    def _end(self, failure: Exception) -> None:
        self._ended = True
        cause = failure.orig if isinstance(failure, DBAPIError) else failure
        reason = f"The journal can't be projected: {type(cause).__name__}: {cause}"
        self._runner.tell(self._listener.broken, reason)


def _settle(finished: asyncio.Future[None], refused: bool) -> None:
    if finished.done():
        return
    if refused:
        finished.set_exception(StoreError("The disk refused; what is left to do is tried again later."))
    else:
        finished.set_result(None)


def _is_full(failure: BaseException | None) -> bool:
    if isinstance(failure, DBAPIError):
        failure = failure.orig
    if isinstance(failure, sqlite3.Error):
        # Only what SQLite itself refuses has a code; what Python's module refuses has none.
        return getattr(failure, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(failure, OSError) and failure.errno in FULL_ERRORS
