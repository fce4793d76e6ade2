"""The tenants' event numbers."""

from collections.abc import Mapping

from fastdesk.model.ids import TenantId

__all__ = ["Revs"]


class _Count:
    """The last number of one tenant: to raise it here costs less than to put another into a dict."""

    __slots__ = ("rev",)

    def __init__(self, rev: int) -> None:
        self.rev = rev


class Revs:
    """Number each tenant's events densely from 1. One desk has one, and everything that makes events shares it."""

    def __init__(self, highest: Mapping[TenantId, int]) -> None:
        self._highest = {tenant: _Count(rev) for tenant, rev in highest.items()}
        #: The count that was asked for last, which is nearly always asked for again.
        self._tenant: TenantId | None = None
        self._count = _Count(0)

    def next(self, tenant: TenantId) -> int:
        """Take the next number of `tenant`."""
        count = self._of(tenant)
        count.rev += 1
        return count.rev

    def reach(self, tenant: TenantId, rev: int) -> None:
        """Go on behind `rev`, which an import has taken."""
        count = self._of(tenant)
        count.rev = max(rev, count.rev)

    def highest(self, tenant: TenantId) -> int:
        """Return the last number taken, 0 when none was."""
        count = self._highest.get(tenant)
        return 0 if count is None else count.rev

    def _of(self, tenant: TenantId) -> _Count:
        if tenant is self._tenant:
            return self._count
        count = self._highest.get(tenant)
        if count is None:
            count = self._highest[tenant] = _Count(0)
        self._tenant, self._count = tenant, count
        return count
