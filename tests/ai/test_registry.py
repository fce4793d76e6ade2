import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from fastdesk.ai import registry
from fastdesk.ai.echo import Echo
from fastdesk.ai.models import Models
from fastdesk.ai.openai_http import OpenAIHttp
from fastdesk.ai.provider import ProviderKit
from fastdesk.ai.registry import make_provider, provider_names
from fastdesk.ai.settings import ModelSettings
from fastdesk.errors import ConfigError


def test_default_is_our_own(kit: ProviderKit) -> None:
    assert isinstance(make_provider(ModelSettings(), kit), OpenAIHttp)
    assert isinstance(make_provider(ModelSettings(provider="echo"), kit), Echo)


def test_unknown_name_is_refused_with_the_nearest(kit: ProviderKit) -> None:
    with pytest.raises(ConfigError, match="openai_http") as raised:
        make_provider(ModelSettings(provider="openai_htp"), kit)
    assert "Did you mean" in raised.value.hint
    with pytest.raises(ConfigError, match="echo"):
        make_provider(ModelSettings(provider="zzz"), kit)


def test_installed_package_brings_a_provider(kit: ProviderKit, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("parrot", "fastdesk.ai.echo:Echo", registry.GROUP)

    class Installed(tuple[EntryPoint, ...]):
        def select(self, *, name: str) -> list[EntryPoint]:
            return [found for found in self if found.name == name]

    monkeypatch.setattr(registry, "_installed", lambda: Installed([entry]))
    assert isinstance(make_provider(ModelSettings(provider="parrot"), kit), Echo)
    assert provider_names() == ["openai_http", "openai", "echo", "parrot"]


def test_nobody_pays_for_the_sdk_unasked() -> None:
    code = "import sys, fastdesk.ai; assert not {'openai', 'httpx2', 'pydantic', 'sqlalchemy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_class_by_its_place(kit: ProviderKit) -> None:
    assert isinstance(make_provider(ModelSettings(provider="fastdesk.ai.echo:Echo"), kit), Echo)
    for wrong in ("no_such_module:Echo", "fastdesk.ai.echo:NoSuchClass", ":", "a b:c"):
        with pytest.raises(ConfigError, match="cannot be imported"):
            make_provider(ModelSettings(provider=wrong), kit)


def test_tenant_may_not_name_code(kit: ProviderKit) -> None:
    models = Models(lambda settings, tenant: "", lambda key, is_tenants: kit)
    settings = ModelSettings(provider="fastdesk.ai.echo:Echo")
    assert isinstance(models.find(settings, "").provider, Echo)
    with pytest.raises(ConfigError, match="operator"):
        models.find(settings, "shop")
