"""Forms in the corridor: which form a message fills in, whether it does so rightly, and what becomes of the values."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from fastdesk.desk import changes
from fastdesk.desk.forms import check_values, read_values
from fastdesk.hub.live import Live
from fastdesk.model.form import OFFLINE, Form
from fastdesk.model.ids import TenantId
from fastdesk.model.site import Site
from fastdesk.model.visitor import Visitor
from fastdesk.pipeline.scribe import Scribe
from fastdesk.pipeline.visitors import Visitors
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Send
from fastdesk.tenants.records import Records

__all__ = ["Forms"]

#: Fields kept of a visitor and of a conversation.
MAX_FIELDS = 100

Where = Literal["pre_chat", "offline", "chat"]


class Forms:
    """Know the forms of sites and conversations, and take in what visitors fill into them."""

    def __init__(
        self,
        *,
        records: Records,
        scribe: Scribe,
        visitors: Visitors,
        now_ms: Callable[[], int],
    ) -> None:
        self._records = records
        self._scribe = scribe
        self._visitors = visitors
        self._now_ms = now_ms

    def of_site(self, tenant: TenantId, site: Site) -> dict[str, Form]:
        """Return a site's forms by name; one that names a record that is gone is left out."""
        found: dict[str, Form] = {}
        for name in ("pre_chat", "offline"):
            form = self._resolve(tenant, getattr(site.forms, name))
            if form is not None:
                found[name] = form
        return found

    def wanted(self, live: Live, id: str | None = None) -> Rejection | None:
        """Say that a site wants its form filled in before a talk begins, where it is not and its visitor is no old friend.

        A visitor of whom everything that must be filled in is known (signed by the site, or told in an earlier talk) is not
        asked again.
        """
        if live.is_opened or not live.site.forms.pre_chat_required:
            return None
        form = self._resolve(live.tenant, live.site.forms.pre_chat)
        if form is None:
            return None
        must = [field.name for field in form.fields if field.required]
        if must and all(_knows(live.visitor, name) for name in must):
            return None
        language = live.visitor.language or live.site.locale or "zh"
        return Rejection(
            "form_first", _FORM_FIRST["zh" if language.startswith("zh") else "en"].format(form.id), id
        )

    def offline(self, tenant: TenantId, site: Site) -> Form:
        """Return the form that a site offers while nobody is there."""
        return self._resolve(tenant, site.forms.offline) or OFFLINE

    def offer(self, tenant: TenantId, frame: Send) -> Send | Rejection:
        """Return an agent's message with the form it offers written out; a form may be given by its id."""
        given = (frame.extra or {}).get("form")
        if given is None:
            return frame
        try:
            form = self._resolve(tenant, given if isinstance(given, str) else msgspec.convert(given, Form))
        except msgspec.ValidationError as fault:
            return Rejection("invalid", f"extra.form: {fault}.", frame.id)
        if form is None:
            return Rejection("not_found", "There is no such form.", frame.id)
        return replace(frame, extra={**(frame.extra or {}), "form": msgspec.to_builtins(form)})

    def check(self, live: Live, frame: Send) -> Rejection | None:
        """Say why a visitor's message does not fill in a form that it was offered."""
        extra = frame.extra or {}
        found = self._find(live, extra.get("form"))
        if found is None:
            return Rejection("not_found", "This form is not open here.", frame.id)
        values = check_values(
            found[1], extra.get("values"), live.visitor.language or live.site.locale or "zh"
        )
        return Rejection("invalid", values, frame.id) if isinstance(values, str) else None

    def take(self, live: Live, frame: Send) -> None:
        """Keep what a good message filled in; one that was left while nobody is there waits for a person."""
        assert frame.extra is not None
        values = read_values(frame.extra["values"])
        found = self._find(live, frame.extra["form"])
        where = found[0] if found is not None else "chat"  # offered in the conversation before
        now_ms, conversation = self._now_ms(), live.conversation
        live.visitor = _with_values(live.visitor, values)
        self._visitors.save(live.visitor, reason=f"form {where}")
        fields = _bounded({**conversation.fields, **values})
        if fields != conversation.fields:
            change = changes.Change(
                replace(conversation, fields=fields, updated_at=now_ms), ("fields",), "form"
            )
            self._scribe.change(live, change, "visitor")
        if where == "offline":
            waiting = changes.ask_for_person(live.conversation, now_ms, "offline", "offline")
            if waiting is not None:
                self._scribe.change(live, waiting, "desk")

    def _resolve(self, tenant: TenantId, form: Form | str | None) -> Form | None:
        return self._records.get(Form, tenant, "form", form) if isinstance(form, str) else form

    def _find(self, live: Live, id: Any) -> tuple[Where, Form] | None:
        """Return the form of this id that the visitor has before their eyes: in the talk, before it, or in place of it."""
        if not isinstance(id, str):
            return None
        for said in reversed(live.recent or ()):
            offered = (said.extra or {}).get("form") if said.role != "visitor" else None
            if isinstance(offered, dict) and offered.get("id") == id:
                return "chat", msgspec.convert(offered, Form)
        tenant = live.conversation.tenant
        forms = {**self.of_site(tenant, live.site), "offline": self.offline(tenant, live.site)}
        where: Where
        for where in ("pre_chat", "offline"):
            if where in forms and forms[where].id == id:
                return where, forms[where]
        return None


#: The id is for programs, which find the form in what they were told of the site.
_FORM_FIRST = {"zh": "请先填写表单（{}）。", "en": "Please fill in the form first ({})."}


def _knows(visitor: Visitor, name: str) -> bool:
    if name in ("name", "email", "phone"):
        return bool(getattr(visitor, name))
    return name in visitor.fields


def _with_values(visitor: Visitor, values: dict[str, str]) -> Visitor:
    """Return a visitor with what they said of themselves; what a signature proved stays."""
    known = {name: values[name] for name in ("name", "email", "phone") if name in values}
    if visitor.identity is not None:
        known = {name: value for name, value in known.items() if not getattr(visitor, name)}
    other = {name: value for name, value in values.items() if name not in ("name", "email", "phone")}
    return replace(visitor, fields=_bounded({**visitor.fields, **other}), **known)


def _bounded(fields: dict[str, Any]) -> dict[str, Any]:
    return dict(list(fields.items())[:MAX_FIELDS])
