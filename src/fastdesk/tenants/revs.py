"""The tenants' event numbers."""

from collections.abc import Mapping

from fastdesk.model.ids import TenantId

__all__ = ["Revs"]


class Revs:
    """Number each tenant's events densely from 1. One desk has one, and everything that makes events shares it."""

    def __init__(self, highest: Mapping[TenantId, int]) -> None:
        self._highest = dict(highest)

    def next(self, tenant: TenantId) -> int:
        """Take the next number of `tenant`."""
        rev = self._highest.get(tenant, 0) + 1
        self._highest[tenant] = rev
        return rev

    def reach(self, tenant: TenantId, rev: int) -> None:
        """Go on behind `rev`, which an import has taken."""
        self._highest[tenant] = max(rev, self._highest.get(tenant, 0))

    def highest(self, tenant: TenantId) -> int:
        """Return the last number taken, 0 when none was."""
        return self._highest.get(tenant, 0)
