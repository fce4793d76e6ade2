"""Keep out who is blocked: at the door, and at once when they are inside."""

from fastdesk.desk.blocks import Blocks
from fastdesk.hub.hub import Hub
from fastdesk.hub.session import Session
from fastdesk.model.block import Block
from fastdesk.model.ids import TenantId
from fastdesk.observe.clock import Clock
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.records import Records

__all__ = ["Gatekeeper"]


class Gatekeeper:
    """Ask before a visitor comes in; whoever is inside when a block begins is shown out."""

    def __init__(self, *, records: Records, hub: Hub, clock: Clock) -> None:
        self._records = records
        self._hub = hub
        self._clock = clock
        self._blocks: dict[TenantId, Blocks] = {}
        records.watch("block", self._enforce)

    def refuse(self, tenant: TenantId, visitor: str, address: str) -> Rejection | None:
        """Return the refusal of a blocked visitor or address, None for everybody else."""
        blocks = self._of(tenant)
        if blocks and blocks.is_blocked(visitor, address, self._clock.now_ms()):
            return Rejection("blocked")
        return None

    def _of(self, tenant: TenantId) -> Blocks:
        blocks = self._blocks.get(tenant)
        if blocks is None:
            blocks = self._blocks[tenant] = Blocks(self._records.all(Block, tenant, "block"))
        return blocks

    def _enforce(self, tenant: TenantId) -> None:
        self._blocks.pop(tenant, None)
        for live in self._hub.lives():
            if live.conversation.tenant == tenant:
                for session in tuple(live.visitors):
                    if self.refuse(tenant, live.visitor.id, session.address) is not None:
                        self._show_out(session)

    def _show_out(self, session: Session) -> None:
        session.refuse(Rejection("blocked"))
        session.close(1008, "blocked")
        self._hub.leave(session)  # what is still on its way from there is not heard
