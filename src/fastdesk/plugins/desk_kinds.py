"""The kinds of record that an agent's day is made of: forms, invitations, blocks."""

from fastdesk.model.block import Block
from fastdesk.model.form import Form
from fastdesk.model.invitation import Invitation
from fastdesk.tenants.records import Kind

__all__ = ["desk_kinds"]


def desk_kinds() -> list[Kind]:
    """Return the kinds that agents and their leads work with."""
    return [
        Kind("form", Form, "site.read", "site.write", plural="forms"),
        Kind("invitation", Invitation, "site.read", "site.write", plural="invitations"),
        Kind("block", Block, "visitor.read", "visitor.write", plural="blocks"),
    ]
