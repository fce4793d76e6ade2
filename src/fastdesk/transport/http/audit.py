"""The audit log over HTTP."""

from fastdesk.tenants.audit import Audit, AuditPage, AuditQuery
from fastdesk.transport.http.routes import Call, Query, Route

__all__ = ["AuditRoutes"]


class AuditRoutes:
    """Read who did what."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        return [
            Route(method="GET", path="/v1/audit", handler=self.page, access="audit.read", tag="audit", answer=AuditPage,
                  query=(Query("actor", str, None, "Only what this agent or key did"),
                         Query("act", str, None, "Only this act: a permission, sign_in, sign_in.refused or account"),
                         Query("what", str, None, "Only what was done to exactly this"),
                         Query("after", int, None, "Only from this time on, in milliseconds"),
                         Query("before", int, None, "Only before this time, in milliseconds"),
                         Query("cursor", str, None, "Where the last page ended"),
                         Query("limit", int, 50, "Most rows", 1, 200)),
                  summary="List administrative acts and readings of personal data, newest first"),
        ]  # fmt: skip

    async def page(self, call: Call) -> AuditPage:
        """Return one page of the log."""
        return await self._audit.page(call.principal.tenant, AuditQuery(**call.query))
