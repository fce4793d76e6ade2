from typing import Any

import pytest

from fastdesk.ai.settings import AssistantSettings, Budget, Keys, Limits, ModelSettings, read_settings
from fastdesk.errors import ConfigError

DEFAULTS = AssistantSettings(models=(ModelSettings(model="m"),), deadline_ms=400)


def test_site_lays_its_own_values_over_the_operator_s() -> None:
    own = read_settings({"prompt": "Be kind.", "limits": {"visitor_requests": 3}, "allow": []}, DEFAULTS)
    assert (own.prompt, own.deadline_ms, own.models, own.allow) == ("Be kind.", 400, DEFAULTS.models, ())
    assert own.limits.visitor_requests == 3
    assert read_settings({}, DEFAULTS) == DEFAULTS


def test_who_spends_the_operator_s_money_can_only_spend_less() -> None:
    bound = AssistantSettings(budget=Budget(day=100), limits=Limits(visitor_requests=10))
    own = {"budget": {"day": 500, "month": 900}, "limits": {"visitor_requests": 0, "site_requests": 7}}
    merged = read_settings(own, bound)
    assert merged.budget == Budget(day=100, month=900)
    assert (merged.limits.visitor_requests, merged.limits.site_requests) == (10, 7)
    assert read_settings({**own, "models": [{"model": "own"}]}, bound).budget == Budget(day=500, month=900)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"deadline_ms": -1}, "deadline_ms"),
        ({"deadlin_ms": 1}, "deadlin_ms"),
        ({"models": [{"base_url": "ftp://x"}]}, "base_url"),
        ({"models": [{"key": "sk-secret-itself"}]}, "key"),
        ({"models": [{"key": "file:../../etc/passwd"}]}, "key"),
        ({"models": [{"headers": {"X": "a\r\nb"}}]}, "headers"),
        ({"budget": {"day": "much"}}, "day"),
        ({"late": "never"}, "late"),
    ],
)
def test_wrong_values_are_refused_by_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        read_settings(values, DEFAULTS)


ENVIRON = {
    "OPENAI_API_KEY": " sk-operator\n",
    "AI_KEY_SHOP__MAIN": "sk-shop",
    "AI_KEY_SHOP_TWO__MAIN": "sk-two",
}
FILES = {"main": "sk-file\n", "shop/main": "sk-shop-file"}


def key(reference: str, tenant: str = "") -> str:
    return Keys(ENVIRON, FILES.__getitem__).key_of(ModelSettings(key=reference), tenant)


def test_operator_names_any_variable_or_file() -> None:
    assert key("env:OPENAI_API_KEY") == "sk-operator"
    assert key("file:main") == "sk-file"
    assert key("") == ""


def test_tenant_names_only_what_was_put_there_for_it() -> None:
    assert key("env:AI_KEY_SHOP__MAIN", "shop") == "sk-shop"
    assert key("env:AI_KEY_SHOP_TWO__MAIN", "shop-two") == "sk-two"
    assert key("file:main", "shop") == "sk-shop-file"


@pytest.mark.parametrize(
    ("reference", "tenant"),
    [
        ("env:OPENAI_API_KEY", "shop"),
        ("env:AI_KEY_SHOP_TWO__MAIN", "shop"),
        ("env:AI_KEY_SHOP__MAIN", "other"),
        ("env:NOT_SET", ""),
        ("file:..", "shop"),
        ("file:main", ".."),
    ],
)
def test_other_secrets_are_refused_and_never_told(reference: str, tenant: str) -> None:
    with pytest.raises(ConfigError) as raised:
        key(reference, tenant)
    assert "sk-" not in str(raised.value)
