"""The kinds of record that an agent's day is made of: phrases, views, forms, invitations, blocks."""

from typing import Any

from msgspec.structs import replace

from fastdesk.errors import Refused
from fastdesk.model.block import Block
from fastdesk.model.canned import Canned
from fastdesk.model.form import Form
from fastdesk.model.invitation import Invitation
from fastdesk.model.macro import Macro
from fastdesk.model.template import Template
from fastdesk.model.view import View
from fastdesk.tenants.records import Kind

__all__ = ["desk_kinds"]


def _keep_uses(old: Any, new: Any, now_ms: int) -> Any:
    """Keep the count of uses when a record is written anew."""
    return new if old is None or new.uses >= old.uses else replace(new, uses=old.uses)


def _check_canned(others: list[Canned], canned: Canned) -> None:
    try:
        Template(canned.text)
    except ValueError as fault:
        raise Refused("invalid", f"text: {fault}.") from None


def desk_kinds() -> list[Kind]:
    """Return the kinds that agents and their leads work with."""
    return [
        Kind("form", Form, "site.read", "site.write", plural="forms"),
        Kind("invitation", Invitation, "site.read", "site.write", plural="invitations"),
        Kind("view", View, "conversation.read", "conversation.write", plural="views", owner="owner"),
        Kind("macro", Macro, "canned.read", "canned.write", plural="macros", owner="owner", revise=_keep_uses,
             searched=("name", "group")),
        Kind("canned", Canned, "canned.read", "canned.write", plural="canned", owner="owner", check=_check_canned,
             revise=_keep_uses, searched=("title", "text", "group")),
        Kind("block", Block, "visitor.read", "visitor.write", plural="blocks"),
    ]  # fmt: skip
