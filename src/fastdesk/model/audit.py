"""An administrative act, or the reading of personal data, as it is kept."""

from msgspec import Struct

__all__ = ["KIND", "AuditEntry"]

#: The kind of record under which entries stand.
KIND = "audit"


class AuditEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who did what, when, from where. Never holds a text, a secret, or what somebody typed.

    `act` is a permission's name, or `sign_in`, `sign_in.refused`, `account`, `word_filter.blocked`; `what` names what it was done
    to. `actor` is the agent's or key's id, empty for who could not prove who they are.
    """

    id: str
    at: int
    act: str
    what: str
    actor: str = ""
    name: str = ""
    address: str = ""
