"""Providers by name: the built-in ones, and those of installed packages under the entry point group `fastdesk.providers`."""

import difflib
import pkgutil
from collections.abc import Callable
from importlib.metadata import entry_points

from fastdesk.ai.provider import Provider, ProviderKit
from fastdesk.ai.settings import ModelSettings
from fastdesk.errors import ConfigError

__all__ = ["GROUP", "make_provider", "provider_names"]

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
    return [*_BUILT_IN, *(found.name for found in entry_points(group=GROUP))]


def make_provider(settings: ModelSettings, kit: ProviderKit) -> Provider:
    """Make the provider that `settings` names.

    Raises:
        ConfigError: there is none of that name.
    """
    name = settings.provider
    maker: ProviderMaker | None = None
    if name in _BUILT_IN:
        maker = pkgutil.resolve_name(_BUILT_IN[name])
    for found in entry_points(group=GROUP, name=name):
        maker = maker or found.load()
    if maker is not None:
        return maker(settings, kit)
    near = difflib.get_close_matches(name, provider_names(), 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(provider_names())}."
    raise ConfigError(f"There is no model provider named {name!r}.", hint=hint)
