"""The settings of other rooms that a site or a tenant holds by room name: each is checked before it is written.

Enters: the table of a record. Leaves: nothing, or the refusal that names what is wrong; names of plug-ins pass.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final

import msgspec
from msgspec import Struct

from fastdesk.ai import AssistantSettings, read_settings
from fastdesk.errors import ConfigError, Refused
from fastdesk.knowledge.settings import KnowledgeSettings
from fastdesk.model.routing import read_routing
from fastdesk.plugins.mail_notice import NoticeSettings
from fastdesk.plugins.outside_chat import ChatSettings

__all__ = ["check_settings"]


class _Bot(Struct, forbid_unknown_fields=True):
    """Whether a bot outside answers in place of articles and models; `plugins/outside_bot.py` looks."""

    outside: bool = False


def check_settings(settings: Mapping[str, Any]) -> None:
    """Raise `Refused` for settings that their rooms would not take, and for a name that is nearly one of a room."""
    for name, value in settings.items():
        check = _CHECKS.get(name)
        if check is None:
            near = get_close_matches(name, _CHECKS, n=1, cutoff=0.8)
            if near:
                raise Refused(
                    "invalid", f"There are no settings {name!r}.", hint=f"Did you mean {near[0]!r}?"
                )
            continue
        if not isinstance(value, Mapping):
            raise Refused("invalid", f"settings.{name} is no table of names and values.")
        try:
            check(value)
        except ConfigError as wrong:
            raise Refused("invalid", wrong.message, hint=wrong.hint) from None


def _of(name: str, struct: type[Struct]) -> Callable[[Mapping[str, Any]], Any]:
    def check(value: Mapping[str, Any]) -> None:
        try:
            msgspec.convert(value, struct)
        except msgspec.ValidationError as fault:
            raise ConfigError(f"The settings of {name} are wrong: {fault}.") from None

    return check


_CHECKS: Final[dict[str, Callable[[Mapping[str, Any]], Any]]] = {
    "routing": read_routing,
    "assistant": lambda value: read_settings(value, AssistantSettings()),
    "knowledge": _of("knowledge", KnowledgeSettings),
    "notify": _of("notify", NoticeSettings),
    "bot": _of("bot", _Bot),
    "dify": _of("dify", ChatSettings),
    "fastgpt": _of("fastgpt", ChatSettings),
}
