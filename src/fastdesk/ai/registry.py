"""Providers by name: the built-in ones, those of installed packages, and any class by its place.

A package brings one under the entry point group `fastdesk.providers`; `module:Class` names one in a file on the path.
"""

import difflib
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from fastdesk.ai.provider import Provider, ProviderKit
from fastdesk.ai.settings import ModelSettings
from fastdesk.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

__all__ = ["GROUP", "ProviderMaker", "make_provider", "provider_names"]

GROUP = "fastdesk.providers"
ProviderMaker = Callable[[ModelSettings, ProviderKit], Provider]

#: Imported when first asked for: nobody pays for a provider that is not used.
_BUILT_IN = {
    "openai_http": "fastdesk.ai.openai_http:OpenAIHttp",
    "openai": "fastdesk.ai.openai_sdk:OpenAISdk",
    "echo": "fastdesk.ai.echo:Echo",
}


def provider_names() -> list[str]:
    """Return the names that a model's `provider` may have."""
    return [*_BUILT_IN, *(found.name for found in _installed())]


def make_provider(settings: ModelSettings, kit: ProviderKit) -> Provider:
    """Make the provider that `settings` names.

    Raises:
        ConfigError: there is none of that name.
    """
    name = settings.provider
    if name in _BUILT_IN or ":" in name:
        try:
            maker: ProviderMaker = pkgutil.resolve_name(_BUILT_IN.get(name, name))
        except (ImportError, AttributeError, ValueError) as problem:
            raise ConfigError(
                f"The model provider {name} cannot be imported: {problem}.",
                hint="It is written module:Class.",
            ) from problem
        return maker(settings, kit)
    for found in _installed().select(name=name):
        maker = found.load()
        return maker(settings, kit)
    near = difflib.get_close_matches(name, provider_names(), 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(provider_names())}."
    raise ConfigError(f"There is no model provider named {name!r}.", hint=hint)


def _installed() -> "EntryPoints":
    from importlib.metadata import entry_points  # 20 ms that a desk without such a package need not pay

    return entry_points(group=GROUP)
