"""The models in use: each with its provider, its breaker and its price; shared by all sites that name the same one."""

import hashlib
from collections.abc import Callable
from typing import Final

import msgspec

from fastdesk.ai.alarm import Alarm, Sleeper
from fastdesk.ai.breaker import Breaker
from fastdesk.ai.provider import Provider, ProviderKit
from fastdesk.ai.registry import ProviderMaker, make_provider
from fastdesk.ai.settings import ModelSettings
from fastdesk.errors import ConfigError

__all__ = ["Model", "Models", "Watched", "model_state"]

_MILLION: Final = 1_000_000


class Watched(Sleeper):
    """A stream that may not pause for long."""

    def look(self) -> None:
        """See whether the pause has been too long."""
        raise NotImplementedError


class Model:
    """A model that can be asked."""

    def __init__(self, settings: ModelSettings, provider: Provider, breaker: Breaker) -> None:
        self.settings = settings
        self.provider = provider
        self.breaker = breaker
        self.name = settings.model
        #: Learnt from its refusal: it answers, but not when it is offered tools.
        self.refuses_tools = False
        self.calls = 0
        self.failures: dict[str, int] = {}
        #: Looks after streams that pause.
        self.gaps: Alarm[Watched] = Alarm(lambda watched: watched.look())

    def cost_micro(self, tokens_in: int, tokens_out: int) -> int:
        """Return the price of so many tokens, rounded up."""
        settings = self.settings
        return -(-(tokens_in * settings.price_in + tokens_out * settings.price_out) // _MILLION)


class Models:
    """Make models once and close those that no site names any more.

    Args:
        key_of: finds the secret that settings name, for the operator (tenant "") or a tenant.
        kit_for: makes what a provider may use, from a key and whether a tenant chose the address.
        make: makes the providers.
    """

    def __init__(
        self,
        key_of: Callable[[ModelSettings, str], str],
        kit_for: Callable[[str, bool], ProviderKit],
        make: ProviderMaker = make_provider,
    ) -> None:
        self._make = make
        self._key_of = key_of
        self._kit_for = kit_for
        self._models: dict[tuple[bytes, str], Model] = {}
        self._breakers: dict[tuple[str, str, str], Breaker] = {}

    def find(self, settings: ModelSettings, tenant: str) -> Model:
        """Return the model of these settings; `tenant` is "" for those of the operator.

        Raises:
            ConfigError: its key or its provider cannot be found, or the tenant may not name it.
        """
        if tenant and ":" in settings.provider:  # it would run whatever code the tenant can name
            raise ConfigError(f"Only the operator may name a provider by its place ({settings.provider}).")
        key = self._key_of(settings, tenant)
        # Only a digest of the key is kept here: this room's names go to metrics.
        digest = hashlib.blake2b(key.encode(), digest_size=8).hexdigest()
        name = (msgspec.json.encode(settings), f"{tenant} {digest}")
        model = self._models.get(name)
        if model is None:
            # Per model as well: one that is overloaded must not shut out its neighbour at the same endpoint.
            breaker = self._breakers.setdefault((settings.base_url, digest, settings.model), Breaker())
            provider = self._make(settings, self._kit_for(key, bool(tenant)))
            model = self._models[name] = Model(settings, provider, breaker)
        return model

    def drop_others(self, used: set[Model]) -> list[Model]:
        """Forget the models that are not in `used` and return them, to be closed."""
        others = [name for name, model in self._models.items() if model not in used]
        return [self._models.pop(name) for name in others]

    def snapshot(self, now_ns: int) -> list[dict[str, object]]:
        """Return the state of each model, for metrics and the API."""
        return [model_state(model, now_ns) for model in self._models.values()]


def model_state(model: Model, now_ns: int) -> dict[str, object]:
    """Return what can be told of a model: never its key."""
    breaker = model.breaker
    return {
        "model": model.name,
        "base_url": model.settings.base_url,
        "provider": model.settings.provider,
        "breaker": breaker.state.value,
        "open_for_ms": breaker.open_for_ms(now_ns),
        "opened": breaker.opened,
        "refused": breaker.refused,
        "calls": model.calls,
        "failures": dict(model.failures),
    }
