"""Something built from a tenant's records (rule book, word filter, index): built off the loop, swapped in whole."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import structlog

from fastdesk.model.ids import TenantId
from fastdesk.observe.tasks import Tasks
from fastdesk.tenants.records import Records

__all__ = ["Compiled"]

T = TypeVar("T")

_log = structlog.get_logger("fastdesk.compiled")


class Compiled(Generic[T]):
    """Keep one built thing for each tenant in step with records of some kinds.

    Args:
        kinds: a change of a record of these kinds builds anew; changes that come while it builds are built once, after it.
        build: called in a thread with the input and what was built before (None at first); must not touch the loop.
        gather: called in the loop; returns the immutable input of `build`.
        empty: what a tenant has before anything was built.
        refine: what takes longer than a change may wait for: called in a thread with the input and what was built of it,
            which is in force by then; returns what takes its place, None when there is nothing to add.
    """

    def __init__(
        self,
        name: str,
        kinds: tuple[str, ...],
        *,
        records: Records,
        tasks: Tasks,
        gather: Callable[[TenantId], object],
        build: Callable[[object, T | None], T | None],
        empty: T,
        refine: Callable[[object, T], T | None] | None = None,
    ) -> None:
        self._name = name
        self._records = records
        self._tasks = tasks
        self._gather = gather
        self._build = build
        self._empty = empty
        self._refine = refine
        self._built: dict[TenantId, T] = {}
        self._building: set[TenantId] = set()
        self._stale: set[TenantId] = set()
        #: Called with the tenant after something new is in force.
        self.watchers: list[Callable[[TenantId], None]] = []
        for kind in kinds:
            records.watch(kind, self.refresh)

    def of(self, tenant: TenantId) -> T:
        """Return what is in force for a tenant."""
        return self._built.get(tenant, self._empty)

    def built(self, tenant: TenantId) -> T | None:
        """Return what was built for a tenant, None when nothing was."""
        return self._built.get(tenant)

    async def build_all(self, tenants: Iterable[TenantId]) -> None:
        """Build for every tenant; called once at start."""
        for tenant in tenants:
            await self._rebuild(tenant)

    def refresh(self, tenant: TenantId) -> None:
        """Build anew, soon."""
        if tenant in self._building:
            self._stale.add(tenant)
        else:
            self._building.add(tenant)
            self._tasks.spawn(self._rebuild(tenant), f"build {self._name}")

    async def _rebuild(self, tenant: TenantId) -> None:
        self._building.add(tenant)
        try:
            while True:
                self._stale.discard(tenant)
                gathered = self._gather(tenant)
                built = await self._tasks.offload(self._build, gathered, self._built.get(tenant))
                if built is None:
                    _log.error("build_refused", what=self._name, tenant=tenant)
                else:
                    replaced = [self._built.get(tenant)]
                    self._put_in_force(tenant, built)
                    await self._tasks.offload(
                        replaced.clear
                    )  # taking 100,000 words apart is no work for the loop
                    if self._refine is not None and tenant not in self._stale:
                        refined = await self._tasks.offload(self._refine, gathered, built)
                        if refined is not None and tenant not in self._stale:
                            self._put_in_force(tenant, refined)
                if tenant not in self._stale:
                    return
        finally:
            self._building.discard(tenant)

    def _put_in_force(self, tenant: TenantId, built: T) -> None:
        self._built[tenant] = built
        for watcher in self.watchers:
            watcher(tenant)
